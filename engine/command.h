#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/event.h"
#include "engine/patch.h"
#include "engine/resource_json.h"

namespace scimledger {

/// Preconditions of a request (RFC 7644 §3.14, RFC 9110 §13.1). If-Match: the version is one of
/// these, or any at all for `*` (and where only the other header is there). If-None-Match: it is
/// none of the excluded ones, and `*` excludes all there are.
struct ExpectedVersion {
  bool any = false;
  std::vector<std::uint64_t> versions = {};
  bool is_if_match = true;  ///< false: nothing was said of the versions that fit
  bool excludes_any = false;
  std::vector<std::uint64_t> excluded = {};
};

struct CreateResource {
  ResourceTypeId type{};
  ResourceId id;  ///< chosen by the session: decide draws nothing at random
  ResourceDraft draft;
  /// What the draft's attributes make, which it does not hold any more; see Prepare.
  std::optional<std::string> document = std::nullopt;
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
struct ChangeSettings {
  std::vector<SettingChange> changes;
};
struct CreateCredential {
  Credential credential;  ///< times are set by decide
};
struct RevokeCredential {
  Uuid id;
};

/// Writes down that something happened to the server or to the audit trail.
struct RecordFacts {
  EventKind kind{};  ///< one that HasFacts
  std::string name;  ///< what is said to have happened to: the event's resource_name
  std::vector<Fact> facts;
};

using CommandBody =
    std::variant<CreateResource, ReplaceResource, PatchResource, DeleteResource, AddSchema,
                 ChangeSettings, CreateCredential, RevokeCredential, RecordFacts>;

/// One thing asked for, by whom, with everything decide may not draw itself.
struct Command {
  CommandBody body;
  Actor actor;
  ClientContext client;
  Uuid transaction;
  RegistryPtr registry;  ///< what the body was parsed against; ids in it stay valid later
  /// Events that earlier commands of the transaction made: keeps event ids apart.
  std::size_t events_before = 0;
};

}  // namespace scimledger
