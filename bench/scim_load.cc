#include "bench/scim_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bench/sample_user.h"

namespace scimledger::bench {
namespace {

constexpr std::chrono::hours kUnlimited{1};
constexpr std::size_t kPrefillConnections = 128;
constexpr std::size_t kMembersPerPatch = 5000;
constexpr std::size_t kBulkOperations = 1000;
constexpr std::size_t kPageUsers = 100;

constexpr std::string_view kListTarget =
    "/scim/v2/Users?filter=userName%20eq%20%22maria.kowalska########@halden.example%22";
constexpr std::string_view kPatchTitle =
    R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
    R"("Operations":[{"op":"Replace","path":"title","value":"Planner ########"}]})";
constexpr std::string_view kAddMembers =
    R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
    R"("Operations":[{{"op":"Add","path":"members","value":[{}]}}]}})";

void AppendBulkCreate(std::uint64_t number, std::string& body) {
  body += fmt::format(R"({{"method":"POST","path":"/Users","bulkId":"u{}","data":)", number);
  const std::size_t begin = body.size();
  body += kSampleUser;
  const auto digits = fmt::format("{:08}", number);
  for (auto at = body.find(kNumberPlace, begin); at != std::string::npos;
       at = body.find(kNumberPlace, at)) {
    body.replace(at, digits.size(), digits);
  }
  body += '}';
}

std::string UserTarget() { return fmt::format("/scim/v2/Users/{}", kIdPlace); }
std::string GroupTarget() { return fmt::format("/scim/v2/Groups/{}", kIdPlace); }

IdText IdIn(std::string_view body) {
  constexpr std::string_view kName = R"("id":")";
  IdText id{};
  const auto at = body.find(kName);
  if (at == std::string_view::npos || body.size() < at + kName.size() + id.size()) {
    throw std::runtime_error("an answer without an id: " + std::string(body.substr(0, 300)));
  }
  std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(at + kName.size()), id.size(), id.begin());
  return id;
}

void RequireNoErrors(const LoadResult& result, const char* what) {
  if (result.errors == 0) return;
  throw std::runtime_error(fmt::format("{}: {}", what, result.first_error));
}

}  // namespace

ScimLoad::ScimLoad(std::uint16_t port, std::string token)
    : port_(port),
      token_(std::move(token)),
      create_("POST", "/scim/v2/Users", kSampleUser, token_),
      get_("GET", UserTarget(), {}, token_),
      list_("GET", kListTarget, {}, token_),
      patch_("PATCH", UserTarget(), kPatchTitle, token_) {}

Load ScimLoad::Make(std::size_t connections, std::chrono::milliseconds duration) const {
  Load load;
  load.port = port_;
  load.connections = connections;
  load.duration = duration;
  return load;
}

std::size_t ScimLoad::PickIndex() {
  constexpr std::size_t kEnough = 1000;
  const std::size_t begin = users_.size() >= ungrouped_from_ + kEnough ? ungrouped_from_ : 0;
  // A stride that visits users all over the directory.
  picks_ += 7919;
  return begin + picks_ % (users_.size() - begin);
}

void ScimLoad::CreateUsers(std::size_t count) {
  if (users_.size() >= count) return;
  std::size_t left = count - users_.size();
  Load load = Make(kPrefillConnections, kUnlimited);
  std::vector<std::uint64_t> sent(load.connections);
  load.request = [&](std::size_t connection, std::string& text) {
    if (left == 0) return false;
    --left;
    create_.Append(text, sent[connection] = next_number_++);
    return true;
  };
  load.answer = [&](std::size_t connection, int status, std::string_view body) {
    if (status != 201) return;
    users_.push_back(IdIn(body));
    numbers_.push_back(sent[connection]);
  };
  RequireNoErrors(RunLoad(load), "creating users");
}

std::string ScimLoad::MembersJson(std::size_t begin, std::size_t end) const {
  std::string json;
  for (std::size_t i = begin; i < end; ++i) {
    const IdText& id = users_.at(i);
    json += fmt::format(R"({}{{"value":"{}"}})", i == begin ? "" : ",",
                        std::string_view(id.data(), id.size()));
  }
  return json;
}

void ScimLoad::CreateGroups(std::size_t count, std::size_t members) {
  for (std::size_t i = 0; i < count; ++i) CreateGroup(members);
}

void ScimLoad::CreateGroup(std::size_t members) {
  Group group;
  group.size = members;
  group.next_user = members;
  std::size_t done = std::min(members, kMembersPerPatch);
  const auto post = fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Group {}",)"
      R"("members":[{}]}})",
      groups_.size(), MembersJson(0, done));
  bool is_created = false;
  Load load = Make(1, kUnlimited);
  load.request = [&](std::size_t, std::string& text) {
    if (!is_created) {
      RequestTemplate("POST", "/scim/v2/Groups?excludedAttributes=members", post, token_)
          .Append(text, 0);
      return true;
    }
    if (done >= members) return false;
    const std::size_t end = std::min(members, done + kMembersPerPatch);
    const auto body = fmt::format(kAddMembers, MembersJson(std::exchange(done, end), end));
    RequestTemplate("PATCH", GroupTarget(), body, token_).Append(text, 0, group.id);
    return true;
  };
  load.answer = [&](std::size_t, int status, std::string_view body) {
    if (!is_created && status == 201) group.id = IdIn(body);
    is_created = true;
  };
  RequireNoErrors(RunLoad(load), "creating groups");
  groups_.push_back(group);
  ungrouped_from_ = users_.size();
}

