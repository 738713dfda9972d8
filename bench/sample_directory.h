#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/decide.h"
#include "projections/directory.h"
#include "storage/event_log.h"

namespace scimledger::bench {

/// bench/sample_user.h with its places filled.
std::string SampleUserJson(std::uint64_t number);

DecideTime SampleTime();

/// A directory of sample users, decided and committed as the writer does it.
class SampleDirectory {
 public:
  enum class Log : std::uint8_t { kNone, kKept };

  /// Users 0 … `users` - 1. Kept: log() holds their events, so that the directory and the log can
  /// both go on.
  explicit SampleDirectory(std::uint64_t users, Log log = Log::kNone);

  const RegistryPtr& registry() const { return registry_; }
  const ResourceType& user_type() const { return *registry_->FindTypeByName("User"); }
  projections::Directory& directory() { return *directory_; }
  const projections::Directory& directory() const { return *directory_; }
  storage::EventLog& log() { return *log_; }

  static ResourceId IdOf(std::uint64_t number);
  Command MakeCreate(std::uint64_t number) const;
  /// `count` events of creates as a log takes them, from sequence 1 on.
  std::vector<storage::NewEvent> EncodedCreates(std::size_t count, const Uuid& log_id) const;

 private:
  void Create(std::uint64_t begin, std::uint64_t end);

  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  std::unique_ptr<projections::Directory> directory_ = projections::Directory::Make();
  std::unique_ptr<storage::EventLog> log_;
};

}  // namespace scimledger::bench
