#include "api/tenant.h"

#include <fmt/format.h>

#include <atomic>
#include <future>
#include <system_error>
#include <utility>

#include "api/history_keeper.h"
#include "api/index_recovery.h"
#include "api/memory_check.h"
#include "api/snapshot_keeper.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr const char* kSnapshotName = "directory.snapshot";
constexpr const char* kIndexName = "attribute_index.snapshot";

std::filesystem::path SnapshotFile(const TenantOptions& options) {
  return options.projections / options.name / kSnapshotName;
}
std::filesystem::path IndexFile(const TenantOptions& options) {
  return options.projections / options.name / kIndexName;
}

/// An index that shares the memory of all tenants' indexes.
void ShareBudget(const projections::Directory& directory, const TenantOptions& options) {
  directory.attribute_index().Configure({.budget = options.index_budget});
}

/// A directory at the log's head, and the sequence of the snapshot it came from (0: none).
struct Recovered {
  std::unique_ptr<projections::Directory> directory;
  Sequence snapshot;
  bool has_stored_index = false;  ///< its columns are those of the file
};

storage::Result<Recovered> BringToHead(const storage::EventLog& log, const TenantOptions& options) {
  const std::filesystem::path file = SnapshotFile(options);
  const Sequence head = log.head().sequence;
  const auto progress = [&](Sequence position) {
    if (options.progress) options.progress("replaying the log", position, head);
  };
  const std::size_t index_bytes_max = options.index_budget
                                          ? options.index_budget->bytes_max()
                                          : projections::IndexBudget::kDefaultBytes;
  TellIfMemoryIsShort(file, index_bytes_max, options.notice);
  IndexRecovery index(IndexFile(options), log, options.notice);
  auto directory = LoadFittingSnapshot(file, log, options.notice);
  ShareBudget(*directory, options);
  index.TryAdopt(*directory);
  const Sequence snapshot = directory->position();
  const auto replayed = directory->Replay(log, head, progress);
  if (replayed) {
    const bool has_stored_index = index.Finish(*directory);
    return Recovered{std::move(directory), snapshot, has_stored_index};
  }
  if (snapshot == Sequence{0}) return std::unexpected(replayed.error());
  // The snapshot may be what is wrong: the log alone decides.
  if (options.notice) {
    options.notice(fmt::format("snapshot {} is not used and is deleted: {}; replaying from zero",
                               file.string(), replayed.error().message));
  }
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  directory = projections::Directory::Make();
  ShareBudget(*directory, options);
  SCIMLEDGER_TRY(directory->Replay(log, head, progress));
  return Recovered{std::move(directory), Sequence{0}};
}

class LiveTenant final : public Tenant {
 public:
  LiveTenant(std::unique_ptr<storage::EventLog> log, Recovered recovered,
             std::unique_ptr<HistoryKeeper> history, Clock& clock, TenantOptions options)
      : name_(std::move(options.name)),
        clock_(clock),
        log_(std::move(log)),
        directory_(std::move(recovered.directory)),
        history_(std::move(history)),
        snapshots_(*log_, *directory_,
                   {.file = options.projections / name_ / kSnapshotName,
                    .index_file = options.projections / name_ / kIndexName,
                    .interval = options.snapshot_interval,
                    .last = recovered.snapshot,
                    .notice = options.notice}),
        notice_(std::move(options.notice)),
        passwords_(MakePasswords(options.passwords)),
        writer_(*log_, *directory_, clock, WithFollowers(std::move(options.writer))) {
    if (recovered.has_stored_index) snapshots_.NoteColumns();
  }

  ~LiveTenant() override { LiveTenant::Stop(); }

  const std::string& name() const override { return name_; }
  const storage::EventLog& log() const override { return *log_; }
  const projections::Directory& directory() const override { return *directory_; }
  std::shared_ptr<projections::History> history() const override {
    return history_ != nullptr ? history_->current() : nullptr;
  }
  std::int64_t NowUs() const override { return clock_.NowUs(); }

  void Submit(Command command, Writer::Done done) override {
    const auto* const settings = std::get_if<ChangeSettings>(&command.body);
    if (settings != nullptr && passwords_ != nullptr) done = ThenDropPasswords(std::move(done));
    writer_.Submit(std::move(command), std::move(done));
  }

  void SubmitGroup(CommandGroup group, Writer::GroupDone done) override {
    writer_.SubmitGroup(std::move(group), std::move(done));
  }

  TenantPasswords* passwords() override { return passwords_.get(); }
  WriterCounts writer_counts() const override { return writer_.counts(); }

  storage::Result<Verification> VerifyReplay(
      const std::function<void(Sequence position, Sequence head)>& progress) const override;
  storage::Result<Rebuilt> Rebuild(
      const std::function<void(Sequence position, Sequence head)>& progress) override;
  storage::Result<Sequence> RebuildHistory(
      const std::function<void(Sequence position, Sequence head)>& progress) override {
    if (history_ == nullptr) return std::unexpected(NoHistory());
    return history_->Rebuild(progress);
  }
  std::uint64_t rebuilds() const override {
    return directory_rebuilds_ + (history_ != nullptr ? history_->rebuilds() : 0);
  }
  Sequence snapshot() const override { return snapshots_.written(); }

