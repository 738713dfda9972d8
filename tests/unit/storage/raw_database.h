#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace scimledger::storage {

class RocksFamilies;

/// The RocksDB database of a closed LogStore, opened behind its back to tamper with it.
class RawDatabase {
 public:
  /// Makes an empty one if there is none. `env` nullptr: the disk.
  explicit RawDatabase(const std::filesystem::path& directory, rocksdb::Env* env = nullptr);
  ~RawDatabase();
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  std::string Get(const std::string& key) const;
  void Put(const std::string& key, const std::string& value);
  void Delete(const std::string& key);
  /// Puts it where every key was before events were kept apart.
  void PutBesideEvents(const std::string& key, const std::string& value);
  /// Writes the recovered entries into a table file.
  void Flush();

 private:
  std::unique_ptr<RocksFamilies> database_;
};

}  // namespace scimledger::storage
