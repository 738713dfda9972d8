#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/identifiers.h"
#include "storage/snapshot_file.h"

namespace scimledger::projections {

/// Writes numbers (little endian, fixed width) and texts (length, bytes) to a snapshot in large
/// pieces. After a failure it writes nothing more and Finish tells.
class SnapshotSink {
 public:
  explicit SnapshotSink(storage::SnapshotWriter& writer) : writer_(writer) {}

  void PutNumber(std::uint64_t number) { Put(number, 8); }
  void PutSigned(std::int64_t number) { Put(static_cast<std::uint64_t>(number), 8); }
  void PutOrdinal(std::uint32_t ordinal) { Put(ordinal, 4); }
  void PutByte(std::uint8_t byte) { Put(byte, 1); }
  void PutBytes(std::string_view bytes);
  void PutText(std::string_view text);
  /// Their count, then each as PutNumber or PutOrdinal would write it.
  void PutNumbers(std::span<const std::uint64_t> numbers);
  void PutOrdinals(std::span<const std::uint32_t> ordinals);
  [[nodiscard]] storage::Result<void> Finish();

 private:
  void Put(std::uint64_t number, int bytes);
  void Flush();

  storage::SnapshotWriter& writer_;
  std::string pending_;
  storage::Result<void> status_;
};

/// Reads what SnapshotSink wrote, never beyond the end: after the first read that does not fit,
/// ok() is false and everything reads as zero or empty.
class SnapshotSource {
 public:
  explicit SnapshotSource(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return rest_.size(); }
  std::uint64_t TakeNumber() { return Take(8); }
  std::int64_t TakeSigned() { return static_cast<std::int64_t>(Take(8)); }
  std::uint32_t TakeOrdinal() { return static_cast<std::uint32_t>(Take(4)); }
  std::uint8_t TakeByte() { return static_cast<std::uint8_t>(Take(1)); }
  Uuid TakeUuid();
  Hash TakeHash();
  std::string_view TakeText();
  std::vector<std::uint64_t> TakeNumbers();
  std::vector<std::uint32_t> TakeOrdinals();
  /// A count of things that take at least `bytes_each`; one that cannot fit fails.
  std::uint64_t TakeCount(std::size_t bytes_each);

 private:
  std::uint64_t Take(std::size_t bytes);
  std::string_view TakeBytes(std::uint64_t count);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace scimledger::projections
