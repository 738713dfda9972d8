#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/decide_diff.h"
#include "engine/document.h"
#include "engine/net_changes.h"
#include "engine/resource_json.h"
#include "projections/directory.h"
#include "storage/hash.h"
#include "tests/unit/api/random_tenant.h"
#include "tests/unit/engine/fake_state.h"

namespace scimledger::api {
namespace {

constexpr std::uint64_t kSeeds = 12;
constexpr int kCommands = 250;

/// What a reader of the log can know of one resource: attributes, members, version.
struct Known {
  AttributeMap attributes;
  std::set<ResourceId> members;
  std::uint64_t version = 0;
};

Value ValueAt(const SchemaRegistry& registry, const AttributeMap& attributes, AttributeId id) {
  const auto& parent = registry.attribute(id).parent;
  const Value* const top = attributes.Find(parent.value_or(id));
  if (top == nullptr) return {};
  if (!parent) return *top;
  const AttributeMap* const parts = top->AsComplex();
  const Value* const part = parts == nullptr ? nullptr : parts->Find(id);
  return part == nullptr ? Value() : *part;
}

/// Decodes the log with the registry in force at each event and hands each to `visit`, with the
/// state before it; folds it afterwards.
void ForEachEvent(const storage::EventLog& log,
                  const std::function<void(const FakeState& before, const Event& event,
                                           const storage::EventView& stored)>& visit) {
  FakeState state;
  const auto reader = log.Read({1}, storage::ReadCheck::kVerify);
  ASSERT_TRUE(reader) << reader.error().message;
  for (;;) {
    const auto stored = (*reader)->Next();
    ASSERT_TRUE(stored) << stored.error().message;
    if (!*stored) return;
    const auto event = DecodeEvent(*state.registry(), **stored);
    ASSERT_TRUE(event) << event.error().message;
    visit(state, *event, **stored);
    const auto applied = Apply(state, *event);
    ASSERT_TRUE(applied) << applied.error().message;
  }
}

/// Checks one event against what the events before it said, and takes it in.
void CheckChain(const FakeState& before, const Event& event,
                std::map<ResourceId, Known>& resources) {
  if (event.resource_type == "Schema" || event.resource_type == "ResourceType" ||
      event.resource_type == "Credential" || HasFacts(event.kind)) {
    return;
  }
  SCOPED_TRACE(fmt::format("event {} {}", event.sequence.value, ToString(event.kind)));
  Known& known = resources[event.resource];
  ASSERT_EQ(known.version, event.version_before);
  const SchemaRegistry& registry = *before.registry();
  for (const AttributeChange& change : event.changes) {
    const bool is_secret = change.before.IsUnassigned() && change.after.IsUnassigned();
    if (is_secret) continue;
    ASSERT_NE(change.before, change.after) << registry.attribute(change.attribute).path;
    ASSERT_EQ(ValueAt(registry, known.attributes, change.attribute), change.before)
        << registry.attribute(change.attribute).path;
    const auto& parent = registry.attribute(change.attribute).parent;
    if (!parent) {
      known.attributes.Set(change.attribute, change.after);
      continue;
    }
    Value* const top = known.attributes.Find(*parent);
    AttributeMap parts = top == nullptr ? AttributeMap() : *top->AsComplex();
    parts.Set(change.attribute, change.after);
    known.attributes.Set(*parent, Value(std::move(parts)));
  }
  for (const ResourceId& member : event.members_added) {
    ASSERT_TRUE(known.members.insert(member).second) << "added twice";
    ASSERT_NE(before.FindResource(member), nullptr) << "of an unknown resource";
  }
  for (const ResourceId& member : event.members_removed) {
    ASSERT_EQ(known.members.erase(member), 1U) << "removed, but not there";
  }
  known.version = event.version_after;
  if (event.kind == EventKind::kResourceDeleted) {
    ASSERT_TRUE(known.attributes.empty()) << "the delete does not tell all that was there";
    resources.erase(event.resource);
  }
}

class HistoryPropertiesTest : public testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryPropertiesTest,
                         testing::Range(std::uint64_t{1}, kSeeds + 1));

/// I-3.
TEST_P(HistoryPropertiesTest, ReplayEqualsLive) {
  RandomTenant history(GetParam());
  for (int part = 0; part < 4; ++part) {
    ASSERT_NO_FATAL_FAILURE(history.Run(kCommands / 4));
    const auto verified = history.tenant().VerifyReplay(nullptr);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->sequence, history.log().head().sequence);
    EXPECT_EQ(storage::ToHex(verified->live), storage::ToHex(verified->replayed));
  }
  EXPECT_GT(history.accepted(), 60U) << "the commands changed next to nothing";
  EXPECT_GT(history.no_ops(), 5U) << "no no-op was tried";
}

