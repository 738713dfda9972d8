#include "api/replayed_tenant.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "api/replay_export.h"
#include "projections/history_error.h"

namespace scimledger::api {
namespace {

/// Stands where a tenant's log is: knows what the manifest says of it, and has no events.
class AbsentLog final : public storage::EventLog {
 public:
  explicit AbsentLog(const storage::Manifest& manifest)
      : id_(manifest.log_id),
        head_{manifest.sequence, manifest.time_us, manifest.leaf_hash, Hash{}} {}

  Uuid id() const override { return id_; }
  storage::LogHead head() const override { return head_; }
  storage::Result<storage::LogHead> Append(const storage::Batch& /*batch*/) override {
    return Absent();
  }
  storage::Result<storage::LogHead> Reopen() override { return Absent(); }
  storage::Result<std::unique_ptr<storage::EventReader>> Read(
      Sequence /*from*/, storage::ReadCheck /*check*/) const override {
    return Absent();
  }
  storage::Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    if (history_ == nullptr) return Absent();
    try {
      return history_->reader().SequenceAt(time_us, head_.sequence);
    } catch (const projections::HistoryError& error) {
      return storage::Fail(error.code(), error.what());
    }
  }
  void UseTimesOf(std::shared_ptr<const projections::History> history) {
    history_ = std::move(history);
  }

  std::unexpected<storage::Error> Absent() const {
    return storage::Fail(storage::ErrorCode::kNotFound,
                         fmt::format("this is a replay as of sequence {}: it has no log and "
                                     "therefore no events",
                                     head_.sequence.value));
  }

 private:
  const Uuid id_;
  const storage::LogHead head_;
  std::shared_ptr<const projections::History> history_;  ///< nullptr: recorded times are unknown
};

class ReplayedTenant final : public Tenant {
 public:
  ReplayedTenant(const storage::Manifest& manifest,
                 std::unique_ptr<projections::Directory> directory, Clock& clock)
      : name_(manifest.tenant), log_(manifest), directory_(std::move(directory)), clock_(clock) {}

  const std::string& name() const override { return name_; }
  const storage::EventLog& log() const override { return log_; }
  const projections::Directory& directory() const override { return *directory_; }
  std::shared_ptr<projections::History> history() const override { return history_; }
  std::int64_t NowUs() const override { return clock_.NowUs(); }
  Sequence snapshot() const override { return directory_->position(); }
  bool is_replay() const override { return true; }

  void Submit(Command /*command*/, Writer::Done done) override { done(ReadOnly()); }
  void SubmitGroup(CommandGroup group, Writer::GroupDone done) override {
    done(GroupOutcomes(group.operations, Result<Outcome>(ReadOnly())));
  }

  storage::Result<Verification> VerifyReplay(
      const std::function<void(Sequence position, Sequence head)>& /*progress*/) const override {
    return log_.Absent();
  }
  storage::Result<Rebuilt> Rebuild(
      const std::function<void(Sequence position, Sequence head)>& /*progress*/) override {
    return log_.Absent();
  }
  storage::Result<Sequence> RebuildHistory(
      const std::function<void(Sequence position, Sequence head)>& /*progress*/) override {
    return log_.Absent();
  }

  void Stop() override {}

  /// With it, moments before the replay's are answered.
  [[nodiscard]] storage::Result<void> OpenHistory(const std::filesystem::path& directory) {
    SCIMLEDGER_TRY_ASSIGN(
        auto history,
        projections::History::Open(log_, {.directory = directory, .is_whole = true, .notice = {}}));
    history_ = std::move(history);
    log_.UseTimesOf(history_);
    return {};
  }

 private:
  std::unexpected<ScimError> ReadOnly() const {
    return Refuse(403, ScimType::kNone,
                  fmt::format("This is a read-only replay as of sequence {}: nothing can be "
                              "changed here.",
                              directory_->position().value));
  }

  const std::string name_;
  AbsentLog log_;
  const std::unique_ptr<projections::Directory> directory_;
  std::shared_ptr<projections::History> history_;  ///< nullptr: a replay that has none
  Clock& clock_;
};

}  // namespace

storage::Result<std::unique_ptr<Tenant>> OpenReplayedTenant(
    const storage::Manifest& manifest, const std::filesystem::path& projections, Clock& clock) {
  const auto file = DirectorySnapshotFile(projections, manifest.tenant);
  SCIMLEDGER_TRY_ASSIGN(auto loaded, projections::LoadSnapshot(file));
  const bool fits = loaded.info.log_id == manifest.log_id &&
                    loaded.info.sequence == manifest.sequence &&
                    loaded.info.leaf_hash == manifest.leaf_hash &&
                    projections::StateDigest(*loaded.directory->Freeze()) == manifest.digest;
  if (!fits) {
    return storage::Fail(
        storage::ErrorCode::kCorrupt,
        fmt::format("{} is not the state that the manifest describes", file.string()));
  }
  auto tenant = std::make_unique<ReplayedTenant>(manifest, std::move(loaded.directory), clock);
  const auto history = ReplayedHistory(projections, manifest.tenant);
  std::error_code ignored;
  if (std::filesystem::exists(history, ignored)) SCIMLEDGER_TRY(tenant->OpenHistory(history));
  return tenant;
}

}  // namespace scimledger::api
