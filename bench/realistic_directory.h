#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "projections/directory.h"

namespace scimledger::bench {

/// A company's directory made up from a seed, put into memory without a log: users with names that
/// repeat as names do, departments and titles of uneven size, a work and often a home address,
/// managers, changes spread over two years; groups with a long tail of sizes.
class RealisticDirectory {
 public:
  RealisticDirectory(std::uint64_t seed, std::uint32_t users, std::uint32_t groups);

  const projections::Directory& directory() const { return *directory_; }
  /// Changes a user's title, so that the row is another one.
  void ChangeTitle(std::uint32_t user);
  ResourceId UserId(std::uint32_t user) const { return users_[user]; }
  /// Users have these as userName and externalId.
  static std::string UserName(std::uint32_t user);
  static std::string ExternalId(std::uint32_t user);

 private:
  AttributeMap MakeUser(std::uint32_t user);
  Value MakeEmails(std::uint32_t user);
  void PutUser(std::uint32_t user);
  void PutGroup(std::uint32_t group, std::uint32_t size);
  ResourceId NewId();
  /// Small numbers much more often than large ones.
  std::uint32_t Skewed(std::uint32_t limit);
  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::mt19937_64 random_;
  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  std::unique_ptr<projections::Directory> directory_ = projections::Directory::Make();
  std::vector<ResourceId> users_;
  std::uint64_t sequence_ = 0;
};

}  // namespace scimledger::bench
