#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/decide.h"
#include "engine/resource_writer.h"
#include "tests/unit/engine/fake_state.h"

namespace scimledger::fuzz {

inline constexpr std::string_view kBaseUrl = "https://h.example/scim/v2";

/// Users 1 to 8 with random attributes (and of an extension with every data type), groups 17 to 19;
/// `NumberedId` gives their ids. Always the same.
const FakeState& World();
/// What made it.
const std::vector<Event>& WorldEvents();
ResourceId NumberedId(std::uint64_t number);

/// A command of some actor.
Command MakeCommand(const RegistryPtr& registry, CommandBody body);

/// A decision, or a refusal, as text: equal texts mean equal decisions.
std::string Render(const SchemaRegistry& registry, const Result<Decision>& decision);

/// Folds the events into a copy of the state, once as decided and once as the log would give them
/// back; both must be the same.
FakeState Folded(const FakeState& state, const Decision& decision);

/// The resource as an answer shows it: JSON, or the promise is broken.
std::string Shown(const FakeState& state, const Resource& resource);

/// A client reads the resource and sends it back: that is accepted, and, sent twice, changes
/// nothing the second time.
void CheckPutOfWhatIsShown(const FakeState& state, const ResourceId& id);

}  // namespace scimledger::fuzz
