#include "storage/backup.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "storage/data_directory.h"
#include "storage/hash.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  fs::path at() const { return temp_.path() / "backup"; }

  static void Write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  static std::string Read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static BackupManifest Manifest() {
    BackupManifest manifest;
    manifest.time_us = 1'795'428'000'000'000;
    manifest.logs = {{"acme", RandomUuid(), Sequence{7}, Sha256({"leaf"}), Sha256({"state"})},
                     {"default", RandomUuid(), Sequence{0}, Hash{}, Sha256({"empty"})}};
    return manifest;
  }
  /// A whole backup of two files, with keys.
  void Make() {
    const auto begun = BackupDirectory::Begin(at());
    ASSERT_TRUE(begun) << begun.error().message;
    Write(begun->log() / "000001.sst", "table");
    Write(begun->log() / "LOCK", "");
    Write(temp_.path() / "keys" / "cursor", "secret");
    ASSERT_TRUE(begun->CopyKeys(temp_.path() / "keys"));
    BackupManifest manifest = Manifest();
    manifest.has_keys = true;
    const auto finished = begun->Finish(manifest, {});
    ASSERT_TRUE(finished) << finished.error().message;
  }
  /// Why it cannot be copied; "": it can.
  std::string Restore() {
    const fs::path target = temp_.path() / "target";
    fs::remove_all(target);
    const auto manifest = ReadBackupManifest(at());
    if (!manifest) return manifest.error().message;
    const auto copied = CopyFromBackup(at(), *manifest, target, "log.partial", {});
    if (!copied) return copied.error().message;
    const auto finished = FinishCopy(target, "log.partial");
    return finished ? "" : finished.error().message;
  }

  TempDirectory temp_;
};

TEST_F(BackupTest, WhatItSaysOfItselfComesBack) {
  Make();
  const auto manifest = ReadBackupManifest(at());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->time_us, 1'795'428'000'000'000);
  EXPECT_TRUE(manifest->has_keys);
  ASSERT_EQ(manifest->logs.size(), 2U);
  EXPECT_EQ(manifest->logs[0].tenant, "acme");
  EXPECT_EQ(manifest->logs[0].sequence, Sequence{7});
  EXPECT_EQ(manifest->logs[0].leaf_hash, Sha256({"leaf"}));
  EXPECT_EQ(manifest->logs[1].digest, Sha256({"empty"}));
  ASSERT_EQ(manifest->files.size(), 2U);
  EXPECT_EQ(manifest->files[0].path, "log/000001.sst");
  EXPECT_EQ(manifest->files[0].size, 5U);
  EXPECT_EQ(manifest->files[1].path, "keys/cursor");
  EXPECT_FALSE(fs::exists(at() / "INCOMPLETE"));

  EXPECT_EQ(Restore(), "");
  EXPECT_EQ(Read(temp_.path() / "target" / "log" / "000001.sst"), "table");
  EXPECT_EQ(Read(temp_.path() / "target" / "keys" / "cursor"), "secret");
}

TEST_F(BackupTest, FilesThatAreSharedGetBytesOfTheirOwn) {
  const auto begun = BackupDirectory::Begin(at());
  ASSERT_TRUE(begun);
  Write(temp_.path() / "live.sst", "table");
  fs::create_directories(begun->log());
  fs::create_hard_link(temp_.path() / "live.sst", begun->log() / "000001.sst");
  ASSERT_TRUE(begun->Finish(Manifest(), {}));
  Write(temp_.path() / "live.sst", "TABLE");
  EXPECT_EQ(Read(at() / "log" / "000001.sst"), "table");
  EXPECT_EQ(Restore(), "");
}

TEST_F(BackupTest, DamageIsRefusedByTheFilesName) {
  const std::string damaged = "the backup " + at().string() + " is damaged: ";
  Make();
  Write(at() / "log" / "000001.sst", "tabLe");
  EXPECT_EQ(Restore(), damaged + "log/000001.sst is not what was written");
  Write(at() / "log" / "000001.sst", "tabl");
  EXPECT_EQ(Restore(), damaged + "log/000001.sst is not what was written");
  fs::remove(at() / "log" / "000001.sst");
  EXPECT_EQ(Restore(), damaged + "log/000001.sst is missing");
  Write(at() / "log" / "000001.sst", "table");
  EXPECT_EQ(Restore(), "");

  const std::string manifest = Read(at() / "backup.manifest");
  for (std::size_t at_byte = 20; at_byte < manifest.size(); ++at_byte) {
    std::string changed = manifest;
    changed[at_byte] = static_cast<char>(changed[at_byte] ^ 1);
    Write(at() / "backup.manifest", changed);
    EXPECT_EQ(Restore(), damaged + "backup.manifest is not what was written") << at_byte;
  }
  Write(at() / "backup.manifest", manifest.substr(0, manifest.size() - 1));
  EXPECT_EQ(Restore(), damaged + "backup.manifest is not what was written");
  Write(at() / "backup.manifest", "scimledger-backup 1\n");
  EXPECT_TRUE(Restore().contains("it is of another version"));
}

/// Somebody may have made the manifest, and its hash, by hand.
TEST_F(BackupTest, NothingIsWrittenOutsideTheTarget) {
  for (const char* path : {"log/../../evil", "../evil", "/tmp/evil", "log/", "log/..", "evil"}) {
    Make();
    std::string manifest = Read(at() / "backup.manifest");
    manifest.replace(manifest.find("log/000001.sst"), 14, path);
    manifest.erase(manifest.rfind("end "));
    manifest += "end " + ToHex(Sha256({manifest})) + "\n";
    Write(at() / "backup.manifest", manifest);
    EXPECT_TRUE(Restore().ends_with("backup.manifest is not what was written")) << path;
    fs::remove_all(at());
  }
}

TEST_F(BackupTest, OnlyNewEmptyOrUnfinishedDirectoriesAreTaken) {
  ASSERT_TRUE(BackupDirectory::Begin(at())) << "new";
  Write(at() / "log" / "000001.sst", "half");
  EXPECT_EQ(ReadBackupManifest(at()).error().message,
            at().string() + " is a backup that was not finished");
  ASSERT_TRUE(BackupDirectory::Begin(at())) << "unfinished";
  EXPECT_FALSE(fs::exists(at() / "log"));

  fs::remove_all(at());
  Make();
  const auto again = BackupDirectory::Begin(at());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalid);
  Write(temp_.path() / "file", "x");
  EXPECT_FALSE(BackupDirectory::Begin(temp_.path() / "file"));
  EXPECT_EQ(ReadBackupManifest(temp_.path()).error().code, ErrorCode::kNotFound);
}

TEST_F(BackupTest, ABackupIsNotOpenedAsADataDirectory) {
  Make();
  for (const bool is_whole : {true, false}) {
    if (!is_whole) Write(at() / "INCOMPLETE", "");
    const auto opened = DataDirectory::Open(at(), DataDirectory::IfMissing::kCreate);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kIncompatible);
    EXPECT_TRUE(opened.error().message.contains("is a backup: `scimledger restore")) << is_whole;
  }
}

}  // namespace
}  // namespace scimledger::storage
