#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/http_client.h"

namespace scimledger::recovery {

/// What one resource must look like, from acknowledged replies only. While a request is under way
/// its effect is `pending`: after a kill either side of it may be true.
struct ExpectedUser {
  bool exists = false;
  std::string title;
  std::uint64_t version = 0;
  std::optional<bool> pending_exists;
  std::string pending_title;
  bool is_touched = false;  ///< since the last check
};

/// One acknowledged write: the event that must be in the log.
struct Acknowledged {
  std::uint64_t sequence = 0;
  std::string kind;
  std::string resource;
};

/// One client with a journal of its own: creates, patches and deletes users that only it touches,
/// and adds them to a group that all clients share. Stops at the first answer that does not come.
class LoadClient {
 public:
  LoadClient(unsigned index, std::string token, std::string group, std::uint64_t seed);

  /// Sends requests until the server is gone.
  void Run(api::HttpClient& client);
  enum class Scope { kTouched, kAll };
  /// Compares the server with the journal after a restart, all of it or what was touched since the
  /// last check; settles what was pending. Returns what is wrong, one line each.
  std::vector<std::string> Check(api::HttpClient& client, Scope scope);

  const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  /// How many those are; on any thread, while the client runs too.
  std::uint64_t acknowledged_count() const { return acknowledged_count_; }
  /// Users whose addition to the group was acknowledged and who were not deleted since.
  const std::map<std::string, bool>& members() const { return members_; }

 private:
  struct Reply {
    int status = 0;
    std::uint64_t sequence = 0;
    std::string body;
  };
  std::optional<Reply> Send(api::HttpClient& client, const std::string& method,
                            const std::string& path, const std::string& body);
  bool Step(api::HttpClient& client);
  bool Create(api::HttpClient& client);
  bool Patch(api::HttpClient& client, const std::string& id, ExpectedUser& user);
  bool Delete(api::HttpClient& client, const std::string& id, ExpectedUser& user);
  bool AddMember(api::HttpClient& client, const std::string& id);
  std::string PickExisting();
  std::optional<std::string> CheckUser(api::HttpClient& client, const std::string& id,
                                       ExpectedUser& user);

  unsigned index_;
  std::string token_;
  std::string group_;
  std::mt19937_64 random_;
  std::uint64_t created_ = 0;
  std::map<std::string, ExpectedUser> users_;
  std::map<std::string, bool> members_;  ///< value: the addition was acknowledged
  void Acknowledge(std::uint64_t sequence, std::string kind, std::string resource);

  std::vector<Acknowledged> acknowledged_;
  std::atomic<std::uint64_t> acknowledged_count_{0};
};

}  // namespace scimledger::recovery