LoadResult ScimLoad::Creates(std::size_t connections, std::chrono::milliseconds duration) {
  Load load = Make(connections, duration);
  std::vector<std::uint64_t> sent(connections);
  load.request = [&](std::size_t connection, std::string& text) {
    create_.Append(text, sent[connection] = next_number_++);
    return true;
  };
  load.answer = [&](std::size_t connection, int status, std::string_view body) {
    if (status != 201) return;
    users_.push_back(IdIn(body));
    numbers_.push_back(sent[connection]);
  };
  return RunLoad(load);
}

LoadResult ScimLoad::BulkCreates(std::size_t connections, std::chrono::milliseconds duration) {
  constexpr std::string_view kBegin =
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)";
  Load load = Make(connections, duration);
  load.request = [&](std::size_t, std::string& text) {
    std::string body(kBegin);
    for (std::size_t i = 0; i < kBulkOperations; ++i) {
      if (i > 0) body += ',';
      AppendBulkCreate(next_number_++, body);
    }
    body += "]}";
    RequestTemplate("POST", "/scim/v2/Bulk", body, token_).Append(text, 0);
    return true;
  };
  std::size_t refused = 0;
  load.answer = [&](std::size_t, int, std::string_view body) {
    if (body.find(R"("status":"4)") != std::string_view::npos) ++refused;
  };
  LoadResult result = RunLoad(load);
  if (refused > 0) throw std::runtime_error("a Bulk had operations that were refused");
  result.requests *= kBulkOperations;
  return result;
}

LoadResult ScimLoad::Pages(std::size_t connections, std::chrono::milliseconds duration) {
  Load load = Make(connections, duration);
  load.request = [&](std::size_t, std::string& text) {
    const std::size_t start = PickIndex() % (users_.size() - kPageUsers) + 1;
    const auto target = fmt::format("/scim/v2/Users?startIndex={}&count={}", start, kPageUsers);
    RequestTemplate("GET", target, {}, token_).Append(text, 0);
    return true;
  };
  LoadResult result = RunLoad(load);
  result.requests *= kPageUsers;
  return result;
}

LoadResult ScimLoad::GetsById(std::size_t connections, std::chrono::milliseconds duration) {
  Load load = Make(connections, duration);
  load.request = [&](std::size_t, std::string& text) {
    get_.Append(text, 0, users_[PickIndex()]);
    return true;
  };
  return RunLoad(load);
}

LoadResult ScimLoad::EqualityLists(std::size_t connections, std::chrono::milliseconds duration) {
  Load load = Make(connections, duration);
  load.request = [&](std::size_t, std::string& text) {
    list_.Append(text, numbers_[PickIndex()]);
    return true;
  };
  return RunLoad(load);
}

LoadResult ScimLoad::Patches(std::size_t connections, std::chrono::milliseconds duration) {
  Load load = Make(connections, duration);
  load.request = [&](std::size_t, std::string& text) {
    const IdText& id = users_[PickIndex()];
    // The number makes every title a new one: a PATCH that changes nothing writes nothing.
    patch_.Append(text, picks_ % 100'000'000, id);
    return true;
  };
  return RunLoad(load);
}

LoadResult ScimLoad::MemberAdds(std::size_t members, std::size_t connections,
                                std::chrono::milliseconds duration) {
  std::vector<Group*> groups;
  for (Group& group : groups_) {
    if (group.size == members) groups.push_back(&group);
  }
  const auto body = fmt::format(kAddMembers, fmt::format(R"({{"value":"{}"}})", kIdPlace));
  Load load = Make(connections, duration);
  std::vector<RequestTemplate> adds;
  for (const Group* group : groups) {
    adds.emplace_back(
        "PATCH",
        fmt::format("/scim/v2/Groups/{}", std::string_view(group->id.data(), group->id.size())),
        body, token_);
  }
  load.request = [&](std::size_t, std::string& text) {
    const std::size_t at = picks_++ % groups.size();
    adds[at].Append(text, 0, users_.at(groups[at]->next_user++));
    return true;
  };
  ungrouped_from_ = users_.size();
  return RunLoad(load);
}

LoadResult ScimLoad::EntraCycles(std::size_t connections, std::chrono::milliseconds duration) {
  struct Cycle {
    unsigned step = 0;
    std::uint64_t number = 0;
    IdText id{};
  };
  std::vector<Cycle> cycles(connections);
  Load load = Make(connections, duration);
  load.request = [&](std::size_t connection, std::string& text) {
    Cycle& cycle = cycles[connection];
    if (cycle.step == 0) cycle.number = next_number_++;
    switch (cycle.step++) {
      case 1:
        create_.Append(text, cycle.number);
        break;
      case 3:
        patch_.Append(text, cycle.number, cycle.id);
        cycle.step = 0;
        break;
      default:
        list_.Append(text, cycle.number);
    }
    return true;
  };
  load.answer = [&](std::size_t connection, int status, std::string_view body) {
    if (status != 201) return;
    cycles[connection].id = IdIn(body);
    users_.push_back(cycles[connection].id);
    numbers_.push_back(cycles[connection].number);
  };
  return RunLoad(load);
}

}  // namespace scimledger::bench
