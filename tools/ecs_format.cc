#include <fmt/format.h>

#include <set>

#include "tools/json_object.h"
#include "tools/siem_event.h"
#include "tools/siem_formats.h"

namespace scimledger::tools {
namespace {

using Action = SiemEvent::Action;

std::string_view CategoryOf(const SiemEvent& event) {
  if (event.kind() == "ServerStarted" || event.kind() == "ServerStopped") return "process";
  const bool is_configuration = event.kind() == "SchemaAdded" ||
                                event.kind() == "SettingsChanged" ||
                                event.kind() == "ConfigurationChanged";
  return is_configuration ? "configuration" : "iam";
}

std::string_view ChangeType(Action action) {
  switch (action) {
    case Action::kCreate:
      return "creation";
    case Action::kDelete:
      return "deletion";
    case Action::kRead:
      return "info";
    case Action::kStart:
      return "start";
    case Action::kStop:
      return "end";
    case Action::kUpdate:
    case Action::kEnable:
    case Action::kDisable:
    case Action::kResetPassword:
    case Action::kAddMembers:
    case Action::kRemoveMembers:
      break;
  }
  return "change";
}

JsonObject EventOf(const SiemEvent& event) {
  const std::string_view category = CategoryOf(event);
  JsonArray types;
  if (category == "iam") {
    types.AddText(event.type() == "User" ? "user" : event.type() == "Group" ? "group" : "admin");
  }
  types.AddText(ChangeType(event.action()));
  JsonObject fields;
  fields.Text("kind", "event")
      .Raw("category", JsonArray().AddText(category).Take())
      .Raw("type", types.Take())
      .Text("action", event.kind())
      .Text("outcome", "success")
      .Text("id", event.Text("/id"))
      .Raw("sequence", event.Text("/sequence"))
      .Text("dataset", "scimledger.audit")
      .Text("provider", "scimledger");
  return fields;
}

JsonObject GroupOf(const SiemEvent& event) {
  JsonObject group;
  group.Text("id", event.Text("/resource/id")).Text("name", event.Text("/resource/name"));
  return group;
}

/// Whom the event is about; the names that occur go to `names`.
void AddTarget(const SiemEvent& event, JsonObject& user, std::set<std::string>& names) {
  JsonObject target;
  JsonObject changes;
  if (event.type() == "User") {
    const std::string now = event.Text("/resource/name");
    const std::string before = event.Changed("userName", "before");
    const bool is_renamed =
        event.action() != Action::kCreate && event.action() != Action::kDelete && !before.empty();
    target.Text("id", event.Text("/resource/id")).Text("name", is_renamed ? before : now);
    names.insert({now, before});
    if (event.action() == Action::kCreate) {
      target.Text("full_name", event.Changed("displayName", "after"))
          .Text("email", event.ChangedEmail("after"));
    } else if (event.action() != Action::kDelete) {
      if (is_renamed) changes.Text("name", now);
      changes.Text("full_name", event.Changed("displayName", "after"))
          .Text("email", event.ChangedEmail("after"));
    }
  } else {
    const auto added = event.Members("added");
    const auto removed = event.Members("removed");
    if (added.size() + removed.size() == 1) {
      target.Text("id", added.empty() ? removed.front() : added.front())
          .Object("group", GroupOf(event));
    }
  }
  user.Object("target", std::move(target)).Object("changes", std::move(changes));
}

/// Values as text: one field cannot hold numbers here and texts there.
std::string ChangesOf(const SiemEvent& event) {
  simdjson::dom::array changes;
  if (event.event()["changes"].get(changes) != simdjson::SUCCESS) return {};
  JsonArray list;
  for (const JsonElement change : changes) {
    JsonObject each;
    list.Add(each.Text("path", TextAt(change, "/path"))
                 .Text("before", TextAt(change, "/before"))
                 .Text("after", TextAt(change, "/after"))
                 .Take());
  }
  return list.Take();
}

JsonObject OursOf(const SiemEvent& event) {
  JsonObject ours;
  ours.Text("tenant", event.Text("/tenant"))
      .Raw("cause", event.Text("/cause"))
      .Raw("version", event.Text("/version"))
      .Text("auth_method", event.Text("/actor/method"));
  JsonObject resource;
  resource.Text("type", event.type())
      .Text("id", event.Text("/resource/id"))
      .Text("name", event.Text("/resource/name"));
  ours.Object("resource", std::move(resource))
      .Raw("changes", ChangesOf(event))
      .Raw("members", event.Text("/members"));
  return ours;
}

}  // namespace

std::string EcsOf(JsonElement json) {
  const SiemEvent event(json);
  const std::string address = ClientAddressOf(json);
  std::set<std::string> names{event.ActorName()};
  JsonObject user;
  user.Text("id", event.Text("/actor/id"))
      .Text("name", event.ActorName())
      .Raw("roles", event.Text("/actor/role").empty()
                        ? std::string()
                        : JsonArray().AddText(event.Text("/actor/role")).Take());
  AddTarget(event, user, names);
  names.erase("");
  JsonArray related_names;
  for (const std::string& name : names) related_names.AddText(name);
  JsonObject related;
  related.Raw("user", related_names.Take());
  if (!address.empty()) related.Raw("ip", JsonArray().AddText(address).Take());

  JsonObject out;
  out.Text("@timestamp", event.Text("/time"))
      .Object("ecs", std::move(JsonObject().Text("version", kEcsVersion)))
      .Text("message", event.Message())
      .Object("event", EventOf(event))
      .Object("user", std::move(user));
  if (event.type() == "Group") out.Object("group", GroupOf(event));
  JsonObject request;
  request.Text("id", event.Text("/client/requestId"));
  out.Object("source", std::move(JsonObject().Text("ip", address)))
      .Object("user_agent",
              std::move(JsonObject().Text("original", event.Text("/client/userAgent"))))
      .Object("http", std::move(JsonObject().Object("request", std::move(request))))
      .Object("transaction", std::move(JsonObject().Text("id", event.Text("/transaction"))))
      .Object("related", std::move(related))
      .Object("scimledger", OursOf(event));
  return out.Take();
}

}  // namespace scimledger::tools
