#include "storage/log_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "storage/event_log.h"
#include "storage/log_keys.h"
#include "storage/rocks_families.h"
#include "storage/stored_records.h"
#include "tests/unit/storage/raw_database.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

constexpr LogStoreOptions kCreate{.create_if_missing = true};
constexpr LogStoreOptions kOpen{};

class LogStoreTest : public testing::Test {
 protected:
  std::filesystem::path directory() const { return temp_.path() / "log"; }

  std::unique_ptr<LogStore> OpenStore() { return *LogStore::Open(directory(), kCreate); }

  ErrorCode OpenRefusal(const LogStoreOptions& options) {
    const auto store = LogStore::Open(directory(), options);
    EXPECT_FALSE(store.has_value());
    if (store) return ErrorCode::kIo;
    message_ = store.error().message;
    return store.error().code;
  }

  TempDirectory temp_;
  std::string message_;
};

TEST_F(LogStoreTest, OpenWithoutCreatingWantsALog) {
  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(LogStoreTest, EverythingSurvivesReopening) {
  Uuid id;
  LogHead head;
  {
    const auto store = OpenStore();
    const auto log = *store->OpenLog("default");
    ASSERT_TRUE(AppendSamples(*log, 3));
    head = *AppendSamples(*log, 7);
    id = log->id();
  }
  const auto store = *LogStore::Open(directory(), kOpen);
  const auto log = *store->OpenLog("default");

  EXPECT_EQ(log->id(), id);
  EXPECT_EQ(log->head().sequence, head.sequence);
  EXPECT_EQ(log->head().time_us, head.time_us);
  EXPECT_EQ(log->head().leaf_hash, head.leaf_hash);
  EXPECT_EQ(log->head().root, head.root);
  EXPECT_EQ(ReadAll(*log), "1 2 3 4 5 6 7");
  EXPECT_TRUE(AppendSamples(*log, 8));
}

/// Counts the tables that are made, and what is written to them.
class TableCounter final : public rocksdb::FileSystemWrapper {
 public:
  TableCounter() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "TableCounter"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    const auto made = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (!name.ends_with(".sst")) return made;
    (options.use_direct_writes ? past_cache : through_cache)++;
    if (made.ok()) *file = std::make_unique<Table>(std::move(*file), written);
    return made;
  }

  std::atomic<int> past_cache = 0;
  std::atomic<int> through_cache = 0;
  std::atomic<std::size_t> written = 0;  ///< bytes, through the page cache

 private:
  class Table final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Table(std::unique_ptr<rocksdb::FSWritableFile> file, std::atomic<std::size_t>& written)
        : FSWritableFileOwnerWrapper(std::move(file)), written_(written) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      written_ += bytes.size();
      return FSWritableFileOwnerWrapper::Append(bytes, options, debug);
    }

   private:
    std::atomic<std::size_t>& written_;
  };
};

/// Whether a file in the directory takes a direct write: asked here by a name, in the log by none.
bool TakesDirectWrite(const std::filesystem::path& directory) {
  alignas(4096) static constexpr std::array<char, 4096> kSector{};
  const std::string name = directory / "direct";
  const int file = ::open(name.c_str(), O_CREAT | O_DIRECT | O_WRONLY, 0600);
  const bool is_written =
      file >= 0 && ::write(file, kSector.data(), kSector.size()) == ssize_t{kSector.size()};
  if (file >= 0) ::close(file);
  std::filesystem::remove(name);
  return is_written;
}

class LogStoreTableTest : public LogStoreTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(WritesPastCache, LogStoreTableTest, testing::Bool());

