#pragma once

#include <string_view>

namespace rocksdb {
struct Options;
class Slice;
}  // namespace rocksdb

namespace scimledger::storage {

// What the databases of this folder share.

rocksdb::Slice ToSlice(std::string_view bytes);
std::string_view ToView(const rocksdb::Slice& slice);

/// RocksDB's own diary beside the data: warnings, two files of a megabyte at most.
void KeepDiaryShort(rocksdb::Options& options);

}  // namespace scimledger::storage
