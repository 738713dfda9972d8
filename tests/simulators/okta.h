#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulators/player.h"
#include "tests/simulators/source_directory.h"

namespace scimledger::simulators {

/// One application of Okta with provisioning and group push, on one connection. What it sends is in
/// okta/*.steps. Throws std::runtime_error at the first answer that is not as it should be.
class OktaJob {
 public:
  OktaJob(SourceDirectory& source, Player player);

  /// The connection test, and the calls of the spec suite; leaves one user of the source assigned.
  void SpecTest();
  /// Brings users and groups to what the source says: creates, GET-then-PUT, activation, group
  /// push. With nothing to do it still PUTs every user and pushes every group.
  void Push();
  /// Empties a group and fills it again; deletes one.
  void EmptyAndDelete();
  /// Compares everything at the server with the source.
  void Verify();
  std::uint64_t Head();

 private:
  void PushUser(Person& person);
  void PushGroup(Team& team, std::size_t index);
  void ChangeMembers(Team& team);
  std::string Members(const Team& team) const;
  std::vector<std::size_t> Assigned(const Team& team) const;
  std::string Operation(const char* name, std::size_t person) const;
  void VerifyGroup(const Team& team);

  SourceDirectory& source_;
  Player player_;
};

}  // namespace scimledger::simulators
