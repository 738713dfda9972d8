#include "api/replay_export.h"

#include <fmt/format.h>

#include <system_error>

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

}  // namespace

std::filesystem::path DirectorySnapshotFile(const std::filesystem::path& projections,
                                            std::string_view tenant) {
  return projections / tenant / "directory.snapshot";
}

storage::Result<void> CheckMayHoldReplay(const std::filesystem::path& target) {
  std::error_code error;
  const auto status = std::filesystem::status(target, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  const bool is_empty_directory =
      std::filesystem::is_directory(status) && std::filesystem::is_empty(target, error) && !error;
  if (is_empty_directory) return {};
  return storage::Fail(
      storage::ErrorCode::kInvalid,
      fmt::format("{} is not an empty directory: a replay is written into a new one",
                  target.string()));
}

storage::Result<void> WriteReplay(const projections::DirectoryView& view,
                                  const storage::Manifest& manifest,
                                  const std::filesystem::path& target) {
  SCIMLEDGER_TRY(CheckMayHoldReplay(target));
  const auto file = DirectorySnapshotFile(target / "projections", manifest.tenant);
  SCIMLEDGER_TRY(MakeDirectories(file.parent_path(), target));
  SCIMLEDGER_TRY(projections::WriteSnapshot(view, manifest.log_id, manifest.leaf_hash, file));
  return storage::WriteManifest(target, manifest);
}

}  // namespace scimledger::api
