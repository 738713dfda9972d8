#include "tests/simulators/okta.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/simulators/attribute.h"

namespace scimledger::simulators {
namespace {

constexpr std::size_t kPage = 100;

/// The object `json` with the members that `pattern` names replaced by those of `changes`, which is
/// the pattern filled in.
std::string Merge(const std::string& json, const std::string& pattern, const std::string& changes) {
  simdjson::dom::parser parser;
  simdjson::dom::parser pattern_parser;
  simdjson::dom::parser changes_parser;
  const simdjson::dom::object object = parser.parse(json);
  const simdjson::dom::object named = pattern_parser.parse(pattern);
  const simdjson::dom::object changed = changes_parser.parse(changes);
  std::string merged = "{";
  const auto add = [&merged](std::string_view key, simdjson::dom::element value) {
    merged +=
        (merged.size() > 1 ? "," : "") + Quote(key) + ':' + std::string(simdjson::minify(value));
  };
  for (const auto [key, value] : object) {
    simdjson::dom::element ignored;
    if (named[key].get(ignored) != simdjson::SUCCESS) add(key, value);
  }
  for (const auto [key, value] : changed) add(key, value);
  return merged += '}';
}

void RequireSame(const std::string& what, const Mapping& mapping, const Fields& fields,
                 simdjson::dom::element resource) {
  for (const Difference& difference : Compare(mapping, fields, resource)) {
    throw std::runtime_error(fmt::format("{}: {} is '{}', the source says '{}'", what,
                                         difference.path, difference.before, difference.after));
  }
}

std::string JoinJson(const std::vector<std::string>& items) {
  std::string json = "[";
  for (const std::string& item : items) json += (json.size() > 1 ? "," : "") + item;
  return json += ']';
}

}  // namespace

OktaJob::OktaJob(SourceDirectory& source, Player player)
    : source_(source), player_(std::move(player)) {}

void OktaJob::SpecTest() {
  const Fields none;
  for (const char* step :
       {"connect/users", "connect/groups", "connect/bad_token", "spec/service_provider_config",
        "spec/post_service_provider_config", "spec/resource_types", "spec/post_resource_types",
        "spec/schemas", "spec/post_schemas"}) {
    player_.Play(step, none);
  }
  Person& person = source_.people()[0];
  PushUser(person);
  Fields fields = SourceDirectory::FieldsOf(person);
  std::string upper = person.attributes["userPrincipalName"];
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  fields.Text("upperCaseName", upper);
  for (const char* step :
       {"spec/first_user", "user/read", "spec/missing_user_by_filter", "spec/missing_user_by_id",
        "spec/create_again", "spec/other_letter_case", "spec/no_user_name", "spec/groups"}) {
    player_.Play(step, fields);
  }
}

void OktaJob::Push() {
  for (Person& person : source_.people()) PushUser(person);
  for (std::size_t i = 0; i < source_.teams().size(); ++i) PushGroup(source_.teams()[i], i);
}

void OktaJob::PushUser(Person& person) {
  // Who leaves is deactivated, never deleted.
  const bool is_active = person.is_enabled && !person.is_deleted;
  Fields fields = SourceDirectory::FieldsOf(person);
  if (person.id.empty()) {
    if (!is_active) return;
    const Answer match = player_.Play("user/match", fields);
    simdjson::dom::parser parser;
    const simdjson::dom::array found = parser.parse(match.body)["Resources"];
    if (found.size() != 0) throw std::runtime_error("somebody else has that userName");
    person.id = player_.Play("user/create", fields).id;
    return;
  }
  const Answer read = player_.Play("user/read", fields);
  simdjson::dom::parser parser;
  const bool was_active = ReadAttribute(parser.parse(read.body), "active") == "true";
  const std::string& pattern = player_.script().operation("user/changes");
  fields.Json("copy", Merge(read.body, pattern, FillJson(pattern, fields)));
  player_.Play("user/update", fields);
  if (was_active && !is_active) player_.Play("user/deactivate", fields);
  if (!was_active && is_active) player_.Play("user/reactivate", fields);
}

std::vector<std::size_t> OktaJob::Assigned(const Team& team) const {
  std::vector<std::size_t> assigned;
  std::ranges::copy_if(team.members, std::back_inserter(assigned),
                       [this](std::size_t person) { return !source_.people()[person].id.empty(); });
  return assigned;
}

std::string OktaJob::Operation(const char* name, std::size_t person) const {
  const Person& member = source_.people()[person];
  Fields fields = SourceDirectory::FieldsOf(member);
  return FillJson(player_.script().operation(name), fields.Text("member", member.id));
}

std::string OktaJob::Members(const Team& team) const {
  std::vector<std::string> members;
  for (const std::size_t person : Assigned(team)) {
    members.push_back(Operation(person % 2 == 0 ? "member" : "member_without_display", person));
  }
  return JoinJson(members);
}

void OktaJob::PushGroup(Team& team, std::size_t index) {
  Fields fields = SourceDirectory::FieldsOf(team);
  if (team.is_deleted) {
    if (team.id.empty()) return;
    player_.Play("group/delete", fields);
    player_.Play("group/gone", fields);
    team.id.clear();
    return;
  }
  if (team.id.empty()) {
    player_.Play("group/match", fields);
    team.id = player_.Play("group/create", fields).id;
    fields.Text("id", team.id);
  } else {
    player_.Play("group/rename", fields);
    if (index % 2 == 0) ChangeMembers(team);
  }
  const auto assigned = Assigned(team);
  team.sent = {assigned.begin(), assigned.end()};
  fields.Json("members", Members(team));
  player_.Play(index % 3 == 0 ? "group/push_at_path" : "group/push", fields);
}

void OktaJob::ChangeMembers(Team& team) {
  std::vector<std::string> operations;
  for (const std::size_t person : team.sent) {
    if (!team.members.contains(person)) operations.push_back(Operation("remove_member", person));
  }
  for (const std::size_t person : Assigned(team)) {
    if (!team.sent.contains(person)) operations.push_back(Operation("add_member", person));
  }
  if (operations.empty()) return;
  Fields fields = SourceDirectory::FieldsOf(team);
  player_.Play("group/change_members", fields.Json("operations", JoinJson(operations)));
  const auto assigned = Assigned(team);
  team.sent = {assigned.begin(), assigned.end()};
  VerifyGroup(team);
}

void OktaJob::EmptyAndDelete() {
  Team& team = source_.teams()[0];
  team.is_deleted = false;
  const std::set<std::size_t> members = std::exchange(team.members, {});
  PushGroup(team, 1);
  VerifyGroup(team);
  team.members = members;
  PushGroup(team, 0);
  VerifyGroup(team);
  source_.teams().back().is_deleted = true;
  PushGroup(source_.teams().back(), 0);
}

void OktaJob::Verify() {
  std::size_t total = 0;
  for (const Person& person : source_.people()) total += person.id.empty() ? 0U : 1U;
  std::set<std::string> listed;
  simdjson::dom::parser parser;
  for (std::size_t start = 1; start <= total; start += kPage) {
    Fields fields;
    fields.Text("startIndex", std::to_string(start))
        .Json("startIndexNumber", std::to_string(start));
    fields.Text("count", std::to_string(kPage)).Json("total", std::to_string(total));
    const Answer page = player_.Play("user/page", fields);
    const simdjson::dom::array items = parser.parse(page.body)["Resources"];
    for (const auto user : items) {
      listed.emplace(std::string_view(user["id"]));
    }
  }
  if (listed.size() != total) throw std::runtime_error("the pages do not list every user once");
  for (const Person& person : source_.people()) {
    if (person.id.empty()) continue;
    Fields fields = SourceDirectory::FieldsOf(person);
    const bool is_active = person.is_enabled && !person.is_deleted;
    fields.Text("isActive", is_active ? "true" : "false");
    Mapping mapping = player_.script().mapping("user");
    mapping.push_back({"active", "isActive"});
    const Answer answer = player_.Play("user/read", fields);
    const simdjson::dom::element user = parser.parse(answer.body);
    RequireSame("user " + person.id, mapping, fields, user);
    for (const std::string& path : Unmapped(mapping, user)) {
      throw std::runtime_error("user " + person.id + " has " + path + ", which was never written");
    }
  }
  for (const Team& team : source_.teams()) {
    if (!team.id.empty()) VerifyGroup(team);
  }
}

void OktaJob::VerifyGroup(const Team& team) {
  const Answer answer = player_.Play("group/whole", SourceDirectory::FieldsOf(team));
  simdjson::dom::parser parser;
  const simdjson::dom::element group = parser.parse(answer.body);
  std::multiset<std::string> found;
  simdjson::dom::array members;
  if (group["members"].get(members) == simdjson::SUCCESS) {
    for (const auto member : members) found.emplace(std::string_view(member["value"]));
  }
  std::multiset<std::string> wanted;
  for (const std::size_t person : Assigned(team)) wanted.insert(source_.people()[person].id);
  if (found != wanted) {
    throw std::runtime_error(
        fmt::format("group '{}' has {} members, the source has {}, not the same", team.name,
                    found.size(), wanted.size()));
  }
}

std::uint64_t OktaJob::Head() { return player_.Play("spec/groups", Fields()).sequence; }

}  // namespace scimledger::simulators
