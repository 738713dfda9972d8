#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <random>
#include <string>

#include "projections/directory.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"
#include "tests/unit/api/service_fixture.h"
#include "tests/unit/engine/random_commands.h"

namespace scimledger::api {

/// A tenant over a log that survives it, driven by random commands with random schemas, restarted
/// and rebuilt at random moments. Everything follows from the seed.
class RandomTenant {
 public:
  explicit RandomTenant(std::uint64_t seed,
                        RandomCommands::Schemas schemas = RandomCommands::Schemas::kRandom)
      : commands_(seed, schemas), choices_(seed * 31) {
    options_.projections =
        std::filesystem::temp_directory_path() / ("scimledger_history_" + IdText());
    // Some restarts find a snapshot that is behind, some one at the head.
    options_.snapshot_interval = 40;
    Open();
  }
  ~RandomTenant() {
    tenant_.reset();
    std::filesystem::remove_all(options_.projections);
  }
  RandomTenant(const RandomTenant&) = delete;
  RandomTenant& operator=(const RandomTenant&) = delete;

  void Run(int commands) {
    for (int i = 0; i < commands && !testing::Test::HasFatalFailure(); ++i) {
      Step();
      if (choices_() % 60 == 0) Restart();
      if (choices_() % 60 == 0) Rebuild();
    }
  }

  /// Many, without waiting for each; then a restart.
  void RunLong(int commands) {
    for (int i = 1; i < commands; ++i) tenant_->Submit(commands_.Next(), [](Result<Outcome>) {});
    std::promise<void> last;
    tenant_->Submit(commands_.Next(), [&](Result<Outcome>) { last.set_value(); });
    last.get_future().get();
    Restart();
  }

  Tenant& tenant() { return *tenant_; }
  const storage::EventLog& log() const { return *log_; }
  std::size_t no_ops() const { return no_ops_; }
  std::size_t accepted() const { return accepted_; }

 private:
  static std::string IdText() { return storage::RandomUuid().ToString(); }

  void Open() {
    auto tenant = Tenant::Open(std::make_unique<SurvivingLog>(log_), clock_, options_);
    ASSERT_TRUE(tenant) << tenant.error().message;
    tenant_ = *std::move(tenant);
  }

  void Restart() {
    tenant_.reset();
    // A start without a snapshot replays from zero.
    if (choices_() % 2 == 0) std::filesystem::remove_all(options_.projections);
    Open();
  }

  void Rebuild() {
    const auto rebuilt = tenant_->Rebuild(nullptr);
    ASSERT_TRUE(rebuilt) << rebuilt.error().message;
    EXPECT_EQ(rebuilt->sequence, log_->head().sequence);
    EXPECT_EQ(storage::ToHex(rebuilt->before), storage::ToHex(rebuilt->after));
    if (choices_() % 2 == 0) return;
    const auto history = tenant_->RebuildHistory(nullptr);
    ASSERT_TRUE(history) << history.error().message;
    EXPECT_EQ(*history, log_->head().sequence);
  }

  /// One command; an accepted one moves the head by its events, a no-op or a refusal not at all.
  void Step() {
    // Commands are often parsed against an older registry than the one they are decided on.
    if (choices_() % 3 == 0) commands_.UseRegistry(tenant_->directory().current_registry());
    const Sequence before = log_->head().sequence;
    std::promise<Result<Outcome>> promise;
    tenant_->Submit(commands_.Next(),
                    [&](Result<Outcome> outcome) { promise.set_value(std::move(outcome)); });
    const auto outcome = promise.get_future().get();
    const std::uint64_t events = outcome ? outcome->events : 0;
    ASSERT_EQ(log_->head().sequence.value, before.value + events);
    if (!outcome) return;
    ASSERT_EQ(outcome->sequence, log_->head().sequence);
    ++(events == 0 ? no_ops_ : accepted_);
  }

  std::shared_ptr<storage::EventLog> log_ = storage::MakeMemoryEventLog(IdOf(0x1065));
  SteppingClock clock_;
  TenantOptions options_;
  RandomCommands commands_;
  std::mt19937_64 choices_;
  std::unique_ptr<Tenant> tenant_;
  std::size_t no_ops_ = 0;
  std::size_t accepted_ = 0;
};

}  // namespace scimledger::api
