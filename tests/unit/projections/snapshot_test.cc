#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "projections/live_directory.h"
#include "projections/query.h"
#include "projections/snapshot_bytes.h"
#include "sample_history.h"
#include "storage/hash.h"
#include "storage/snapshot_file.h"

namespace scimledger::projections {
namespace {

constexpr std::string_view kSchema =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
    R"("id":"urn:example:schemas:extension:badge:2.0:User","name":"Badge","description":"Badge",)"
    R"("attributes":[{"name":"serial","type":"string","description":"Number"}]})";

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() /
             ("scimledger-snapshot-" + storage::RandomUuid().ToString());
    std::filesystem::create_directory(folder);
    file = folder / "directory.snapshot";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void Write(const Directory& directory) {
    const auto written = WriteSnapshot(*directory.Freeze(), IdOf(42), Hash{7}, file);
    ASSERT_TRUE(written) << written.error().message;
  }

  std::string Payload() {
    const auto reader = storage::SnapshotReader::Open(file);
    SCIMLEDGER_INVARIANT(reader.has_value(), "the snapshot does not open");
    return std::string((*reader)->payload());
  }

  /// A file with a right checksum over another payload.
  void WritePayload(std::string_view payload, std::uint32_t version = Directory::kVersion) {
    auto writer =
        storage::SnapshotWriter::Create(file, {"directory", version, IdOf(42), Sequence{9}, {}});
    ASSERT_TRUE(writer && (*writer)->Append(payload) && (*writer)->Commit());
  }

  std::optional<storage::ErrorCode> LoadError() {
    const auto loaded = LoadSnapshot(file);
    if (loaded) return std::nullopt;
    return loaded.error().code;
  }

  std::filesystem::path folder;
  std::filesystem::path file;
};

TEST_F(SnapshotTest, BringsTheSameStateBack) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SampleHistory history(seed);
    LiveDirectory directory;
    directory.Commit(history.AddSchema(kSchema));
    directory.Commit(history.Next(200));
    Write(directory);

    auto loaded = LoadSnapshot(file);
    ASSERT_TRUE(loaded) << loaded.error().message;

    Directory& copy = *loaded->directory;
    EXPECT_EQ(loaded->info.log_id, IdOf(42));
    EXPECT_EQ(loaded->info.sequence, directory.head());
    EXPECT_EQ(loaded->info.leaf_hash, Hash{7});
    EXPECT_EQ(copy.next_ordinal(), directory.next_ordinal());
    EXPECT_EQ(StateDigest(*copy.Freeze()), StateDigest(*directory.Freeze()));
    EXPECT_EQ(Render(*copy.Freeze()), Render(*directory.Freeze()));
    // It goes on like the one it was made of, indexes included.
    const std::vector<Event> more = history.Next(100);
    directory.Commit(more);
    copy.Commit(more);
    EXPECT_EQ(Render(*copy.Freeze()), Render(*directory.Freeze()));
    for (const ResourceId& user : history.users()) {
      EXPECT_EQ(copy.GroupsHolding(user), directory.GroupsHolding(user));
    }
  }
}

TEST_F(SnapshotTest, KeepsTheTenantsSettings) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.Next(20));
  const Hash before = StateDigest(*directory.Freeze());
  TenantSettings settings;
  settings.Set(Setting::kGroupDisplayName, true);
  settings.Set(Setting::kFormats, true);
  directory.SetRegistry(directory.registry()->WithSettings(settings));
  Write(directory);

  auto loaded = LoadSnapshot(file);
  ASSERT_TRUE(loaded) << loaded.error().message;

  EXPECT_EQ(loaded->directory->registry()->settings(), settings);
  const Hash after = StateDigest(*directory.Freeze());
  EXPECT_EQ(StateDigest(*loaded->directory->Freeze()), after);
  EXPECT_NE(after, before);
}

TEST_F(SnapshotTest, FindsByKeyAndSecretAfterLoading) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("Ann"));
  directory.Commit(history.CreateCredential("entra"));
  Write(directory);

  const auto loaded = LoadSnapshot(file);
  ASSERT_TRUE(loaded);

  const Directory& copy = *loaded->directory;
  EXPECT_EQ(copy.FindByUniqueKey({SampleHistory::At("User", "userName"), "ann"}),
            history.users()[0]);
  Hash secret{};
  secret.fill(1);
  EXPECT_TRUE(copy.FindCredentialBySecret(secret));
}

/// More rows than one thread reads.
TEST_F(SnapshotTest, FindsEveryKeyOfManyRows) {
  SampleHistory history(1);
  LiveDirectory directory;
  for (int number = 0; number < 11'000; ++number) {
    directory.Commit(history.CreateUser(fmt::format("user{}", number)));
  }
  Write(directory);

  const auto loaded = LoadSnapshot(file);
  ASSERT_TRUE(loaded);

  const AttributeId user_name = SampleHistory::At("User", "userName");
  for (std::size_t number = 0; number < 11'000; ++number) {
    ASSERT_EQ(loaded->directory->FindByUniqueKey({user_name, fmt::format("user{}", number)}),
              history.users()[number]);
  }
}

