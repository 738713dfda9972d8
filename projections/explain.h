#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/filter.h"

namespace scimledger::projections {

/// How a query was answered, step by step, for people who want to know why it takes its time.
struct Explain {
  struct Step {
    int depth = 0;                         ///< a step below another one is part of it
    std::string what;                      ///< the part of the filter, or what was done
    std::string how;                       ///< the structure that answered it
    std::optional<std::size_t> estimated;  ///< rows (or elements) expected
    std::optional<std::size_t> found;      ///< that may match after this step
    double microseconds = 0;               ///< with the steps below it
  };
  std::vector<Step> steps;

  /// One line per step.
  std::string ToText() const;
};

/// The filter as a client would write it.
std::string DescribeFilter(const SchemaRegistry& registry, const Filter& filter);

/// Records steps where an Explain was asked for, and costs nothing where not.
class ExplainWriter {
 public:
  explicit ExplainWriter(Explain* explain) : explain_(explain) {}

  bool is_wanted() const { return explain_ != nullptr; }
  /// Steps begun before the End of this one are part of it.
  std::size_t Begin(std::string what);
  void End(std::size_t step, std::string_view how, std::optional<std::size_t> estimated,
           std::optional<std::size_t> found);

 private:
  Explain* explain_;
  int depth_ = 0;
  std::vector<std::chrono::steady_clock::time_point> begun_;
};

}  // namespace scimledger::projections
