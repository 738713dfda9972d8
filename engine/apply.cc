#include <fmt/format.h>

#include "engine/document.h"
#include "engine/state.h"

namespace scimledger {
namespace {

std::unexpected<storage::Error> DoesNotFit(const Event& event, std::string_view why) {
  return storage::Fail(storage::ErrorCode::kCorrupt,
                       fmt::format("event {} ({}) does not fit the state: {}", event.sequence.value,
                                   ToString(event.kind), why));
}

void SetAttribute(const SchemaRegistry& registry, const AttributeChange& change,
                  AttributeMap& attributes) {
  // A supplied secret leaves nothing behind (DESIGN §6).
  if (change.before.IsUnassigned() && change.after.IsUnassigned()) return;
  const Attribute& attribute = registry.attribute(change.attribute);
  if (!attribute.parent) {
    attributes.Set(change.attribute, change.after);
    return;
  }
  const Value* parent = attributes.Find(*attribute.parent);
  AttributeMap parts = parent != nullptr ? *parent->AsComplex() : AttributeMap();
  parts.Set(change.attribute, change.after);
  attributes.Set(*attribute.parent, Value(std::move(parts)));
}

std::string ChangedDocument(const SchemaRegistry& registry, std::string_view document,
                            const std::vector<AttributeChange>& changes) {
  AttributeMap attributes = DecodeDocument(document);
  for (const AttributeChange& change : changes) SetAttribute(registry, change, attributes);
  return EncodeDocument(attributes);
}

ResourcePtr CreatedRow(const State& state, const SchemaRegistry& registry, ResourceTypeId type,
                       const Event& event) {
  auto row = std::make_shared<Resource>();
  row->id = event.resource;
  row->type = type;
  row->ordinal = state.next_ordinal();
  row->version = event.version_after;
  row->created_us = event.time_us;
  row->last_modified_us = event.time_us;
  row->document = event.document ? *event.document
                                 : ChangedDocument(registry, EncodeDocument({}), event.changes);
  return row;
}

ResourcePtr ChangedRow(const SchemaRegistry& registry, const Resource& before, const Event& event) {
  auto row = std::make_shared<Resource>(before);
  row->version = event.version_after;
  row->last_modified_us = event.time_us;
  if (!event.changes.empty()) {
    row->document = ChangedDocument(registry, before.document, event.changes);
  }
  return row;
}

void SetMembers(MutableState& state, const Event& event) {
  for (const ResourceId& member : event.members_added) {
    state.SetMember(event.resource, member, true);
  }
  for (const ResourceId& member : event.members_removed) {
    state.SetMember(event.resource, member, false);
  }
}

storage::Result<void> ApplyCreated(MutableState& state, const Event& event) {
  const RegistryPtr registry = state.registry();
  const ResourceType* type = registry->FindTypeByName(event.resource_type);
  if (type == nullptr) return DoesNotFit(event, "unknown resource type");
  if (event.version_before != 0 || event.version_after != 1) {
    return DoesNotFit(event, "a created resource begins at version 1");
  }
  if (state.FindResource(event.resource) != nullptr) {
    return DoesNotFit(event, "the resource exists already");
  }
  if (event.after != nullptr && event.after->ordinal != state.next_ordinal()) {
    return DoesNotFit(event, "the row was made for another place in the order of creation");
  }
  state.PutResource(nullptr, event.after != nullptr
                                 ? event.after
                                 : CreatedRow(state, *registry, type->id, event));
  SetMembers(state, event);
  return {};
}

/// The row that a change or deletion is about.
storage::Result<ResourcePtr> FindBefore(const State& state, const Event& event) {
  ResourcePtr before = state.FindResource(event.resource);
  if (before == nullptr) return DoesNotFit(event, "unknown resource");
  if (before->version != event.version_before) {
    return DoesNotFit(event, fmt::format("the resource is at version {}, not {}", before->version,
                                         event.version_before));
  }
  const ResourceType* type = state.registry()->FindTypeByName(event.resource_type);
  if (type == nullptr || type->id != before->type) {
    return DoesNotFit(event, "the resource is of another type");
  }
  return before;
}

storage::Result<void> ApplyChanged(MutableState& state, const Event& event) {
  SCIMLEDGER_TRY_ASSIGN(const ResourcePtr before, FindBefore(state, event));
  if (event.version_after != event.version_before + 1) {
    return DoesNotFit(event, "a change raises the version by one");
  }
  state.PutResource(
      before, event.after != nullptr ? event.after : ChangedRow(*state.registry(), *before, event));
  SetMembers(state, event);
  return {};
}

storage::Result<void> ApplyDeleted(MutableState& state, const Event& event) {
  SCIMLEDGER_TRY_ASSIGN(const ResourcePtr before, FindBefore(state, event));
  state.PutResource(before, nullptr);
  return {};
}

storage::Result<void> ApplySchemaAdded(MutableState& state, const Event& event) {
  auto extended = state.registry()->WithRecorded(event.schema);
  if (!extended) return DoesNotFit(event, extended.error().detail);
  state.SetRegistry(*std::move(extended));
  return {};
}

storage::Result<void> ApplySettings(MutableState& state, const Event& event) {
  TenantSettings settings = state.registry()->settings();
  for (const SettingChange& change : event.settings) settings.Set(change.setting, change.after);
  state.SetRegistry(state.registry()->WithSettings(settings));
  return {};
}

storage::Result<void> ApplyCredential(MutableState& state, const Event& event) {
  if (!event.credential) return DoesNotFit(event, "it carries no credential");
  std::optional<Credential> known = state.FindCredential(event.credential->id);
  if (event.kind == EventKind::kCredentialCreated) {
    if (known) return DoesNotFit(event, "the credential exists already");
    state.PutCredential(*event.credential);
    return {};
  }
  if (!known) return DoesNotFit(event, "unknown credential");
  known->revoked_us = event.time_us;
  state.PutCredential(*known);
  return {};
}

storage::Result<void> ApplyByKind(MutableState& state, const Event& event) {
  switch (event.kind) {
    case EventKind::kResourceCreated:
      return ApplyCreated(state, event);
    case EventKind::kResourceReplaced:
    case EventKind::kResourcePatched:
      return ApplyChanged(state, event);
    case EventKind::kResourceDeleted:
      return ApplyDeleted(state, event);
    case EventKind::kSchemaAdded:
      return ApplySchemaAdded(state, event);
    case EventKind::kCredentialCreated:
    case EventKind::kCredentialRevoked:
      return ApplyCredential(state, event);
    case EventKind::kSettingsChanged:
      return ApplySettings(state, event);
    case EventKind::kServerStarted:
    case EventKind::kServerStopped:
    case EventKind::kConfigurationChanged:
    case EventKind::kAuditRead:
      return {};
  }
  return DoesNotFit(event, "unknown kind");
}

}  // namespace

storage::Result<void> Apply(MutableState& state, const Event& event) {
  if (event.sequence != state.head().Next()) {
    return DoesNotFit(event, fmt::format("the state is at {}", state.head().value));
  }
  SCIMLEDGER_TRY(ApplyByKind(state, event));
  state.SetHead(event.sequence);
  return {};
}

}  // namespace scimledger
