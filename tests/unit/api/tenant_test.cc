// A tenant's start and stop: snapshots used and refused, replay.

#include "api/tenant.h"

#include <fmt/format.h>

#include <fstream>
#include <future>
#include <string>

#include "projections/attribute_index.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"
#include "storage/snapshot_file.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

class TenantTest : public ServiceTest {
 protected:
  std::string Digest() {
    const auto verification = tenant_->VerifyReplay(nullptr);
    if (!verification) return verification.error().message;
    EXPECT_EQ(verification->live, verification->replayed);
    return storage::ToHex(verification->live);
  }

  std::uint64_t SnapshotSequence() const {
    const auto snapshot = storage::SnapshotReader::Open(SnapshotFile());
    return snapshot ? (*snapshot)->info().sequence.value : 0;
  }

  std::filesystem::path IndexFile() const {
    return SnapshotFile().parent_path() / "attribute_index.snapshot";
  }

  /// Records the positions that a start goes through.
  void RecordProgress() {
    tenant_options_.progress = [this](std::string_view what, Sequence position, Sequence head) {
      if (what == "replaying the log") {
        progress_ += fmt::format("{}/{} ", position.value, head.value);
      }
    };
  }
  std::string progress_;
};

TEST_F(TenantTest, StopWritesASnapshotThatTheNextStartUses) {
  CreateUser("jane");
  const std::string digest = Digest();

  Stop();
  EXPECT_EQ(SnapshotSequence(), 1U);
  Start();

  EXPECT_EQ(notices_, std::vector<std::string>{});
  EXPECT_EQ(Digest(), digest);
}

TEST_F(TenantTest, StopWithoutChangesLeavesTheSnapshotAlone) {
  CreateUser("jane");
  Restart();
  const auto written = std::filesystem::last_write_time(SnapshotFile());
  std::filesystem::last_write_time(SnapshotFile(), written - std::chrono::hours(1));

  Restart();

  EXPECT_EQ(std::filesystem::last_write_time(SnapshotFile()), written - std::chrono::hours(1));
}

/// The columns of the tenant's attribute index, made or on their way.
std::size_t ColumnsAfterWait(const Tenant& tenant) {
  auto& index = tenant.directory().attribute_index();
  index.WaitUntilIdle();
  const auto state = index.Acquire({});
  return state ? state->Names().size() : 0;
}

TEST_F(TenantTest, StopKeepsTheColumnsForTheNextStart) {
  CreateUser("jane");
  Restart();
  Local("GET", "/scim/v2/Users?filter=displayName%20co%20%22j%22");  // no event, but a column

  Restart();

  EXPECT_EQ(ColumnsAfterWait(*tenant_), 1U);
  EXPECT_EQ(notices_, std::vector<std::string>{});
  const auto written = std::filesystem::last_write_time(IndexFile());
  Restart();
  EXPECT_EQ(std::filesystem::last_write_time(IndexFile()), written);
}

TEST_F(TenantTest, ColumnsOfAnotherSequenceAreMadeAgain) {
  CreateUser("jane");
  Local("GET", "/scim/v2/Users?filter=displayName%20co%20%22j%22");
  Restart();
  std::filesystem::copy_file(IndexFile(), directory_ / "old");
  CreateUser("joe");
  Stop();
  std::filesystem::rename(directory_ / "old", IndexFile());

  Start();

  EXPECT_EQ(ColumnsAfterWait(*tenant_), 1U);
  EXPECT_EQ(notices_, std::vector<std::string>{});
  const auto found = Local("GET", "/scim/v2/Users?filter=userName%20co%20%22jo%22");
  EXPECT_TRUE(found.body.contains(R"("totalResults":1)")) << found.body;
}

