#include "sample_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/document.h"
#include "engine/resource_json.h"

namespace scimledger::projections {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"Ann",    "ANN",     "Änn", "änn",
                                                    "Straße", "STRASSE", "李",  "Ofﬁce"};
constexpr std::array<std::string_view, 6> kAddresses = {"ann@example.com", "ANN@example.com",
                                                        "bo@example.com",  "Bö@example.com",
                                                        "bö@EXAMPLE.com",  "cy@example.com"};
constexpr std::array<std::string_view, 3> kEmailTypes = {"work", "home", "Work"};

void Append(std::vector<Event>& all, std::vector<Event> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

Uuid IdOf(std::uint64_t number) {
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8U * i));
  }
  id.bytes[6] = 0x40;
  id.bytes[8] = 0x80;
  return id;
}

AttributeId SampleHistory::At(std::string_view type, std::string_view path) {
  const RegistryPtr registry = SchemaRegistry::BuiltIn();
  const auto id = registry->FindByPath(*registry->FindTypeByName(type), path);
  SCIMLEDGER_INVARIANT(id.has_value(), std::string(path).c_str());
  return *id;
}

Event SampleHistory::Make(EventKind kind) {
  head_ = head_.Next();
  Event event;
  event.sequence = head_;
  event.id = IdOf(0xE000000 + head_.value);
  event.kind = kind;
  event.time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(commands_) * 1'000;
  event.clock_us = event.time_us;
  event.transaction = IdOf(0xF000000 + commands_);
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  return event;
}

Event SampleHistory::MakeChange(EventKind kind, const ResourceId& id) {
  Known& known = known_.at(id);
  Event event = Make(kind);
  event.resource = id;
  event.resource_type = known.type;
  event.resource_name = known.name;
  if (kind != EventKind::kResourceCreated) event.version_before = known.version;
  if (kind != EventKind::kResourceDeleted) event.version_after = event.version_before + 1;
  known.version = event.version_after;
  return event;
}

void SampleHistory::Set(Event& event, AttributeId attribute, Value after) {
  std::map<AttributeId, Value>& values = known_.at(event.resource).values;
  Value& now = values[attribute];
  if (now == after) return;
  event.changes.push_back({attribute, now, after});
  now = std::move(after);
}

std::string SampleHistory::PickName() { return std::string(kNames[Below(kNames.size())]); }

Value SampleHistory::RandomEmails() {
  ValueList emails;
  for (std::uint32_t count = Below(3); count > 0; --count) {
    AttributeMap email;
    email.Set(At("User", "emails.value"), Value(std::string(kAddresses[Below(kAddresses.size())])));
    email.Set(At("User", "emails.type"),
              Value(std::string(kEmailTypes[Below(kEmailTypes.size())])));
    emails.emplace_back(std::move(email));
  }
  return emails.empty() ? Value() : Value(std::move(emails));
}

void SampleHistory::SetRandomValues(Event& event) {
  if (Below(2) == 0) Set(event, At("User", "displayName"), Value(PickName()));
  if (Below(2) == 0) Set(event, At("User", "emails"), RandomEmails());
  if (Below(3) == 0) Set(event, At("User", "active"), Value(Below(2) == 0));
  if (Below(3) == 0) Set(event, At("User", "name.familyName"), Value(PickName()));
  if (Below(3) == 0) {
    Set(event, At("User", "externalId"), Below(4) == 0 ? Value() : Value(PickName()));
  }
  if (Below(4) == 0) {
    const std::string manager = Below(2) == 0 && !users_.empty() ? PickUser().ToString() : "gone";
    Set(event,
        At("User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"),
        Value(manager));
  }
}

std::vector<Event> SampleHistory::CreateUser(std::string_view user_name) {
  ++commands_;
  const ResourceId id = IdOf(++ids_);
  known_[id] = {"User", std::string(user_name), 0, {}, {}};
  Event event = MakeChange(EventKind::kResourceCreated, id);
  Set(event, At("User", "userName"), Value(std::string(user_name)));
  users_.push_back(id);
  return {event};
}

std::vector<Event> SampleHistory::CreateGroup(std::string_view name,
                                              const std::vector<ResourceId>& members) {
  ++commands_;
  const ResourceId id = IdOf(++ids_);
  known_[id] = {"Group", std::string(name), 0, {}, {members.begin(), members.end()}};
  Event event = MakeChange(EventKind::kResourceCreated, id);
  Set(event, At("Group", "displayName"), Value(std::string(name)));
  event.members_added = members;
  groups_.push_back(id);
  return {event};
}

std::vector<Event> SampleHistory::SetMembers(const ResourceId& group,
                                             const std::vector<ResourceId>& added,
                                             const std::vector<ResourceId>& removed) {
  ++commands_;
  Event event = MakeChange(EventKind::kResourcePatched, group);
  event.members_added = added;
  event.members_removed = removed;
  known_.at(group).members.insert(added.begin(), added.end());
  for (const ResourceId& id : removed) known_.at(group).members.erase(id);
  return {event};
}

