#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "projections/attribute_index.h"
#include "projections/directory.h"
#include "storage/event_log.h"

namespace scimledger::api {

/// Loads the directory's snapshot if it is of this log (log id, sequence not beyond the head, the
/// log's own leaf hash at that sequence). One that does not fit, or is damaged, is deleted, and an
/// empty directory comes back: replay makes up for it. `notice` is told which and why.
std::unique_ptr<projections::Directory> LoadFittingSnapshot(
    const std::filesystem::path& file, const storage::EventLog& log,
    const std::function<void(const std::string& line)>& notice);

/// Why a snapshot may not be used with this log; empty: it may.
std::string WhyUnfit(const storage::SnapshotInfo& info, const storage::EventLog& log);

/// The leaf hash of one event of the log; all zero for sequence 0.
[[nodiscard]] storage::Result<Hash> LeafHashAt(const storage::EventLog& log, Sequence sequence);

/// Writes a snapshot of the directory every so many events, from a frozen view, on a thread of its
/// own, so that a start replays a short tail; and with it one of the columns of its attribute
/// index. A snapshot writes every row, so while a directory is filled they come less often, for a
/// small share of the time (but begun after kIntervalsMax intervals in any case). Columns that
/// queries have had made since then are a reason for another one too, now and then.
class SnapshotKeeper {
 public:
  struct Options {
    std::filesystem::path file;
    std::filesystem::path index_file;
    std::uint64_t interval = 100'000;  ///< events between two snapshots, at least; 0: only at Stop
    /// After one, events alone make none due for so many times what it took.
    int rest_factor = 19;
    Sequence last;  ///< sequence of the snapshot there is; 0: none
    std::function<void(const std::string& line)> notice;
  };
  /// After so many intervals one is begun, however long the last one took: about what a start after
  /// a crash has to replay at most.
  static constexpr std::uint64_t kIntervalsMax = 5;

  /// `log` and `directory` must outlive the keeper.
  SnapshotKeeper(const storage::EventLog& log, const projections::Directory& directory,
                 Options options);
  ~SnapshotKeeper();
  SnapshotKeeper(const SnapshotKeeper&) = delete;
  SnapshotKeeper& operator=(const SnapshotKeeper&) = delete;

  /// Told where the directory is now and then; starts a snapshot when one is due. Cheap; any
  /// thread.
  void Consider(Sequence position);
  /// Writes one now, on the caller's thread, whatever there is.
  void Write();
  /// The columns there are now came from the snapshot, so they are no reason to write one.
  void NoteColumns();
  /// Sequence of the last one written, or found at the start; 0: none.
  Sequence written() const;
  /// Ends the thread and writes a last snapshot if anything changed since the one before.
  void Stop();

 private:
  void Loop();
  bool IsDue(Sequence position) const;
  /// Whether a start would have to make columns that are there now.
  bool HasNewColumns() const;
  void WriteAll(bool with_directory);
  /// Returns the sequence that the files are of, written or not.
  Sequence WriteFiles(bool with_directory);
  void WriteIndex(const projections::IndexState* state, const Hash& leaf_hash);
  void Tell(Sequence sequence, const std::filesystem::path& file,
            const storage::Error& error) const;

  const storage::EventLog& log_;
  const projections::Directory& directory_;
  const Options options_;
  std::atomic<std::uint64_t> due_at_;
  std::atomic<std::chrono::steady_clock::time_point> rests_until_{};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_due_ = false;
  bool is_stopping_ = false;
  std::mutex writing_;  ///< one snapshot at a time
  mutable std::mutex columns_mutex_;
  std::set<projections::ColumnName> columns_;  ///< in the snapshot
  std::atomic<std::uint64_t> written_;
  std::chrono::steady_clock::time_point next_columns_;
  std::thread thread_;
};

}  // namespace scimledger::api
