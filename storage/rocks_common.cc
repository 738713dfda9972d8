#include "storage/rocks_common.h"

#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <cstddef>

namespace scimledger::storage {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

void KeepDiaryShort(rocksdb::Options& options) {
  constexpr std::size_t kInfoLogBytesMax = std::size_t{1} << 20U;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = kInfoLogBytesMax;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
}

}  // namespace scimledger::storage
