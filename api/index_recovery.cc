#include "api/index_recovery.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

#include "api/snapshot_keeper.h"

namespace scimledger::api {

IndexRecovery::IndexRecovery(std::filesystem::path file, const storage::EventLog& log,
                             std::function<void(const std::string& line)> notice)
    : file_(std::move(file)), log_(log), notice_(std::move(notice)) {
  std::error_code missing;
  if (!std::filesystem::exists(file_, missing)) return;
  reading_ = std::async(std::launch::async,
                        [file = file_] { return projections::ReadIndexSnapshot(file); });
}

void IndexRecovery::Drop(const std::string& why) {
  stored_.reset();
  if (notice_) {
    notice_(fmt::format("attribute index {} is not used and is deleted: {}; queries make it again",
                        file_.string(), why));
  }
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

/// What the thread has read.
void IndexRecovery::Take() {
  if (!reading_.valid()) return;
  auto read = reading_.get();
  if (!read && read.error().code == storage::ErrorCode::kNotFound) return;
  if (!read) return Drop(read.error().message);
  if (const std::string unfit = WhyUnfit(read->info, log_); !unfit.empty()) return Drop(unfit);
  stored_ = *std::move(read);
}

void IndexRecovery::TryAdopt(const projections::Directory& directory) {
  Take();
  if (stored_ && stored_->info.sequence == directory.position()) Adopt(directory);
}

void IndexRecovery::Adopt(const projections::Directory& directory) {
  auto names = projections::AdoptIndex(directory, *std::exchange(stored_, std::nullopt));
  if (!names) return Drop(names.error().message);
  is_adopted_ = names->empty();
  directory.attribute_index().Expect(*names);
}

bool IndexRecovery::Finish(const projections::Directory& directory) {
  if (stored_) Adopt(directory);
  return is_adopted_;
}

}  // namespace scimledger::api
