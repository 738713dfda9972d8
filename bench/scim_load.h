#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load_client.h"
#include "bench/request_template.h"

namespace scimledger::bench {

/// The users and groups of one running server, and the requests that an identity provider sends
/// about them. Not for two loads at once.
class ScimLoad {
 public:
  /// `token` must be allowed to write.
  ScimLoad(std::uint16_t port, std::string token);

  /// After a restart of the server.
  void SetPort(std::uint16_t port) { port_ = port; }
  std::size_t user_count() const { return users_.size(); }

  /// Creates users until there are `count`. Throws std::runtime_error if one is refused.
  void CreateUsers(std::size_t count);
  /// Creates `count` groups that hold the first `members` users, by POST and PATCHes of a few
  /// thousand members each. CreateUsers has made enough users.
  void CreateGroups(std::size_t count, std::size_t members);

  /// One run of one kind of request.
  LoadResult Creates(std::size_t connections, std::chrono::milliseconds duration);
  LoadResult GetsById(std::size_t connections, std::chrono::milliseconds duration);
  LoadResult EqualityLists(std::size_t connections, std::chrono::milliseconds duration);
  LoadResult Patches(std::size_t connections, std::chrono::milliseconds duration);
  /// Creates users in Bulks (RFC 7644 §3.7) of as many as the server takes. The result counts
  /// users.
  LoadResult BulkCreates(std::size_t connections, std::chrono::milliseconds duration);
  /// Pages of 100 users, from all over the directory. The result counts users.
  LoadResult Pages(std::size_t connections, std::chrono::milliseconds duration);
  /// Adds users that are not members yet to the groups that were created with `members`, one per
  /// request, each request to the next group.
  LoadResult MemberAdds(std::size_t members, std::size_t connections,
                        std::chrono::milliseconds duration);
  /// What Entra does for a user it does not know: filter (none), POST, filter (found), PATCH. The
  /// result counts requests, four per cycle.
  LoadResult EntraCycles(std::size_t connections, std::chrono::milliseconds duration);

 private:
  struct Group {
    IdText id;
    std::size_t size = 0;       ///< members it was created with
    std::size_t next_user = 0;  ///< index of the next user to add
  };

  Load Make(std::size_t connections, std::chrono::milliseconds duration) const;
  void CreateGroup(std::size_t members);
  std::string MembersJson(std::size_t begin, std::size_t end) const;
  /// A user that is in no group, so that an answer has the size the table says.
  std::size_t PickIndex();

  std::uint16_t port_;
  const std::string token_;
  const RequestTemplate create_;
  const RequestTemplate get_;
  const RequestTemplate list_;
  const RequestTemplate patch_;
  std::uint64_t next_number_ = 1;  ///< of the next user
  std::uint64_t picks_ = 0;
  std::size_t ungrouped_from_ = 0;  ///< users created later are in no group
  std::vector<IdText> users_;
  std::vector<std::uint64_t> numbers_;  ///< of each user, in its userName
  std::vector<Group> groups_;
};

}  // namespace scimledger::bench
