#include <fmt/format.h>

#include "engine/filter.h"
#include "engine/json.h"

namespace scimledger {
namespace {

/// Prints so that every double reads back as a double: 1.0 must not become the integer 1.
void AppendDecimal(std::string& out, double number) {
  const std::string text = fmt::format("{}", number);
  out += text;
  if (text.find_first_of(".eE") == std::string::npos) out += ".0";
}

class FilterPrinter {
 public:
  explicit FilterPrinter(std::string& out) : out_(out) {}

  void Print(const FilterSyntax& filter) {
    std::visit([this](const auto& node) { PrintNode(node); }, filter.node);
  }

 private:
  void PrintNode(const FilterSyntax::Compare& node) {
    out_ += fmt::format("{} {} ", node.path, ToString(node.op));
    std::visit([this](const auto& literal) { PrintLiteral(literal); }, node.literal);
  }
  void PrintNode(const FilterSyntax::Present& node) { out_ += node.path + " pr"; }
  void PrintNode(const FilterSyntax::ValuePath& node) {
    out_ += node.path + "[";
    Print(*node.inner);
    out_ += "]";
  }
  void PrintNode(const FilterSyntax::And& node) { PrintTerms(node.terms, " and "); }
  void PrintNode(const FilterSyntax::Or& node) { PrintTerms(node.terms, " or "); }
  void PrintNode(const FilterSyntax::Not& node) {
    out_ += "not (";
    Print(*node.term);
    out_ += ")";
  }

  /// Parentheses around an `or` anywhere, and around an `and` inside an `and`: they keep the tree.
  void PrintTerms(const std::vector<FilterSyntax>& terms, std::string_view keyword) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (i > 0) out_ += keyword;
      const bool is_and = std::holds_alternative<FilterSyntax::And>(terms[i].node);
      const bool is_or = std::holds_alternative<FilterSyntax::Or>(terms[i].node);
      const bool needs_parentheses = is_or || (is_and && keyword == " and ");
      if (needs_parentheses) out_ += "(";
      Print(terms[i]);
      if (needs_parentheses) out_ += ")";
    }
  }

  void PrintLiteral(std::monostate) { out_ += "null"; }
  void PrintLiteral(bool value) { out_ += value ? "true" : "false"; }
  void PrintLiteral(std::int64_t value) { out_ += fmt::format("{}", value); }
  void PrintLiteral(double value) { AppendDecimal(out_, value); }
  void PrintLiteral(const std::string& value) { AppendJsonString(out_, value); }

  std::string& out_;
};

}  // namespace

std::string ToString(const FilterSyntax& filter) {
  std::string out;
  FilterPrinter(out).Print(filter);
  return out;
}

}  // namespace scimledger