TEST_P(HistoryPropertiesTest, EveryEventsBeforeAndAfterFitTheStatesAroundIt) {
  RandomTenant history(GetParam());
  ASSERT_NO_FATAL_FAILURE(history.Run(kCommands));

  std::map<ResourceId, Known> resources;
  std::size_t custom = 0;
  ForEachEvent(history.log(),
               [&](const FakeState& before, const Event& event, const storage::EventView&) {
                 CheckChain(before, event, resources);
                 for (const AttributeChange& change : event.changes) {
                   const std::string& urn = before.registry()->attribute(change.attribute).schema;
                   if (urn.starts_with("urn:example:params")) ++custom;
                 }
               });

  // What the events told is what there is.
  std::size_t rows = 0;
  const auto view = history.tenant().directory().Freeze();
  for (const ResourceType& type : view->registry()->resource_types()) {
    view->ForEachResource(type.id, [&](const ResourcePtr& row) {
      ++rows;
      const Known& known = resources[row->id];
      EXPECT_EQ(known.version, row->version);
      EXPECT_EQ(EncodeDocument(known.attributes), row->document) << row->id.ToString();
      std::set<ResourceId> members;
      view->ForEachMember(*row,
                          [&](const ReferencedResource& member) { members.insert(member.id); });
      EXPECT_EQ(known.members, members);
      return true;
    });
  }
  EXPECT_EQ(rows, resources.size());
  EXPECT_GT(custom, 10U) << "the custom schemas were hardly used";
}

using States = std::map<ResourceId, Known>;

/// What a diff must tell of one resource: nullptr stands for not there.
void ExpectDifference(const SchemaRegistry& registry, const Known* before, const Known* after,
                      const NetChange& change) {
  static const Known kNothing;
  const Event& told = change.difference;
  SCOPED_TRACE(told.resource.ToString());
  EXPECT_EQ(told.kind, before == nullptr  ? EventKind::kResourceCreated
                       : after == nullptr ? EventKind::kResourceDeleted
                                          : EventKind::kResourcePatched);
  const Known& from = before == nullptr ? kNothing : *before;
  const Known& to = after == nullptr ? kNothing : *after;
  EXPECT_EQ(told.version_before, from.version);
  EXPECT_EQ(told.version_after, to.version);
  std::vector<AttributeChange> changes = told.changes;
  std::erase_if(changes, [](const AttributeChange& each) {  // supplied secrets leave no value
    return each.before.IsUnassigned() && each.after.IsUnassigned();
  });
  EXPECT_EQ(changes, Diff(registry, from.attributes, to.attributes));
  // Whoever deletes a group does not say whom it held.
  if (after == nullptr) return;
  std::set<ResourceId> members = from.members;
  for (const ResourceId& id : told.members_added) EXPECT_TRUE(members.insert(id).second);
  for (const ResourceId& id : told.members_removed) EXPECT_EQ(members.erase(id), 1U);
  EXPECT_EQ(members, to.members);
}

bool IsSame(const Known& a, const Known& b) {
  return a.attributes == b.attributes && a.members == b.members;
}

TEST_P(HistoryPropertiesTest, TheNetChangesAreTheDifferenceOfTheStates) {
  RandomTenant history(GetParam());
  ASSERT_NO_FATAL_FAILURE(history.Run(kCommands));
  std::mt19937_64 choices(GetParam());
  const std::uint64_t head = history.log().head().sequence.value;
  std::size_t differences = 0;
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t from = choices() % (head + 1);
    const std::uint64_t to = from + choices() % (head - from + 1);
    States states;
    States before;
    NetChanges net;
    ForEachEvent(history.log(),
                 [&](const FakeState& state, const Event& event, const storage::EventView&) {
                   if (event.sequence.value == from + 1) before = states;
                   if (event.sequence.value > to) return;
                   CheckChain(state, event, states);
                   if (event.sequence.value > from) net.Add(event);
                 });
    if (from == head) before = states;
    const RegistryPtr registry = history.tenant().directory().current_registry();
    std::set<ResourceId> told;
    net.ForEach([&](const NetChange& change) {
      const ResourceId id = change.difference.resource;
      EXPECT_TRUE(told.insert(id).second);
      const auto first = before.find(id);
      const auto last = states.find(id);
      ExpectDifference(*registry, first == before.end() ? nullptr : &first->second,
                       last == states.end() ? nullptr : &last->second, change);
      ++differences;
    });
    for (const auto& [id, known] : states) {
      const auto first = before.find(id);
      const bool differs = first == before.end() || !IsSame(first->second, known);
      EXPECT_TRUE(!differs || told.contains(id)) << id.ToString() << " is left out";
    }
    for (const auto& [id, known] : before) EXPECT_TRUE(states.contains(id) || told.contains(id));
  }
  EXPECT_GT(differences, 20U);
}

/// I-6: apart from salts, log and digest are a function of the commands and the clock.
TEST_P(HistoryPropertiesTest, EqualCommandsGiveEqualEvents) {
  const auto run = [] {
    RandomTenant history(GetParam());
    history.Run(kCommands);
    std::string bytes;
    ForEachEvent(history.log(),
                 [&](const FakeState&, const Event&, const storage::EventView& stored) {
                   constexpr std::size_t kEnvelopeBytes = 49;  // holds the salt
                   bytes += stored.header;
                   bytes += stored.context.substr(kEnvelopeBytes);
                   bytes += stored.body.substr(kEnvelopeBytes);
                 });
    return bytes + storage::ToHex(StateDigest(*history.tenant().directory().Freeze()));
  };
  const std::string first = run();
  EXPECT_GT(first.size(), 10'000U);
  EXPECT_EQ(storage::ToHex(storage::Sha256({first})), storage::ToHex(storage::Sha256({run()})));
}

}  // namespace
}  // namespace scimledger::api
