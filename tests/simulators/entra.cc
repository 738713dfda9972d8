#include "tests/simulators/entra.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace scimledger::simulators {
namespace {

constexpr std::string_view kManager =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
/// Of so many creates the answer to one is lost.
constexpr std::size_t kCreatesPerLostAnswer = 25;
/// How many members one PATCH has is not published.
constexpr std::size_t kMembersPerPatch = 20;

simdjson::dom::element Parse(simdjson::dom::parser& parser, const std::string& body) {
  return parser.parse(body);
}

/// The id of the one resource that a matching filter found; empty: none.
std::string Matched(const Answer& answer) {
  simdjson::dom::parser parser;
  const simdjson::dom::array found = Parse(parser, answer.body)["Resources"];
  if (found.size() > 1) throw std::runtime_error("a matching filter found several resources");
  if (found.size() == 0) return {};
  return std::string(std::string_view(found.at(0)["id"]));
}

std::string JoinJson(const std::vector<std::string>& items) {
  std::string json = "[";
  for (const std::string& item : items) json += (json.size() > 1 ? "," : "") + item;
  return json += ']';
}

/// Members of one group that come or go in one request.
struct MemberBatch {
  std::size_t team = 0;
  bool is_removal = false;
  std::vector<std::size_t> people;
};

void AddBatches(std::size_t team, bool is_removal, const std::vector<std::size_t>& people,
                std::vector<MemberBatch>& batches) {
  for (std::size_t begin = 0; begin < people.size(); begin += kMembersPerPatch) {
    const std::size_t end = std::min(people.size(), begin + kMembersPerPatch);
    batches.push_back({team,
                       is_removal,
                       {people.begin() + static_cast<std::ptrdiff_t>(begin),
                        people.begin() + static_cast<std::ptrdiff_t>(end)}});
  }
}

}  // namespace

EntraJob::EntraJob(SourceDirectory& source, std::vector<Player> players)
    : source_(source), players_(std::move(players)), script_(players_.at(0).script()) {}

void EntraJob::ForEach(std::size_t count, const std::function<void(Player&, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&](Player& player) {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(player, i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < players_.size(); ++i) {
      threads.emplace_back([&, i] { run(players_[i]); });
    }
    run(players_[0]);
  }
  if (failure) std::rethrow_exception(failure);
}

EntraJob::Dialect EntraJob::DialectOf(std::size_t index) const {
  return (index + cycle_) % 2 == 0 ? Dialect::kDefault : Dialect::kFlag;
}

void EntraJob::TestConnection() {
  Fields fields;
  fields.Text("guid", "f3a1c7d0-6b1e-4f0a-8c55-5d6c7b8a9e01");
  for (const char* step :
       {"connect/filter_plus", "connect/filter_percent", "connect/flag", "connect/any_user",
        "connect/any_group", "connect/schemas", "connect/resource_types",
        "connect/service_provider_config", "connect/bad_token", "connect/no_token"}) {
    players_[0].Play(step, fields);
  }
}

void EntraJob::InitialCycle() { IncrementalCycle(); }

void EntraJob::IncrementalCycle() {
  ++cycle_;
  UserCycle();
  GroupCycle();
}

void EntraJob::Restart() {
  for (Team& team : source_.teams()) team.sent.clear();
  IncrementalCycle();
}

void EntraJob::UserCycle() {
  const std::size_t count = source_.people().size();
  ForEach(count, [this](Player& player, std::size_t index) { SyncUser(player, index); });
  ForEach(count, [this](Player& player, std::size_t index) { SyncManager(player, index); });
}

void EntraJob::GroupCycle() {
  ForEach(source_.teams().size(),
          [this](Player& player, std::size_t index) { SyncGroup(player, index); });
  SyncMembers();
}

void EntraJob::SyncUser(Player& player, std::size_t index) {
  Person& person = source_.people()[index];
  if (person.id.empty()) {
    const bool is_in_scope = person.is_enabled && !person.is_deleted;
    if (is_in_scope) CreateUser(player, index);
    return;
  }
  if (person.is_deleted) {
    player.Play("user/delete", SourceDirectory::FieldsOf(person));
    player.Play("user/delete_again", SourceDirectory::FieldsOf(person));
    person.id.clear();
    return;
  }
  UpdateUser(player, person, DialectOf(index), index);
}

