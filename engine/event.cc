#include "engine/event.h"

#include <fmt/format.h>

#include "engine/document.h"
#include "engine/event.pb.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "storage/envelope.h"

namespace scimledger {
namespace {

using storage::ErrorCode;

constexpr std::uint32_t kEventFormat = 0;

/// Kept per thread: protobuf reuses the strings of a cleared message, so a replay allocates little.
struct Messages {
  proto::Header header;
  proto::Context context;
  proto::Body body;
};

Messages& MessagesOfThread() {
  thread_local Messages messages;
  messages.header.Clear();
  messages.context.Clear();
  messages.body.Clear();
  return messages;
}

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

void FillBody(const SchemaRegistry& registry, const Event& event, proto::Body& body) {
  body.set_resource_name(event.resource_name);
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

storage::Result<void> ReadChanges(const SchemaRegistry& registry, const Messages& messages,
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
storage::Result<void> ReadSettings(const Messages& messages, Event& event) {
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
storage::Result<void> ReadFacts(const Messages& messages, Event& event) {
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

storage::Result<void> ReadBody(const SchemaRegistry& registry, const Messages& messages,
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

std::string_view ToString(EventKind kind) {
  switch (kind) {
    case EventKind::kResourceCreated:
      return "ResourceCreated";
    case EventKind::kResourceReplaced:
      return "ResourceReplaced";
    case EventKind::kResourcePatched:
      return "ResourcePatched";
    case EventKind::kResourceDeleted:
      return "ResourceDeleted";
    case EventKind::kSchemaAdded:
      return "SchemaAdded";
    case EventKind::kCredentialCreated:
      return "CredentialCreated";
    case EventKind::kCredentialRevoked:
      return "CredentialRevoked";
    case EventKind::kSettingsChanged:
      return "SettingsChanged";
    case EventKind::kServerStarted:
      return "ServerStarted";
    case EventKind::kServerStopped:
      return "ServerStopped";
    case EventKind::kConfigurationChanged:
      return "ConfigurationChanged";
    case EventKind::kAuditRead:
      return "AuditRead";
  }
  return {};
}

bool HasFacts(EventKind kind) {
  return kind >= EventKind::kServerStarted && kind <= EventKind::kAuditRead;
}

std::string_view ToString(Role role) {
  switch (role) {
    case Role::kProvisioner:
      return "provisioner";
    case Role::kReader:
      return "reader";
    case Role::kAuditor:
      return "auditor";
    case Role::kAdmin:
      return "admin";
  }
  return {};
}

std::optional<Role> ParseRole(std::string_view name) {
  for (const Role role : {Role::kProvisioner, Role::kReader, Role::kAuditor, Role::kAdmin}) {
    if (name == ToString(role)) return role;
  }
  return std::nullopt;
}

std::string_view ToString(AuthMethod method) {
  switch (method) {
    case AuthMethod::kBearer:
      return "bearer";
    case AuthMethod::kLocal:
      return "local";
    case AuthMethod::kOauth:
      return "oauth";
    case AuthMethod::kJwt:
      return "jwt";
  }
  return {};
}

void ForEachPath(const SchemaRegistry& registry, const Event& event,
                 const std::function<void(std::string_view path)>& visit) {
  if (!event.paths.empty()) {
    for (const std::string& path : event.paths) visit(path);
    return;
  }
  for (const AttributeChange& change : event.changes) {
    visit(registry.attribute(change.attribute).path);
  }
  for (const SettingChange& change : event.settings) visit(DefinitionOf(change.setting).name);
  for (const Fact& fact : event.facts) visit(fact.name);
}

storage::NewEvent EncodeEvent(const SchemaRegistry& registry, const Event& event,
                              const Uuid& log_id) {
  Messages& messages = MessagesOfThread();
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

storage::Result<Event> DecodeEvent(const SchemaRegistry& registry, const storage::EventView& stored,
                                   DecodeFor purpose) {
  Messages& messages = MessagesOfThread();
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
