#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace scimledger::bench {

/// One user of a made-up company. Empty texts: the user has none.
struct RealisticUser {
  std::string user_name;  ///< also the work address
  std::string external_id;
  std::string given_name;
  std::string family_name;
  std::string display_name;
  std::string home_address;
  std::string title;
  std::string employee_number;
  std::string department;
  bool active = true;
  std::optional<std::uint32_t> manager;  ///< an earlier user
};

struct RealisticGroup {
  std::string display_name;
  std::vector<std::uint32_t> members;  ///< users
};

/// A company made up from a seed: names that repeat as names do, departments and titles of uneven
/// size, a work and often a home address, managers; groups with a long tail of sizes, the largest
/// of a tenth of the users, at most 100,000.
class RealisticCompany {
 public:
  explicit RealisticCompany(std::uint64_t seed) : random_(seed) {}

  /// Users come one after another, from 0 on.
  RealisticUser NextUser();
  /// Groups too, over the users there are; at least one.
  RealisticGroup NextGroup();
  std::uint32_t user_count() const { return users_; }
  /// For whatever else is to be made up.
  std::mt19937_64& random() { return random_; }

  /// Users have these as userName and externalId.
  static std::string UserName(std::uint32_t user);
  static std::string ExternalId(std::uint32_t user);

 private:
  /// Small numbers much more often than large ones.
  std::uint32_t Skewed(std::uint32_t limit);
  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::mt19937_64 random_;
  std::uint32_t users_ = 0;
  std::uint32_t groups_ = 0;
};

}  // namespace scimledger::bench
