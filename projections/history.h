#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "projections/administration.h"
#include "projections/history_fold.h"
#include "projections/history_reader.h"
#include "projections/term_index.h"
#include "storage/event_log.h"
#include "storage/key_value_store.h"

namespace scimledger::projections {

/// The history and the audit index of one tenant, on disk: any resource, any group's members, any
/// member's groups as of any sequence, and which events have a term. It follows the log on a thread
/// of its own, off the commit path, by the events that the writer offers it and by the log itself
/// for what it was not offered; so it lags behind the head by a moment, and who needs a sequence
/// waits for it. Disposable: what does not fit the log, or is damaged, is made again.
///
/// Thread-safe after Open.
class History {
 public:
  struct Options {
    std::filesystem::path directory;
    /// It follows the log to here.
    Sequence until{UINT64_MAX};
    /// Until EndFeed it follows what Feed brings; the log is read for what is before that only.
    bool is_fed = false;
    /// It was made by a replay and is at the head of `log`, which has no events: it is read as it
    /// is, and finds no terms.
    bool is_whole = false;
    /// Told one line for the operator: thrown away, or failed, and why. Any thread.
    std::function<void(const std::string& line)> notice;
  };

  /// `log` must outlive it. Opens what is there, or begins anew; then follows the log.
  [[nodiscard]] static storage::Result<std::unique_ptr<History>> Open(const storage::EventLog& log,
                                                                      Options options);
  /// Deletes what a history left in the directory.
  static void Remove(const std::filesystem::path& directory);
  /// Stops following, and keeps what was folded.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// Events that the log has now, of `bytes` there: it need not read and decode them again. One
  /// thread, in order; what is more than it has room for is read from the log after all. Cheap.
  void Offer(std::vector<Event> events, std::size_t bytes);
  /// Events of the log with their rows, from a replay of the directory: in order, without gaps
  /// after the first. Waits while there is more than it has room for. The error is why it does not
  /// follow the log any more, or that it could not for a while. One thread.
  [[nodiscard]] storage::Result<void> Feed(std::vector<Event> events);
  void EndFeed();
  /// What was folded so far is on the disk afterwards. For whoever knows that it folds no more.
  [[nodiscard]] storage::Result<void> Flush();
  Sequence position() const { return Sequence{position_.load(std::memory_order_acquire)}; }
  /// Waits until it has come to `sequence`, which the log has. kUnavailable: not until `deadline`,
  /// or it cannot follow at the moment. Else why it does not follow the log any more. `progress` is
  /// told the position now and then.
  [[nodiscard]] storage::Result<void> WaitFor(Sequence sequence,
                                              std::chrono::steady_clock::time_point deadline,
                                              const std::function<void(Sequence)>& progress = {});

  const HistoryReader& reader() const { return reader_; }
  /// Schemas, settings and credentials as of `at`, up to the position. Throws HistoryError.
  std::shared_ptr<const Administration> AdministrationAt(Sequence at) const;
  /// The events that have the term, of those up to the position. Throws HistoryError.
  std::unique_ptr<ChunkWalk> WalkTerm(TermIndex::Term term) const {
    return terms_.Walk(*store_, term);
  }

  std::size_t memory_bytes() const { return store_->memory_bytes(); }
  std::size_t disk_bytes() const { return store_->disk_bytes(); }

 private:
  History(const storage::EventLog& log, Options options,
          std::unique_ptr<storage::KeyValueStore> store, const HistoryPosition& position);

  /// Wakes the thread: the log may have grown. Cheap.
  void Nudge();

  /// Everything in memory that the stored rows stand for.
  [[nodiscard]] storage::Result<void> Restore(const HistoryPosition& position);
  Sequence Target() const { return std::min(log_.head().sequence, options_.until); }
  void Follow();
  [[nodiscard]] storage::Result<void> CatchUp();
  [[nodiscard]] storage::Result<void> FoldOffered(std::vector<std::vector<Event>> batches);
  [[nodiscard]] storage::Result<void> FoldFromLog(Sequence until);
  [[nodiscard]] storage::Result<void> FoldOne(const Event& event);
  [[nodiscard]] storage::Result<void> WriteFolded();
  bool HasWork();
  bool HasLongTrouble() const;
  bool WaitForWork();
  /// Tells the operator when trouble that may pass begins, and when it is over.
  void NoteTrouble(const std::optional<storage::Error>& error);
  void FailWith(storage::Error error);

  const storage::EventLog& log_;
  const Options options_;
  const std::unique_ptr<storage::KeyValueStore> store_;
  const HistoryReader reader_;
  TermIndex terms_;
  HistoryFold fold_;  ///< of the following thread

  std::atomic<std::uint64_t> position_{0};
  std::atomic<bool> is_awake_{true};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_fed_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;   ///< position, failure
  std::condition_variable nudged_;  ///< is_awake_, is_stopping_, waiting_
  std::optional<storage::Error> failure_;
  struct Trouble {
    std::chrono::steady_clock::time_point since;
    std::string message;
  };
  std::optional<Trouble> trouble_;        ///< a full disk, a log that is being reopened
  std::size_t waiting_ = 0;               ///< callers of WaitFor
  std::vector<Sequence> administration_;  ///< sequences up to the position
  /// By how many of them were folded.
  mutable std::map<std::size_t, std::shared_ptr<const Administration>> administrations_;

  std::mutex offers_mutex_;
  std::condition_variable taken_;  ///< offered_
  std::vector<std::vector<Event>> offered_;
  std::size_t offered_events_ = 0;
  std::size_t offered_bytes_ = 0;
  bool takes_offers_ = true;

  std::thread thread_;
};

}  // namespace scimledger::projections
