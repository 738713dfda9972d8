#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/filter.h"
#include "engine/scim_error.h"
#include "engine/value.h"

namespace scimledger {

/// Steps that deciding one PATCH or PUT may take on the writer's thread; beyond: 413. A step is
/// about 0.1 µs of work at worst: a value looked at, or 4 bytes of text. It is what stands between
/// one request and everybody else's writes: 10,000 operations, each cheap for a small attribute,
/// would otherwise hold the thread for seconds on one of 10,000 values.
inline constexpr std::size_t kDecideStepsMax = 400'000;

/// What a member counts that is asked for or visited, and one that comes or goes. It takes longer
/// than other steps (2 µs with all that follows), but people set and empty large groups in one
/// request: 200,000 members pass, which is more than a body of the default size can name.
inline constexpr std::size_t kStepsOfMemberAsked = 1;
inline constexpr std::size_t kStepsOfMemberChanged = 1;

/// Counts the steps of one command. Loops whose length a client chooses spend before they work and
/// stop when the budget is spent; who runs them then refuses the command.
class WorkBudget {
 public:
  explicit WorkBudget(std::size_t steps_max = kDecideStepsMax) : steps_max_(steps_max) {}

  void Spend(std::size_t steps) { spent_ += std::min(steps, steps_max_ + 1); }
  bool IsSpent() const { return spent_ > steps_max_; }
  std::size_t spent() const { return spent_; }
  /// 413 when spent, with what a client can do about it.
  [[nodiscard]] Result<void> Check() const;

 private:
  std::size_t steps_max_;
  std::size_t spent_ = 0;
};

/// What looking at all of a value costs.
std::size_t StepsToRead(const Value& value);
/// By how much a filter multiplies the cost of reading a value: its comparisons.
std::size_t StepsToMatch(const Filter& filter);

}  // namespace scimledger
