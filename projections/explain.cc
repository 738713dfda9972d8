#include "projections/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace scimledger::projections {
namespace {

std::string DescribePath(const SchemaRegistry& registry, const AttributePath& path) {
  return registry.attribute(path.sub.value_or(path.attribute)).path;
}

std::string DescribeOperand(const Operand& operand) {
  if (const bool* boolean = operand.value.AsBool()) return *boolean ? "true" : "false";
  if (const auto* integer = operand.value.AsInteger()) return fmt::format("{}", *integer);
  if (const auto* decimal = operand.value.AsDecimal()) return fmt::format("{}", *decimal);
  const std::string* text = operand.value.AsString();
  return fmt::format("\"{}\"", text == nullptr ? "" : *text);
}

std::string DescribeTerms(const SchemaRegistry& registry, const std::vector<Filter>& terms,
                          std::string_view word) {
  if (terms.empty()) return word == "and" ? "everything" : "nothing";
  std::string text;
  for (const Filter& term : terms) {
    if (!text.empty()) text += fmt::format(" {} ", word);
    text += DescribeFilter(registry, term);
  }
  return '(' + text + ')';
}

struct Describer {
  const SchemaRegistry& registry;

  std::string operator()(const Filter::Compare& node) const {
    return fmt::format("{} {} {}", DescribePath(registry, node.path), ToString(node.op),
                       DescribeOperand(node.operand));
  }
  std::string operator()(const Filter::Present& node) const {
    return DescribePath(registry, node.path) + " pr";
  }
  std::string operator()(const Filter::ValuePath& node) const {
    return fmt::format("{}[{}]", registry.attribute(node.attribute).path,
                       DescribeFilter(registry, *node.inner));
  }
  std::string operator()(const Filter::And& node) const {
    return DescribeTerms(registry, node.terms, "and");
  }
  std::string operator()(const Filter::Or& node) const {
    return DescribeTerms(registry, node.terms, "or");
  }
  std::string operator()(const Filter::Not& node) const {
    return fmt::format("not ({})", DescribeFilter(registry, *node.term));
  }
};

std::string CountText(std::optional<std::size_t> count) {
  return count ? fmt::format("{}", *count) : "-";
}

}  // namespace

std::string DescribeFilter(const SchemaRegistry& registry, const Filter& filter) {
  return std::visit(Describer{registry}, filter.node);
}

std::string Explain::ToText() const {
  constexpr std::size_t kStepWidthMax = 64;
  std::size_t width = 4;
  for (const Step& step : steps) {
    width = std::max(width, step.what.size() + 2 * static_cast<std::size_t>(step.depth));
  }
  width = std::min(width, kStepWidthMax);
  std::string text = fmt::format("{:{}}  {:>10} {:>10} {:>10}  {}\n", "step", width, "estimated",
                                 "found", "us", "by");
  for (const Step& step : steps) {
    const std::string what(2 * static_cast<std::size_t>(step.depth), ' ');
    fmt::format_to(std::back_inserter(text), "{:{}}  {:>10} {:>10} {:>10.1f}  {}\n",
                   what + step.what, width, CountText(step.estimated), CountText(step.found),
                   step.microseconds, step.how);
  }
  return text;
}

std::size_t ExplainWriter::Begin(std::string what) {
  if (explain_ == nullptr) return 0;
  const std::size_t step = explain_->steps.size();
  explain_->steps.push_back({depth_++, std::move(what), {}, {}, {}, 0});
  begun_.resize(step + 1);
  begun_[step] = std::chrono::steady_clock::now();
  return step;
}

void ExplainWriter::End(std::size_t step, std::string_view how,
                        std::optional<std::size_t> estimated, std::optional<std::size_t> found) {
  if (explain_ == nullptr) return;
  const std::chrono::duration<double, std::micro> spent =
      std::chrono::steady_clock::now() - begun_[step];
  Explain::Step& ended = explain_->steps[step];
  ended.how = how;
  ended.estimated = estimated;
  ended.found = found;
  ended.microseconds = spent.count();
  depth_ = ended.depth;
}

}  // namespace scimledger::projections
