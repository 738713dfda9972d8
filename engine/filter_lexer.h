#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/filter.h"

namespace scimledger {

enum class FilterTokenKind : std::uint8_t {
  kWord,  ///< attribute path, operator or keyword: the parser tells them apart
  kString,
  kNumber,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kEnd,
};

struct FilterToken {
  FilterTokenKind kind = FilterTokenKind::kEnd;
  std::string_view text = {};          ///< as written, quotes included
  FilterSyntax::Literal literal = {};  ///< kString and kNumber
  std::size_t offset = 0;              ///< in bytes
};

/// Cuts a filter (RFC 7644 §3.4.2.2) into tokens; blanks and tabs separate them. Strings and
/// numbers are those of RFC 8259. Keeps a view of `text`, which must be valid UTF-8.
class FilterLexer {
 public:
  explicit FilterLexer(std::string_view text) : text_(text) {}
  /// kEnd at the end, again and again. Errors: 400 `invalidFilter`.
  [[nodiscard]] Result<FilterToken> Next();
  /// 400 `invalidFilter`: where, what was found there, what was expected.
  [[nodiscard]] std::unexpected<ScimError> Unexpected(const FilterToken& token,
                                                      std::string_view expected) const;
  /// The same for anything else that is wrong at a place.
  [[nodiscard]] std::unexpected<ScimError> Wrong(std::size_t offset, std::string_view what) const;

 private:
  Result<FilterToken> ReadString();
  Result<FilterToken> ReadNumber();
  Result<void> AppendEscape(std::string& out);
  Result<std::uint32_t> ReadHex4();

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace scimledger