TEST_F(TenantTest, ADamagedOrForeignIndexIsIgnoredWithOneLine) {
  CreateUser("jane");
  Local("GET", "/scim/v2/Users?filter=displayName%20co%20%22j%22");
  Stop();
  std::filesystem::copy_file(IndexFile(), directory_ / "kept");
  std::fstream(IndexFile(), std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('!');
  Start();
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_TRUE(notices_[0].contains("attribute_index.snapshot is not used")) << notices_[0];
  EXPECT_TRUE(notices_[0].contains("checksum")) << notices_[0];
  EXPECT_EQ(ColumnsAfterWait(*tenant_), 0U);
  Stop();

  std::filesystem::rename(directory_ / "kept", IndexFile());
  std::filesystem::remove(SnapshotFile());
  log_ = storage::MakeMemoryEventLog(storage::RandomUuid());
  Start();

  ASSERT_EQ(notices_.size(), 3U);
  EXPECT_TRUE(notices_[1].contains("the history")) << notices_[1];
  EXPECT_TRUE(notices_[1].contains("it is of another log")) << notices_[1];
  EXPECT_TRUE(notices_[2].contains("it is of another log")) << notices_[2];
  EXPECT_FALSE(std::filesystem::exists(IndexFile()));
}

TEST_F(TenantTest, AStartWithoutProjectionsReplaysToTheSameState) {
  CreateUser("jane");
  CreateUser("joe");
  const std::string digest = Digest();
  Stop();
  std::filesystem::remove_all(directory_);
  RecordProgress();

  Start();

  EXPECT_EQ(progress_, "2/2 ");
  EXPECT_EQ(Digest(), digest);
}

TEST_F(TenantTest, ASnapshotBehindTheHeadIsBroughtToIt) {
  CreateUser("jane");
  Restart();
  std::filesystem::copy_file(SnapshotFile(), directory_ / "old");
  CreateUser("joe");
  const std::string digest = Digest();
  Stop();
  std::filesystem::rename(directory_ / "old", SnapshotFile());

  Start();

  EXPECT_EQ(notices_, std::vector<std::string>{});
  EXPECT_EQ(Digest(), digest);
}

TEST_F(TenantTest, ADamagedSnapshotIsDeletedAndReplaced) {
  CreateUser("jane");
  const std::string digest = Digest();
  Stop();
  std::fstream(SnapshotFile(), std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('!');

  Start();

  EXPECT_EQ(Digest(), digest);
  EXPECT_EQ(notices_.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(SnapshotFile()));
}

TEST_F(TenantTest, TheHistoryIsMadeAgainBesideTheLiveOneAndTakesItsPlace) {
  CreateUser("jane");
  CreateUser("joe");
  const std::filesystem::path directory = SnapshotFile().parent_path();
  auto old = tenant_->history();

  const auto rebuilt = tenant_->RebuildHistory(nullptr);

  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  EXPECT_EQ(*rebuilt, log_->head().sequence);
  EXPECT_NE(tenant_->history(), old);
  EXPECT_TRUE(std::filesystem::exists(directory / "history")) << "somebody still reads the old one";
  old.reset();
  EXPECT_FALSE(std::filesystem::exists(directory / "history"));
  EXPECT_TRUE(std::filesystem::exists(directory / "history.1"));

  CreateUser("jim");
  Restart();
  EXPECT_EQ(notices_, std::vector<std::string>{});
  EXPECT_EQ(tenant_->history()->position(), log_->head().sequence);
  EXPECT_TRUE(std::filesystem::exists(directory / "history.1"));
  const auto users = tenant_->history()->WalkTerm(
      projections::TermIndex::HashTerm(EventAttribute::kResourceType, "user"));
  ASSERT_TRUE(users->AtOrAfter(0));
  EXPECT_EQ(users->events().count(), 3U);
}

TEST_F(TenantTest, WithoutAHistoryThePresentAnswersAndThePastSaysWhy) {
  CreateUser("jane");
  const std::string joe = CreateUser("joe");
  Stop();
  tenant_options_.has_history = false;
  Start();

  EXPECT_EQ(Local("GET", "/scim/v2/Users/" + joe).status, 200);
  const Answer past = Local("GET", "/scim/v2/Users?asOf=1");
  EXPECT_TRUE(IsScimError(past, 503)) << past.body;
  EXPECT_TRUE(past.body.contains("setting history")) << past.body;
  const Answer events = Local("GET", "/audit/v1/events?filter=resource.name%20eq%20%22joe%22");
  EXPECT_EQ(events.status, 200);
  EXPECT_TRUE(events.body.contains(joe)) << events.body;
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/projections/history/rebuild"), 503));
  CreateUser("jim");
  Stop();

  tenant_options_.has_history = true;
  Start();
  EXPECT_EQ(tenant_->history()->position(), log_->head().sequence);
  EXPECT_EQ(Local("GET", "/scim/v2/Users?asOf=1").status, 200);
}

TEST_F(TenantTest, WhatAKilledRebuildOfTheHistoryLeftIsRemoved) {
  CreateUser("jane");
  const std::filesystem::path directory = SnapshotFile().parent_path();
  Stop();
  std::filesystem::copy(directory / "history", directory / "history.1");
  std::filesystem::create_directories(directory / "history.2.partial");
  std::ofstream(directory / "history.2.partial" / "CURRENT") << "half";

  Start();

  EXPECT_EQ(tenant_->history()->position(), log_->head().sequence);
  EXPECT_TRUE(std::filesystem::exists(directory / "history.1"));
  EXPECT_FALSE(std::filesystem::exists(directory / "history"));
  EXPECT_FALSE(std::filesystem::exists(directory / "history.2.partial"));
}

TEST_F(TenantTest, ASnapshotOfAnotherLogIsRefused) {
  CreateUser("jane");
  Stop();
  log_ = storage::MakeMemoryEventLog(storage::RandomUuid());

  Start();

  EXPECT_EQ(tenant_->directory().position(), Sequence{0});
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_TRUE(notices_[0].contains("the history"));
  EXPECT_TRUE(notices_[1].contains("another log"));
}

TEST_F(TenantTest, ASnapshotBeyondTheHeadIsRefused) {
  CreateUser("jane");
  Stop();
  log_ = storage::MakeMemoryEventLog(log_->id());

  Start();

  EXPECT_EQ(tenant_->directory().position(), Sequence{0});
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_TRUE(notices_[0].contains("the history"));
  EXPECT_TRUE(notices_[1].contains("beyond the log's head 0"));
}

TEST_F(TenantTest, ASnapshotWithAnotherLeafHashIsRefused) {
  CreateUser("jane");
  Stop();
  std::filesystem::copy_file(SnapshotFile(), directory_ / "forked");
  log_ = storage::MakeMemoryEventLog(log_->id());
  std::filesystem::remove(SnapshotFile());
  Start();
  const std::string id = CreateUser("joe");
  const std::string digest = Digest();
  Stop();
  std::filesystem::rename(directory_ / "forked", SnapshotFile());

  Start();

  EXPECT_EQ(Digest(), digest);
  EXPECT_EQ(Local("GET", "/scim/v2/Users/" + id).status, 200);
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_TRUE(notices_[0].contains("the history")) << notices_[0];
  EXPECT_TRUE(notices_[1].contains("event 1 is not the one it was made from"));
}

TEST_F(TenantTest, SnapshotsAreWrittenWhileServing) {
  Stop();
  tenant_options_.snapshot_interval = 3;
  Start();
  for (int i = 0; i < 3; ++i) CreateUser(fmt::format("user{}", i));

  // Each write looks whether a snapshot is due; the file appears in the background.
  for (int i = 3; !std::filesystem::exists(SnapshotFile()) && i < 100'000; ++i) {
    CreateUser(fmt::format("user{}", i));
  }

  EXPECT_GE(SnapshotSequence(), 3U);
}

TEST_F(TenantTest, SnapshotsThatCannotBeWrittenAreNoticedAndNothingElse) {
  CreateUser("jane");
  std::filesystem::remove_all(directory_);
  std::ofstream(directory_) << "in the way";

  Stop();

  EXPECT_EQ(notices_.size(), 1U);
  std::filesystem::remove(directory_);
  Start();
  EXPECT_EQ(tenant_->directory().position(), Sequence{1});
}

TEST_F(TenantTest, VerifyReplayRunsBesideTheWriter) {
  for (int i = 0; i < 10; ++i) CreateUser(fmt::format("user{}", i));
  auto verifying =
      std::async(std::launch::async, [this] { return tenant_->VerifyReplay(nullptr); });
  for (int i = 10; i < 50; ++i) CreateUser(fmt::format("user{}", i));

  const auto verification = verifying.get();

  ASSERT_TRUE(verification) << verification.error().message;
  EXPECT_GE(verification->sequence, Sequence{10});
  EXPECT_EQ(verification->live, verification->replayed);
}

TEST_F(TenantTest, NamesThatAreNoFileNamesAreRefused) {
  for (const char* name : {"", "..", "a/b", ".hidden"}) {
    TenantOptions options = tenant_options_;
    options.name = name;
    const auto tenant = Tenant::Open(std::make_unique<SurvivingLog>(log_), clock_, options);
    ASSERT_FALSE(tenant) << name;
    EXPECT_EQ(tenant.error().code, storage::ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace scimledger::api
