#include "storage/snapshot_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "storage/hash.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

class SnapshotFileTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return temp_.path() / "directory.snapshot"; }

  void Write(std::string_view payload) {
    const auto writer = SnapshotWriter::Create(file(), info_);
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE((*writer)->Append(payload));
    ASSERT_TRUE((*writer)->Commit());
  }

  std::string Bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(file(), std::ios::binary).rdbuf();
    return bytes.str();
  }

  void Overwrite(std::string_view bytes) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
  }

  /// "payload <payload>", or the category of the error.
  std::string Read() const {
    const auto reader = SnapshotReader::Open(file());
    if (reader) return "payload " + std::string((*reader)->payload());
    return reader.error().code == ErrorCode::kCorrupt ? "corrupt" : reader.error().message;
  }

  std::size_t FilesInDirectory() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(temp_.path()), {}));
  }

  const SnapshotInfo info_{.projection = "directory",
                           .version = 7,
                           .log_id = IdOf(0x12),
                           .sequence = {99},
                           .leaf_hash = Sha256({"leaf"})};
  TempDirectory temp_;
};

TEST_F(SnapshotFileTest, ReadsBackInfoAndPayload) {
  Write("rows");
  const auto reader = *SnapshotReader::Open(file());

  EXPECT_EQ(reader->payload(), "rows");
  EXPECT_EQ(reader->info().projection, info_.projection);
  EXPECT_EQ(reader->info().version, info_.version);
  EXPECT_EQ(reader->info().log_id, info_.log_id);
  EXPECT_EQ(reader->info().sequence, info_.sequence);
  EXPECT_EQ(reader->info().leaf_hash, info_.leaf_hash);
}

TEST_F(SnapshotFileTest, LargePayloadInManyPartsIsWhole) {
  const auto writer = *SnapshotWriter::Create(file(), info_);
  std::string expected = "payload ";
  for (int i = 0; i < 300'000; ++i) {
    const std::string part = std::to_string(i) + ",";
    ASSERT_TRUE(writer->Append(part));
    expected += part;
  }
  ASSERT_TRUE(writer->Commit());

  EXPECT_EQ(Read(), expected);
}

TEST_F(SnapshotFileTest, EmptyPayloadIsASnapshot) {
  Write("");

  EXPECT_EQ(Read(), "payload ");
}

TEST_F(SnapshotFileTest, MissingFileIsNotFound) {
  EXPECT_EQ(SnapshotReader::Open(file()).error().code, ErrorCode::kNotFound);
}

TEST_F(SnapshotFileTest, DroppedWithoutCommitLeavesTheOldOneAndNoTrace) {
  Write("old");
  {
    const auto writer = *SnapshotWriter::Create(file(), info_);
    ASSERT_TRUE(writer->Append("new"));
    EXPECT_EQ(FilesInDirectory(), 2U);
  }
  EXPECT_EQ(Read(), "payload old");
  EXPECT_EQ(FilesInDirectory(), 1U);
}

TEST_F(SnapshotFileTest, CommitReplacesTheOldOneButNotItsReaders) {
  Write("old");
  const auto reader = *SnapshotReader::Open(file());
  Write("new");

  EXPECT_EQ(Read(), "payload new");
  EXPECT_EQ(reader->payload(), "old");
  EXPECT_EQ(FilesInDirectory(), 1U);
}

TEST_F(SnapshotFileTest, CommitsOnce) {
  const auto writer = *SnapshotWriter::Create(file(), info_);
  ASSERT_TRUE(writer->Commit());

  EXPECT_EQ(writer->Commit().error().code, ErrorCode::kInvalid);
}

TEST_F(SnapshotFileTest, TruncatedAtEveryLengthIsCorrupt) {
  Write("some rows");
  const std::string whole = Bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Overwrite(std::string_view(whole).substr(0, length));
    ASSERT_EQ(Read(), "corrupt") << length;
  }
  Overwrite(whole + "x");
  EXPECT_EQ(Read(), "corrupt");
  Overwrite(whole);
  EXPECT_EQ(Read(), "payload some rows");
}

TEST_F(SnapshotFileTest, FlippedBitAnywhereIsCorrupt) {
  Write("some rows");
  const std::string whole = Bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    Overwrite(flipped);
    ASSERT_EQ(Read(), "corrupt") << at;
  }
}

TEST_F(SnapshotFileTest, HostileLengthsUnderAMatchingChecksumAreCorrupt) {
  Write("some rows");
  const std::string whole = Bytes();
  constexpr std::size_t kNameLengthAt = 72;
  const std::size_t payload_length_at = whole.size() - 40;
  for (const std::size_t at :
       {kNameLengthAt, kNameLengthAt + 3, payload_length_at, payload_length_at + 7}) {
    for (const char value : {'\x00', '\x7f', '\xff'}) {
      std::string hostile = whole.substr(0, whole.size() - 32);
      hostile[at] = value;
      if (hostile == whole.substr(0, whole.size() - 32)) continue;
      Overwrite(hostile + std::string(AsBytes(Sha256({hostile}))));
      EXPECT_EQ(Read(), "corrupt") << at << " " << +value;
    }
  }
}

TEST_F(SnapshotFileTest, AnotherFormatVersionCannotBeUsed) {
  Write("some rows");
  std::string other = Bytes();
  other.resize(other.size() - 32);
  other[11] = 1;
  Overwrite(other + std::string(AsBytes(Sha256({other}))));

  EXPECT_EQ(Read(), "corrupt");
}

TEST_F(SnapshotFileTest, DirectoryThatIsMissingIsAnError) {
  const auto writer = SnapshotWriter::Create(temp_.path() / "none" / "file", info_);

  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace scimledger::storage
