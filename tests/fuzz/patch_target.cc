#include <utility>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/world.h"

namespace scimledger::fuzz {
namespace {

constexpr DecideTime kNow{1'795'000'000'000'001, 1'795'000'000'000'001};

/// One of the resources, by a hash (FNV-1a) of the input.
ResourcePtr ChooseResource(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  const std::uint64_t choice = (hash >> 32U) % 11;
  return World().FindResource(NumberedId(choice < 8 ? 1 + choice : 17 + choice - 8));
}

Result<Decision> ParseAndDecide(const FakeState& state, const Resource& resource,
                                simdjson::dom::element body) {
  const ResourceType& type = state.registry()->type(resource.type);
  auto patch = ParsePatch(*state.registry(), type, body);
  if (!patch) return std::unexpected(patch.error());
  return Decide(state,
                MakeCommand(state.registry(),
                            PatchResource{type.id, resource.id, *std::move(patch), std::nullopt}),
                kNow);
}

}  // namespace

int FuzzPatch(Input input) {
  const std::string_view text = TextOf(input);
  const auto document = JsonDocument::Parse(text);
  if (!document) return 0;
  const FakeState& world = World();
  const ResourcePtr resource = ChooseResource(text);

  const auto decision = ParseAndDecide(world, *resource, document->root());

  const auto again = ParseAndDecide(world, *resource, document->root());
  SCIMLEDGER_INVARIANT(Render(*world.registry(), decision) == Render(*world.registry(), again),
                       "decide is deterministic");
  if (!decision) return 0;
  CheckPutOfWhatIsShown(Folded(world, *decision), resource->id);
  return 1;
}

}  // namespace scimledger::fuzz
