#include <utility>

#include "engine/event.h"
#include "engine/json.h"
#include "engine/net_changes.h"
#include "engine/resource_json.h"
#include "engine/text.h"

namespace scimledger {
namespace {

/// Members of one JSON object, with the commas.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void Key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void String(std::string_view name, std::string_view text) {
    Key(name);
    AppendJsonString(out_, text);
  }
  void StringUnlessEmpty(std::string_view name, std::string_view text) {
    if (!text.empty()) String(name, text);
  }
  void Number(std::string_view name, std::uint64_t number) {
    Key(name);
    AppendJsonInteger(out_, static_cast<std::int64_t>(number));
  }
  void Id(std::string_view name, const Uuid& id) {
    Key(name);
    out_ += '"';
    id.AppendTo(out_);
    out_ += '"';
  }
  void End() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

/// The URN of a definition, or its name when it has none.
std::string DefinitionId(const Event& event) {
  const auto document = JsonDocument::Parse(event.schema.json);
  std::string_view id;
  if (document && document->root()["id"].get(id) == simdjson::SUCCESS) return std::string(id);
  return event.resource_name;
}

void AppendResource(const Event& event, std::string& out) {
  ObjectWriter object(out);
  object.String("type", event.resource_type);
  object.String("id", ShownResourceId(event));
  object.StringUnlessEmpty("name", event.resource_name);
  object.End();
}

void AppendVersion(const Event& event, ObjectWriter& members, std::string& out) {
  if (event.version_before == 0 && event.version_after == 0) return;
  members.Key("version");
  ObjectWriter object(out);
  if (event.version_before != 0) object.Number("before", event.version_before);
  if (event.version_after != 0) object.Number("after", event.version_after);
  object.End();
}

void AppendActor(const Event& event, std::string_view name, std::string_view role,
                 std::string& out) {
  ObjectWriter object(out);
  object.String("id", event.actor.id);
  object.StringUnlessEmpty("name", name);
  object.StringUnlessEmpty("role", role);
  object.String("method", ToString(event.actor.method));
  object.StringUnlessEmpty("issuer", ReadableText(event.actor.issuer));
  object.StringUnlessEmpty("subject", ReadableText(event.actor.subject));
  object.End();
}

void AppendClient(const ClientContext& client, ObjectWriter& members, std::string& out) {
  if (client == ClientContext{}) return;
  members.Key("client");
  ObjectWriter object(out);
  object.StringUnlessEmpty("address", ReadableText(client.address));
  object.StringUnlessEmpty("forwarded", ReadableText(client.forwarded));
  object.StringUnlessEmpty("userAgent", ReadableText(client.user_agent));
  object.StringUnlessEmpty("requestId", ReadableText(client.request_id));
  object.End();
}

void AppendAttributeChanges(const SchemaRegistry& registry, const Event& event, std::string& out) {
  bool first = true;
  for (const AttributeChange& change : event.changes) {
    if (!first) out += ',';
    first = false;
    ObjectWriter object(out);
    object.String("path", registry.attribute(change.attribute).path);
    if (!change.before.IsUnassigned()) {
      object.Key("before");
      AppendValueJson(registry, change.before, out);
    }
    if (!change.after.IsUnassigned()) {
      object.Key("after");
      AppendValueJson(registry, change.after, out);
    }
    object.End();
  }
}

void AppendCredentialChanges(const Event& event, std::string& out) {
  const std::string_view side = event.kind == EventKind::kCredentialCreated ? "after" : "before";
  ObjectWriter name(out);
  name.String("path", "name");
  name.StringUnlessEmpty(side, event.credential->name);
  name.End();
  out += ',';
  ObjectWriter role(out);
  role.String("path", "role");
  role.String(side, ToString(event.credential->role));
  role.End();
  if (event.credential->expires_us == 0) return;
  out += ',';
  ObjectWriter expires(out);
  expires.String("path", "expires");
  expires.String(side, FormatDateTime(event.credential->expires_us));
  expires.End();
}

void AppendSettingChanges(const Event& event, std::string& out) {
  bool first = true;
  for (const SettingChange& change : event.settings) {
    if (!first) out += ',';
    first = false;
    const SettingDefinition& definition = DefinitionOf(change.setting);
    ObjectWriter object(out);
    object.String("path", definition.name);
    object.String("before", change.after ? definition.usual : definition.other);
    object.String("after", change.after ? definition.other : definition.usual);
    object.End();
  }
}

void AppendFacts(const Event& event, std::string& out) {
  bool first = true;
  for (const Fact& fact : event.facts) {
    if (!first) out += ',';
    first = false;
    ObjectWriter object(out);
    object.String("path", fact.name);
    for (const auto& [side, json] : {std::pair{"before", &fact.before}, {"after", &fact.after}}) {
      if (json->empty()) continue;
      object.Key(side);
      out += *json;
    }
    object.End();
  }
}

void AppendChanges(const SchemaRegistry& registry, const Event& event, ObjectWriter& members,
                   std::string& out) {
  if (event.changes.empty() && !event.credential && event.settings.empty() &&
      event.facts.empty()) {
    return;
  }
  members.Key("changes");
  out += '[';
  if (event.credential) {
    AppendCredentialChanges(event, out);
  } else if (!event.settings.empty()) {
    AppendSettingChanges(event, out);
  } else if (!event.facts.empty()) {
    AppendFacts(event, out);
  } else {
    AppendAttributeChanges(registry, event, out);
  }
  out += ']';
}

void AppendIds(const std::vector<ResourceId>& ids, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out += i == 0 ? "\"" : ",\"";
    ids[i].AppendTo(out);
    out += '"';
  }
  out += ']';
}

