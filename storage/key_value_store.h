#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/result.h"

namespace scimledger::storage {

/// Changes of a key-value store that become visible, and survive a crash, together. For the store
/// that made it, and no longer than that lives.
class KeyValueBatch {
 public:
  ~KeyValueBatch();
  KeyValueBatch(KeyValueBatch&&) noexcept;
  KeyValueBatch& operator=(KeyValueBatch&&) noexcept;

  void Put(std::string_view key, std::string_view value);
  /// Puts `more` behind the value that the key has, or gives it to a key that has none, without
  /// reading it.
  void Append(std::string_view key, std::string_view more);
  /// Bytes of keys and values so far, with what the store adds.
  std::size_t bytes() const;
  void Clear();

 private:
  friend class RocksKeyValueStore;
  struct Changes;
  explicit KeyValueBatch(std::unique_ptr<Changes> changes);
  std::unique_ptr<Changes> changes_;
};

/// A walk over keys in bytewise order, in both directions, over one moment of the store: of those
/// that are kept apart, or of the others, as the sought key is. Not thread-safe. Its views live
/// until its next move.
class KeyValueCursor {
 public:
  virtual ~KeyValueCursor() = default;
  /// To the first key at or after `key`; to the last one at or before it.
  virtual void Seek(std::string_view key) = 0;
  virtual void SeekBack(std::string_view key) = 0;
  virtual void Next() = 0;
  virtual void Previous() = 0;
  /// False: past the end, or a read failed; status() tells which.
  virtual bool is_valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  [[nodiscard]] virtual Result<void> status() const = 0;
};

/// An ordered key-value store on disk for projections, so that RocksDB appears only in this folder.
/// It has no write-ahead log: a crash loses the newest batches, never an older one without the
/// newer, and whoever writes keeps its position in the same batches and writes the rest again.
/// Thread-safe.
class KeyValueStore {
 public:
  static constexpr std::size_t kPrefixBytes = 5;

  /// Makes the directory when it is missing (its parent must exist). Keys that begin with a byte of
  /// `apart` are kept in files of their own: large rows whose keys come in order, say, which are
  /// then not rewritten because of small ones that do not. kCorrupt, kIncompatible: what is there
  /// cannot be read; delete it. kLocked, kNoSpace, kIo.
  [[nodiscard]] static Result<std::unique_ptr<KeyValueStore>> Open(
      const std::filesystem::path& directory, std::string apart = {});
  /// What is there, without a change of any file: Write and Flush fail.
  [[nodiscard]] static Result<std::unique_ptr<KeyValueStore>> OpenReadOnly(
      const std::filesystem::path& directory, std::string apart = {});
  virtual ~KeyValueStore() = default;

  /// nullopt: no such key.
  [[nodiscard]] virtual Result<std::optional<std::string>> Get(std::string_view key) const = 0;
  virtual std::unique_ptr<KeyValueCursor> Scan() const = 0;
  /// As Scan, for a walk over much that is not soon read again: reads ahead, and leaves what others
  /// read in memory.
  virtual std::unique_ptr<KeyValueCursor> ScanOnce() const = 0;
  /// As Scan, over the keys that share their first kPrefixBytes with the one that was sought last;
  /// a move beyond them ends it. Much cheaper: filters tell where there are none.
  virtual std::unique_ptr<KeyValueCursor> ScanPrefix() const = 0;
  virtual KeyValueBatch MakeBatch() const = 0;
  [[nodiscard]] virtual Result<void> Write(KeyValueBatch& batch) = 0;
  /// Everything written so far survives a crash afterwards.
  [[nodiscard]] virtual Result<void> Flush() = 0;
  /// Memory and files, as the store reckons them.
  virtual std::size_t memory_bytes() const = 0;
  virtual std::size_t disk_bytes() const = 0;
};

}  // namespace scimledger::storage
