#include <utility>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/world.h"

namespace scimledger::fuzz {
namespace {

constexpr DecideTime kNow{1'795'000'000'000'001, 1'795'000'000'000'001};
const ResourceId kNew = NumberedId(0x77);

/// What AppendValueJson writes is read back as the same value, and written alike.
void CheckValues(const SchemaRegistry& registry, const AttributeMap& attributes) {
  for (const auto& [id, value] : attributes) {
    std::string text;
    AppendValueJson(registry, value, text);
    const auto read = ReadValueJson(registry, id, text);
    SCIMLEDGER_INVARIANT(read, ("stored values are read: " + text).c_str());
    SCIMLEDGER_INVARIANT(*read == value, ("stored values are read as written: " + text).c_str());
  }
}

bool Create(const ResourceType& type, std::string_view text) {
  const FakeState& world = World();
  const auto document = JsonDocument::Parse(text);
  const auto draft = ParseResource(*world.registry(), type, document->root());
  if (!draft) return false;
  CheckValues(*world.registry(), draft->attributes);
  const auto decide = [&] {
    return Decide(world, MakeCommand(world.registry(), CreateResource{type.id, kNew, *draft}),
                  kNow);
  };
  const auto decision = decide();
  SCIMLEDGER_INVARIANT(Render(*world.registry(), decision) == Render(*world.registry(), decide()),
                       "decide is deterministic");
  if (!decision) return true;
  CheckPutOfWhatIsShown(Folded(world, *decision), kNew);
  return true;
}

}  // namespace

int FuzzJson(Input input) {
  const std::string_view text = TextOf(input);
  const auto document = JsonDocument::Parse(text);
  if (!document) {
    SCIMLEDGER_INVARIANT(
        document.error().status == 400 && document.error().scim_type == ScimType::kInvalidSyntax,
        "what is no JSON is invalidSyntax");
    return 0;
  }
  bool is_accepted = false;
  for (const ResourceType& type : World().registry()->resource_types()) {
    is_accepted = Create(type, text) || is_accepted;
  }
  (void)World().registry()->With({std::string(text)});
  return is_accepted ? 1 : 0;
}

}  // namespace scimledger::fuzz
