#include "api/replay_export.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

#include "api/snapshot_keeper.h"

namespace scimledger::api {
namespace {

/// Owner only, like every data directory.
storage::Result<void> MakeDirectories(const std::filesystem::path& path,
                                      const std::filesystem::path& own_from) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (!failed) {
    std::filesystem::permissions(own_from, std::filesystem::perms::owner_all, failed);
  }
  if (!failed) return {};
  return storage::Fail(storage::ErrorCode::kIo, fmt::format("cannot make the directory {}: {}",
                                                            path.string(), failed.message()));
}

/// Where a replay keeps the state it has come to.
std::filesystem::path PartialFile(const std::filesystem::path& target) {
  return target / "replay.partial";
}

std::filesystem::path PartialHistory(const std::filesystem::path& target) {
  return target / "history.partial";
}

/// A kill while such a state was written the first time leaves only the beginning of it.
bool IsUnfinished(const std::filesystem::path& target) {
  std::error_code error;
  const bool has_part = std::filesystem::exists(PartialFile(target), error) ||
                        std::filesystem::exists(PartialFile(target).string() + ".partial", error) ||
                        std::filesystem::exists(PartialHistory(target), error);
  return has_part && !storage::HasManifest(target);
}

std::unique_ptr<projections::Directory> LoadPart(const storage::EventLog& log, Sequence until,
                                                 const std::filesystem::path& target) {
  auto directory = LoadFittingSnapshot(PartialFile(target), log, {});
  return directory->position() <= until ? std::move(directory) : projections::Directory::Make();
}

}  // namespace

std::filesystem::path DirectorySnapshotFile(const std::filesystem::path& projections,
                                            std::string_view tenant) {
  return projections / tenant / "directory.snapshot";
}

std::filesystem::path ReplayedHistory(const std::filesystem::path& projections,
                                      std::string_view tenant) {
  return projections / tenant / "history";
}

storage::Result<void> CheckMayHoldReplay(const std::filesystem::path& target) {
  std::error_code error;
  const auto status = std::filesystem::status(target, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  const bool is_empty_directory =
      std::filesystem::is_directory(status) && std::filesystem::is_empty(target, error) && !error;
  if (is_empty_directory || IsUnfinished(target)) return {};
  return storage::Fail(
      storage::ErrorCode::kInvalid,
      fmt::format("{} is not an empty directory: a replay is written into a new one",
                  target.string()));
}

storage::Result<std::unique_ptr<projections::Directory>> ReplayResuming(
    const storage::EventLog& log, Sequence until, const std::filesystem::path& target,
    std::uint64_t interval, projections::History* history,
    const std::function<void(Sequence)>& progress) {
  projections::Directory::Feed feed;
  if (history != nullptr) {
    feed = [history](std::vector<Event> events) { return history->Feed(std::move(events)); };
  }
  auto directory = target.empty() ? projections::Directory::Make() : LoadPart(log, until, target);
  for (;;) {
    const std::uint64_t left = until.value - directory->position().value;
    const bool is_last = target.empty() || left <= interval;
    const Sequence next{is_last ? until.value : directory->position().value + interval};
    SCIMLEDGER_TRY(directory->ReplayFeeding(log, next, progress, feed));
    if (is_last) {
      if (history != nullptr) history->EndFeed();
      return directory;
    }
    SCIMLEDGER_TRY(MakeDirectories(target, target));
    SCIMLEDGER_TRY_ASSIGN(const Hash leaf_hash, LeafHashAt(log, next));
    SCIMLEDGER_TRY(
        projections::WriteSnapshot(*directory->Freeze(), log.id(), leaf_hash, PartialFile(target)));
  }
}

storage::Result<std::unique_ptr<projections::History>> BeginHistory(
    const storage::EventLog& log, Sequence until, const std::filesystem::path& target) {
  SCIMLEDGER_TRY(MakeDirectories(target, target));
  const projections::History::Options options{
      .directory = PartialHistory(target), .until = until, .is_fed = true, .notice = {}};
  auto history = projections::History::Open(log, options);
  if (!history || (*history)->position() <= until) return history;
  history = nullptr;
  projections::History::Remove(options.directory);
  return projections::History::Open(log, options);
}

storage::Result<void> WriteReplay(const projections::DirectoryView& view,
                                  std::unique_ptr<projections::History> history,
                                  const storage::Manifest& manifest,
                                  const std::filesystem::path& target) {
  SCIMLEDGER_TRY(CheckMayHoldReplay(target));
  const auto file = DirectorySnapshotFile(target / "projections", manifest.tenant);
  SCIMLEDGER_TRY(MakeDirectories(file.parent_path(), target));
  SCIMLEDGER_TRY(projections::WriteSnapshot(view, manifest.log_id, manifest.leaf_hash, file));
  if (history != nullptr) {
    SCIMLEDGER_TRY(history->Flush());
    history.reset();
    std::error_code failed;
    std::filesystem::rename(PartialHistory(target),
                            ReplayedHistory(target / "projections", manifest.tenant), failed);
    if (failed) {
      return storage::Fail(
          storage::ErrorCode::kIo,
          fmt::format("cannot rename {}: {}", PartialHistory(target).string(), failed.message()));
    }
  }
  SCIMLEDGER_TRY(storage::WriteManifest(target, manifest));
  std::error_code ignored;
  std::filesystem::remove(PartialFile(target), ignored);
  std::filesystem::remove(PartialFile(target).string() + ".partial", ignored);
  return {};
}

}  // namespace scimledger::api
