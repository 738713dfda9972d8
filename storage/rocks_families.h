#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
struct Options;
class Status;
}  // namespace rocksdb

namespace scimledger::storage {

/// Which keys of a database lie in a column family of their own. What is in one family is written
/// to tables together: where its keys come in order only, no two tables overlap, and RocksDB moves
/// them from level to level without writing them again.
struct FamilyLayout {
  std::string apart;  ///< name of that family; empty: there is only one
  /// Tells by the key, or by what all keys of a walk begin with.
  std::function<bool(std::string_view key)> is_apart;
};

/// An open database whose keys say themselves which family they are in. Thread-safe.
class RocksFamilies {
 public:
  enum class Access : std::uint8_t { kReadWrite, kReadOnly };

  /// `options` are those of both families; a missing one is made. `opened` is set if it is ok.
  static rocksdb::Status Open(const rocksdb::Options& options,
                              const std::filesystem::path& directory, FamilyLayout layout,
                              Access access, std::unique_ptr<RocksFamilies>& opened);
  ~RocksFamilies();
  RocksFamilies(const RocksFamilies&) = delete;
  RocksFamilies& operator=(const RocksFamilies&) = delete;

  static constexpr std::size_t kCountMax = 2;
  std::size_t IndexOf(std::string_view key) const {
    return all_.size() > 1 && layout_.is_apart(key) ? 1 : 0;
  }
  rocksdb::ColumnFamilyHandle* Of(std::string_view key) const { return all_[IndexOf(key)]; }
  const std::vector<rocksdb::ColumnFamilyHandle*>& all() const { return all_; }
  rocksdb::DB& database() const { return *database_; }

 private:
  RocksFamilies(std::unique_ptr<rocksdb::DB> database,
                std::vector<rocksdb::ColumnFamilyHandle*> all, FamilyLayout layout);

  const std::unique_ptr<rocksdb::DB> database_;
  const std::vector<rocksdb::ColumnFamilyHandle*> all_;
  const FamilyLayout layout_;
};

}  // namespace scimledger::storage
