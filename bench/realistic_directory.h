#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/realistic_company.h"
#include "projections/directory.h"

namespace scimledger::bench {

/// A made-up company (realistic_company.h) put into a directory in memory without a log, its changes
/// spread over two years.
class RealisticDirectory {
 public:
  RealisticDirectory(std::uint64_t seed, std::uint32_t users, std::uint32_t groups);

  const projections::Directory& directory() const { return *directory_; }
  /// Changes a user's title, so that the row is another one.
  void ChangeTitle(std::uint32_t user);
  ResourceId UserId(std::uint32_t user) const { return users_[user]; }

 private:
  AttributeMap MakeUser(const RealisticUser& user) const;
  Value MakeEmails(const RealisticUser& user) const;
  void PutUser(std::uint32_t user);
  void PutGroup();
  ResourceId NewId();

  RealisticCompany company_;
  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  std::unique_ptr<projections::Directory> directory_ = projections::Directory::Make();
  std::vector<ResourceId> users_;
  std::uint64_t sequence_ = 0;
};

}  // namespace scimledger::bench
