#include "engine/bulk.h"

#include <set>
#include <utility>

#include "engine/command_group.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/world.h"

namespace scimledger::fuzz {
namespace {

constexpr DecideTime kNow{1'795'000'000'000'001, 1'795'000'000'000'001};

Result<BulkRequest> Parse(simdjson::dom::element body) {
  std::uint64_t ids = 0x100;
  BulkEdge edge;
  edge.new_id = [&ids] { return NumberedId(++ids); };
  edge.read_version = [](std::string_view) { return ExpectedVersion{}; };
  edge.base_url = kBaseUrl;
  return ParseBulk(*World().registry(), body, edge);
}

/// Every operation has its place, and what it needs is decided before.
void CheckPlan(const CommandGroup& group) {
  std::set<std::size_t> decided;
  for (const GroupUnit& unit : group.units) {
    SCIMLEDGER_INVARIANT(!unit.commands.empty(), "a unit does something");
    for (const GroupUnit::Need& need : unit.needs) {
      SCIMLEDGER_INVARIANT(decided.contains(need.operation), "what is needed comes before");
    }
    for (const GroupCommand& command : unit.commands) {
      SCIMLEDGER_INVARIANT(command.operation < group.operations, "of the request");
      decided.insert(command.operation);
    }
  }
  SCIMLEDGER_INVARIANT(decided.size() == group.operations, "every operation is decided");
}

/// Decides each unit all or none, and returns what is there afterwards.
std::string Decided(CommandGroup group) {
  FakeState state = World();
  std::string refusals;
  for (GroupUnit& unit : group.units) {
    FakeState trial = state;
    bool is_accepted = true;
    for (GroupCommand& command : unit.commands) {
      if (!command.body) {
        is_accepted = false;
        break;
      }
      Command made = MakeCommand(state.registry(), *std::move(command.body));
      made.transaction = NumberedId(0xF000 + command.operation);
      const auto decision = Decide(trial, std::move(made), kNow);
      if (!decision) refusals += Render(*state.registry(), decision);
      is_accepted = decision.has_value();
      if (!is_accepted) break;
      trial = Folded(trial, *decision);
    }
    if (is_accepted) state = std::move(trial);
  }
  for (const auto& [id, row] : state.rows()) (void)Shown(state, *row);
  return state.Render() + refusals;
}

}  // namespace

int FuzzBulk(Input input) {
  const auto document = JsonDocument::Parse(TextOf(input));
  if (!document) return 0;
  auto request = Parse(document->root());
  auto again = Parse(document->root());
  SCIMLEDGER_INVARIANT(request.has_value() == again.has_value(), "parsing is deterministic");
  if (!request) return 0;
  const SchemaRegistry& registry = *World().registry();
  CommandGroup group = PlanBulk(registry, *request);
  CheckPlan(group);
  SCIMLEDGER_INVARIANT(Decided(std::move(group)) == Decided(PlanBulk(registry, *again)),
                       "a bulk is decided alike twice");
  return 1;
}

}  // namespace scimledger::fuzz
