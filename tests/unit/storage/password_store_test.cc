#include "storage/password_store.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "storage/hash.h"
#include "tests/unit/storage/faulty_file_system.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

class PasswordStoreTest : public testing::Test {
 protected:
  std::filesystem::path directory() const { return temp_.path() / "passwords"; }

  static std::set<std::string> Walk(PasswordStore& store, const Uuid& log,
                                    std::optional<Uuid> resource = std::nullopt) {
    std::set<std::string> references;
    const auto walked = store.ForEach(log, resource, [&](const PasswordKey& key) {
      references.insert(key.reference.ToString());
      return true;
    });
    EXPECT_TRUE(walked) << walked.error().message;
    return references;
  }
  static std::string Read(PasswordStore& store, const Uuid& log, const PasswordKey& key) {
    const auto hash = store.Get(log, key);
    EXPECT_TRUE(hash) << hash.error().message;
    return hash ? hash->value_or("none") : "unreadable";
  }

  const TempDirectory temp_;
  const Uuid log_ = RandomUuid();
  const Uuid other_log_ = RandomUuid();
  const PasswordKey jane_{RandomUuid(), RandomUuid()};
  const PasswordKey jane_again_{jane_.resource, RandomUuid()};
  const PasswordKey john_{RandomUuid(), RandomUuid()};
};

TEST_F(PasswordStoreTest, IsNotThereUntilSomethingIsKept) {
  PasswordStore store(directory());
  EXPECT_EQ(Read(store, log_, jane_), "none");
  EXPECT_TRUE(Walk(store, log_).empty());
  EXPECT_TRUE(store.Clear(log_));
  EXPECT_TRUE(store.Remove(log_, std::array{jane_}));
  EXPECT_FALSE(store.exists());

  ASSERT_TRUE(store.Put(log_, jane_, "hash"));

  EXPECT_TRUE(store.exists());
  struct stat status {};
  ASSERT_EQ(stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(PasswordStoreTest, KeepsWhatItWasGivenUntilItIsRemoved) {
  {
    PasswordStore store(directory());
    ASSERT_TRUE(store.Put(log_, jane_, "first"));
    ASSERT_TRUE(store.Put(log_, jane_again_, "second"));
    ASSERT_TRUE(store.Put(log_, john_, "third"));
    ASSERT_TRUE(store.Put(other_log_, jane_, "fourth"));
  }
  PasswordStore store(directory());
  EXPECT_EQ(Read(store, log_, jane_), "first");
  EXPECT_EQ(Read(store, log_, jane_again_), "second");
  EXPECT_EQ(Read(store, log_, john_), "third");
  EXPECT_EQ(Walk(store, log_).size(), 3U);
  EXPECT_EQ(Walk(store, log_, jane_.resource).size(), 2U);

  ASSERT_TRUE(store.Remove(log_, std::array{jane_, john_}));

  EXPECT_EQ(Walk(store, log_), std::set{jane_again_.reference.ToString()});
  EXPECT_EQ(Read(store, log_, jane_), "none");
  EXPECT_EQ(Read(store, other_log_, jane_), "fourth");
}

TEST_F(PasswordStoreTest, ClearingALogLeavesTheOthers) {
  {
    PasswordStore store(directory());
    for (const PasswordKey& key : {jane_, jane_again_, john_}) {
      ASSERT_TRUE(store.Put(log_, key, "hash"));
    }
    ASSERT_TRUE(store.Put(other_log_, john_, "other"));
    ASSERT_TRUE(store.Clear(log_));
    EXPECT_TRUE(Walk(store, log_).empty());
  }
  PasswordStore store(directory());
  EXPECT_TRUE(Walk(store, log_).empty());
  EXPECT_EQ(Read(store, other_log_, john_), "other");
}

TEST_F(PasswordStoreTest, AWalkEndsWhenItsVisitorSaysSo) {
  PasswordStore store(directory());
  for (const PasswordKey& key : {jane_, jane_again_, john_}) {
    ASSERT_TRUE(store.Put(log_, key, "hash"));
  }
  int visits = 0;
  ASSERT_TRUE(store.ForEach(log_, std::nullopt, [&](const PasswordKey&) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

TEST_F(PasswordStoreTest, RefusesADirectoryThatIsDamaged) {
  { ASSERT_TRUE(PasswordStore(directory()).Put(log_, jane_, "hash")); }
  std::filesystem::remove(directory() / "CURRENT");
  PasswordStore store(directory());
  const auto put = store.Put(log_, john_, "hash");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(store.Get(log_, jane_));
}

TEST_F(PasswordStoreTest, GoesOnAfterAFailedWriteButNotAfterAFailedSync) {
  const auto faults = std::make_shared<FaultyFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(faults);
  PasswordStore store(directory(), {.env = env.get()});
  ASSERT_TRUE(store.Put(log_, jane_, "first"));
  for (const auto& status :
       {rocksdb::IOStatus::IOError("Input/output error"), rocksdb::IOStatus::NoSpace()}) {
    faults->Set({.status = status, .lasting = Fault::Lasting::kUntilCleared});
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(store.Put(log_, john_, "lost"));
    faults->Clear();
    // One more may be refused: for opening it again.
    if (!store.Put(log_, john_, "second")) {
      ASSERT_TRUE(store.Put(log_, john_, "second"));
    }
    EXPECT_EQ(Read(store, log_, jane_), "first");
    EXPECT_EQ(Read(store, log_, john_), "second");
  }
  faults->Set({.call = Fault::Call::kSync});
  for (int i = 0; i < 3; ++i) {
    const auto put = store.Put(log_, jane_again_, "third");
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::kSyncFailed);
  }
}

}  // namespace
}  // namespace scimledger::storage
