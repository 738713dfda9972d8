// How the end of a run is compared with the source.

#include <fmt/core.h>

#include <set>
#include <stdexcept>

#include "tests/simulators/entra.h"

namespace scimledger::simulators {
namespace {

constexpr std::size_t kPage = 100;

template <typename... Arguments>
void Require(bool is_met, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!is_met) throw std::runtime_error(fmt::format(text, std::forward<Arguments>(arguments)...));
}

std::size_t CountThere(const auto& items) {
  std::size_t count = 0;
  for (const auto& item : items) count += item.id.empty() ? 0U : 1U;
  return count;
}

}  // namespace

void EntraJob::Verify() {
  VerifyUsers();
  Fields fields;
  fields.Json("total", std::to_string(CountThere(source_.teams())));
  players_[0].Play("group/page", fields);
  ForEach(source_.teams().size(), [this](Player& player, std::size_t index) {
    const Team& team = source_.teams()[index];
    if (!team.is_deleted) VerifyGroup(player, team);
  });
}

void EntraJob::VerifyUsers() {
  std::vector<bool> seen(source_.people().size());
  const std::size_t total = CountThere(source_.people());
  simdjson::dom::parser parser;
  for (std::size_t start = 1; start <= total; start += kPage) {
    Fields fields;
    fields.Text("startIndex", std::to_string(start))
        .Json("startIndexNumber", std::to_string(start));
    fields.Text("count", std::to_string(kPage));
    const Answer answer = players_[0].Play("user/page", fields);
    const simdjson::dom::element page = parser.parse(answer.body);
    const std::uint64_t total_found = page["totalResults"];
    Require(total_found == total, "{} users, but the source has {}", total_found, total);
    const simdjson::dom::array users = page["Resources"];
    for (const auto user : users) VerifyUser(user, seen);
  }
}

void EntraJob::VerifyUser(simdjson::dom::element user, std::vector<bool>& seen) {
  const std::string id = ReadAttribute(user, "id").value_or("");
  const auto& people = source_.people();
  const auto at = std::ranges::find(people, id, &Person::id);
  Require(at != people.end(), "user {} is not in the source", id);
  const auto index = static_cast<std::size_t>(at - people.begin());
  Require(!seen[index], "user {} is listed twice", id);
  seen[index] = true;
  Fields fields = SourceDirectory::FieldsOf(*at);
  fields.Text("accountEnabled", at->is_enabled ? "true" : "false");
  fields.Text("manager", source_.ManagerOf(*at));
  const Mapping& mapping = script_.mapping("user");
  for (const Difference& difference : Compare(mapping, fields, user)) {
    Require(false, "user {}: {} is '{}', the source says '{}'", id, difference.path,
            difference.before, difference.after);
  }
  for (const std::string& path : Unmapped(mapping, user)) {
    Require(false, "user {} has {}, which was never written", id, path);
  }
  const Mapping apart{
      {"active", "accountEnabled"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "manager"}};
  for (const Difference& difference : Compare(apart, fields, user)) {
    Require(false, "user {}: {} is '{}', the source says '{}'", id, difference.path,
            difference.before, difference.after);
  }
}

void EntraJob::VerifyGroup(Player& player, const Team& team) {
  const Answer answer = player.Play("group/whole", SourceDirectory::FieldsOf(team));
  simdjson::dom::parser parser;
  const simdjson::dom::element group = parser.parse(answer.body);
  std::set<std::string> wanted;
  for (const std::size_t person : team.members) {
    const std::string& id = source_.people()[person].id;
    if (!id.empty()) wanted.insert(id);
  }
  std::set<std::string> found;
  simdjson::dom::array members;
  if (group["members"].get(members) == simdjson::SUCCESS) {
    for (const auto member : members) {
      const bool is_new = found.emplace(std::string_view(member["value"])).second;
      Require(is_new, "group '{}' lists a member twice", team.name);
    }
  }
  for (const std::string& id : wanted) {
    Require(found.contains(id), "group '{}' lost member {}", team.name, id);
  }
  for (const std::string& id : found) {
    Require(wanted.contains(id), "group '{}' has member {} against the source", team.name, id);
  }
}

std::uint64_t EntraJob::Head() { return players_[0].Play("connect/any_user", Fields()).sequence; }

}  // namespace scimledger::simulators