TEST_P(LogStoreTableTest, TablesGoPastThePageCacheWhereTheFileSystemTakesIt) {
  const bool goes_past = GetParam() && TakesDirectWrite(temp_.path());
  const auto counter = std::make_shared<TableCounter>();
  const auto env = rocksdb::NewCompositeEnv(counter);
  const LogStoreOptions options{.create_if_missing = true,
                                .env = env.get(),
                                .write_buffer_bytes = std::size_t{64} << 10U,
                                .writes_past_cache = GetParam()};
  {
    const auto store = *LogStore::Open(directory(), options);
    ASSERT_TRUE(AppendSamples(**store->OpenLog("default"), 2'000));
  }
  // What was not written as a table yet becomes one.
  const auto store = *LogStore::Open(directory(), options);
  EXPECT_TRUE(store->OpenLog("default"));

  EXPECT_GT(goes_past ? counter->past_cache : counter->through_cache, 0);
  EXPECT_EQ(goes_past ? counter->through_cache : counter->past_cache, 0);
}

TEST_F(LogStoreTest, TablesOfOneLogAreNotWrittenAgain) {
  const auto counter = std::make_shared<TableCounter>();
  const auto env = rocksdb::NewCompositeEnv(counter);
  const LogStoreOptions options{.create_if_missing = true,
                                .env = env.get(),
                                .write_buffer_bytes = std::size_t{64} << 10U,
                                .writes_past_cache = false};
  constexpr std::uint64_t kEvents = 4'000;
  constexpr std::size_t kPaddingBytes = 1'000;
  {
    const auto store = *LogStore::Open(directory(), options);
    const auto log = *store->OpenLog("default");
    // So many tables that RocksDB holds up appends until it has brought most to the next level.
    for (std::uint64_t last = 20; last <= kEvents; last += 20) {
      ASSERT_TRUE(AppendSamples(*log, last, kPaddingBytes));
    }
  }

  EXPECT_GT(counter->through_cache, 50);
  std::size_t kept = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory())) {
    if (file.path().extension() == ".sst") kept += file.file_size();
  }
  EXPECT_LT(counter->written, 2 * kept);
}

TEST_F(LogStoreTest, TenantsHaveTheirOwnLogs) {
  const auto store = OpenStore();
  const auto one = *store->OpenLog("one");
  const auto two = *store->OpenLog("two");
  ASSERT_TRUE(AppendSamples(*one, 2));
  ASSERT_TRUE(AppendSamples(*two, 1));

  EXPECT_NE(one->id(), two->id());
  EXPECT_EQ(ReadAll(*one), "1 2");
  EXPECT_EQ(ReadAll(*two), "1");
}

TEST_F(LogStoreTest, UnknownTenantIsNotFoundUnlessCreating) {
  OpenStore();
  const auto store = *LogStore::Open(directory(), kOpen);

  EXPECT_EQ(store->OpenLog("nobody").error().code, ErrorCode::kNotFound);
}

TEST_F(LogStoreTest, TenantNamesHave1To255Bytes) {
  const auto store = OpenStore();

  EXPECT_EQ(store->OpenLog("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store->OpenLog(std::string(256, 'x')).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(store->OpenLog(std::string(255, 'x')));
}

TEST_F(LogStoreTest, ALogIsOpenOnceAtATime) {
  const auto store = OpenStore();
  auto log = *store->OpenLog("default");

  EXPECT_EQ(store->OpenLog("default").error().code, ErrorCode::kInvalid);
  log.reset();
  EXPECT_TRUE(store->OpenLog("default"));
}

TEST_F(LogStoreTest, SecondStoreOfTheSameProcessIsLockedOut) {
  const auto store = OpenStore();

  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kLocked);
}

TEST_F(LogStoreTest, SecondProcessIsLockedOut) {
  OpenStore();
  int ready[2];
  int done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const std::string lock_file = directory() / "LOCK";
  const pid_t child = fork();
  if (child == 0) {
    close(done[1]);
    // The lock that RocksDB takes, without RocksDB's threads, which a fork does not copy.
    const int descriptor = open(lock_file.c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    char byte = fcntl(descriptor, F_SETLK, &lock) == 0 ? 'y' : 'n';
    const bool told = write(ready[1], &byte, 1) == 1;
    const bool waited = read(done[0], &byte, 1) == 0;
    _exit(told && waited ? 0 : 1);
  }
  close(done[0]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');

  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kLocked);

  close(done[1]);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  EXPECT_TRUE(LogStore::Open(directory(), kOpen));
}

TEST_F(LogStoreTest, AnotherFormatIsRefusedByBothVersions) {
  OpenStore();
  std::string record = EncodeStoreRecord();
  record.back() = 3;
  RawDatabase(directory()).Put(StoreKey(), record);

  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kIncompatible);
  EXPECT_EQ(message_, "the log is of format 3, this version reads format 0 only");
}

TEST_F(LogStoreTest, ADatabaseOfSomethingElseIsRefused) {
  RawDatabase(directory()).Put("some key", "some value");

  EXPECT_EQ(OpenRefusal(kCreate), ErrorCode::kCorrupt);
}

TEST_F(LogStoreTest, ALogFromBeforeEventsWereKeptApartIsRefused) {
  RawDatabase(directory()).PutBesideEvents(StoreKey(), EncodeStoreRecord());

  EXPECT_EQ(OpenRefusal(kCreate), ErrorCode::kIncompatible);
  EXPECT_NE(message_.find("earlier development version"), std::string::npos) << message_;
}

TEST_F(LogStoreTest, CreatingThatWasInterruptedBeforeEventsHadTheirFamilyIsFinished) {
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    std::unique_ptr<RocksFamilies> created;
    ASSERT_TRUE(
        RocksFamilies::Open(options, directory(), {}, RocksFamilies::Access::kReadWrite, created)
            .ok());
  }

  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kNotFound);
  EXPECT_TRUE(LogStore::Open(directory(), kCreate));
  EXPECT_TRUE(LogStore::Open(directory(), kOpen));
}

