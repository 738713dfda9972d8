#include "tests/fuzz/world.h"

#include <utility>
#include <vector>

#include "tests/unit/engine/random_values.h"

namespace scimledger::fuzz {
namespace {

constexpr DecideTime kNow{1'795'000'000'000'000, 1'795'000'000'000'000};

storage::EventView ViewOf(const storage::NewEvent& stored) {
  return {stored.sequence, stored.time_us, stored.id, stored.header,
          stored.context,  stored.body,    {}};
}

/// What answers show of other resources, found in the plain state.
class StateReferences final : public References {
 public:
  explicit StateReferences(const FakeState& state) : state_(state) {}

  std::optional<std::size_t> VisitMembers(
      const Resource& group, std::size_t index,
      const std::function<bool(const ReferencedResource&)>& visit) const override {
    std::vector<ReferencedResource> members;
    state_.ForEachMember(group.id, [&](const ResourceId& id) {
      if (auto member = Find(id)) members.push_back(*std::move(member));
      return true;
    });
    while (index < members.size()) {
      if (!visit(members[index++])) break;
    }
    return index < members.size() ? std::optional(index) : std::nullopt;
  }
  void ForEachGroup(const Resource& member,
                    const std::function<void(const ReferencedResource&)>& visit) const override {
    for (const ResourceId& id : state_.GroupsHolding(member.id)) visit(*Find(id));
  }
  void ForEachIndirectGroup(const Resource&,
                            const std::function<void(const ReferencedResource&)>&) const override {}
  std::optional<ReferencedResource> Find(const ResourceId& id) const override {
    const ResourcePtr row = state_.FindResource(id);
    if (row == nullptr) return std::nullopt;
    return ReferencedResource{id, row->type, "someone"};
  }

 private:
  const FakeState& state_;
};

struct Made {
  FakeState state;
  std::vector<Event> events;
};

void Fold(Made& made, CommandBody body) {
  const auto decision =
      Decide(made.state, MakeCommand(made.state.registry(), std::move(body)), kNow);
  SCIMLEDGER_INVARIANT(decision, decision.error().detail.c_str());
  made.state.Commit(decision->events);
  made.events.insert(made.events.end(), decision->events.begin(), decision->events.end());
}

Made MakeWorld() {
  Made made;
  made.state.SetRegistry(HarborRegistry());
  const SchemaRegistry& registry = *HarborRegistry();
  RandomValues values(1);
  for (std::uint64_t i = 1; i <= 8; ++i) {
    ResourceDraft draft;
    draft.attributes = values.MakeUser();
    Fold(made, CreateResource{registry.FindTypeByName("User")->id, NumberedId(i), draft});
  }
  for (std::uint64_t i = 0; i < 3; ++i) {
    ResourceDraft draft;
    draft.attributes.Set(IdOf("displayName", "Group"), Value("Group " + std::to_string(i)));
    draft.members.emplace();
    for (std::uint64_t user = 1; user <= 3 * i; ++user) {
      draft.members->push_back(NumberedId(user).ToString());
    }
    Fold(made, CreateResource{registry.FindTypeByName("Group")->id, NumberedId(17 + i), draft});
  }
  return made;
}

const Made& TheWorld() {
  static const Made made = MakeWorld();
  return made;
}

}  // namespace

const FakeState& World() { return TheWorld().state; }

const std::vector<Event>& WorldEvents() { return TheWorld().events; }

ResourceId NumberedId(std::uint64_t number) {
  ResourceId id;
  id.bytes[6] = 0x40;
  id.bytes[8] = 0x80;
  id.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

Command MakeCommand(const RegistryPtr& registry, CommandBody body) {
  Command command;
  command.body = std::move(body);
  command.actor = {"0190aaaa-0000-7000-8000-000000000001", AuthMethod::kBearer, Role::kProvisioner};
  command.transaction = NumberedId(0xF000);
  command.registry = registry;
  return command;
}

std::string Render(const SchemaRegistry& registry, const Result<Decision>& decision) {
  if (!decision) {
    const ScimError& error = decision.error();
    SCIMLEDGER_INVARIANT(error.status >= 400 && error.status < 500, "a refusal is a 4xx");
    SCIMLEDGER_INVARIANT(!error.detail.empty(), "a refusal says what to fix");
    return fmt::format("{} {} {}", error.status, ToString(error.scim_type), error.detail);
  }
  std::string text;
  for (const Event& event : decision->events) {
    AppendEventJson(registry, event, "default", "", "", text);
    if (event.after != nullptr) text += event.after->document;
    text += '\n';
  }
  if (decision->resource != nullptr) text += decision->resource->document;
  return text;
}

FakeState Folded(const FakeState& state, const Decision& decision) {
  FakeState live = state;
  FakeState replayed = state;
  live.Commit(decision.events);
  for (const Event& event : decision.events) {
    const auto stored = EncodeEvent(*state.registry(), event, NumberedId(0x1065));
    for (const DecodeFor purpose : {DecodeFor::kReading, DecodeFor::kFolding}) {
      const auto decoded = DecodeEvent(*state.registry(), ViewOf(stored), purpose);
      SCIMLEDGER_INVARIANT(decoded, decoded.error().message.c_str());
      if (purpose == DecodeFor::kReading) continue;
      const auto applied = Apply(replayed, *decoded);
      SCIMLEDGER_INVARIANT(applied, applied.error().message.c_str());
    }
  }
  SCIMLEDGER_INVARIANT(live.Render() == replayed.Render(), "replay gives the live state");
  return live;
}

std::string Shown(const FakeState& state, const Resource& resource) {
  std::string text;
  AppendResourceJson(*state.registry(), resource, AttributeSelection(), kBaseUrl,
                     StateReferences(state), text);
  const auto document = JsonDocument::Parse(text);
  SCIMLEDGER_INVARIANT(document, ("answers are JSON: " + document.error().detail).c_str());
  return text;
}

void CheckPutOfWhatIsShown(const FakeState& state, const ResourceId& id) {
  FakeState now = state;
  for (int round = 0; round < 2; ++round) {
    const Resource& resource = *now.FindResource(id);
    const ResourceType& type = now.registry()->type(resource.type);
    const auto document = JsonDocument::Parse(Shown(now, resource));
    auto draft = ParseResource(*now.registry(), type, document->root());
    SCIMLEDGER_INVARIANT(draft, ("what is shown can be sent: " + draft.error().detail).c_str());
    const auto decision =
        Decide(now, MakeCommand(now.registry(), ReplaceResource{type.id, id, *draft, {}}), kNow);
    SCIMLEDGER_INVARIANT(decision,
                         ("what is shown can be put: " + decision.error().detail).c_str());
    SCIMLEDGER_INVARIANT(round == 0 || decision->events.empty(), "a second PUT changes nothing");
    now = Folded(now, *decision);
  }
}

}  // namespace scimledger::fuzz