void EntraJob::CreateUser(Player& player, std::size_t index) {
  Person& person = source_.people()[index];
  Fields fields = SourceDirectory::FieldsOf(person);
  person.id = Matched(player.Play("user/match", fields));
  if (!person.id.empty()) return UpdateUser(player, person, DialectOf(index), index);
  if (index % kCreatesPerLostAnswer != kCreatesPerLostAnswer - 1) {
    person.id = player.Play("user/create", fields).id;
    return;
  }
  // Lost on the way back, or with the connection, and then the request may be lost as well.
  const bool is_cut = index % (2 * kCreatesPerLostAnswer) > kCreatesPerLostAnswer;
  if (is_cut) {
    player.PlayAndLoseAnswer("user/create", fields);
  } else {
    player.Play("user/create", fields);
  }
  player.Play(is_cut ? "user/create_after_cut" : "user/create_again", fields);
  person.id = Matched(player.Play("user/match", fields));
  if (person.id.empty()) throw std::runtime_error("the filter does not find who conflicts");
  UpdateUser(player, person, DialectOf(index), index);
}

void EntraJob::UpdateUser(Player& player, Person& person, Dialect dialect, std::size_t form) {
  Fields fields = SourceDirectory::FieldsOf(person);
  const Answer answer = player.Play("user/read", fields);
  simdjson::dom::parser parser;
  const auto user = Parse(parser, answer.body);
  const auto differences = Compare(script_.mapping("user"), fields, user);
  if (!differences.empty()) {
    fields.Json("operations", Operations(differences, dialect));
    player.Play("user/update", fields);
  }
  SyncActive(player, person, ReadAttribute(user, "active") == "true", dialect, form);
}

void EntraJob::SyncActive(Player& player, const Person& person, bool is_active, Dialect dialect,
                          std::size_t form) {
  if (is_active == person.is_enabled) return;
  const bool is_flag = dialect == Dialect::kFlag;
  const char* step = is_flag ? "restore/flag" : "restore/default";
  if (!person.is_enabled) {
    const char* text_form = form % 4 < 2 ? "disable/default" : "disable/lower_case";
    step = is_flag ? "disable/flag" : text_form;
  }
  player.Play(step, SourceDirectory::FieldsOf(person));
}

std::string EntraJob::Operations(const std::vector<Difference>& differences,
                                 Dialect dialect) const {
  std::vector<std::string> operations;
  std::string folded;
  for (const Difference& difference : differences) {
    Fields fields;
    fields.Text("path", difference.path).Text("value", difference.after);
    fields.Text("before", difference.before);
    const bool is_clear = difference.after.empty();
    if (dialect == Dialect::kDefault) {
      const char* verb = is_clear ? "default/clear" : "default/replace";
      if (difference.before.empty()) verb = "default/add";
      operations.push_back(FillJson(script_.operation(verb), fields));
    } else if (is_clear) {
      operations.push_back(FillJson(script_.operation("flag/clear"), fields));
    } else if (difference.path.contains('[')) {
      operations.push_back(FillJson(script_.operation("flag/filtered"), fields));
    } else {
      folded +=
          (folded.empty() ? "{" : ",") + Quote(difference.path) + ':' + Quote(difference.after);
    }
  }
  if (!folded.empty()) {
    Fields fields;
    fields.Json("folded", folded + '}');
    operations.push_back(FillJson(script_.operation("flag/folded"), fields));
  }
  return JoinJson(operations);
}

void EntraJob::SyncManager(Player& player, std::size_t index) {
  const Person& person = source_.people()[index];
  if (person.id.empty()) return;
  const std::string wanted = source_.ManagerOf(person);
  Fields fields = SourceDirectory::FieldsOf(person);
  fields.Text("manager", wanted);
  const Answer answer = player.Play("user/read", fields);
  simdjson::dom::parser parser;
  const auto is = ReadAttribute(Parse(parser, answer.body), kManager).value_or("");
  if (is == wanted) return;
  constexpr std::array kSet{"manager/set_string", "manager/set_object", "manager/set_array"};
  constexpr std::array kClear{"manager/clear_object", "manager/clear_empty",
                              "manager/clear_remove"};
  player.Play(wanted.empty() ? kClear[index % kClear.size()] : kSet[index % kSet.size()], fields);
  if (!wanted.empty() && index % 10 == 0) player.Play("manager/check", fields);
}

