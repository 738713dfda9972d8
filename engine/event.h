#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/resource.h"
#include "engine/schema.h"
#include "engine/value.h"
#include "storage/event_log.h"

namespace scimledger {

/// What happened. The numbers are stored in the log: never change or reuse one.
enum class EventKind : std::uint8_t {
  kResourceCreated = 1,
  kResourceReplaced = 2,
  kResourcePatched = 3,
  kResourceDeleted = 4,
  kSchemaAdded = 5,
  kCredentialCreated = 6,
  kCredentialRevoked = 7,
  kSettingsChanged = 8,
  // Of the server and of the audit trail itself (DESIGN §6): no state depends on them.
  kServerStarted = 9,
  kServerStopped = 10,
  kConfigurationChanged = 11,
  kAuditRead = 12,
};
/// "ResourceCreated", …
std::string_view ToString(EventKind kind);
/// Whether it is one of those that tell of the server or of the audit trail: they carry facts.
bool HasFacts(EventKind kind);

/// DESIGN §8. The numbers are stored in the log.
enum class Role : std::uint8_t { kProvisioner = 1, kReader = 2, kAuditor = 3, kAdmin = 4 };
std::string_view ToString(Role role);
std::optional<Role> ParseRole(std::string_view name);

/// How an actor proved who it is. The numbers are stored in the log.
enum class AuthMethod : std::uint8_t {
  kBearer = 1,  ///< a credential's secret as bearer token
  kLocal = 2,   ///< the control socket's peer
  kOauth = 3,   ///< an access token that our token endpoint issued
  kJwt = 4,     ///< a token of a trusted issuer
};
std::string_view ToString(AuthMethod method);

/// The credential that acted: a credential's id, or `local:<uid>` for the control socket.
struct Actor {
  std::string id;
  AuthMethod method = AuthMethod::kLocal;
  Role role = Role::kAdmin;
  /// Whom a trusted issuer vouched for (kJwt; kOauth that began with an assertion), and which
  /// issuer; else empty. Personal data: stored in the event's context section.
  std::string issuer = {};
  std::string subject = {};
  friend bool operator==(const Actor&, const Actor&) = default;
};

/// Where the request came from: the actor's personal data (the event's context section).
struct ClientContext {
  std::string address;    ///< peer address without port; empty on the control socket
  std::string forwarded;  ///< chain reported by a trusted proxy
  std::string user_agent;
  std::string request_id;  ///< the caller's own (X-Request-Id, client-request-id)
  friend bool operator==(const ClientContext&, const ClientContext&) = default;
};

/// One attribute's change. Unassigned before: was not there; after: removed. Both unassigned: a
/// secret was supplied, of which only that is known (or may be read). A multi-valued attribute is
/// one change with whole lists, a singular complex one a change per part.
struct AttributeChange {
  AttributeId attribute{};  ///< top level, or a part of a singular complex attribute
  Value before;
  Value after;
  friend bool operator==(const AttributeChange&, const AttributeChange&) = default;
};

/// One thing that an event of the server or of the audit trail says. `before` and `after` are JSON
/// values as they are stored and shown; empty: none. Never a secret.
struct Fact {
  std::string name;
  std::string before = {};
  std::string after = {};
  friend bool operator==(const Fact&, const Fact&) = default;
};

/// A bearer token as the log knows it: never the secret.
struct Credential {
  Uuid id;
  std::string name;
  Role role = Role::kProvisioner;
  Hash secret_hash{};         ///< SHA-256 of the secret
  std::string secret_suffix;  ///< last four characters, to tell tokens apart
  std::int64_t created_us = 0;
  std::int64_t expires_us = 0;  ///< from then on it is refused; 0: never
  std::int64_t revoked_us = 0;  ///< 0: not revoked
  friend bool operator==(const Credential&, const Credential&) = default;
};

/// One event, typed. Which members are set depends on the kind: resource events have resource
/// fields, changes and members; SchemaAdded a definition; credential events a credential;
/// SettingsChanged the switches that moved; those of the server and of the audit trail facts. All
/// but the first say what they are about in
/// `resource_type` ("Schema", "ResourceType", "Credential", "Settings", "Server", "AuditTrail")
/// and `resource_name`, a credential its id in `resource`; their versions are 0.
struct Event {
  Sequence sequence;
  Uuid id;
  EventKind kind{};
  std::int64_t time_us = 0;         ///< recorded time; never decreases in a log
  std::int64_t clock_us = 0;        ///< what the clock said
  bool clock_stepped_back = false;  ///< the clock was behind the previous event's time
  Uuid transaction;
  std::optional<Sequence> cause;  ///< set on cascades: the delete that caused this event
  Actor actor;                    ///< stored, but for the role
  ClientContext client;

  std::string resource_type;  ///< name, for example "User"
  ResourceId resource;
  std::uint64_t version_before = 0;  ///< 0: created
  std::uint64_t version_after = 0;   ///< 0: deleted
  /// What people call the resource, right after the event (before it, for a delete).
  std::string resource_name;
  std::vector<AttributeChange> changes;  ///< of a delete: what was there, without values after
  /// Of a created resource that was decided: its values are those of `after`, and only supplied
  /// secrets are among the changes.
  bool values_in_row = false;
  std::vector<ResourceId> members_added;
  std::vector<ResourceId> members_removed;

  SchemaDefinition schema;
  std::optional<Credential> credential;
  std::vector<SettingChange> settings;  ///< in order of Setting
  std::vector<Fact> facts;

  /// The resource's rows right before and after the event; set by decide, not stored (replay folds
  /// its own). Both nullptr: whoever folds it looks.
  ResourcePtr before;
  ResourcePtr after;
  /// Of a created resource decoded for folding: what the changes make, which are left out then.
  std::optional<std::string> document;
  /// Of one decoded for indexing: the paths of its header, whether or not the changes are there.
  std::vector<std::string> paths;
};

/// What the event changed, as its header names it, once for each change. `event` was decided, or
/// decoded for indexing; `registry` as for EncodeEvent.
void ForEachPath(const SchemaRegistry& registry, const Event& event,
                 const std::function<void(std::string_view path)>& visit);

/// Encodes to the three byte strings of the log, sealed (fresh salts); everything else of the
/// result is a function of the event. event.proto defines header, context and body.
storage::NewEvent EncodeEvent(const SchemaRegistry& registry, const Event& event,
                              const Uuid& log_id);

/// What an event is decoded for. Who folds it into state needs neither the client nor the single
/// values of a created resource; who indexes it (event_terms.h) folds it too, and needs the client
/// and the names of what changed. Who reads it sees no value of what is never returned: not even to
/// what a password refers (engine/password_reference.h).
enum class DecodeFor : std::uint8_t { kReading, kFolding, kIndexing };

/// The inverse; `registry` must be the one in force at that sequence. Errors (storage::ErrorCode
/// kCorrupt, kIncompatible) name the sequence and what does not fit.
[[nodiscard]] storage::Result<Event> DecodeEvent(const SchemaRegistry& registry,
                                                 const storage::EventView& stored,
                                                 DecodeFor purpose = DecodeFor::kReading);

/// What the event's resource is called by its id outside: of a definition its URN.
std::string ShownResourceId(const Event& event);

/// The event as everyone outside sees it (DESIGN §8), one line of JSON without the line end.
/// `actor_name` and `actor_role`: what the credential is called; empty ones are left out.
void AppendEventJson(const SchemaRegistry& registry, const Event& event, std::string_view tenant,
                     std::string_view actor_name, std::string_view actor_role, std::string& out);

}  // namespace scimledger
