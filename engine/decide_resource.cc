#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/decide_checks.h"
#include "engine/decide_diff.h"
#include "engine/decide_steps.h"
#include "engine/document.h"

namespace scimledger {
namespace {

std::string NameIn(const ResourceType& type, const std::optional<Value>& naming_value) {
  const std::string* name =
      type.naming_attribute && naming_value ? naming_value->AsString() : nullptr;
  return name != nullptr ? *name : std::string();
}

std::string NameOf(const ResourceType& type, const Resource& row) {
  if (!type.naming_attribute) return {};
  return NameIn(type, FindInDocument(row.document, *type.naming_attribute));
}

/// Says which resource the event is about, by a row that has its name. `before` is nullptr for a
/// create, `after` for a delete.
void SetSubject(const SchemaRegistry& registry, const Resource& named, ResourcePtr before,
                ResourcePtr after, Event& event) {
  const ResourceType& type = registry.type(named.type);
  event.resource_type = type.name;
  event.resource = named.id;
  event.resource_name = NameOf(type, named);
  event.version_before = before != nullptr ? before->version : 0;
  event.version_after = after != nullptr ? after->version : 0;
  event.before = std::move(before);
  event.after = std::move(after);
}

/// But for those that a change tells of already.
void AppendSecrets(std::vector<AttributeId> secrets, std::vector<AttributeChange>& changes) {
  std::sort(secrets.begin(), secrets.end());
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  for (const AttributeId secret : secrets) {
    const bool is_told = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
      return change.attribute == secret;
    });
    if (!is_told) changes.emplace_back().attribute = secret;
  }
}

std::shared_ptr<Resource> NextVersion(const Resource& before, std::int64_t now_us) {
  auto row = std::make_shared<Resource>(before);
  ++row->version;
  row->last_modified_us = now_us;
  return row;
}

/// RFC 7644 §3.3: a value the client did not send may be assigned; one it sent as empty may not.
Result<void> AddDefaults(const SchemaRegistry& registry, const ResourceType& type,
                         ResourceDraft& draft) {
  AttributeMap& attributes = draft.attributes;
  for (const AttributeId id : type.attributes) {
    const Attribute& attribute = registry.attribute(id);
    if (attribute.default_json.empty() || attributes.Find(id) != nullptr) continue;
    const auto is_in = [id](const std::vector<AttributeId>& ids) {
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    if (is_in(draft.cleared) || is_in(draft.secrets)) continue;
    SCIMLEDGER_TRY_ASSIGN(Value value, ReadValueJson(registry, id, attribute.default_json));
    attributes.Set(id, std::move(value));
  }
  return {};
}

/// `registry` is the one that the command was parsed against, whoever makes it when.
Result<void> MakeDocument(const SchemaRegistry& registry, CreateResource& command) {
  if (command.document) return {};
  SCIMLEDGER_TRY(AddDefaults(registry, registry.type(command.type), command.draft));
  command.document = EncodeDocument(std::exchange(command.draft.attributes, {}));
  return {};
}

/// One event per group that holds the deleted resource (DESIGN §3).
void AppendCascade(const Deciding& deciding, const ResourceId& deleted, const ResourceId& group,
                   Decision& decision) {
  const Sequence cause = decision.events.front().sequence;
  const ResourcePtr before = deciding.state.FindResource(group);
  SCIMLEDGER_INVARIANT(before != nullptr, "a membership in an unknown group");
  Event& event = AppendEvent(deciding, EventKind::kResourcePatched, decision.events);
  ResourcePtr after = NextVersion(*before, deciding.time.now_us);
  SetSubject(*deciding.registry, *before, before, std::move(after), event);
  event.cause = cause;
  event.members_removed.push_back(deleted);
}

}  // namespace

void DropSecrets(const std::vector<AttributeId>& secrets, AttributeMap& attributes) {
  for (const AttributeId secret : secrets) attributes.Erase(secret);
}

Result<Decision> DecideChange(const Deciding& deciding, ResourceChange change) {
  const SchemaRegistry& registry = *deciding.registry;
  std::vector<AttributeChange> changes =
      Diff(registry, change.attributes_before, change.attributes_after);
  std::shared_ptr<Resource> row;
  if (!changes.empty()) {
    row = NextVersion(*change.before, deciding.time.now_us);
    row->document = EncodeDocument(change.attributes_after);
    SCIMLEDGER_TRY(CheckSize(change.before->document.size(), row->document.size()));
    SCIMLEDGER_TRY(CheckUniqueKeys(deciding.state, *row));
  }
  AppendSecrets(change.secrets, changes);
  Decision decision;
  if (changes.empty() && change.members_added.empty() && change.members_removed.empty()) {
    decision.resource = std::move(change.before);
    return decision;
  }
  if (row == nullptr) row = NextVersion(*change.before, deciding.time.now_us);
  decision.resource = row;
  Event& event = AppendEvent(deciding, change.kind, decision.events);
  SetSubject(registry, *row, change.before, row, event);
  event.changes = std::move(changes);
  event.members_added = std::move(change.members_added);
  event.members_removed = std::move(change.members_removed);
  return decision;
}

