#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulators/attribute.h"
#include "tests/simulators/player.h"
#include "tests/simulators/source_directory.h"

namespace scimledger::simulators {

/// One provisioning job of Entra: a source directory, the ids it remembers, and some connections to
/// one tenant. What it sends is in entra/*.steps. Everything throws std::runtime_error at the first
/// answer that Entra would stumble over.
class EntraJob {
 public:
  /// `players`: the connections, at least one.
  EntraJob(SourceDirectory& source, std::vector<Player> players);

  void TestConnection();
  /// Users, then managers, then groups, then members. Of some users and groups the answer to the
  /// create is lost, and the create is sent again.
  void InitialCycle();
  /// What the source has changed since.
  void IncrementalCycle();
  /// Everything is looked at again with the ids that are known, and all members are sent again.
  void Restart();
  /// One user, in the dialect that the job does not speak otherwise: provision-on-demand ignores
  /// the flag.
  void ProvisionOnDemand(std::size_t index);
  /// Compares everything at the server with the source: each attribute, manager and member.
  void Verify();
  /// The log's head.
  std::uint64_t Head();

 private:
  enum class Dialect : std::uint8_t { kDefault, kFlag };

  /// Calls `work` for every index below `count`, spread over the connections.
  void ForEach(std::size_t count, const std::function<void(Player&, std::size_t)>& work);
  Dialect DialectOf(std::size_t index) const;

  void UserCycle();
  void GroupCycle();
  void SyncUser(Player& player, std::size_t index);
  void CreateUser(Player& player, std::size_t index);
  void UpdateUser(Player& player, Person& person, Dialect dialect, std::size_t form);
  void SyncActive(Player& player, const Person& person, bool is_active, Dialect dialect,
                  std::size_t form);
  void SyncManager(Player& player, std::size_t index);
  void SyncGroup(Player& player, std::size_t index);
  void CreateGroup(Player& player, Team& team, std::size_t index);
  void SyncMembers();
  std::string Operations(const std::vector<Difference>& differences, Dialect dialect) const;

  void VerifyUsers();
  void VerifyUser(simdjson::dom::element user, std::vector<bool>& seen);
  void VerifyGroup(Player& player, const Team& team);

  SourceDirectory& source_;
  std::vector<Player> players_;
  const Script& script_;
  std::size_t cycle_ = 0;
};

}  // namespace scimledger::simulators
