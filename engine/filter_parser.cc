#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <utility>

#include "engine/filter.h"
#include "engine/filter_lexer.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using Kind = FilterTokenKind;

struct OperatorName {
  std::string_view name;
  CompareOperator op;
};
constexpr std::array<OperatorName, 9> kOperators = {{{"eq", CompareOperator::kEq},
                                                     {"ne", CompareOperator::kNe},
                                                     {"co", CompareOperator::kCo},
                                                     {"sw", CompareOperator::kSw},
                                                     {"ew", CompareOperator::kEw},
                                                     {"gt", CompareOperator::kGt},
                                                     {"ge", CompareOperator::kGe},
                                                     {"lt", CompareOperator::kLt},
                                                     {"le", CompareOperator::kLe}}};
constexpr std::string_view kOperatorList = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)";
constexpr std::string_view kTermList = "an attribute, 'not (' or '('";

std::optional<CompareOperator> FindOperator(std::string_view text) {
  for (const OperatorName& entry : kOperators) {
    if (EqualsIgnoreAsciiCase(entry.name, text)) return entry.op;
  }
  return std::nullopt;
}

bool IsName(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.starts_with('$')) text.remove_prefix(1);
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_letter(c) && !is_digit && c != '$' && c != '-' && c != '_') return false;
  }
  return true;
}

/// RFC 7644 fig. 1 attrPath. What stands in front of the last colon is a URN and only the registry
/// can judge it, as it can judge whether the rest belongs to that URN.
bool IsAttributePath(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return !text.ends_with(':');
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return IsName(text);
  return IsName(text.substr(0, dot)) && IsName(text.substr(dot + 1));
}

FilterSyntax NegationOf(FilterSyntax filter) {
  return {FilterSyntax::Not{std::make_unique<FilterSyntax>(std::move(filter))}};
}

