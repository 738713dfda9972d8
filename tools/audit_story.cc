#include "tools/audit_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/text.h"
#include "storage/identifiers.h"

namespace scimledger::tools {
namespace {

using JsonArray = simdjson::dom::array;

constexpr std::size_t kMembersShown = 20;
constexpr std::string_view kNoValue = "(none)";
/// What people call resources by, in the order of preference.
constexpr std::array<std::string_view, 2> kNamingPaths = {"userName", "displayName"};

std::string Quote(std::string_view text) { return fmt::format("\"{}\"", VisibleText(text)); }

JsonArray ArrayAt(JsonElement object, std::string_view pointer) {
  static simdjson::dom::parser parser;
  static const JsonElement empty = parser.parse(std::string_view("[]"));
  JsonArray found;
  if (object.at_pointer(pointer).get(found) == simdjson::SUCCESS) return found;
  return empty.get_array();
}

std::vector<std::string> IdsAt(JsonElement event, std::string_view pointer) {
  std::vector<std::string> ids;
  for (const JsonElement id : ArrayAt(event, pointer)) {
    std::string_view text;
    if (id.get(text) == simdjson::SUCCESS) ids.emplace_back(text);
  }
  return ids;
}

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsList(JsonElement element) { return element.type() == simdjson::dom::element_type::ARRAY; }

/// The elements of `list` that `other` does not have, as people read them.
std::vector<std::string> ElementsBeyond(JsonArray list, JsonArray other) {
  std::vector<std::string> others;
  for (const JsonElement element : other) others.emplace_back(simdjson::minify(element));
  std::vector<std::string> beyond;
  for (const JsonElement element : list) {
    const auto found =
        std::find(others.begin(), others.end(), std::string(simdjson::minify(element)));
    if (found == others.end()) {
      beyond.push_back(ShowElement(element));
    } else {
      others.erase(found);
    }
  }
  return beyond;
}

/// `(userName "jane@example.com")`: the attribute that the resource's name came from.
std::string DescribeName(JsonElement event, std::string_view side) {
  const std::string name = TextAt(event, "/resource/name");
  if (name.empty()) return {};
  for (const std::string_view path : kNamingPaths) {
    for (const JsonElement change : ArrayAt(event, "/changes")) {
      if (TextAt(change, "/path") == path && TextAt(change, side) == name) {
        return fmt::format(" ({} {})", path, Quote(name));
      }
    }
  }
  return fmt::format(" ({})", Quote(name));
}

bool IsNamingChange(JsonElement event, JsonElement change) {
  const std::string path = TextAt(change, "/path");
  return DescribeName(event, "/after").starts_with(fmt::format(" ({} ", path));
}

std::string DescribeAdministration(JsonElement event, const std::string& kind) {
  const std::string name = Quote(TextAt(event, "/resource/name"));
  if (kind == "SchemaAdded") {
    const bool is_type = TextAt(event, "/resource/type") == "ResourceType";
    return fmt::format("added {} {}", is_type ? "resource type" : "schema", name);
  }
  const bool is_created = kind == "CredentialCreated";
  std::string role;
  for (const JsonElement change : ArrayAt(event, "/changes")) {
    if (TextAt(change, "/path") == "role") role = TextAt(change, is_created ? "/after" : "/before");
  }
  return fmt::format("{} token {} ({})", is_created ? "created" : "revoked", name, role);
}

std::string DescribeFacts(JsonElement event, const std::string& kind) {
  const auto fact = [&event](std::string_view name) {
    for (const JsonElement change : ArrayAt(event, "/changes")) {
      if (TextAt(change, "/path") == name) return VisibleText(TextAt(change, "/after"));
    }
    return std::string();
  };
  if (kind == "ServerStopped") return fmt::format("server stopped ({})", fact("reason"));
  if (kind == "ServerStarted") {
    const std::string ended = fact("previousStop");
    return fmt::format("server started, version {}{}", fact("version"),
                       ended == "none" ? "" : fmt::format("; its last stop was {}", ended));
  }
  const std::string count = fact("count");
  return fmt::format("read the audit trail {} until {}",
                     count == "1" ? "once" : fmt::format("{} times", count),
                     ShowTime(fact("last")));
}

}  // namespace

Story::Story(StorySubject subject, StorySources sources)
    : subject_(std::move(subject)), sources_(std::move(sources)) {}

void Story::Learn(JsonArray events) {
  std::vector<std::string> paths;
  for (const JsonElement event : events) {
    for (const JsonElement change : ArrayAt(event, "/changes")) {
      paths.push_back(TextAt(change, "/path"));
    }
  }
  paths_.Learn(paths);
}

void Story::LearnOne(JsonElement event) {
  std::vector<std::string> paths;
  for (const JsonElement change : ArrayAt(event, "/changes")) {
    paths.push_back(TextAt(change, "/path"));
  }
  paths_.Learn(paths);
}

std::vector<std::string> Story::Lines(JsonElement event) const {
  const std::string kind = TextAt(event, "/kind");
  if (!subject_.id.empty() && TextAt(event, "/resource/id") != subject_.id) {
    return {DescribeMembership(event)};
  }
  if (kind == "SchemaAdded" || kind.starts_with("Credential")) {
    return {DescribeAdministration(event, kind)};
  }
  if (kind.starts_with("Server") || kind == "AuditRead") return {DescribeFacts(event, kind)};
  if (kind == "ResourceDeleted") return {"deleted" + DescribeName(event, "/before")};
  std::vector<std::string> lines;
  if (kind == "ResourceCreated") lines.push_back("created" + DescribeName(event, "/after"));
  AddChanges(event, lines);
  AddMembers(event, lines);
  return lines;
}

std::string Story::Block(JsonElement event) const {
  const std::vector<std::string> lines = Lines(event);
  const std::string time = ShowTime(TextAt(event, "/time"));
  std::string block = fmt::format("{}  {}  by {}\n", time, lines.empty() ? "" : lines.front(),
                                  DescribeActor(event));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    block += fmt::format("{:{}}{}\n", "", time.size() + 2, lines[i]);
  }
  return block;
}

