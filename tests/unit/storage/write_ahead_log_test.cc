#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "storage/event_log.h"
#include "storage/log_store.h"
#include "tests/unit/storage/lazy_file_system.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

/// A log of batches 1 to 3, 4 to 6 and 7 to 9 whose bytes are all still in RocksDB's write-ahead
/// log.
class WriteAheadLogTest : public testing::Test {
 protected:
  WriteAheadLogTest() {
    {
      const auto store =
          *LogStore::Open(original(), {.create_if_missing = true, .env = env_.get()});
      const auto log = *store->OpenLog("default");
      for (const std::uint64_t last : {3U, 6U, 9U}) {
        SCIMLEDGER_INVARIANT(AppendSamples(*log, last).has_value(), "the sample log is appended");
      }
    }
    for (const auto& entry : std::filesystem::directory_iterator(original())) {
      if (entry.path().extension() == ".log") file_name_ = entry.path().filename();
    }
    std::ostringstream bytes;
    bytes << std::ifstream(original() / file_name_, std::ios::binary).rdbuf();
    bytes_ = bytes.str();
  }

  std::filesystem::path original() const { return temp_.path() / "original"; }

  /// What a copy of the log says whose write-ahead log has these bytes.
  std::string ReadWith(std::string_view bytes) const {
    const std::filesystem::path copy = temp_.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(original(), copy);
    std::ofstream(copy / file_name_, std::ios::binary | std::ios::trunc) << bytes;
    const auto store = LogStore::Open(copy, {.env = env_.get()});
    if (!store) return "store refused";
    const auto log = (*store)->OpenLog("default");
    if (!log) return "log refused";
    return ReadAll(**log);
  }

  std::unique_ptr<rocksdb::Env> env_ = MakeLazyEnv();
  TempDirectory temp_;
  std::filesystem::path file_name_;
  std::string bytes_;
};

TEST_F(WriteAheadLogTest, CutAnywhereItEndsAtAWholeBatch) {
  ASSERT_EQ(ReadWith(bytes_), "1 2 3 4 5 6 7 8 9");
  std::set<std::string> seen;
  for (std::size_t length = 0; length < bytes_.size(); length += 23) {
    seen.insert(ReadWith(std::string_view(bytes_).substr(0, length)));
  }
  const std::set<std::string> whole = {"store refused", "log refused", "", "1 2 3", "1 2 3 4 5 6"};
  EXPECT_EQ(seen, whole);
}

// A flip in a record's length can make it reach beyond the file's end, which looks like a write
// that was cut off (LOG_FORMAT.md §7); every other flip is refused.
TEST_F(WriteAheadLogTest, FlippedBitIsRefusedOrEndsAtAWholeBatch) {
  int refused = 0;
  int shortened = 0;
  for (std::size_t at = 0; at < bytes_.size(); at += 11) {
    std::string flipped = bytes_;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x04);
    const std::string said = ReadWith(flipped);
    if (said == "store refused") {
      ++refused;
    } else {
      ++shortened;
      EXPECT_TRUE(said == "log refused" || std::string_view("1 2 3 4 5 6").starts_with(said))
          << "byte " << at << ": " << said;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_LE(shortened, 5);
}

}  // namespace
}  // namespace scimledger::storage