void AppendMembers(const Event& event, ObjectWriter& members, std::string& out) {
  if (event.members_added.empty() && event.members_removed.empty()) return;
  members.Key("members");
  ObjectWriter object(out);
  object.Key("added");
  AppendIds(event.members_added, out);
  object.Key("removed");
  AppendIds(event.members_removed, out);
  object.End();
}

}  // namespace

std::string ShownResourceId(const Event& event) {
  if (event.kind == EventKind::kSchemaAdded) return DefinitionId(event);
  if (event.kind == EventKind::kSettingsChanged) return "settings";
  if (event.kind == EventKind::kAuditRead) return "audit";
  return HasFacts(event.kind) ? "server" : event.resource.ToString();
}

void AppendEventJson(const SchemaRegistry& registry, const Event& event, std::string_view tenant,
                     std::string_view actor_name, std::string_view actor_role, std::string& out) {
  ObjectWriter members(out);
  members.Number("sequence", event.sequence.value);
  members.Id("id", event.id);
  members.String("time", FormatDateTime(event.time_us));
  members.String("kind", ToString(event.kind));
  members.String("tenant", tenant);
  members.Key("resource");
  AppendResource(event, out);
  AppendVersion(event, members, out);
  members.Id("transaction", event.transaction);
  if (event.cause) members.Number("cause", event.cause->value);
  members.Key("actor");
  AppendActor(event, actor_name, actor_role, out);
  AppendClient(event.client, members, out);
  AppendChanges(registry, event, members, out);
  AppendMembers(event, members, out);
  members.End();
}

void AppendNetChangeJson(const SchemaRegistry& registry, const NetChange& change,
                         std::string& out) {
  const Event& difference = change.difference;
  ObjectWriter members(out);
  members.String("kind", ToString(difference.kind));
  members.Key("resource");
  AppendResource(difference, out);
  AppendVersion(difference, members, out);
  members.Number("events", change.count);
  members.Number("first", change.first.value);
  members.Number("last", difference.sequence.value);
  AppendChanges(registry, difference, members, out);
  AppendMembers(difference, members, out);
  members.End();
}

}  // namespace scimledger