void Story::AddChanges(JsonElement event, std::vector<std::string>& lines) const {
  const bool is_created = TextAt(event, "/kind") == "ResourceCreated";
  for (const JsonElement change : ArrayAt(event, "/changes")) {
    if (is_created && IsNamingChange(event, change)) continue;
    AddChange(change, is_created, lines);
  }
}

void Story::AddChange(JsonElement change, bool is_created, std::vector<std::string>& lines) const {
  const std::string path = paths_.Show(TextAt(change, "/path"));
  JsonElement before;
  JsonElement after;
  const bool has_before = change["before"].get(before) == simdjson::SUCCESS;
  const bool has_after = change["after"].get(after) == simdjson::SUCCESS;
  if (!has_before && !has_after) {
    lines.push_back(path + ": changed (its value is not in the log)");
    return;
  }
  const bool is_list = (has_before && IsList(before)) || (has_after && IsList(after));
  if (!is_list) {
    const std::string shown_after = has_after ? ShowNamed(after) : std::string(kNoValue);
    const std::string shown_before = has_before ? ShowNamed(before) : std::string(kNoValue);
    lines.push_back(is_created ? fmt::format("{}: {}", path, shown_after)
                               : fmt::format("{}: {} → {}", path, shown_before, shown_after));
    return;
  }
  const JsonArray old_list = ArrayAt(change, "/before");
  const JsonArray new_list = ArrayAt(change, "/after");
  const auto removed = ElementsBeyond(old_list, new_list);
  const auto added = ElementsBeyond(new_list, old_list);
  if (removed.size() == 1 && added.size() == 1) {
    lines.push_back(fmt::format("{}: {} → {}", path, removed[0], added[0]));
    return;
  }
  for (const auto& element : removed) lines.push_back(fmt::format("{}: removed {}", path, element));
  for (const auto& element : added) {
    lines.push_back(fmt::format("{}: {}{}", path, is_created ? "" : "added ", element));
  }
  if (removed.empty() && added.empty()) lines.push_back(path + ": order changed");
}

void Story::AddMembers(JsonElement event, std::vector<std::string>& lines) const {
  const std::string cause = TextAt(event, "/cause");
  for (const auto& [pointer, verb] :
       {std::pair{"/members/removed", "removed"}, {"/members/added", "added"}}) {
    const std::vector<std::string> ids = IdsAt(event, pointer);
    if (!cause.empty() && ids.size() == 1) {
      const std::string name = sources_.name_at ? sources_.name_at(cause) : std::string();
      lines.push_back(fmt::format("{} member {} because it was deleted", verb,
                                  name.empty() ? ids[0] : Quote(name)));
      continue;
    }
    for (std::size_t i = 0; i < ids.size() && i < kMembersShown; ++i) {
      lines.push_back(fmt::format("{} member {}", verb, ShowMember(ids[i])));
    }
    if (ids.size() > kMembersShown) {
      lines.push_back(fmt::format("{} {} more members", verb, ids.size() - kMembersShown));
    }
  }
}

/// An event of a group, as its member's story tells it.
std::string Story::DescribeMembership(JsonElement event) const {
  const std::string type = AsciiLower(TextAt(event, "/resource/type"));
  std::string name = TextAt(event, "/resource/name");
  if (name.empty()) name = TextAt(event, "/resource/id");
  const std::string group = fmt::format("{} {}", VisibleText(type), Quote(name));
  if (TextAt(event, "/kind") == "ResourceDeleted") {
    return fmt::format("removed from {} because the {} was deleted", group, VisibleText(type));
  }
  if (Contains(IdsAt(event, "/members/added"), subject_.id)) return "added to " + group;
  const bool is_caused = !TextAt(event, "/cause").empty();
  return fmt::format("removed from {}{}", group,
                     is_caused
                         ? fmt::format(" because the {} was deleted", AsciiLower(subject_.type))
                         : std::string());
}

std::string Story::ShowMember(const std::string& id) const {
  const std::string name = sources_.name_of ? sources_.name_of(id) : std::string();
  return name.empty() ? VisibleText(id) : Quote(name);
}

/// A value; an id of this server with the name behind it.
std::string Story::ShowNamed(JsonElement value) const {
  std::string_view text;
  const bool is_id = value.get(text) == simdjson::SUCCESS && Uuid::Parse(text).has_value();
  const std::string name =
      is_id && sources_.name_of ? sources_.name_of(std::string(text)) : std::string();
  return name.empty() ? ShowValue(value)
                      : fmt::format("{} ({})", ShowValue(value), VisibleText(name));
}

std::string DescribeActor(JsonElement event) {
  std::string name = TextAt(event, "/actor/name");
  if (name.empty()) name = TextAt(event, "/actor/id");
  const std::string address = ClientAddressOf(event);
  return fmt::format("{} ({}){}", VisibleText(name), TextAt(event, "/actor/method"),
                     address.empty() ? "" : " from " + VisibleText(address));
}

}  // namespace scimledger::tools
