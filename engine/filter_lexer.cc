#include "engine/filter_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "storage/result.h"

namespace scimledger {
namespace {

constexpr std::size_t kQuotedCharactersMax = 60;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Whatever may stand in an attribute path: names (RFC 7643 §2.1, `$ref`), dots, and the URNs and
/// URLs schemas are called by. Parentheses and brackets always end a word.
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) ||
         std::string_view("$-_.:/%+@~*!=;,&?#'").find(c) != std::string_view::npos;
}

/// Cut at a character, so that the answer stays valid UTF-8.
std::string_view Shortened(std::string_view text) {
  if (text.size() <= kQuotedCharactersMax) return text;
  std::size_t end = kQuotedCharactersMax;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

void AppendUtf8(std::string& out, std::uint32_t code_point) {
  const auto append = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    append(code_point);
  } else if (code_point < 0x800) {
    append(0xC0 | (code_point >> 6));
    append(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    append(0xE0 | (code_point >> 12));
    append(0x80 | ((code_point >> 6) & 0x3F));
    append(0x80 | (code_point & 0x3F));
  } else {
    append(0xF0 | (code_point >> 18));
    append(0x80 | ((code_point >> 12) & 0x3F));
    append(0x80 | ((code_point >> 6) & 0x3F));
    append(0x80 | (code_point & 0x3F));
  }
}

/// Length of the JSON number (RFC 8259 §6) at the start of `text`; 0: none.
std::size_t JsonNumberLength(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at > first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t first_digit = at;
  if (!digits()) return 0;
  if (text[first_digit] == '0' && at > first_digit + 1) return 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return 0;
  }
  return at;
}

std::optional<FilterSyntax::Literal> ReadJsonNumber(std::string_view text) {
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t integer = 0;
    if (std::from_chars(text.data(), end, integer).ec == std::errc()) return integer;
  }
  double decimal = 0;
  if (std::from_chars(text.data(), end, decimal).ec != std::errc()) return std::nullopt;
  if (!std::isfinite(decimal)) return std::nullopt;
  return decimal;
}

std::optional<FilterTokenKind> Punctuation(char c) {
  switch (c) {
    case '(':
      return FilterTokenKind::kOpenParen;
    case ')':
      return FilterTokenKind::kCloseParen;
    case '[':
      return FilterTokenKind::kOpenBracket;
    case ']':
      return FilterTokenKind::kCloseBracket;
    default:
      return std::nullopt;
  }
}

/// Operands are told by kind only: a filter may hold a secret, error details may be logged.
std::string Describe(const FilterToken& token) {
  switch (token.kind) {
    case FilterTokenKind::kEnd:
      return "the end of the filter";
    case FilterTokenKind::kString:
      return "a string";
    case FilterTokenKind::kNumber:
      return "a number";
    case FilterTokenKind::kWord:
    case FilterTokenKind::kOpenParen:
    case FilterTokenKind::kCloseParen:
    case FilterTokenKind::kOpenBracket:
    case FilterTokenKind::kCloseBracket:
      return fmt::format("'{}'", Shortened(token.text));
  }
  return {};
}

}  // namespace

Result<FilterToken> FilterLexer::Next() {
  while (position_ < text_.size() && IsBlank(text_[position_])) ++position_;
  if (position_ == text_.size()) return FilterToken{.offset = position_};
  const char c = text_[position_];
  if (const auto kind = Punctuation(c)) {
    const std::size_t at = position_++;
    return FilterToken{.kind = *kind, .text = text_.substr(at, 1), .offset = at};
  }
  if (c == '"') return ReadString();
  if (c == '-' || IsDigit(c)) return ReadNumber();
  if (!IsWordCharacter(c)) {
    std::size_t length = 1;
    while (position_ + length < text_.size() && IsContinuation(text_[position_ + length])) ++length;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return Wrong(position_, "a control character; only blanks and tabs separate words");
    }
    return Wrong(position_, fmt::format("'{}' has no place in a filter; strings need double quotes",
                                        text_.substr(position_, length)));
  }
  const std::size_t at = position_;
  while (position_ < text_.size() && IsWordCharacter(text_[position_])) ++position_;
  return FilterToken{
      .kind = FilterTokenKind::kWord, .text = text_.substr(at, position_ - at), .offset = at};
}