void Prepare(const SchemaRegistry& registry, CommandBody& body) {
  auto* const create = std::get_if<CreateResource>(&body);
  // What cannot be made is refused by decide, which tries again.
  if (create != nullptr) (void)MakeDocument(registry, *create);
}

Result<Decision> DecideCreate(const Deciding& deciding, CreateResource& command) {
  const SchemaRegistry& registry = *deciding.registry;
  const ResourceType& type = registry.type(command.type);
  if (deciding.state.FindResource(command.id) != nullptr) {
    return Refuse(409, ScimType::kUniqueness,
                  fmt::format("id {} is taken by another resource", command.id.ToString()));
  }
  SCIMLEDGER_TRY(MakeDocument(*deciding.command.registry, command));
  auto row = std::make_shared<Resource>();
  row->id = command.id;
  row->type = type.id;
  row->ordinal = deciding.state.next_ordinal();
  row->created_us = deciding.time.now_us;
  row->last_modified_us = deciding.time.now_us;
  row->document = *std::move(command.document);
  SCIMLEDGER_TRY(CheckSize(0, row->document.size()));
  SCIMLEDGER_TRY(CheckUniqueKeys(deciding.state, *row));

  std::vector<ResourceId> members;
  WorkBudget work;
  if (type.reference_set && command.draft.members) {
    SCIMLEDGER_TRY_ASSIGN(
        members, ResolveMembers(deciding.state, *type.reference_set, *command.draft.members, work));
  }
  work.Spend(members.size() * kStepsOfMemberChanged);
  SCIMLEDGER_TRY(work.Check());
  Decision decision;
  decision.resource = row;
  Event& event = AppendEvent(deciding, EventKind::kResourceCreated, decision.events);
  SetSubject(registry, *row, nullptr, row, event);
  event.values_in_row = true;
  AppendSecrets(command.draft.secrets, event.changes);
  event.members_added = std::move(members);
  return decision;
}

Result<Decision> DecidePatch(const Deciding& deciding, const PatchResource& command) {
  const SchemaRegistry& registry = *deciding.registry;
  const ResourceType& type = registry.type(command.type);
  SCIMLEDGER_TRY_ASSIGN(const ResourcePtr before, FindTarget(deciding.state, type, command.id));
  SCIMLEDGER_TRY(CheckExpected(registry, *before, command.expected));
  SCIMLEDGER_TRY_ASSIGN(PatchEffect effect,
                        ApplyPatch(deciding.state, type, *before, command.patch));
  DropSecrets(command.patch.secrets, effect.attributes);
  const AttributeMap attributes_before = DecodeDocument(before->document);
  SCIMLEDGER_TRY(CheckRequired(registry, type, attributes_before, effect.attributes));
  return DecideChange(deciding,
                      {EventKind::kResourcePatched, before, attributes_before, effect.attributes,
                       command.patch.secrets, std::move(effect.added), std::move(effect.removed)});
}

Result<Decision> DecideDelete(const Deciding& deciding, const DeleteResource& command) {
  const SchemaRegistry& registry = *deciding.registry;
  const ResourceType& type = registry.type(command.type);
  SCIMLEDGER_TRY_ASSIGN(const ResourcePtr before, FindTarget(deciding.state, type, command.id));
  SCIMLEDGER_TRY(CheckExpected(registry, *before, command.expected));
  std::vector<ResourceId> groups = deciding.state.GroupsHolding(before->id);
  // A group in itself goes with its own member set.
  groups.erase(std::remove(groups.begin(), groups.end(), before->id), groups.end());
  if (groups.size() >= kCommandEventsMax) {
    return Refuse(
        413, ScimType::kNone,
        fmt::format("{} groups hold this resource, and one request may change at most {}; "
                    "remove it from some of them first",
                    groups.size(), kCommandEventsMax - 1));
  }
  Decision decision;
  decision.events.reserve(groups.size() + 1);
  Event& event = AppendEvent(deciding, EventKind::kResourceDeleted, decision.events);
  SetSubject(registry, *before, before, nullptr, event);
  event.changes = Diff(registry, DecodeDocument(before->document), {});
  for (const ResourceId& group : groups) AppendCascade(deciding, before->id, group, decision);
  return decision;
}

}  // namespace scimledger