/// Recursive descent; every open parenthesis or bracket is one level, and levels are limited.
class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : lexer_(text) {}

  Result<FilterSyntax> ParseAll() {
    SCIMLEDGER_TRY(Advance());
    if (token_.kind == Kind::kEnd) return lexer_.Wrong(0, "the filter is empty");
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax filter, ParseOr());
    if (token_.kind != Kind::kEnd) {
      return lexer_.Unexpected(token_, "'and', 'or' or the end of the filter");
    }
    return filter;
  }

 private:
  Result<void> Advance() {
    SCIMLEDGER_TRY_ASSIGN(token_, lexer_.Next());
    return {};
  }

  bool IsKeyword(std::string_view keyword) const {
    return token_.kind == Kind::kWord && EqualsIgnoreAsciiCase(token_.text, keyword);
  }

  Result<void> Expect(Kind kind, std::string_view expected) {
    if (token_.kind != kind) return lexer_.Unexpected(token_, expected);
    return Advance();
  }

  Result<void> Enter() {
    if (++depth_ <= kFilterDepthMax) return {};
    return lexer_.Wrong(token_.offset,
                        fmt::format("more than {} levels of ( and [", kFilterDepthMax));
  }

  Result<void> CountTerm() {
    if (++terms_ <= kFilterTermsMax) return {};
    return lexer_.Wrong(token_.offset, fmt::format("more than {} terms", kFilterTermsMax));
  }

  Result<FilterSyntax> ParseOr() {
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax first, ParseAnd());
    if (!IsKeyword("or")) return first;
    FilterSyntax::Or all;
    all.terms.push_back(std::move(first));
    while (IsKeyword("or")) {
      SCIMLEDGER_TRY(Advance());
      SCIMLEDGER_TRY_ASSIGN(FilterSyntax next, ParseAnd());
      all.terms.push_back(std::move(next));
    }
    return FilterSyntax{std::move(all)};
  }

  Result<FilterSyntax> ParseAnd() {
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax first, ParseTerm());
    if (!IsKeyword("and")) return first;
    FilterSyntax::And all;
    all.terms.push_back(std::move(first));
    while (IsKeyword("and")) {
      SCIMLEDGER_TRY(Advance());
      SCIMLEDGER_TRY_ASSIGN(FilterSyntax next, ParseTerm());
      all.terms.push_back(std::move(next));
    }
    return FilterSyntax{std::move(all)};
  }

  Result<FilterSyntax> ParseTerm() {
    if (token_.kind == Kind::kOpenParen) return ParseGroup();
    if (token_.kind != Kind::kWord) return lexer_.Unexpected(token_, kTermList);
    const FilterToken name = token_;
    SCIMLEDGER_TRY(Advance());
    if (token_.kind == Kind::kOpenParen) {
      if (EqualsIgnoreAsciiCase(name.text, "not")) {
        SCIMLEDGER_TRY_ASSIGN(FilterSyntax inner, ParseGroup());
        return NegationOf(std::move(inner));
      }
      return lexer_.Unexpected(token_, kOperatorList);
    }
    const bool may_be_attribute = token_.kind == Kind::kOpenBracket || IsKeyword("pr") ||
                                  FindOperator(token_.text).has_value();
    if (EqualsIgnoreAsciiCase(name.text, "not") && !may_be_attribute) {
      return lexer_.Unexpected(token_, "'(' after 'not'");
    }
    if (!IsAttributePath(name.text)) return lexer_.Unexpected(name, kTermList);
    SCIMLEDGER_TRY(CountTerm());
    if (token_.kind == Kind::kOpenBracket) return ParseValuePath(std::string(name.text));
    return ParseComparison(std::string(name.text));
  }

  Result<FilterSyntax> ParseGroup() {
    SCIMLEDGER_TRY(Enter());
    SCIMLEDGER_TRY(Advance());
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax inner, ParseOr());
    SCIMLEDGER_TRY(Expect(Kind::kCloseParen, "'and', 'or' or ')'"));
    --depth_;
    return inner;
  }

  Result<FilterSyntax> ParseComparison(std::string path) {
    if (IsKeyword("pr")) {
      SCIMLEDGER_TRY(Advance());
      return FilterSyntax{FilterSyntax::Present{std::move(path)}};
    }
    const auto op = token_.kind == Kind::kWord ? FindOperator(token_.text) : std::nullopt;
    if (!op) return lexer_.Unexpected(token_, kOperatorList);
    SCIMLEDGER_TRY(Advance());
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax::Literal literal, ParseOperand());
    return FilterSyntax{FilterSyntax::Compare{std::move(path), *op, std::move(literal)}};
  }

  Result<FilterSyntax::Literal> ParseOperand() {
    FilterSyntax::Literal literal;
    if (token_.kind == Kind::kString || token_.kind == Kind::kNumber) {
      literal = std::move(token_.literal);
    } else if (IsKeyword("true") || IsKeyword("false")) {
      literal = IsKeyword("true");
    } else if (token_.kind == Kind::kWord && !IsKeyword("null")) {
      return lexer_.Unexpected(token_, "a JSON value: put text into double quotes");
    } else if (token_.kind != Kind::kWord) {
      return lexer_.Unexpected(token_, "a string in double quotes, a number, true, false or null");
    }
    SCIMLEDGER_TRY(Advance());
    return literal;
  }

  Result<FilterSyntax> ParseValuePath(std::string path) {
    if (in_brackets_) {
      return lexer_.Unexpected(token_, "no brackets inside brackets (RFC 7644 erratum 7322)");
    }
    SCIMLEDGER_TRY(Enter());
    in_brackets_ = true;
    SCIMLEDGER_TRY(Advance());
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax inner, ParseOr());
    const std::size_t end = token_.offset + 1;
    SCIMLEDGER_TRY(Expect(Kind::kCloseBracket, "'and', 'or' or ']'"));
    in_brackets_ = false;
    --depth_;
    if (token_.kind == Kind::kWord && token_.offset == end && token_.text.starts_with('.')) {
      return ParseElementComparison(std::move(path), std::move(inner));
    }
    return FilterSyntax{
        FilterSyntax::ValuePath{std::move(path), std::make_unique<FilterSyntax>(std::move(inner))}};
  }

  /// `emails[type eq "work"].value eq "x"`: not in the filter grammar, but Entra sends it. It means
  /// `emails[type eq "work" and value eq "x"]`; the negative operators negate the whole, as they do
  /// on every attribute.
  Result<FilterSyntax> ParseElementComparison(std::string path, FilterSyntax inner) {
    const std::string_view part = token_.text.substr(1);
    if (!IsName(part)) return lexer_.Unexpected(token_, "'.' and one sub-attribute");
    SCIMLEDGER_TRY(Advance());
    SCIMLEDGER_TRY_ASSIGN(FilterSyntax comparison, ParseComparison(std::string(part)));
    bool is_negated = false;
    if (auto* compare = std::get_if<FilterSyntax::Compare>(&comparison.node)) {
      const bool is_null = std::holds_alternative<std::monostate>(compare->literal);
      const bool is_equality =
          compare->op == CompareOperator::kEq || compare->op == CompareOperator::kNe;
      if (is_equality) is_negated = (compare->op == CompareOperator::kEq) == is_null;
      if (is_equality) compare->op = CompareOperator::kEq;
      if (is_equality && is_null) {
        comparison = FilterSyntax{FilterSyntax::Present{std::string(part)}};
      }
    }
    FilterSyntax::And both;
    if (auto* terms = std::get_if<FilterSyntax::And>(&inner.node)) {
      both = std::move(*terms);
    } else {
      both.terms.push_back(std::move(inner));
    }
    both.terms.push_back(std::move(comparison));
    FilterSyntax result{FilterSyntax::ValuePath{
        std::move(path), std::make_unique<FilterSyntax>(FilterSyntax{std::move(both)})}};
    return is_negated ? NegationOf(std::move(result)) : std::move(result);
  }

  FilterLexer lexer_;
  FilterToken token_;
  std::size_t depth_ = 0;
  std::size_t terms_ = 0;
  bool in_brackets_ = false;
};

}  // namespace

std::string_view ToString(CompareOperator op) {
  return kOperators[static_cast<std::size_t>(op)].name;
}

Result<FilterSyntax> ParseFilter(std::string_view text) {
  if (text.size() > kFilterBytesMax) {
    return Refuse(ScimType::kInvalidFilter,
                  fmt::format("the filter has {} bytes; at most {} are accepted", text.size(),
                              kFilterBytesMax));
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return Refuse(ScimType::kInvalidFilter, "the filter is not valid UTF-8");
  }
  return FilterParser(text).ParseAll();
}

}  // namespace scimledger
