#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/event.h"
#include "engine/patch.h"
#include "engine/resource_json.h"

namespace scimledger {

/// If-Match of a write (RFC 7644 §3.14): any of these versions, or any at all for `*`.
struct ExpectedVersion {
  bool any = false;
  std::vector<std::uint64_t> versions;
};

struct CreateResource {
  ResourceTypeId type{};
  ResourceId id;  ///< chosen by the session: decide draws nothing at random
  ResourceDraft draft;
};
struct ReplaceResource {
  ResourceTypeId type{};
  ResourceId id;
  ResourceDraft draft;
  std::optional<ExpectedVersion> expected;
};
struct PatchResource {
  ResourceTypeId type{};
  ResourceId id;
  Patch patch;
  std::optional<ExpectedVersion> expected;
};
struct DeleteResource {
  ResourceTypeId type{};
  ResourceId id;
  std::optional<ExpectedVersion> expected;
};
struct AddSchema {
  SchemaDefinition definition;
};
struct CreateCredential {
  Credential credential;  ///< times are set by decide
};
struct RevokeCredential {
  Uuid id;
};

using CommandBody = std::variant<CreateResource, ReplaceResource, PatchResource, DeleteResource,
                                 AddSchema, CreateCredential, RevokeCredential>;

/// One thing asked for, by whom, with everything decide may not draw itself.
struct Command {
  CommandBody body;
  Actor actor;
  ClientContext client;
  Uuid transaction;
  RegistryPtr registry;  ///< what the body was parsed against; ids in it stay valid later
};

}  // namespace scimledger
