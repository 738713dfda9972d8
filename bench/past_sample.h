#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/tenant.h"
#include "bench/sample_directory.h"
#include "storage/log_store.h"

namespace scimledger::bench {

/// A tenant with a long past, made by its own writer from a seed: sample users, one of them changed
/// a thousand times; a group of ten thousand whose members came and went a hundred thousand times;
/// and changes of random users' titles until there are as many events as asked for.
class PastSample {
 public:
  static constexpr std::uint64_t kUserChanges = 1'000;
  static constexpr std::uint64_t kMembers = 10'000;
  static constexpr std::uint64_t kMemberChanges = 100'000;

  PastSample(const std::filesystem::path& directory, std::uint64_t users, std::uint64_t events);
  ~PastSample();

  api::Tenant& tenant() { return *tenant_; }
  std::uint64_t users() const { return users_; }
  ResourceId group() const { return SampleDirectory::IdOf(kGroup); }
  /// Closes the tenant, throws its history away and opens it again; returns how long that took.
  double SecondsToRebuild();
  /// What `replay --into` does, into a directory that is thrown away again.
  void ReplayInto();

 private:
  static constexpr std::uint64_t kGroup = 900'000'000;

  class SystemClock;

  void Open();
  void Grow(std::uint64_t events);
  void Submit(std::vector<CommandBody> bodies);
  CommandBody Patch(std::string_view type, const ResourceId& id, const std::string& json) const;
  CommandBody ChangeTitle(std::uint64_t user, std::uint64_t to) const;
  CommandBody ChangeMember(std::string_view op, std::uint64_t user) const;

  const std::filesystem::path directory_;
  const std::uint64_t users_;
  SampleDirectory sample_{0};
  std::unique_ptr<SystemClock> clock_;
  std::unique_ptr<storage::LogStore> store_;
  std::unique_ptr<api::Tenant> tenant_;
  std::uint64_t transactions_ = 0;
};

}  // namespace scimledger::bench
