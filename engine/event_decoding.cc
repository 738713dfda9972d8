#include <fmt/format.h>

#include <cstring>

#include "engine/document.h"
#include "engine/event.h"
#include "engine/event_messages.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "storage/envelope.h"

namespace scimledger {
namespace {

using storage::ErrorCode;

std::unexpected<storage::Error> Corrupt(Sequence sequence, std::string_view what) {
  return storage::Fail(ErrorCode::kCorrupt, fmt::format("event {}: {}", sequence.value, what));
}

bool IsResourceEvent(EventKind kind) {
  switch (kind) {
    case EventKind::kResourceCreated:
    case EventKind::kResourceReplaced:
    case EventKind::kResourcePatched:
    case EventKind::kResourceDeleted:
      return true;
    case EventKind::kSchemaAdded:
    case EventKind::kCredentialCreated:
    case EventKind::kCredentialRevoked:
    case EventKind::kSettingsChanged:
    case EventKind::kServerStarted:
    case EventKind::kServerStopped:
    case EventKind::kConfigurationChanged:
    case EventKind::kAuditRead:
      return false;
  }
  return false;
}

bool IsCredentialEvent(EventKind kind) {
  return kind == EventKind::kCredentialCreated || kind == EventKind::kCredentialRevoked;
}

/// Everything of the header but the paths, which need the body next to them.
storage::Result<void> ReadHeader(const proto::Header& header, const storage::EventView& stored,
                                 Event& event) {
  const auto id = Uuid::FromBytes(header.id());
  const auto resource = Uuid::FromBytes(header.resource_id());
  const auto transaction = Uuid::FromBytes(header.transaction());
  if (!id || !resource || !transaction) return Corrupt(stored.sequence, "an id is not 16 bytes");
  if (header.sequence() != stored.sequence.value || *id != stored.id ||
      header.time_us() != stored.time_us) {
    return Corrupt(stored.sequence, "the header does not belong to its record");
  }
  if (header.kind() < static_cast<std::uint32_t>(EventKind::kResourceCreated) ||
      header.kind() > static_cast<std::uint32_t>(EventKind::kAuditRead)) {
    return Corrupt(stored.sequence, fmt::format("unknown kind {}", header.kind()));
  }
  if (header.auth_method() < static_cast<std::uint32_t>(AuthMethod::kBearer) ||
      header.auth_method() > static_cast<std::uint32_t>(AuthMethod::kJwt)) {
    return Corrupt(stored.sequence,
                   fmt::format("unknown authentication method {}", header.auth_method()));
  }
  event.sequence = stored.sequence;
  event.id = *id;
  event.kind = static_cast<EventKind>(header.kind());
  event.time_us = header.time_us();
  event.clock_us = header.clock_us();
  event.clock_stepped_back = header.clock_stepped_back();
  event.transaction = *transaction;
  if (header.cause() != 0) event.cause = Sequence{header.cause()};
  event.actor.id = header.actor_id();
  event.actor.method = static_cast<AuthMethod>(header.auth_method());
  event.resource_type = header.resource_type();
  event.resource = *resource;
  event.version_before = header.version_before();
  event.version_after = header.version_after();
  return {};
}

storage::Result<Value> ReadChangedValue(const SchemaRegistry& registry, Sequence sequence,
                                        AttributeId attribute, const std::string& json) {
  auto value = ReadValueJson(registry, attribute, json);
  if (!value) {
    return Corrupt(sequence,
                   fmt::format("a value of {} cannot be read", registry.attribute(attribute).path));
  }
  return *std::move(value);
}

/// What the paths of a thread's last event were found to be, by their place in it: most events
/// change what others of their kind change.
class PathMemory {
 public:
  std::optional<AttributeId> Find(const SchemaRegistry& registry, const ResourceType& type,
                                  std::size_t place, const std::string& path) {
    if (registry_.get() != &registry || type_ != type.id) {
      known_.clear();
      registry_ = registry.shared_from_this();
      type_ = type.id;
    }
    if (place < known_.size() && known_[place].first == path) return known_[place].second;
    const auto found = registry.FindByPath(type, path);
    if (!found) return found;
    if (place >= known_.size()) known_.resize(place + 1);
    known_[place] = {path, *found};
    return found;
  }