TEST_F(LogStoreTest, CreatingThatWasInterruptedIsFinished) {
  { const RawDatabase created_without_store_record(directory()); }

  EXPECT_EQ(OpenRefusal(kOpen), ErrorCode::kNotFound);
  EXPECT_TRUE(LogStore::Open(directory(), kCreate));
  EXPECT_TRUE(LogStore::Open(directory(), kOpen));
}

TEST_F(LogStoreTest, DataWithoutCurrentIsNotTakenForANewStore) {
  {
    const auto store = OpenStore();
    ASSERT_TRUE(AppendSamples(**store->OpenLog("default"), 3));
  }
  std::filesystem::remove(directory() / "CURRENT");

  EXPECT_EQ(OpenRefusal(kCreate), ErrorCode::kCorrupt);
  EXPECT_NE(message_.find("no CURRENT file"), std::string::npos) << message_;
}

TEST_F(LogStoreTest, LogAndReadersOutlivingTheStoreSayUnavailable) {
  auto store = OpenStore();
  const auto log = *store->OpenLog("default");
  ASSERT_TRUE(AppendSamples(*log, 2));
  const auto reader = *log->Read(Sequence{1}, ReadCheck::kVerify);
  ASSERT_TRUE(reader->Next());

  store.reset();

  EXPECT_EQ(reader->Next().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(AppendSamples(*log, 3).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log->Read(Sequence{1}, ReadCheck::kTrust).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(LogStore::Open(directory(), kOpen)) << "the directory must be free again";
}

TEST_F(LogStoreTest, ReopenDetachesReadersOfAllLogsAndKeepsTheLogsWorking) {
  const auto store = OpenStore();
  const auto one = *store->OpenLog("one");
  const auto two = *store->OpenLog("two");
  ASSERT_TRUE(AppendSamples(*one, 3));
  ASSERT_TRUE(AppendSamples(*two, 3));
  const auto reader = *two->Read(Sequence{1}, ReadCheck::kVerify);
  const auto first = reader->Next();
  ASSERT_TRUE(first.has_value());

  ASSERT_TRUE(one->Reopen());

  EXPECT_EQ((*first)->header, "header 1") << "a view lives until the reader's next call";
  EXPECT_EQ(reader->Next().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ReadAll(*two), "1 2 3");
  EXPECT_TRUE(AppendSamples(*two, 4));
  EXPECT_TRUE(AppendSamples(*one, 4));
  EXPECT_EQ(ReadAll(*two), "1 2 3 4");
}

TEST_F(LogStoreTest, ReadersMayReadWhileAnotherThreadReopens) {
  const auto store = OpenStore();
  const auto log = *store->OpenLog("default");
  ASSERT_TRUE(AppendSamples(*log, 200));
  std::atomic<bool> stop = false;
  std::atomic<int> odd_answers = 0;
  std::jthread reading([&] {
    while (!stop) {
      const std::string text = ReadAll(*log);
      const bool whole = text.ends_with(" 200");
      if (!whole && text.find("make a new reader") == std::string::npos) ++odd_answers;
    }
  });

  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Reopen());
  stop = true;
  reading.join();

  EXPECT_EQ(odd_answers, 0);
}

}  // namespace
}  // namespace scimledger::storage
