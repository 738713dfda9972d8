#pragma once

#include <cstddef>
#include <string_view>

namespace rocksdb {
struct Options;
class Slice;
}  // namespace rocksdb

namespace scimledger::storage {

// What the databases of this folder share.

rocksdb::Slice ToSlice(std::string_view bytes);
std::string_view ToView(const rocksdb::Slice& slice);

/// A file that is being written goes to the disk in pieces of so many bytes, while it is written:
/// hundreds of megabytes at once hold up the syncs of the log. (Not one that is written past the page
/// cache, which is there as soon as it is written.)
inline constexpr std::size_t kBytesPerSync = std::size_t{512} << 10U;

/// RocksDB's own diary beside the data: warnings, two files of a megabyte at most.
void KeepDiaryShort(rocksdb::Options& options);

}  // namespace scimledger::storage
