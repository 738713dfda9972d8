#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "api/tenant.h"
#include "projections/directory.h"
#include "projections/index_budget.h"

namespace scimledger::api {

/// Directories as they were at a sequence, made by replay. The last few are kept, since who asks
/// about a moment asks more than once; a later moment is reached from an earlier one that nobody
/// uses any more. Thread-safe; At blocks.
class PastDirectories {
 public:
  /// nullptr: it is not kept.
  std::shared_ptr<const projections::Directory> Find(const Tenant& tenant, Sequence sequence);
  /// Takes as long as a replay of what no kept directory has. `sequence`: up to the log's head.
  [[nodiscard]] storage::Result<std::shared_ptr<const projections::Directory>> At(
      const Tenant& tenant, Sequence sequence);

 private:
  /// Each holds all rows of its moment: memory, not time, is the limit.
  static constexpr std::size_t kKeptMax = 2;
  /// For the columns of all of them: the past must not push out what queries about now use.
  static constexpr std::size_t kIndexBytesMax = std::size_t{64} << 20U;

  struct Entry {
    const Tenant* tenant = nullptr;
    std::shared_ptr<projections::Directory> directory;
  };

  std::shared_ptr<projections::Directory> TakeNearest(const Tenant& tenant, Sequence sequence);
  std::shared_ptr<projections::Directory> MakeEmpty() const;

  const std::shared_ptr<projections::IndexBudget> index_budget_ =
      std::make_shared<projections::IndexBudget>(kIndexBytesMax);
  std::mutex mutex_;
  std::vector<Entry> kept_;  ///< the one used last at the end
};

}  // namespace scimledger::api
