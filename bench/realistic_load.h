#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load_client.h"
#include "bench/realistic_company.h"
#include "bench/request_template.h"

namespace scimledger::bench {

/// Puts a made-up company into a running server, over SCIM: users by Bulk (RFC 7644 §3.7), groups by
/// POST and PATCH. Errors are thrown as std::runtime_error.
class RealisticLoad {
 public:
  /// `token` must be allowed to write.
  RealisticLoad(std::uint16_t port, std::string token, std::uint64_t seed)
      : port_(port), token_(std::move(token)), company_(seed) {}

  /// After a restart of the server.
  void SetPort(std::uint16_t port) { port_ = port; }
  std::uint16_t port() const { return port_; }
  const std::string& token() const { return token_; }

  /// Until there are so many. `beside`, where given, goes on on a connection of its own meanwhile.
  struct Beside {
    std::vector<std::uint32_t> latencies_us;  ///< of one create at a time
  };
  void CreateUsers(std::size_t count, Beside* beside = nullptr);
  void CreateGroups(std::size_t count);
  /// Creates users one by one; only so many, so that the directory keeps its size.
  LoadResult CreateSingly(std::size_t count, std::size_t connections);

  const std::vector<IdText>& users() const { return users_; }
  std::size_t user_count() const { return users_.size() + singles_; }
  /// A user that the last group holds, by number.
  std::uint32_t member() const { return member_; }
  std::size_t group_count() const { return groups_; }
  std::size_t membership_count() const { return memberships_; }

 private:
  std::string BulkOf(std::size_t users);
  std::string NextUserJson();
  void TakeBulk(std::string_view body);
  void CreateGroup();
  std::string MembersJson(const std::vector<std::uint32_t>& members, std::size_t begin,
                          std::size_t end) const;

  std::uint16_t port_;
  const std::string token_;
  RealisticCompany company_;
  std::vector<IdText> users_;  ///< by number; those made singly are not among them
  std::size_t singles_ = 0;
  std::size_t groups_ = 0;
  std::size_t memberships_ = 0;
  std::uint32_t member_ = 0;
};

}  // namespace scimledger::bench