  void Stop() override {
    writer_.Stop();
    snapshots_.Stop();
  }

 private:
  /// What goes on with each batch that was committed.
  WriterOptions WithFollowers(WriterOptions options) {
    options.on_committed = [this](std::vector<Event> events, std::size_t bytes) {
      snapshots_.Consider(events.back().sequence);
      if (history_ != nullptr) history_->Offer(std::move(events), bytes);
    };
    if (history_ != nullptr) options.before_batch = [this] { history_->SlowDown(); };
    return options;
  }

  std::unique_ptr<TenantPasswords> MakePasswords(storage::PasswordStore* store) const {
    if (store == nullptr) return nullptr;
    return std::make_unique<TenantPasswords>(*store, log_->id(), *directory_, notice_);
  }

  /// On the writer's thread, before it decides anything else: what is hashed from now on is not
  /// among the hashes that go.
  Writer::Done ThenDropPasswords(Writer::Done done) {
    return [this, done = std::move(done)](Result<Outcome> outcome) mutable {
      const bool is_kept = KeepsPasswords(*directory_->current_registry());
      if (outcome && !is_kept) passwords_->DropAll();
      done(std::move(outcome));
    };
  }

  const std::string name_;
  Clock& clock_;
  std::unique_ptr<storage::EventLog> log_;
  std::unique_ptr<projections::Directory> directory_;
  std::unique_ptr<HistoryKeeper> history_;  ///< nullptr: it has none
  std::atomic<std::uint64_t> directory_rebuilds_{0};
  SnapshotKeeper snapshots_;
  std::function<void(const std::string& line)> notice_;
  std::unique_ptr<TenantPasswords> passwords_;
  Writer writer_;
};

storage::Result<Tenant::Verification> LiveTenant::VerifyReplay(
    const std::function<void(Sequence position, Sequence head)>& progress) const {
  const auto live = directory_->Freeze();
  Verification verification;
  verification.sequence = live->sequence();
  auto live_digest = std::async(std::launch::async, [live] { return StateDigest(*live); });
  const auto replayed = projections::Directory::Make();
  SCIMLEDGER_TRY(replayed->Replay(*log_, verification.sequence, [&](Sequence position) {
    if (progress) progress(position, verification.sequence);
  }));
  verification.replayed = StateDigest(*replayed->Freeze());
  verification.live = live_digest.get();
  return verification;
}

storage::Result<Rebuilt> LiveTenant::Rebuild(
    const std::function<void(Sequence position, Sequence head)>& progress) {
  SCIMLEDGER_TRY_ASSIGN(const Rebuilt rebuilt,
                        RebuildDirectory(*log_, *directory_, writer_, progress));
  ++directory_rebuilds_;
  // The file came from the old state.
  snapshots_.Write();
  if (rebuilt.before != rebuilt.after && notice_) {
    notice_(
        fmt::format("the directory of tenant {} differed from its log at sequence {}: answers "
                    "until now may have been wrong; the rebuilt one, digest {}, is in use",
                    name_, rebuilt.sequence.value, storage::ToHex(rebuilt.after)));
  }
  if (rebuilt.before != rebuilt.after && history_ != nullptr) {
    // Its rows of the present were the directory's.
    SCIMLEDGER_TRY(history_->Rebuild(progress));
  }
  return rebuilt;
}

}  // namespace

storage::Result<std::unique_ptr<Tenant>> Tenant::Open(std::unique_ptr<storage::EventLog> log,
                                                      Clock& clock, TenantOptions options) {
  if (options.name.empty() || options.name.front() == '.' || options.name.contains('/')) {
    return storage::Fail(storage::ErrorCode::kInvalid,
                         fmt::format("`{}` cannot be a tenant's name", options.name));
  }
  std::error_code failed;
  std::filesystem::create_directories(SnapshotFile(options).parent_path(), failed);
  if (failed) {
    return storage::Fail(
        storage::ErrorCode::kIo,
        fmt::format("cannot make the directory {}: {}",
                    SnapshotFile(options).parent_path().string(), failed.message()));
  }
  // It follows the log on threads of its own while the directory comes to the head.
  std::unique_ptr<HistoryKeeper> history;
  if (options.has_history) {
    history = std::make_unique<HistoryKeeper>(
        *log, HistoryKeeper::Options{.tenant = options.name,
                                     .directory = options.projections / options.name,
                                     .notice = options.notice});
  }
  SCIMLEDGER_TRY_ASSIGN(Recovered recovered, BringToHead(*log, options));
  if (history != nullptr) {
    history->Finish([&](Sequence position, Sequence head) {
      if (options.progress) options.progress("making the history", position, head);
    });
  }
  return std::make_unique<LiveTenant>(std::move(log), std::move(recovered), std::move(history),
                                      clock, std::move(options));
}

}  // namespace scimledger::api
