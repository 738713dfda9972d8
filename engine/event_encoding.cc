#include "engine/document.h"
#include "engine/event.h"
#include "engine/event_messages.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "storage/envelope.h"

namespace scimledger {
namespace {

void FillHeader(const SchemaRegistry& registry, const Event& event, const Uuid& log_id,
                proto::Header& header) {
  header.set_format(kEventFormat);
  header.set_log_id(log_id.bytes.data(), log_id.bytes.size());
  header.set_sequence(event.sequence.value);
  header.set_id(event.id.bytes.data(), event.id.bytes.size());
  header.set_kind(static_cast<std::uint32_t>(event.kind));
  header.set_time_us(event.time_us);
  header.set_clock_us(event.clock_us);
  header.set_clock_stepped_back(event.clock_stepped_back);
  header.set_resource_type(event.resource_type);
  header.set_resource_id(event.resource.bytes.data(), event.resource.bytes.size());
  header.set_version_before(event.version_before);
  header.set_version_after(event.version_after);
  header.set_transaction(event.transaction.bytes.data(), event.transaction.bytes.size());
  if (event.cause) header.set_cause(event.cause->value);
  header.set_actor_id(event.actor.id);
  header.set_auth_method(static_cast<std::uint32_t>(event.actor.method));
  ForEachPath(registry, event,
              [&](std::string_view path) { header.add_paths(path.data(), path.size()); });
}

void FillContext(const Event& event, proto::Context& context) {
  context.set_address(event.client.address);
  context.set_forwarded(event.client.forwarded);
  context.set_user_agent(event.client.user_agent);
  context.set_request_id(event.client.request_id);
  context.set_issuer(event.actor.issuer);
  context.set_subject(event.actor.subject);
}

void FillIds(const std::vector<ResourceId>& ids, std::string& bytes) {
  bytes.reserve(ids.size() * sizeof(ResourceId));
  for (const ResourceId& id : ids) bytes += id.AsBytes();
}

void FillCredential(const Credential& credential, proto::CredentialBody& body) {
  body.set_id(credential.id.bytes.data(), credential.id.bytes.size());
  body.set_name(credential.name);
  body.set_role(static_cast<std::uint32_t>(credential.role));
  body.set_secret_hash(credential.secret_hash.data(), credential.secret_hash.size());
  body.set_secret_suffix(credential.secret_suffix);
  body.set_created_us(credential.created_us);
  body.set_expires_us(credential.expires_us);
}

/// Visits the values of a created resource's document as its changes name them: parts of a singular
/// complex attribute one by one.
template <typename Visit>
void ForEachCreatedValue(const Event& event, const Visit& visit) {
  if (!event.values_in_row) return;
  SCIMLEDGER_INVARIANT(event.after != nullptr, "the row that has the values is missing");
  for (DocumentCursor entries(event.after->document); entries.Next();) {
    const EncodedValue value = ReadEncoded(entries.encoded());
    const auto* const parts = std::get_if<DocumentCursor>(&value);
    if (parts == nullptr) {
      visit(entries.id(), value);
      continue;
    }
    for (DocumentCursor part = *parts; part.Next();) visit(part.id(), ReadEncoded(part.encoded()));
  }
}

void FillBody(const SchemaRegistry& registry, const Event& event, proto::Body& body) {
  body.set_resource_name(event.resource_name);
  ForEachCreatedValue(event, [&](AttributeId, const EncodedValue& value) {
    AppendValueJson(registry, value, *body.add_changes()->mutable_after());
  });
  for (const AttributeChange& change : event.changes) {
    proto::Change& stored = *body.add_changes();
    if (!change.before.IsUnassigned()) {
      AppendValueJson(registry, change.before, *stored.mutable_before());
    }
    if (!change.after.IsUnassigned()) {
      AppendValueJson(registry, change.after, *stored.mutable_after());
    }
  }
  for (const SettingChange& change : event.settings) {
    const SettingDefinition& definition = DefinitionOf(change.setting);
    proto::Change& stored = *body.add_changes();
    AppendJsonString(*stored.mutable_before(), change.after ? definition.usual : definition.other);
    AppendJsonString(*stored.mutable_after(), change.after ? definition.other : definition.usual);
  }
  for (const Fact& fact : event.facts) {
    proto::Change& stored = *body.add_changes();
    stored.set_before(fact.before);
    stored.set_after(fact.after);
  }
  if (!event.members_added.empty()) FillIds(event.members_added, *body.mutable_members_added());
  if (!event.members_removed.empty()) {
    FillIds(event.members_removed, *body.mutable_members_removed());
  }
  if (event.kind == EventKind::kSchemaAdded) body.set_schema_json(event.schema.json);
  if (event.credential) FillCredential(*event.credential, *body.mutable_credential());
}

}  // namespace

void ForEachPath(const SchemaRegistry& registry, const Event& event,
                 const std::function<void(std::string_view path)>& visit) {
  if (!event.paths.empty()) {
    for (const std::string& path : event.paths) visit(path);
    return;
  }
  ForEachCreatedValue(
      event, [&](AttributeId id, const EncodedValue&) { visit(registry.attribute(id).path); });
  for (const AttributeChange& change : event.changes) {
    visit(registry.attribute(change.attribute).path);
  }
  for (const SettingChange& change : event.settings) visit(DefinitionOf(change.setting).name);
  for (const Fact& fact : event.facts) visit(fact.name);
}

storage::NewEvent EncodeEvent(const SchemaRegistry& registry, const Event& event,
                              const Uuid& log_id) {
  EventMessages& messages = EventMessages::OfThread();
  FillHeader(registry, event, log_id, messages.header);
  FillContext(event, messages.context);
  FillBody(registry, event, messages.body);
  storage::NewEvent stored;
  stored.sequence = event.sequence;
  stored.time_us = event.time_us;
  stored.id = event.id;
  stored.header = messages.header.SerializeAsString();
  stored.context = storage::Seal(messages.context.SerializeAsString());
  stored.body = storage::Seal(messages.body.SerializeAsString());
  return stored;
}

}  // namespace scimledger
