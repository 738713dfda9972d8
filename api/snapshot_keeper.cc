#include "api/snapshot_keeper.h"

#include <fmt/format.h>

#include <limits>
#include <system_error>
#include <utility>

namespace scimledger::api {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// Why the snapshot may not be used with this log; empty: it may.
std::string WhyUnfit(const storage::SnapshotInfo& info, const storage::EventLog& log) {
  if (info.log_id != log.id()) return "it is of another log";
  const Sequence head = log.head().sequence;
  if (info.sequence > head) {
    return fmt::format("it is of sequence {}, beyond the log's head {}", info.sequence.value,
                       head.value);
  }
  const auto leaf_hash = LeafHashAt(log, info.sequence);
  if (!leaf_hash) return leaf_hash.error().message;
  if (*leaf_hash != info.leaf_hash) {
    return fmt::format("the log's event {} is not the one it was made from", info.sequence.value);
  }
  return {};
}

}  // namespace

storage::Result<Hash> LeafHashAt(const storage::EventLog& log, Sequence sequence) {
  if (sequence == Sequence{0}) return Hash{};
  SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(sequence, storage::ReadCheck::kTrust));
  SCIMLEDGER_TRY_ASSIGN(const auto event, reader->Next());
  if (!event || event->sequence != sequence) {
    return storage::Fail(storage::ErrorCode::kCorrupt,
                         fmt::format("the log has no event {}", sequence.value));
  }
  return event->leaf_hash;
}

std::unique_ptr<projections::Directory> LoadFittingSnapshot(
    const std::filesystem::path& file, const storage::EventLog& log,
    const std::function<void(const std::string& line)>& notice) {
  auto loaded = projections::LoadSnapshot(file);
  std::string unfit;
  if (loaded) {
    unfit = WhyUnfit(loaded->info, log);
    if (unfit.empty()) return std::move(loaded->directory);
  } else if (loaded.error().code != storage::ErrorCode::kNotFound) {
    unfit = loaded.error().message;
  }
  if (!unfit.empty()) {
    if (notice) {
      notice(fmt::format("snapshot {} is not used and is deleted: {}; replaying from zero",
                         file.string(), unfit));
    }
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
  return projections::Directory::Make();
}

SnapshotKeeper::SnapshotKeeper(const storage::EventLog& log,
                               const projections::Directory& directory, Options options)
    : log_(log),
      directory_(directory),
      options_(std::move(options)),
      due_at_(options_.interval == 0 ? kNever : options_.last.value + options_.interval),
      written_(options_.last.value),
      thread_([this] { Loop(); }) {}

SnapshotKeeper::~SnapshotKeeper() { Stop(); }

void SnapshotKeeper::Consider(Sequence position) {
  if (position.value < due_at_.load(std::memory_order_relaxed)) return;
  {
    const std::lock_guard lock(mutex_);
    if (is_due_) return;
    is_due_ = true;
    // Raised again when this one is written.
    due_at_.store(kNever, std::memory_order_relaxed);
  }
  wake_.notify_one();
}

void SnapshotKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (directory_.position() != written()) Write();
}

void SnapshotKeeper::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return is_due_ || is_stopping_; });
    if (is_stopping_) return;
    lock.unlock();
    Write();
    lock.lock();
    is_due_ = false;
  }
}

Sequence SnapshotKeeper::written() const { return {written_.load()}; }

void SnapshotKeeper::Write() {
  const std::lock_guard lock(writing_);
  const auto view = directory_.Freeze();
  const Sequence sequence = view->sequence();
  auto leaf_hash = LeafHashAt(log_, sequence);
  auto result = leaf_hash ? projections::WriteSnapshot(*view, log_.id(), *leaf_hash, options_.file)
                          : storage::Result<void>(std::unexpected(leaf_hash.error()));
  // A failed one is not tried again at once: the disk may be full, and only the next start's length
  // depends on it.
  if (options_.interval != 0) due_at_.store(sequence.value + options_.interval);
  if (result) {
    written_ = sequence.value;
  } else if (options_.notice) {
    options_.notice(fmt::format("no snapshot of sequence {} in {}: {}", sequence.value,
                                options_.file.string(), result.error().message));
  }
}

}  // namespace scimledger::api
