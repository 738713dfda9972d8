#include "api/snapshot_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "projections/background_thread.h"
#include "projections/frozen_view.h"
#include "projections/index_snapshot.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// How often the keeper looks whether there are new columns, and how soon it writes again for them:
/// a snapshot is seconds of work.
constexpr std::chrono::seconds kColumnsCheck{30};
constexpr std::chrono::minutes kColumnsInterval{10};

std::vector<projections::ColumnName> ColumnsOf(const projections::Directory& directory) {
  const auto state = directory.attribute_index().Acquire({});
  return state ? state->Names() : std::vector<projections::ColumnName>();
}

}  // namespace

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
      next_columns_(std::chrono::steady_clock::now() + kColumnsCheck),
      thread_([this] { Loop(); }) {}

SnapshotKeeper::~SnapshotKeeper() { Stop(); }

bool SnapshotKeeper::IsDue(Sequence position) const {
  const std::uint64_t due_at = due_at_.load();
  if (position.value < due_at) return false;
  const bool is_overdue = position.value - due_at >= (kIntervalsMax - 1) * options_.interval;
  return is_overdue || std::chrono::steady_clock::now() >= rests_until_.load();
}

void SnapshotKeeper::Consider(Sequence position) {
  if (!IsDue(position)) return;
  {
    const std::lock_guard lock(mutex_);
    if (is_due_) return;
    is_due_ = true;
    // Raised again when this one is written.
    due_at_.store(kNever);
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
  const bool has_moved = directory_.position() != written();
  if (has_moved || HasNewColumns()) WriteAll(has_moved);
}

void SnapshotKeeper::Loop() {
  storage::NameThread("snapshots");
  projections::YieldToOthers();
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, kColumnsCheck, [this] { return is_due_ || is_stopping_; });
    if (is_stopping_) return;
    // Events that came while it rested, and none since, are due too.
    const bool is_due = is_due_ || IsDue(directory_.position());
    lock.unlock();
    const bool is_time = options_.interval != 0 && std::chrono::steady_clock::now() > next_columns_;
    if (is_due || (is_time && HasNewColumns())) {
      Write();
      next_columns_ = std::chrono::steady_clock::now() + kColumnsInterval;
    }
    lock.lock();
    is_due_ = false;
  }
}

Sequence SnapshotKeeper::written() const { return {written_.load()}; }

void SnapshotKeeper::NoteColumns() {
  const auto names = ColumnsOf(directory_);
  const std::lock_guard lock(columns_mutex_);
  columns_ = {names.begin(), names.end()};
}

bool SnapshotKeeper::HasNewColumns() const {
  const auto names = ColumnsOf(directory_);
  const std::lock_guard lock(columns_mutex_);
  return std::any_of(names.begin(), names.end(),
                     [this](const auto& name) { return !columns_.contains(name); });
}

void SnapshotKeeper::Write() { WriteAll(true); }

void SnapshotKeeper::WriteAll(bool with_directory) {
  const std::lock_guard lock(writing_);
  const auto began = std::chrono::steady_clock::now();
  const Sequence sequence = WriteFiles(with_directory);
  if (options_.interval == 0) return;
  // A failed one is not tried again at once: the disk may be full, and only the next start's length
  // depends on it.
  const auto ended = std::chrono::steady_clock::now();
  rests_until_ = ended + options_.rest_factor * (ended - began);
  due_at_ = sequence.value + options_.interval;
}

Sequence SnapshotKeeper::WriteFiles(bool with_directory) {
  const auto view = std::dynamic_pointer_cast<const projections::FrozenView>(directory_.Freeze());
  // First, because the index moves on while the directory is written.
  const auto columns = directory_.attribute_index().BringTo(view);
  const Sequence sequence = view->sequence();
  auto leaf_hash = LeafHashAt(log_, sequence);
  storage::Result<void> result;
  if (!leaf_hash) {
    result = std::unexpected(leaf_hash.error());
  } else if (with_directory) {
    result = projections::WriteSnapshot(*view, log_.id(), *leaf_hash, options_.file);
  }
  if (!result) {
    Tell(sequence, options_.file, result.error());
    return sequence;
  }
  written_ = sequence.value;
  WriteIndex(columns.get(), *leaf_hash);
  return sequence;
}

void SnapshotKeeper::WriteIndex(const projections::IndexState* state, const Hash& leaf_hash) {
  std::set<projections::ColumnName> written;
  if (state == nullptr) {
    std::error_code ignored;
    std::filesystem::remove(options_.index_file, ignored);
  } else {
    const auto result =
        projections::WriteIndexSnapshot(*state, log_.id(), leaf_hash, options_.index_file);
    if (!result) return Tell(state->base->sequence(), options_.index_file, result.error());
    const auto names = state->Names();
    written = {names.begin(), names.end()};
  }
  const std::lock_guard lock(columns_mutex_);
  columns_ = std::move(written);
}

void SnapshotKeeper::Tell(Sequence sequence, const std::filesystem::path& file,
                          const storage::Error& error) const {
  if (!options_.notice) return;
  options_.notice(fmt::format("no snapshot of sequence {} in {}: {}", sequence.value, file.string(),
                              error.message));
}

}  // namespace scimledger::api
