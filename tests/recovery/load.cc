#include "tests/recovery/load.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>
#include <utility>

namespace scimledger::recovery {
namespace {

std::string TextAt(const std::string& json, const char* pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  if (parser.parse(json).get(root) != simdjson::SUCCESS ||
      root.at_pointer(pointer).get(text) != simdjson::SUCCESS) {
    return {};
  }
  return std::string(text);
}

}  // namespace

void LoadClient::Acknowledge(std::uint64_t sequence, std::string kind, std::string resource) {
  acknowledged_.push_back({sequence, std::move(kind), std::move(resource)});
  ++acknowledged_count_;
}

LoadClient::LoadClient(unsigned index, std::string token, std::string group, std::uint64_t seed)
    : index_(index), token_(std::move(token)), group_(std::move(group)), random_(seed) {}

std::optional<LoadClient::Reply> LoadClient::Send(api::HttpClient& client,
                                                  const std::string& method,
                                                  const std::string& path,
                                                  const std::string& body) {
  api::HttpRequest request;
  request.method = method;
  request.target = "/scim/v2" + path;
  request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/scim+json");
  request.body = body;
  auto response = client.Send(request);
  if (!response) return std::nullopt;
  Reply reply;
  reply.status = response->status;
  reply.body = std::move(response->body);
  if (const auto sequence = api::FindHeader(response->headers, "Ledger-Sequence")) {
    std::from_chars(sequence->data(), sequence->data() + sequence->size(), reply.sequence);
  }
  return reply;
}

void LoadClient::Run(api::HttpClient& client) {
  while (Step(client)) {
  }
}

bool LoadClient::Step(api::HttpClient& client) {
  const std::string id = PickExisting();
  const auto choice = random_() % 10;
  if (id.empty() || choice < 4) return Create(client);
  if (choice < 7) return Patch(client, id, users_[id]);
  if (choice < 9) return AddMember(client, id);
  return Delete(client, id, users_[id]);
}

bool LoadClient::Create(api::HttpClient& client) {
  const auto name = fmt::format("user-{}-{}@load.example", index_, created_++);
  const auto reply = Send(
      client, "POST", "/Users",
      fmt::format(
          R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}","title":"new"}})",
          name));
  if (!reply || reply->status != 201) return false;
  const std::string id = TextAt(reply->body, "/id");
  ExpectedUser& user = users_[id];
  user.exists = true;
  user.is_touched = true;
  user.title = "new";
  user.version = 1;
  Acknowledge(reply->sequence, "ResourceCreated", id);
  return true;
}

bool LoadClient::Patch(api::HttpClient& client, const std::string& id, ExpectedUser& user) {
  const auto title = fmt::format("title {}", random_() % 1'000'000);
  if (title == user.title) return true;
  user.is_touched = true;
  user.pending_exists = true;
  user.pending_title = title;
  const auto reply = Send(
      client, "PATCH", "/Users/" + id,
      fmt::format(
          R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"Replace","path":"title","value":"{}"}}]}})",
          title));
  if (!reply || reply->status != 200) return false;
  user.title = title;
  user.version += 1;
  user.pending_exists.reset();
  Acknowledge(reply->sequence, "ResourcePatched", id);
  return true;
}

bool LoadClient::Delete(api::HttpClient& client, const std::string& id, ExpectedUser& user) {
  user.is_touched = true;
  user.pending_exists = false;
  const auto member = members_.find(id);
  if (member != members_.end()) member->second = false;
  const auto reply = Send(client, "DELETE", "/Users/" + id, {});
  if (!reply || reply->status != 204) return false;
  user.exists = false;
  user.pending_exists.reset();
  members_.erase(id);
  // The last event may be the cascade to the group, so the delete's own sequence is not known.
  return true;
}

bool LoadClient::AddMember(api::HttpClient& client, const std::string& id) {
  if (members_.contains(id)) return true;
  members_[id] = false;
  const auto reply = Send(
      client, "PATCH", "/Groups/" + group_,
      fmt::format(
          R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"Add","path":"members","value":[{{"value":"{}"}}]}}]}})",
          id));
  if (!reply || reply->status != 204) return false;
  members_[id] = true;
  Acknowledge(reply->sequence, "ResourcePatched", group_);
  return true;
}

std::string LoadClient::PickExisting() {
  if (users_.empty()) return {};
  auto at = users_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_() % users_.size()));
  return at->second.exists && !at->second.pending_exists ? at->first : std::string();
}

std::vector<std::string> LoadClient::Check(api::HttpClient& client, Scope scope) {
  std::vector<std::string> wrong;
  for (auto& [id, user] : users_) {
    if (scope == Scope::kTouched && !user.is_touched) continue;
    user.is_touched = false;
    if (auto difference = CheckUser(client, id, user)) wrong.push_back(std::move(*difference));
  }
  return wrong;
}

std::optional<std::string> LoadClient::CheckUser(api::HttpClient& client, const std::string& id,
                                                 ExpectedUser& user) {
  const auto reply = Send(client, "GET", "/Users/" + id, {});
  if (!reply) return "no answer for user " + id;
  const bool exists = reply->status == 200;
  const std::string title = exists ? TextAt(reply->body, "/title") : std::string();
  const std::string version = exists ? TextAt(reply->body, "/meta/version") : std::string();
  const bool as_acknowledged =
      exists == user.exists &&
      (!exists || (title == user.title && version == fmt::format("W/\"{}\"", user.version)));
  if (as_acknowledged) {
    user.pending_exists.reset();
    return std::nullopt;
  }
  const bool as_pending = user.pending_exists && exists == *user.pending_exists &&
                          (!exists || (title == user.pending_title &&
                                       version == fmt::format("W/\"{}\"", user.version + 1)));
  if (!as_pending) {
    return fmt::format("user {}: acknowledged {} '{}' version {}, found {} '{}' {}", id,
                       user.exists ? "exists" : "deleted", user.title, user.version,
                       exists ? "exists" : "deleted", title, version);
  }
  user.exists = exists;
  user.title = title;
  user.version += 1;
  user.pending_exists.reset();
  if (!exists) members_.erase(id);
  return std::nullopt;
}

}  // namespace scimledger::recovery
