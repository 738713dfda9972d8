#include "tools/siem_event.h"

#include <fmt/format.h>

#include "tools/audit_story.h"

namespace scimledger::tools {
namespace {

simdjson::dom::array ArrayAt(JsonElement event, std::string_view pointer) {
  static simdjson::dom::parser parser;
  static const JsonElement empty = parser.parse(std::string_view("[]"));
  simdjson::dom::array found;
  if (event.at_pointer(pointer).get(found) == simdjson::SUCCESS) return found;
  return empty.get_array();
}

}  // namespace

SiemEvent::SiemEvent(JsonElement event)
    : event_(event),
      kind_(TextAt(event, "/kind")),
      type_(TextAt(event, "/resource/type")),
      action_(FindAction()) {}

std::string SiemEvent::ActorName() const {
  std::string name = Text("/actor/name");
  return name.empty() ? Text("/actor/id") : name;
}

std::string SiemEvent::Changed(std::string_view path, std::string_view side) const {
  for (const JsonElement change : ArrayAt(event_, "/changes")) {
    if (TextAt(change, "/path") == path) return TextAt(change, fmt::format("/{}", side));
  }
  return {};
}

std::string SiemEvent::ChangedEmail(std::string_view side) const {
  for (const JsonElement change : ArrayAt(event_, "/changes")) {
    if (TextAt(change, "/path") != "emails") continue;
    std::string first;
    for (const JsonElement email : ArrayAt(change, fmt::format("/{}", side))) {
      const std::string value = TextAt(email, "/value");
      if (TextAt(email, "/primary") == "true") return value;
      if (first.empty()) first = value;
    }
    return first;
  }
  return {};
}

std::vector<std::string> SiemEvent::Members(std::string_view side) const {
  std::vector<std::string> ids;
  for (const JsonElement id : ArrayAt(event_, fmt::format("/members/{}", side))) {
    std::string_view text;
    if (id.get(text) == simdjson::SUCCESS) ids.emplace_back(text);
  }
  return ids;
}

std::string SiemEvent::Message() const {
  Story story({}, {});
  story.LearnOne(event_);
  std::string message = kind_ + ' ' + type_;
  if (const std::string name = Text("/resource/name"); !name.empty()) {
    message += fmt::format(" \"{}\"", VisibleText(name));
  }
  std::string_view separator = ": ";
  for (const std::string& line : story.Lines(event_)) {
    message += separator;
    message += line;
    separator = "; ";
  }
  return message;
}

bool SiemEvent::HasChanges() const { return ArrayAt(event_, "/changes").size() > 0; }

SiemEvent::Action SiemEvent::FindAction() const {
  if (kind_ == "ResourceCreated" || kind_ == "CredentialCreated" || kind_ == "SchemaAdded") {
    return Action::kCreate;
  }
  if (kind_ == "ResourceDeleted" || kind_ == "CredentialRevoked") return Action::kDelete;
  if (kind_ == "AuditRead") return Action::kRead;
  if (kind_ == "ServerStarted") return Action::kStart;
  if (kind_ == "ServerStopped") return Action::kStop;
  return FindUpdate();
}

SiemEvent::Action SiemEvent::FindUpdate() const {
  const bool adds = !Members("added").empty();
  const bool removes = !Members("removed").empty();
  if (!HasChanges() && adds != removes) {
    return adds ? Action::kAddMembers : Action::kRemoveMembers;
  }
  if (type_ != "User") return Action::kUpdate;
  if (Changed("active", "after") == "false") return Action::kDisable;
  if (Changed("active", "before") == "false") return Action::kEnable;
  const simdjson::dom::array changes = ArrayAt(event_, "/changes");
  const bool is_password =
      changes.size() == 1 && TextAt(changes.at(0).value(), "/path") == "password";
  return is_password ? Action::kResetPassword : Action::kUpdate;
}

}  // namespace scimledger::tools
