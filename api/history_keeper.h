#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "projections/history.h"
#include "storage/event_log.h"

namespace scimledger::api {

/// What a question is answered with that needs a history where there is none.
storage::Error NoHistory();

/// One tenant's history through its life: found at a start, brought to the head, fed by the writer,
/// made again beside the one that answers, and swapped.
///
/// On disk it is a directory of its own for each time it was made again: `history`, `history.1`, …;
/// the newest counts, and one ending in `.partial` is not whole yet. So a kill at any moment leaves
/// the old one or the new one.
///
/// Thread-safe.
class HistoryKeeper {
 public:
  struct Options {
    std::string tenant;
    std::filesystem::path directory;  ///< DATA/projections/NAME; it is there
    /// Told one line for the operator. Any thread.
    std::function<void(const std::string& line)> notice;
  };
  using Progress = std::function<void(Sequence position, Sequence head)>;

  /// Opens what is there, or begins anew, and follows the log, which must outlive it.
  HistoryKeeper(const storage::EventLog& log, Options options);

  /// Waits until it is at the log's head. What does not come there is made again, once; then the
  /// tenant has none: a projection that can be thrown away must not keep a server from serving.
  void Finish(const Progress& progress);

  /// nullptr: it could not be made. Whoever asks it several questions keeps the pointer, because a
  /// rebuilt one may take its place.
  std::shared_ptr<projections::History> current() const;
  /// How often it was made again while serving.
  std::uint64_t rebuilds() const;

  /// For the writer's thread (engine/writer.h): events it has committed; and before each batch,
  /// which waits a moment while the history is far behind (DESIGN §4).
  void Offer(std::vector<Event> events, std::size_t bytes) const;
  void SlowDown() const;

  /// Makes it again from the log's first event beside the current one, and swaps. After an error
  /// the old one stays. Returns the sequence that the new one was at. Slow; one at a time.
  [[nodiscard]] storage::Result<Sequence> Rebuild(const Progress& progress);

 private:
  /// A history, and whether its directory goes when nobody uses it any more.
  struct Kept {
    std::shared_ptr<projections::History> history;
    std::shared_ptr<std::atomic<bool>> is_discarded;
  };

  std::filesystem::path PathOf(std::uint64_t generation) const;
  /// The newest whole one; removes the others.
  std::uint64_t FindGeneration() const;
  [[nodiscard]] storage::Result<Kept> Open(const std::filesystem::path& directory) const;
  [[nodiscard]] storage::Result<void> BringToHead(projections::History& history,
                                                  const Progress& progress) const;
  void Notice(const std::string& line) const;

  const storage::EventLog& log_;
  const Options options_;
  std::mutex rebuilding_;
  mutable std::mutex mutex_;
  storage::Result<Kept> kept_ = Kept{};  ///< an error: why it could not be opened; until Finish
  std::uint64_t generation_ = 0;
  std::uint64_t rebuilds_ = 0;
};

}  // namespace scimledger::api
