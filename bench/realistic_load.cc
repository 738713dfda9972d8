#include "bench/realistic_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "bench/sample_user.h"

namespace scimledger::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours kUnlimited{1};
constexpr std::size_t kUsersPerBulk = 1000;
/// While somebody else is waiting for the writer too.
constexpr std::size_t kUsersPerBulkBeside = 200;
constexpr std::size_t kMembersPerRequest = 5000;
constexpr std::string_view kEnterprise =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
constexpr std::string_view kBulk = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The id at the end of the next `"name":"…"`, from `at` on, which moves behind it. npos: none.
std::optional<IdText> NextId(std::string_view body, std::string_view name, std::size_t& at) {
  at = body.find(name, at);
  if (at == std::string_view::npos) return std::nullopt;
  at += name.size();
  const std::size_t end = body.find('"', at);
  IdText id{};
  if (end == std::string_view::npos || end < id.size()) return std::nullopt;
  std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(end - id.size()), id.size(), id.begin());
  at = end;
  return id;
}

void RequireNoErrors(const LoadResult& result, const char* what) {
  if (result.errors == 0) return;
  throw std::runtime_error(fmt::format("{}: {}", what, result.first_error));
}

std::string_view TextOf(const IdText& id) { return {id.data(), id.size()}; }

}  // namespace

std::string RealisticLoad::NextUserJson() {
  const RealisticUser user = company_.NextUser();
  std::string json = fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","{}"],"userName":"{}",)"
      R"("externalId":"{}","name":{{"givenName":"{}","familyName":"{}"}},"displayName":"{}",)"
      R"("active":{},"emails":[{{"value":"{}","type":"work","primary":true}})",
      kEnterprise, user.user_name, user.external_id, user.given_name, user.family_name,
      user.display_name, user.active, user.user_name);
  const auto out = std::back_inserter(json);
  if (!user.home_address.empty()) {
    fmt::format_to(out, R"(,{{"value":"{}","type":"home"}})", user.home_address);
  }
  json += ']';
  if (!user.title.empty()) fmt::format_to(out, R"(,"title":"{}")", user.title);
  fmt::format_to(out, R"(,"{}":{{"employeeNumber":"{}","department":"{}")", kEnterprise,
                 user.employee_number, user.department);
  // The first users' managers may be in the same Bulk.
  if (user.manager && *user.manager < users_.size()) {
    fmt::format_to(out, R"(,"manager":{{"value":"{}"}})", TextOf(users_[*user.manager]));
  }
  json += "}}";
  return json;
}

std::string RealisticLoad::BulkOf(std::size_t users) {
  std::string body = fmt::format(R"({{"schemas":["{}"],"Operations":[)", kBulk);
  for (std::size_t index = 0; index < users; ++index) {
    fmt::format_to(std::back_inserter(body),
                   R"({}{{"method":"POST","path":"/Users","bulkId":"{}","data":)",
                   index == 0 ? "" : ",", company_.user_count());
    body += NextUserJson();
    body += '}';
  }
  body += "]}";
  return body;
}

/// The answers come in the order of the operations.
void RealisticLoad::TakeBulk(std::string_view body) {
  if (body.find(R"("status":"4)") != std::string_view::npos) {
    throw std::runtime_error("a Bulk had operations that were refused: " +
                             std::string(body.substr(0, 300)));
  }
  std::size_t at = 0;
  while (const auto id = NextId(body, R"("location":")", at)) users_.push_back(*id);
}

void RealisticLoad::CreateUsers(std::size_t count, Beside* beside) {
  Load load;
  load.port = port_;
  load.duration = kUnlimited;
  load.connections = beside == nullptr ? 1 : 2;
  const RequestTemplate create("POST", "/scim/v2/Users", kSampleUser, token_);
  Clock::time_point begun;
  load.request = [&](std::size_t connection, std::string& text) {
    if (users_.size() >= count) return false;
    if (connection == 1) {
      begun = Clock::now();
      create.Append(text, ++singles_);
      return true;
    }
    const std::size_t most = beside == nullptr ? kUsersPerBulk : kUsersPerBulkBeside;
    const std::size_t users = std::min(most, count - users_.size());
    RequestTemplate("POST", "/scim/v2/Bulk", BulkOf(users), token_).Append(text, 0);
    return true;
  };
  load.answer = [&](std::size_t connection, int status, std::string_view body) {
    if (connection == 1) {
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
      beside->latencies_us.push_back(static_cast<std::uint32_t>(took.count()));
    } else if (status == 200) {
      TakeBulk(body);
    }
  };
  RequireNoErrors(RunLoad(load), "creating users");
}

LoadResult RealisticLoad::CreateSingly(std::size_t count, std::size_t connections) {
  Load load;
  load.port = port_;
  load.duration = kUnlimited;
  load.connections = connections;
  const RequestTemplate create("POST", "/scim/v2/Users", kSampleUser, token_);
  std::size_t left = count;
  load.request = [&](std::size_t, std::string& text) {
    if (left == 0) return false;
    --left;
    create.Append(text, ++singles_);
    return true;
  };
  LoadResult result = RunLoad(load);
  RequireNoErrors(result, "creating users");
  return result;
}

std::string RealisticLoad::MembersJson(const std::vector<std::uint32_t>& members, std::size_t begin,
                                       std::size_t end) const {
  std::string json;
  for (std::size_t index = begin; index < end; ++index) {
    fmt::format_to(std::back_inserter(json), R"({}{{"value":"{}"}})", index == begin ? "" : ",",
                   TextOf(users_[members[index]]));
  }
  return json;
}

void RealisticLoad::CreateGroup() {
  const RealisticGroup group = company_.NextGroup();
  std::size_t done = std::min(group.members.size(), kMembersPerRequest);
  const std::string post = fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{}",)"
      R"("members":[{}]}})",
      group.display_name, MembersJson(group.members, 0, done));
  std::optional<IdText> id;
  Load load;
  load.port = port_;
  load.duration = kUnlimited;
  load.request = [&](std::size_t, std::string& text) {
    if (!id) {
      RequestTemplate("POST", "/scim/v2/Groups?excludedAttributes=members", post, token_)
          .Append(text, 0);
      return true;
    }
    if (done >= group.members.size()) return false;
    const std::size_t end = std::min(group.members.size(), done + kMembersPerRequest);
    const std::string body = fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
        R"("Operations":[{{"op":"add","path":"members","value":[{}]}}]}})",
        MembersJson(group.members, std::exchange(done, end), end));
    RequestTemplate("PATCH", fmt::format("/scim/v2/Groups/{}", TextOf(*id)), body, token_)
        .Append(text, 0);
    return true;
  };
  load.answer = [&](std::size_t, int status, std::string_view body) {
    std::size_t at = 0;
    if (status == 201) id = NextId(body, R"("id":")", at);
    if (!id) throw std::runtime_error("creating a group: " + std::string(body.substr(0, 300)));
  };
  RequireNoErrors(RunLoad(load), "creating groups");
  ++groups_;
  member_ = group.members.front();
  memberships_ += group.members.size();
}

void RealisticLoad::CreateGroups(std::size_t count) {
  for (std::size_t index = 0; index < count; ++index) CreateGroup();
}

}  // namespace scimledger::bench