 private:
  RegistryPtr registry_;  ///< held, so that no other one gets its address
  ResourceTypeId type_{};
  std::vector<std::pair<std::string, AttributeId>> known_;
};

/// The attributes that an event's paths name.
storage::Result<void> ReadPaths(const SchemaRegistry& registry, const ResourceType& type,
                                const proto::Header& header, Sequence sequence,
                                std::vector<AttributeId>& attributes) {
  thread_local PathMemory memory;
  attributes.clear();
  for (int i = 0; i < header.paths_size(); ++i) {
    const auto attribute =
        memory.Find(registry, type, static_cast<std::size_t>(i), header.paths(i));
    if (!attribute) {
      return Corrupt(sequence, fmt::format("{} has no attribute {}", type.name, header.paths(i)));
    }
    attributes.push_back(*attribute);
  }
  return {};
}

/// The document that the changes of a created resource make, straight from their stored form.
/// nullopt: they are not in order of this registry's attribute ids, or hold something else than a
/// create writes; then they are read one by one.
std::optional<std::string> ReadCreatedDocument(const SchemaRegistry& registry,
                                               const std::vector<AttributeId>& attributes,
                                               const proto::Body& body) {
  DocumentBuilder document;
  std::optional<AttributeId> last_top;
  for (std::size_t at = 0; at < attributes.size();) {
    const std::optional<AttributeId> parent = registry.attribute(attributes[at]).parent;
    const AttributeId top = parent.value_or(attributes[at]);
    if (last_top && top <= *last_top) return std::nullopt;
    last_top = top;
    if (parent) {
      document.BeginEntry(top);
      document.Complex();
    }
    std::optional<AttributeId> last;
    do {
      const proto::Change& change = body.changes(static_cast<int>(at));
      if (!change.before().empty() || (last && attributes[at] <= *last)) return std::nullopt;
      last = attributes[at++];
      // A supplied secret leaves nothing behind (DESIGN §6).
      if (change.after().empty() && !parent) continue;
      document.BeginEntry(*last);
      if (!BuildFromValueJson(registry, *last, change.after(), document)) return std::nullopt;
      document.End();
    } while (parent && at < attributes.size() &&
             registry.attribute(attributes[at]).parent == parent);
    if (parent) document.End();
  }
  return document.Take();
}

storage::Result<void> ReadChanges(const SchemaRegistry& registry, const EventMessages& messages,
                                  DecodeFor purpose, Event& event) {
  const ResourceType* type = registry.FindTypeByName(event.resource_type);
  if (type == nullptr) {
    return Corrupt(event.sequence, fmt::format("unknown resource type {}", event.resource_type));
  }
  const proto::Header& header = messages.header;
  if (header.paths_size() != messages.body.changes_size()) {
    return Corrupt(event.sequence, "header and body differ in their number of changes");
  }
  thread_local std::vector<AttributeId> attributes;
  SCIMLEDGER_TRY(ReadPaths(registry, *type, header, event.sequence, attributes));
  if (purpose != DecodeFor::kReading && event.kind == EventKind::kResourceCreated) {
    event.document = ReadCreatedDocument(registry, attributes, messages.body);
    if (event.document) return {};
  }
  event.changes.reserve(attributes.size());
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const proto::Change& stored = messages.body.changes(static_cast<int>(i));
    const bool is_hidden = purpose == DecodeFor::kReading &&
                           registry.attribute(attributes[i]).returned == Returned::kNever;
    // Nobody supplied anything with a delete.
    if (is_hidden && event.kind == EventKind::kResourceDeleted) continue;
    AttributeChange& change = event.changes.emplace_back();
    change.attribute = attributes[i];
    if (is_hidden) continue;
    if (!stored.before().empty()) {
      SCIMLEDGER_TRY_ASSIGN(change.before, ReadChangedValue(registry, event.sequence, attributes[i],
                                                            stored.before()));
    }
    if (!stored.after().empty()) {
      SCIMLEDGER_TRY_ASSIGN(
          change.after, ReadChangedValue(registry, event.sequence, attributes[i], stored.after()));
    }
  }
  return {};
}

/// A switch or a position that this version does not have makes the event unreadable: replay would
/// go another way than it went.
storage::Result<void> ReadSettings(const EventMessages& messages, Event& event) {
  const proto::Header& header = messages.header;
  if (header.paths_size() == 0 || header.paths_size() != messages.body.changes_size()) {
    return Corrupt(event.sequence, "header and body differ in their number of settings");
  }
  for (int i = 0; i < header.paths_size(); ++i) {
    const SettingDefinition* definition = FindSetting(header.paths(i));
    const auto is_position = [&](std::string_view position) {
      std::string json;
      AppendJsonString(json, position);
      return messages.body.changes(i).after() == json;
    };
    if (definition == nullptr ||
        (!is_position(definition->usual) && !is_position(definition->other))) {
      return storage::Fail(ErrorCode::kIncompatible,
                           fmt::format("event {}: this version does not know the setting {}",
                                       event.sequence.value, header.paths(i)));
    }
    event.settings.push_back({definition->setting, is_position(definition->other)});
  }
  return {};
}

/// Nothing depends on facts, so names that this version does not know are read all the same.
storage::Result<void> ReadFacts(const EventMessages& messages, Event& event) {
  const proto::Header& header = messages.header;
  if (header.paths_size() != messages.body.changes_size()) {
    return Corrupt(event.sequence, "header and body differ in their number of facts");
  }
  for (int i = 0; i < header.paths_size(); ++i) {
    const proto::Change& stored = messages.body.changes(i);
    for (const std::string* const json : {&stored.before(), &stored.after()}) {
      if (!json->empty() && !JsonDocument::Parse(*json)) {
        return Corrupt(event.sequence, fmt::format("the fact {} cannot be read", header.paths(i)));
      }
    }
    event.facts.push_back({header.paths(i), stored.before(), stored.after()});
  }
  return {};
}

storage::Result<std::vector<ResourceId>> ReadIds(Sequence sequence, std::string_view bytes) {
  if (bytes.size() % sizeof(ResourceId) != 0) {
    return Corrupt(sequence, "a list of members is cut off");
  }
  std::vector<ResourceId> ids(bytes.size() / sizeof(ResourceId));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = *Uuid::FromBytes(bytes.substr(i * sizeof(ResourceId), sizeof(ResourceId)));
  }
  return ids;
}