std::vector<Event> SampleHistory::SetTitle(const ResourceId& user, std::string_view title) {
  ++commands_;
  Event event = MakeChange(EventKind::kResourcePatched, user);
  Set(event, At("User", "title"), Value(std::string(title)));
  return {event};
}

std::vector<Event> SampleHistory::Delete(const ResourceId& id) {
  ++commands_;
  std::vector<Event> events = {MakeChange(EventKind::kResourceDeleted, id)};
  known_.erase(id);
  std::erase(users_, id);
  std::erase(groups_, id);
  for (auto& [holder, known] : known_) {
    if (known.members.erase(id) == 0) continue;
    Event event = MakeChange(EventKind::kResourcePatched, holder);
    event.cause = events.front().sequence;
    event.members_removed = {id};
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<Event> SampleHistory::CreateCredential(std::string_view name) {
  ++commands_;
  Event event = Make(EventKind::kCredentialCreated);
  Credential credential;
  credential.id = IdOf(0xC000000 + credentials_.size());
  credential.name = name;
  credential.role = Role::kReader;
  credential.secret_hash.fill(static_cast<std::uint8_t>(credentials_.size() + 1));
  credential.secret_suffix = "wxyz";
  credential.created_us = event.time_us;
  event.credential = credential;
  event.resource_type = "Credential";
  event.resource_name = credential.name;
  event.resource = credential.id;
  credentials_.push_back(credential);
  return {event};
}

std::vector<Event> SampleHistory::AddSchema(std::string_view json) {
  ++commands_;
  Event event = Make(EventKind::kSchemaAdded);
  event.schema.json = json;
  event.resource_type = "Schema";
  return {event};
}

ResourceId SampleHistory::PickMember() {
  if (users_.empty() || (!groups_.empty() && Below(5) == 0)) return PickGroup();
  return PickUser();
}

std::vector<Event> SampleHistory::ChangeRandomUser() {
  ++commands_;
  Event event = MakeChange(EventKind::kResourcePatched, PickUser());
  SetRandomValues(event);
  return {event};
}

std::vector<Event> SampleHistory::ChangeRandomMembers() {
  const ResourceId group = PickGroup();
  const std::set<ResourceId> before = known_.at(group).members;
  std::set<ResourceId> added;
  std::set<ResourceId> removed;
  for (std::uint32_t count = Below(4); count > 0; --count) {
    const ResourceId member = PickMember();
    (before.contains(member) ? removed : added).insert(member);
  }
  return SetMembers(group, {added.begin(), added.end()}, {removed.begin(), removed.end()});
}

std::vector<Event> SampleHistory::Next() {
  const std::uint32_t dice = Below(20);
  if (users_.size() < 3 || dice < 5) {
    std::vector<Event> events = CreateUser(fmt::format("{}{}", PickName(), ids_));
    SetRandomValues(events.front());
    return events;
  }
  if (groups_.size() < 2 || dice < 7) return CreateGroup(fmt::format("{}{}", PickName(), ids_));
  if (dice < 11) return ChangeRandomUser();
  if (dice < 17) return ChangeRandomMembers();
  if (dice == 17) return CreateCredential(PickName());
  if (dice == 18) return Delete(PickUser());
  return Delete(PickMember());
}

std::vector<Event> SampleHistory::Next(int commands) {
  std::vector<Event> all;
  for (; commands > 0; --commands) Append(all, Next());
  return all;
}

std::string Render(const DirectoryView& view) {
  const RegistryPtr registry = view.registry();
  std::string text = fmt::format("sequence {}\n", view.sequence().value);
  const auto append = [&](std::string_view word, const ReferencedResource& resource) {
    text += fmt::format("  {} {} {} {}\n", word, registry->type(resource.type).name,
                        resource.id.ToString(), resource.display);
  };
  for (const ResourceType& type : registry->resource_types()) {
    text += fmt::format("{} {}\n", type.name, view.resource_count(type.id));
    view.ForEachResource(type.id, [&](const ResourcePtr& row) {
      text += fmt::format(" {} {} v{} {} {}\n", row->ordinal, row->id.ToString(), row->version,
                          row->created_us, row->last_modified_us);
      for (const auto& [id, value] : DecodeDocument(row->document)) {
        text += fmt::format("  {} ", registry->attribute(id).path);
        AppendValueJson(*registry, value, text);
        text += '\n';
      }
      view.ForEachMember(*row, [&](const auto& member) { append("member", member); });
      view.ForEachGroup(*row, [&](const auto& group) { append("group", group); });
      const auto self = view.Find(row->id);
      text += self ? fmt::format("  called {}\n", self->display) : "  not found\n";
      return true;
    });
  }
  for (const Credential& credential : view.credentials()) {
    text += fmt::format("credential {} {} {} {}\n", credential.id.ToString(), credential.name,
                        credential.created_us, credential.revoked_us);
  }
  return text;
}

}  // namespace scimledger::projections
