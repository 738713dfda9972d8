#include <fmt/format.h>

#include <optional>

#include "engine/text.h"
#include "tools/json_object.h"
#include "tools/siem_event.h"
#include "tools/siem_formats.h"

namespace scimledger::tools {
namespace {

using Action = SiemEvent::Action;

constexpr int kIdentityCategory = 3;
constexpr int kEntityClass = 3004;
constexpr int kGroupClass = 3006;
constexpr int kUserClass = 3007;
constexpr int kInformational = 1;
constexpr int kSuccess = 1;

struct Activity {
  int id;
  std::string_view name;
};

Activity UserActivity(Action action) {
  switch (action) {
    case Action::kCreate:
      return {1, "Create"};
    case Action::kDelete:
      return {3, "Delete"};
    case Action::kEnable:
      return {4, "Enable"};
    case Action::kDisable:
      return {5, "Disable"};
    case Action::kResetPassword:
      return {9, "Password Reset"};
    case Action::kUpdate:
    case Action::kAddMembers:
    case Action::kRemoveMembers:
    case Action::kRead:
    case Action::kStart:
    case Action::kStop:
      break;
  }
  return {2, "Update"};
}

Activity GroupActivity(Action action) {
  switch (action) {
    case Action::kCreate:
      return {6, "Create"};
    case Action::kDelete:
      return {5, "Delete"};
    case Action::kAddMembers:
      return {3, "Add User"};
    case Action::kRemoveMembers:
      return {4, "Remove User"};
    case Action::kUpdate:
    case Action::kEnable:
    case Action::kDisable:
    case Action::kResetPassword:
    case Action::kRead:
    case Action::kStart:
    case Action::kStop:
      break;
  }
  return {9, "Update"};
}

Activity EntityActivity(Action action) {
  switch (action) {
    case Action::kCreate:
      return {1, "Create"};
    case Action::kRead:
      return {2, "Read"};
    case Action::kDelete:
      return {4, "Delete"};
    case Action::kEnable:
      return {8, "Enable"};
    case Action::kDisable:
      return {9, "Disable"};
    case Action::kStart:
      return {10, "Activate"};
    case Action::kStop:
      return {11, "Deactivate"};
    case Action::kUpdate:
    case Action::kResetPassword:
    case Action::kAddMembers:
    case Action::kRemoveMembers:
      break;
  }
  return {3, "Update"};
}

JsonObject MetadataOf(const SiemEvent& event) {
  JsonObject metadata;
  JsonObject product;
  product.Text("name", "scimledger").Text("vendor_name", "scimledger");
  metadata.Text("version", kOcsfVersion)
      .Object("product", std::move(product))
      .Text("uid", event.Text("/id"))
      .Raw("sequence", event.Text("/sequence"))
      .Text("event_code", event.kind())
      .Text("correlation_uid", event.Text("/transaction"))
      .Text("tenant_uid", event.Text("/tenant"));
  return metadata;
}

JsonObject UserOf(const SiemEvent& event) {
  JsonObject user;
  user.Text("uid", event.Text("/resource/id")).Text("name", event.Text("/resource/name"));
  return user;
}

/// What it is now, as far as the event tells.
JsonObject UpdatedUserOf(const SiemEvent& event) {
  JsonObject user = UserOf(event);
  user.Text("full_name", event.Changed("displayName", "after"))
      .Text("email_addr", event.ChangedEmail("after"));
  return user;
}

/// As it was, for an update; what is there else.
JsonObject TargetUserOf(const SiemEvent& event, Action action) {
  if (action == Action::kCreate) return UpdatedUserOf(event);
  JsonObject user;
  const std::string name = event.Changed("userName", "before");
  user.Text("uid", event.Text("/resource/id"))
      .Text("name", name.empty() ? event.Text("/resource/name") : name)
      .Text("full_name", event.Changed("displayName", "before"))
      .Text("email_addr", event.ChangedEmail("before"));
  return user;
}

std::string UsersOf(const SiemEvent& event) {
  JsonArray users;
  for (const std::string_view side : {"added", "removed"}) {
    for (const std::string& id : event.Members(side)) {
      JsonObject user;
      users.Add(user.Text("uid", id).Take());
    }
  }
  return users.IsEmpty() ? std::string() : users.Take();
}

void AddSource(const SiemEvent& event, JsonObject& out) {
  JsonObject actor;
  JsonObject user;
  user.Text("uid", event.Text("/actor/id")).Text("name", event.ActorName());
  actor.Object("user", std::move(user));
  out.Object("actor", std::move(actor));
  JsonObject endpoint;
  endpoint.Text("ip", ClientAddressOf(event.event()));
  out.Object("src_endpoint", std::move(endpoint));
  JsonObject request;
  request.Text("user_agent", event.Text("/client/userAgent"))
      .Text("uid", event.Text("/client/requestId"));
  out.Object("http_request", std::move(request));
}

/// What OCSF has no attribute for, in our own words.
JsonObject UnmappedOf(const SiemEvent& event) {
  JsonObject unmapped;
  unmapped.Text("auth_method", event.Text("/actor/method"))
      .Text("role", event.Text("/actor/role"))
      .Text("forwarded", event.Text("/client/forwarded"))
      .Raw("cause", event.Text("/cause"));
  for (const std::string_view key : {"version", "changes", "members"}) {
    unmapped.Raw(key, event.Text(fmt::format("/{}", key)));
  }
  return unmapped;
}

JsonObject EntityOf(const SiemEvent& event) {
  JsonObject entity;
  entity.Text("name", event.Text("/resource/name"))
      .Text("uid", event.Text("/resource/id"))
      .Text("type", event.type())
      .Text("version", event.Text("/version/after"));
  return entity;
}

}  // namespace

std::string OcsfOf(JsonElement json) {
  const SiemEvent event(json);
  const bool is_user = event.type() == "User";
  const bool is_group = event.type() == "Group";
  const int of_class = is_user ? kUserClass : is_group ? kGroupClass : kEntityClass;
  const Activity activity = is_user    ? UserActivity(event.action())
                            : is_group ? GroupActivity(event.action())
                                       : EntityActivity(event.action());
  const std::int64_t time_us = ParseDateTime(event.Text("/time")).value_or(0);
  JsonObject out;
  out.Number("activity_id", activity.id)
      .Text("activity_name", activity.name)
      .Number("category_uid", kIdentityCategory)
      .Number("class_uid", of_class)
      .Number("type_uid", of_class * 100 + activity.id)
      .Number("severity_id", kInformational)
      .Number("status_id", kSuccess)
      .Number("time", time_us / 1000)
      .Text("message", event.Message())
      .Object("metadata", MetadataOf(event));
  AddSource(event, out);
  if (is_user) {
    out.Object("user", TargetUserOf(event, event.action()));
    if (activity.id == 2) out.Object("updated_user", UpdatedUserOf(event));
  } else if (is_group) {
    out.Object("group", UserOf(event)).Raw("users", UsersOf(event));
  } else {
    out.Object("entity", EntityOf(event));
  }
  return out.Object("unmapped", UnmappedOf(event)).Take();
}

}  // namespace scimledger::tools
