#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "projections/query.h"
#include "projections/view_reader.h"

namespace scimledger::projections {

/// The comparison of `members eq "id"` or `members[value eq "id"]`; nullptr: another filter.
const Filter::Compare* AsksForMember(const SchemaRegistry& registry, const Filter& filter);

/// What the plain evaluator says, except that `members eq "id"` asks the set instead of walking it:
/// with a group of 100,000 and an Entra query for one member that is the whole cost. One thread.
class RowTest {
 public:
  /// View and query must outlive it.
  RowTest(const DirectoryView& view, const TypeQuery& query, std::string_view base_url);

  bool Matches(const Resource& row);
  /// Of the row that was tested last.
  std::optional<std::string> SortKey() const;
  /// Of any row.
  std::optional<std::string> SortKeyOf(const Resource& row);

 private:
  bool Evaluate(const Filter& filter, const Resource& row) const;

  const DirectoryView& view_;
  const TypeQuery& query_;
  RegistryPtr registry_;
  ViewReader reader_;
};

/// Tells now and then whether it is too late, for loops over rows.
class DeadlineCheck {
 public:
  explicit DeadlineCheck(std::chrono::steady_clock::time_point deadline) : deadline_(deadline) {}

  /// Looks at the clock every so many calls, beginning with the first; once late, always late.
  bool IsLate() {
    if (calls_++ % kCallsBetweenLooks == 0) {
      is_late_ = is_late_ || std::chrono::steady_clock::now() > deadline_;
    }
    return is_late_;
  }
  bool was_late() const { return is_late_; }

 private:
  static constexpr std::uint64_t kCallsBetweenLooks = 64;

  const std::chrono::steady_clock::time_point deadline_;
  std::uint64_t calls_ = 0;
  bool is_late_ = false;
};

}  // namespace scimledger::projections
