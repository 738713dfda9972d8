#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <array>
#include <optional>

#include "storage/event_log.h"
#include "storage/log_store.h"
#include "tests/unit/storage/faulty_file_system.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

using rocksdb::IOStatus;

constexpr std::uint64_t kBatches = 5;
constexpr std::uint64_t kEventsPerBatch = 3;

/// A store on a disk with faults, and the script that every test runs: kBatches appends.
class DiskFaultTest : public testing::Test {
 protected:
  DiskFaultTest() { Begin(); }

  /// A new directory with an empty log.
  void Begin() {
    log_.reset();
    store_.reset();
    faults_->Clear();
    directory_ = std::make_unique<TempDirectory>();
    OpenAgain();
  }

  /// As a new process would.
  void OpenAgain() {
    log_.reset();
    store_.reset();
    auto store =
        LogStore::Open(directory_->path() / "log", {.create_if_missing = true, .env = env_.get()});
    SCIMLEDGER_INVARIANT(store.has_value(), store.error().message.c_str());
    store_ = *std::move(store);
    auto log = store_->OpenLog("default");
    SCIMLEDGER_INVARIANT(log.has_value(), log.error().message.c_str());
    log_ = *std::move(log);
  }

  Result<LogHead> AppendNext() {
    return AppendSamples(*log_, log_->head().sequence.value + kEventsPerBatch);
  }

  /// Appends until the fault strikes; nullopt if it never does.
  std::optional<Error> RunScript() {
    acknowledged_ = log_->head();
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      const auto head = AppendNext();
      if (!head) return head.error();
      acknowledged_ = *head;
    }
    return std::nullopt;
  }

  /// The head is the one before the failed append or the one after it, and all events verify.
  void ExpectBeforeOrAfter() {
    const LogHead head = log_->head();
    if (head.sequence == acknowledged_.sequence) {
      EXPECT_EQ(head.root, acknowledged_.root);
    } else {
      EXPECT_EQ(head.sequence.value, acknowledged_.sequence.value + kEventsPerBatch);
    }
    ExpectAllReadable();
  }

  void ExpectAllReadable() {
    std::string expected;
    for (std::uint64_t i = 1; i <= log_->head().sequence.value; ++i) {
      expected += (i > 1 ? " " : "") + std::to_string(i);
    }
    EXPECT_EQ(ReadAll(*log_), expected);
  }

  std::shared_ptr<FaultyFileSystem> faults_ = std::make_shared<FaultyFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(faults_);
  std::unique_ptr<TempDirectory> directory_;
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<EventLog> log_;
  LogHead acknowledged_;
};

TEST_F(DiskFaultTest, EveryFailingWriteIsReportedAndReopenFindsAWholeBatch) {
  const std::array<std::pair<IOStatus, ErrorCode>, 2> kinds = {
      {{IOStatus::IOError("Input/output error"), ErrorCode::kUnavailable},
       {IOStatus::NoSpace("No space left on device"), ErrorCode::kNoSpace}}};
  for (const auto& [status, code] : kinds) {
    std::uint64_t nth = 0;
    while (true) {
      Begin();
      faults_->Set({.call = Fault::Call::kWrite, .nth = ++nth, .status = status});
      const auto failure = RunScript();
      if (!failure) break;
      EXPECT_EQ(failure->code, code) << "write " << nth << ": " << failure->message;
      EXPECT_EQ(acknowledged_.sequence.value, (nth - 1) * kEventsPerBatch)
          << "an append writes once, so the n-th append is the one to fail";
      EXPECT_EQ(AppendNext().error().code, code) << "the log must refuse until it is reopened";

      ASSERT_TRUE(log_->Reopen());
      ExpectBeforeOrAfter();
      EXPECT_TRUE(AppendNext());
      OpenAgain();
      ExpectAllReadable();
    }
    EXPECT_EQ(nth, kBatches + 1) << "the fault must have struck in every append";
  }
}

