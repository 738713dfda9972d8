#pragma once

#include <string_view>
#include <vector>

#include "engine/decide.h"

namespace scimledger {

/// What deciding one command looks at; the parts of engine/decide.h share it.
struct Deciding {
  const State& state;
  Command& command;  ///< its parts may be moved into the events
  DecideTime time;
  RegistryPtr registry;  ///< in force at the head
};

/// Appends an event of the command with sequence, id, times, transaction, actor and client set.
Event& AppendEvent(const Deciding& deciding, EventKind kind, std::vector<Event>& events);

/// What a change of one resource comes to, before anybody asked whether it is one.
struct ResourceChange {
  EventKind kind{};
  ResourcePtr before;
  const AttributeMap& attributes_before;
  const AttributeMap& attributes_after;
  const std::vector<AttributeId>& secrets;  ///< supplied: each is a change of which nothing is kept
  std::vector<ResourceId> members_added;
  std::vector<ResourceId> members_removed;
};
/// No event if nothing differs; 409 `uniqueness`.
[[nodiscard]] Result<Decision> DecideChange(const Deciding& deciding, ResourceChange change);

/// Takes out what a row refers to in place of secrets that were supplied again and not kept.
void DropSecrets(const std::vector<AttributeId>& secrets, AttributeMap& attributes);

[[nodiscard]] Result<Decision> DecideCreate(const Deciding& deciding, CreateResource& command);
[[nodiscard]] Result<Decision> DecideReplace(const Deciding& deciding, ReplaceResource& command);
[[nodiscard]] Result<Decision> DecidePatch(const Deciding& deciding, const PatchResource& command);
[[nodiscard]] Result<Decision> DecideDelete(const Deciding& deciding,
                                            const DeleteResource& command);
[[nodiscard]] Result<Decision> DecideAddSchema(const Deciding& deciding, const AddSchema& command);
[[nodiscard]] Result<Decision> DecideChangeSettings(const Deciding& deciding,
                                                    const ChangeSettings& command);
[[nodiscard]] Result<Decision> DecideCreateCredential(const Deciding& deciding,
                                                      const CreateCredential& command);
[[nodiscard]] Result<Decision> DecideRevokeCredential(const Deciding& deciding,
                                                      const RevokeCredential& command);
[[nodiscard]] Result<Decision> DecideRecordFacts(const Deciding& deciding, RecordFacts& command);

}  // namespace scimledger