TEST_F(SnapshotTest, KeepsTheMiddleOfACascade) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("ann"));
  directory.Commit(history.CreateGroup("one", history.users()));
  directory.Commit(history.CreateGroup("two", history.users()));
  const std::vector<Event> cascade = history.Delete(history.users()[0]);
  directory.Commit(std::span(cascade).first(2));
  Write(directory);

  auto loaded = LoadSnapshot(file);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->directory->IsMember(history.groups()[1], cascade[0].resource));
  loaded->directory->Commit(std::span(cascade).subspan(2));
  directory.Commit(std::span(cascade).subspan(2));

  EXPECT_FALSE(loaded->directory->IsMember(history.groups()[1], cascade[0].resource));
  EXPECT_EQ(Render(*loaded->directory->Freeze()), Render(*directory.Freeze()));
}

TEST_F(SnapshotTest, RefusesDamagedFiles) {
  LiveDirectory directory;
  directory.Commit(SampleHistory(1).Next(60));
  Write(directory);
  std::ifstream in(file, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const auto write = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  };
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string damaged = whole;
    const std::size_t at = random() % whole.size();
    if (round % 2 == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
    }
    write(damaged);
    EXPECT_NE(LoadError(), std::nullopt) << "round " << round << " at " << at;
  }
  write(whole);
  EXPECT_EQ(LoadError(), std::nullopt);
  std::filesystem::remove(file);
  EXPECT_EQ(LoadError(), storage::ErrorCode::kNotFound);
}

TEST_F(SnapshotTest, RefusesNonsenseWithARightChecksum) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.Next(60));
  Write(directory);
  const std::string payload = Payload();
  WritePayload(payload);
  ASSERT_EQ(LoadError(), std::nullopt);

  for (std::size_t length = 0; length < payload.size(); length += payload.size() / 50) {
    WritePayload(std::string_view(payload).substr(0, length));
    EXPECT_EQ(LoadError(), storage::ErrorCode::kCorrupt) << length;
  }
  WritePayload(payload + '\0');
  EXPECT_EQ(LoadError(), storage::ErrorCode::kCorrupt);
}

TEST_F(SnapshotTest, RefusesOtherVersionsAndNumberings) {
  LiveDirectory directory;
  Write(directory);
  std::string payload = Payload();
  WritePayload(payload, Directory::kVersion + 1);
  EXPECT_EQ(LoadError(), storage::ErrorCode::kIncompatible);

  // The hash of the numbering follows the counts of schemas and of settings.
  payload[16] = static_cast<char>(payload[16] ^ 1);
  WritePayload(payload);
  EXPECT_EQ(LoadError(), storage::ErrorCode::kIncompatible);
}

/// A payload of one group and, as its only members, `members`.
class TinyPayload : public storage::SnapshotWriter {
 public:
  storage::Result<void> Append(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  storage::Result<void> Commit() override { return {}; }
  std::string text;
};

TEST_F(SnapshotTest, RefusesMemberSetsThatDoNotFit) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("ann"));
  directory.Commit(history.CreateGroup("all"));
  Write(directory);
  const std::string payload = Payload();
  // No departed resources and no sets end the payload: two empty counts.
  const std::string rows = payload.substr(0, payload.size() - 16);
  const auto load_with = [&](std::uint32_t group, const std::vector<std::uint32_t>& members) {
    TinyPayload tail;
    SnapshotSink sink(tail);
    sink.PutNumber(0);
    sink.PutNumber(1);
    sink.PutOrdinal(group);
    sink.PutNumber(members.size());
    for (const std::uint32_t member : members) sink.PutOrdinal(member);
    EXPECT_TRUE(sink.Finish());
    WritePayload(rows + tail.text);
    return LoadError();
  };

  EXPECT_EQ(load_with(1, {0}), std::nullopt);
  EXPECT_EQ(load_with(1, {0, 1}), std::nullopt);
  EXPECT_EQ(load_with(0, {1}), storage::ErrorCode::kCorrupt) << "a user has no members";
  EXPECT_EQ(load_with(7, {0}), storage::ErrorCode::kCorrupt) << "no such group";
  EXPECT_EQ(load_with(1, {5}), storage::ErrorCode::kCorrupt) << "no such member";
  EXPECT_EQ(load_with(1, {1, 0}), storage::ErrorCode::kCorrupt) << "out of order";
  EXPECT_EQ(load_with(1, {0, 0}), storage::ErrorCode::kCorrupt) << "twice";
  EXPECT_EQ(load_with(1, {}), storage::ErrorCode::kCorrupt) << "empty";
}

}  // namespace
}  // namespace scimledger::projections
