#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include "projections/index_snapshot.h"
#include "storage/event_log.h"

namespace scimledger::api {

/// Brings the columns of the attribute index back at a start, from the file that SnapshotKeeper
/// wrote, which is read on a thread of its own while the directory loads. A file that does not fit
/// the log or is damaged is deleted, and queries have their columns made again; `notice` is told
/// which and why, in one line.
class IndexRecovery {
 public:
  IndexRecovery(std::filesystem::path file, const storage::EventLog& log,
                std::function<void(const std::string& line)> notice);

  /// Gives the columns to the directory if it is at their sequence. Before the rest of the log is
  /// replayed.
  void TryAdopt(const projections::Directory& directory);
  /// At the log's head: columns that could not be used are made by the index's own thread. True:
  /// there are none, so what the file holds is what there is.
  bool Finish(const projections::Directory& directory);

 private:
  void Take();
  void Adopt(const projections::Directory& directory);
  void Drop(const std::string& why);

  const std::filesystem::path file_;
  const storage::EventLog& log_;
  const std::function<void(const std::string& line)> notice_;
  std::future<storage::Result<projections::StoredIndex>> reading_;
  std::optional<projections::StoredIndex> stored_;
  bool is_adopted_ = false;
};

}  // namespace scimledger::api