TEST_F(DiskFaultTest, EveryFailingSyncIsReportedAndOnlyANewProcessGoesOn) {
  for (const IOStatus& status :
       {IOStatus::IOError("Input/output error"), IOStatus::NoSpace("No space left on device")}) {
    std::uint64_t nth = 0;
    while (true) {
      Begin();
      faults_->Set({.call = Fault::Call::kSync, .nth = ++nth, .status = status});
      const auto failure = RunScript();
      if (!failure) break;
      EXPECT_EQ(failure->code, ErrorCode::kSyncFailed) << "sync " << nth << failure->message;
      EXPECT_EQ(acknowledged_.sequence.value, (nth - 1) * kEventsPerBatch)
          << "an append syncs once, so the n-th append is the one to fail";
      EXPECT_EQ(AppendNext().error().code, ErrorCode::kSyncFailed);
      EXPECT_EQ(log_->Reopen().error().code, ErrorCode::kSyncFailed);

      OpenAgain();
      ExpectBeforeOrAfter();
      EXPECT_TRUE(AppendNext());
    }
    EXPECT_EQ(nth, kBatches + 1) << "the fault must have struck in every append";
  }
}

TEST_F(DiskFaultTest, FailedAppendFailsTheOtherLogsUntilTheyAreReopenedToo) {
  const auto other = *store_->OpenLog("other");
  ASSERT_TRUE(AppendSamples(*other, 1));
  faults_->Set({.call = Fault::Call::kWrite});
  ASSERT_FALSE(AppendNext());
  ASSERT_FALSE(AppendSamples(*other, 2)) << "RocksDB takes no write after a failed one";

  ASSERT_TRUE(log_->Reopen());
  EXPECT_EQ(AppendSamples(*other, 2).error().code, ErrorCode::kUnavailable);
  const auto reader = *log_->Read(Sequence{1}, ReadCheck::kTrust);
  ASSERT_TRUE(other->Reopen());

  EXPECT_TRUE(reader->Next()) << "the database was reopened once, not twice";
  EXPECT_TRUE(AppendSamples(*other, 2));
  EXPECT_EQ(ReadAll(*other), "1 2");
}

TEST_F(DiskFaultTest, FailedSyncFailsTheOtherLogsToo) {
  const auto other = *store_->OpenLog("other");
  faults_->Set({.call = Fault::Call::kSync});
  ASSERT_FALSE(AppendNext());

  EXPECT_EQ(AppendSamples(*other, 1).error().code, ErrorCode::kSyncFailed);
}

TEST_F(DiskFaultTest, FullDiskRefusesUntilThereIsSpaceAgain) {
  ASSERT_TRUE(AppendNext());
  acknowledged_ = log_->head();
  faults_->Set({.call = Fault::Call::kWrite,
                .files = Fault::Files::kAll,
                .status = IOStatus::NoSpace("No space left on device"),
                .lasting = Fault::Lasting::kUntilCleared});
  EXPECT_EQ(AppendNext().error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(log_->Reopen().error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(log_->Reopen().error().code, ErrorCode::kNoSpace) << "also when it is closed already";
  EXPECT_EQ(AppendNext().error().code, ErrorCode::kNoSpace);

  faults_->Clear();
  ASSERT_TRUE(log_->Reopen());

  ExpectBeforeOrAfter();
  EXPECT_TRUE(AppendNext());
}

TEST_F(DiskFaultTest, ReadsGoOnAfterAFailedWrite) {
  ASSERT_TRUE(AppendNext());
  const auto reader = *log_->Read(Sequence{1}, ReadCheck::kVerify);
  faults_->Set({.call = Fault::Call::kWrite});
  ASSERT_FALSE(AppendNext());

  EXPECT_EQ(ReadRest(*reader), "1 2 3");
  EXPECT_EQ(ReadAll(*log_), "1 2 3");
  EXPECT_EQ(log_->SequenceAt(SampleTime(2))->value, 2U);
}

/// Whatever fails, also while opening: nothing acknowledged is lost and nothing is half there.
TEST_F(DiskFaultTest, EveryFaultInAnyFileKeepsWhatWasAcknowledged) {
  for (const Fault::Call call : {Fault::Call::kWrite, Fault::Call::kSync, Fault::Call::kClose}) {
    for (std::uint64_t nth = 1; nth <= 25; ++nth) {
      Begin();
      ASSERT_TRUE(AppendNext());
      const LogHead first = log_->head();
      log_.reset();
      store_.reset();
      faults_->Set({.call = call, .files = Fault::Files::kAll, .nth = nth});
      acknowledged_ = first;
      if (auto store = LogStore::Open(directory_->path() / "log", {.env = env_.get()})) {
        store_ = *std::move(store);
        log_ = *store_->OpenLog("default");
        RunScript();
      }
      faults_->Clear();

      OpenAgain();
      ExpectBeforeOrAfter();
      EXPECT_TRUE(AppendNext());
    }
  }
}

}  // namespace
}  // namespace scimledger::storage