void EntraJob::ProvisionOnDemand(std::size_t index) {
  Person& person = source_.people()[index];
  if (person.is_deleted) return;
  const Fields fields = SourceDirectory::FieldsOf(person);
  const std::string found = Matched(players_[0].Play("user/match", fields));
  // Who was renamed is not found, and known by the id.
  if (!found.empty() && !person.id.empty() && found != person.id) {
    throw std::runtime_error("the filter finds another user than was created");
  }
  if (person.id.empty()) person.id = found;
  if (person.id.empty()) return;
  const bool is_flag = DialectOf(index) == Dialect::kFlag;
  UpdateUser(players_[0], person, is_flag ? Dialect::kDefault : Dialect::kFlag, index);
  SyncManager(players_[0], index);
}

void EntraJob::SyncGroup(Player& player, std::size_t index) {
  Team& team = source_.teams()[index];
  if (team.id.empty()) {
    if (!team.is_deleted) CreateGroup(player, team, index);
    return;
  }
  const Fields fields = SourceDirectory::FieldsOf(team);
  if (team.is_deleted) {
    player.Play("group/delete", fields);
    player.Play("group/delete_again", fields);
    team.id.clear();
    return;
  }
  const Answer answer = player.Play("group/read", fields);
  simdjson::dom::parser parser;
  const auto group = Parse(parser, answer.body);
  if (Compare(script_.mapping("group"), fields, group).empty()) return;
  const bool is_flag = DialectOf(index) == Dialect::kFlag;
  player.Play(is_flag ? "group/rename_flag" : "group/rename_default", fields);
}

void EntraJob::CreateGroup(Player& player, Team& team, std::size_t index) {
  const Fields fields = SourceDirectory::FieldsOf(team);
  team.id = Matched(player.Play("group/match", fields));
  if (!team.id.empty()) return;
  team.id = player.Play("group/create", fields).id;
  if (index % kCreatesPerLostAnswer != kCreatesPerLostAnswer - 1) return;
  player.Play("group/create_again", fields);
  if (Matched(player.Play("group/match", fields)) != team.id) {
    throw std::runtime_error("the filter does not find the group that conflicts");
  }
}

void EntraJob::SyncMembers() {
  std::vector<MemberBatch> batches;
  for (std::size_t i = 0; i < source_.teams().size(); ++i) {
    Team& team = source_.teams()[i];
    if (team.id.empty()) continue;
    std::vector<std::size_t> comers;
    std::vector<std::size_t> leavers;
    for (const std::size_t person : team.members) {
      const bool is_there = !source_.people()[person].id.empty();
      if (is_there && !team.sent.contains(person)) comers.push_back(person);
    }
    std::ranges::set_difference(team.sent, team.members, std::back_inserter(leavers));
    for (const std::size_t person : leavers) team.sent.erase(person);
    // A deleted user has left the server's groups already.
    std::erase_if(leavers,
                  [this](std::size_t person) { return source_.people()[person].id.empty(); });
    AddBatches(i, false, comers, batches);
    AddBatches(i, true, leavers, batches);
    for (const std::size_t person : comers) team.sent.insert(person);
  }
  // The batches of a large group follow each other, so the connections send them side by side.
  ForEach(batches.size(), [&](Player& player, std::size_t index) {
    const MemberBatch& batch = batches[index];
    const bool is_flag = DialectOf(index) == Dialect::kFlag;
    const bool is_flag_removal = batch.is_removal && is_flag;
    const char* item = is_flag ? "flag/member" : "default/member";
    if (is_flag_removal) item = "flag/remove_member";
    Fields fields = SourceDirectory::FieldsOf(source_.teams()[batch.team]);
    std::vector<std::string> items;
    for (const std::size_t person : batch.people) {
      fields.Text("member", source_.people()[person].id);
      items.push_back(FillJson(script_.operation(item), fields));
    }
    fields.Json(is_flag_removal ? "operations" : "members", JoinJson(items));
    const char* remove = is_flag ? "members/remove_flag" : "members/remove_default";
    const char* add = is_flag ? "members/add_flag" : "members/add_default";
    player.Play(batch.is_removal ? remove : add, fields);
    if (!batch.is_removal && index % 10 == 0) player.Play("members/check", fields);
  });
}

}  // namespace scimledger::simulators