storage::Result<void> ReadCredential(const proto::CredentialBody& body, Event& event) {
  const auto id = Uuid::FromBytes(body.id());
  Credential credential;
  if (!id || body.secret_hash().size() != credential.secret_hash.size()) {
    return Corrupt(event.sequence, "the credential is incomplete");
  }
  if (body.role() < static_cast<std::uint32_t>(Role::kProvisioner) ||
      body.role() > static_cast<std::uint32_t>(Role::kAdmin)) {
    return Corrupt(event.sequence, fmt::format("unknown role {}", body.role()));
  }
  credential.id = *id;
  credential.name = body.name();
  credential.role = static_cast<Role>(body.role());
  std::memcpy(credential.secret_hash.data(), body.secret_hash().data(),
              credential.secret_hash.size());
  credential.secret_suffix = body.secret_suffix();
  credential.created_us = body.created_us();
  credential.expires_us = body.expires_us();
  if (event.kind == EventKind::kCredentialRevoked) credential.revoked_us = event.time_us;
  event.credential = std::move(credential);
  return {};
}

storage::Result<void> ReadBody(const SchemaRegistry& registry, const EventMessages& messages,
                               DecodeFor purpose, Event& event) {
  const proto::Body& body = messages.body;
  event.resource_name = body.resource_name();
  if (IsResourceEvent(event.kind)) SCIMLEDGER_TRY(ReadChanges(registry, messages, purpose, event));
  SCIMLEDGER_TRY_ASSIGN(event.members_added, ReadIds(event.sequence, body.members_added()));
  SCIMLEDGER_TRY_ASSIGN(event.members_removed, ReadIds(event.sequence, body.members_removed()));
  if (event.kind == EventKind::kSchemaAdded) event.schema.json = body.schema_json();
  if (event.kind == EventKind::kSettingsChanged) return ReadSettings(messages, event);
  if (HasFacts(event.kind)) return ReadFacts(messages, event);
  if (IsCredentialEvent(event.kind)) return ReadCredential(body.credential(), event);
  return {};
}

/// Opens one sealed section and parses it.
template <typename Message>
storage::Result<void> ReadSection(Sequence sequence, std::string_view name, std::string_view sealed,
                                  Message& message) {
  auto plaintext = storage::Open(sealed);
  if (!plaintext) {
    return storage::Fail(plaintext.error().code, fmt::format("event {}: {}: {}", sequence.value,
                                                             name, plaintext.error().message));
  }
  if (!message.ParseFromArray(plaintext->data(), static_cast<int>(plaintext->size()))) {
    return Corrupt(sequence, fmt::format("the {} cannot be read", name));
  }
  return {};
}

}  // namespace

storage::Result<Event> DecodeEvent(const SchemaRegistry& registry, const storage::EventView& stored,
                                   DecodeFor purpose) {
  EventMessages& messages = EventMessages::OfThread();
  const Sequence sequence = stored.sequence;
  if (!messages.header.ParseFromArray(stored.header.data(),
                                      static_cast<int>(stored.header.size()))) {
    return Corrupt(sequence, "the header cannot be read");
  }
  if (messages.header.format() != kEventFormat) {
    return storage::Fail(ErrorCode::kIncompatible,
                         fmt::format("event {}: format {}, this version reads format {}",
                                     sequence.value, messages.header.format(), kEventFormat));
  }
  Event event;
  SCIMLEDGER_TRY(ReadHeader(messages.header, stored, event));
  if (purpose != DecodeFor::kFolding) {
    SCIMLEDGER_TRY(ReadSection(sequence, "context", stored.context, messages.context));
    event.client.address = messages.context.address();
    event.client.forwarded = messages.context.forwarded();
    event.client.user_agent = messages.context.user_agent();
    event.client.request_id = messages.context.request_id();
    event.actor.issuer = messages.context.issuer();
    event.actor.subject = messages.context.subject();
  }
  SCIMLEDGER_TRY(ReadSection(sequence, "body", stored.body, messages.body));
  SCIMLEDGER_TRY(ReadBody(registry, messages, purpose, event));
  if (purpose == DecodeFor::kIndexing) {
    event.paths.assign(messages.header.paths().begin(), messages.header.paths().end());
  }
  return event;
}

}  // namespace scimledger
