#include "engine/work_budget.h"

#include <fmt/format.h>

#include <numeric>

namespace scimledger {
namespace {

/// Some characters take a hundred times as long to fold as a letter.
constexpr std::size_t kTextBytesPerStep = 4;
/// A search for a long text in a longer one may compare it at every place.
constexpr std::size_t kOperandBytesPerStep = 512;

struct StepsOfFilter {
  std::size_t operator()(const Filter::Compare& compare) const {
    return 1 + compare.operand.folded.size() / kOperandBytesPerStep;
  }
  std::size_t operator()(const Filter::Present&) const { return 1; }
  std::size_t operator()(const Filter::ValuePath& path) const { return StepsToMatch(*path.inner); }
  std::size_t operator()(const Filter::And& both) const { return Sum(both.terms); }
  std::size_t operator()(const Filter::Or& any) const { return Sum(any.terms); }
  std::size_t operator()(const Filter::Not& negation) const { return StepsToMatch(*negation.term); }

  static std::size_t Sum(const std::vector<Filter>& terms) {
    return std::accumulate(
        terms.begin(), terms.end(), std::size_t{0},
        [](std::size_t sum, const Filter& term) { return sum + StepsToMatch(term); });
  }
};

}  // namespace

Result<void> WorkBudget::Check() const {
  if (!IsSpent()) return {};
  return Refuse(413, ScimType::kNone,
                fmt::format("This request would take more than {} steps of work: its operations "
                            "times the values or members they look at are too many. Send fewer "
                            "operations, or fewer values or members, in each of several requests",
                            steps_max_));
}

std::size_t StepsToRead(const Value& value) {
  if (const std::string* text = value.AsString()) return 1 + text->size() / kTextBytesPerStep;
  std::size_t steps = 1;
  if (const AttributeMap* parts = value.AsComplex()) {
    for (const auto& [id, part] : *parts) steps += StepsToRead(part);
  } else if (const ValueList* list = value.AsList()) {
    for (const Value& element : *list) steps += StepsToRead(element);
  }
  return steps;
}

std::size_t StepsToMatch(const Filter& filter) { return std::visit(StepsOfFilter{}, filter.node); }

}  // namespace scimledger