std::unexpected<ScimError> FilterLexer::Unexpected(const FilterToken& token,
                                                   std::string_view expected) const {
  return Wrong(token.offset, fmt::format("found {}, expected {}", Describe(token), expected));
}

std::unexpected<ScimError> FilterLexer::Wrong(std::size_t offset, std::string_view what) const {
  const std::string_view before = text_.substr(0, offset);
  const auto characters =
      std::count_if(before.begin(), before.end(), [](char c) { return !IsContinuation(c); });
  return Refuse(ScimType::kInvalidFilter,
                fmt::format("filter, character {}: {}", characters + 1, what));
}

Result<FilterToken> FilterLexer::ReadString() {
  const std::size_t at = position_++;
  std::string content;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '"') {
      ++position_;
      return FilterToken{.kind = FilterTokenKind::kString,
                         .text = text_.substr(at, position_ - at),
                         .literal = std::move(content),
                         .offset = at};
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return Wrong(position_, "a control character inside a string must be written as \\u00XX");
    }
    if (c == '\\') {
      SCIMLEDGER_TRY(AppendEscape(content));
    } else {
      content.push_back(c);
      ++position_;
    }
  }
  return Wrong(at, "the string that starts here has no closing quote");
}

Result<void> FilterLexer::AppendEscape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t at = position_++;
  const char letter = position_ < text_.size() ? text_[position_++] : '\0';
  if (const std::size_t known = kLetters.find(letter); known != std::string_view::npos) {
    out.push_back(kMeanings[known]);
    return {};
  }
  if (letter != 'u') return Wrong(at, "not an escape of JSON strings");
  SCIMLEDGER_TRY_ASSIGN(std::uint32_t code_point, ReadHex4());
  if (code_point == 0) return Wrong(at, "\\u0000 is not accepted in strings");
  if (code_point >= 0xDC00 && code_point <= 0xDFFF) return Wrong(at, "a lone low surrogate");
  if (code_point >= 0xD800 && code_point <= 0xDBFF) {
    if (text_.substr(position_, 2) != "\\u") return Wrong(at, "a lone high surrogate");
    position_ += 2;
    SCIMLEDGER_TRY_ASSIGN(const std::uint32_t low, ReadHex4());
    if (low < 0xDC00 || low > 0xDFFF) return Wrong(at, "a lone high surrogate");
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(out, code_point);
  return {};
}

Result<std::uint32_t> FilterLexer::ReadHex4() {
  const std::string_view digits = text_.substr(position_, 4);
  std::uint32_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (digits.size() != 4 || read.ec != std::errc() || read.ptr != digits.data() + 4) {
    return Wrong(position_, "\\u needs four hexadecimal digits");
  }
  position_ += 4;
  return number;
}

Result<FilterToken> FilterLexer::ReadNumber() {
  const std::size_t at = position_;
  const std::size_t length = JsonNumberLength(text_.substr(at));
  const bool ends =
      length > 0 && (at + length == text_.size() || !IsWordCharacter(text_[at + length]));
  if (!ends) {
    return Wrong(at, "neither a JSON number nor an attribute; strings need double quotes");
  }
  const std::string_view text = text_.substr(at, length);
  auto literal = ReadJsonNumber(text);
  if (!literal) return Wrong(at, "a number beyond the range of a double");
  position_ += length;
  return FilterToken{
      .kind = FilterTokenKind::kNumber, .text = text, .literal = *std::move(literal), .offset = at};
}

}  // namespace scimledger
