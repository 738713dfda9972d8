#include "engine/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace scimledger {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kPairwiseKeysMax = 16;
constexpr std::size_t kShownKeyBytesMax = 64;

std::string_view DescribeParserError(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "the text is not valid UTF-8";
    case simdjson::STRING_ERROR:
      return "a string holds an escape sequence that JSON does not know, or half a surrogate pair";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::NUMBER_ERROR:
      return "a number is malformed or out of range: integers have 64 bits with sign, decimals are "
             "finite doubles";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "a word is none of true, false and null";
    default:
      return "a bracket, comma, colon or quote is missing or misplaced, or something follows the "
             "value";
  }
}

std::string DescribeDepth() {
  return fmt::format("the JSON is nested deeper than {} levels", kJsonDepthMax);
}

/// Something JSON allows and we do not. The path grows while the walk unwinds.
struct Defect {
  std::string path;
  std::string what;
};

std::string Shorten(std::string_view key) {
  if (key.size() <= kShownKeyBytesMax) return std::string(key);
  std::size_t end = kShownKeyBytesMax;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) --end;
  return std::string(key.substr(0, end)) + "…";
}

/// Walks a parsed document for what simdjson lets pass.
class Inspector {
 public:
  /// Only an escape can bring NUL into a string that simdjson accepts.
  explicit Inspector(bool has_unicode_escapes) : has_unicode_escapes_(has_unicode_escapes) {}

  std::optional<Defect> Inspect(element value, std::size_t depth) const {
    switch (value.type()) {
      case element_type::OBJECT:
        if (depth == kJsonDepthMax) return TooDeep();
        return InspectObject(simdjson::dom::object(value), depth + 1);
      case element_type::ARRAY:
        if (depth == kJsonDepthMax) return TooDeep();
        return InspectArray(simdjson::dom::array(value), depth + 1);
      case element_type::STRING:
        return InspectString(value.get_string().value_unsafe());
      case element_type::UINT64:  // simdjson uses it only beyond the signed range
        return Defect{"", "the integer does not fit in 64 bits with sign"};
      case element_type::INT64:
      case element_type::DOUBLE:
      case element_type::BOOL:
      case element_type::NULL_VALUE:
        return std::nullopt;
    }
    std::unreachable();
  }

 private:
  static Defect TooDeep() { return Defect{"", DescribeDepth()}; }

  std::optional<Defect> InspectObject(simdjson::dom::object object, std::size_t depth) const {
    boost::container::small_vector<std::string_view, kPairwiseKeysMax> keys;
    for (const auto& [key, value] : object) {
      if (auto defect = InspectString(key)) return defect;
      keys.push_back(key);
      if (auto defect = Inspect(value, depth)) {
        const bool joins = !defect->path.empty() && defect->path.front() != '[';
        defect->path = Shorten(key) + (joins ? "." : "") + defect->path;
        return defect;
      }
    }
    if (auto twice = FindDuplicate(keys)) {
      return Defect{"", fmt::format("the key \"{}\" appears twice in one object", Shorten(*twice))};
    }
    return std::nullopt;
  }

  std::optional<Defect> InspectArray(simdjson::dom::array array, std::size_t depth) const {
    std::size_t index = 0;
    for (const element value : array) {
      if (auto defect = Inspect(value, depth)) {
        const bool joins = !defect->path.empty() && defect->path.front() != '[';
        defect->path = fmt::format("[{}]{}{}", index, joins ? "." : "", defect->path);
        return defect;
      }
      ++index;
    }
    return std::nullopt;
  }

  std::optional<Defect> InspectString(std::string_view text) const {
    if (!has_unicode_escapes_) return std::nullopt;
    if (text.find('\0') != std::string_view::npos) {
      return Defect{"", "a string holds the character NUL (\\u0000), which is not accepted"};
    }
    return std::nullopt;
  }

  static std::optional<std::string_view> FindDuplicate(std::span<std::string_view> keys) {
    if (keys.size() > kPairwiseKeysMax) {
      std::sort(keys.begin(), keys.end());
      const auto twice = std::adjacent_find(keys.begin(), keys.end());
      return twice == keys.end() ? std::nullopt : std::optional(*twice);
    }
    for (std::size_t i = 1; i < keys.size(); ++i) {
      const auto earlier = keys.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(keys.begin(), earlier, keys[i]) != earlier) return keys[i];
    }
    return std::nullopt;
  }

  bool has_unicode_escapes_;
};

/// Whether any byte of eight needs an escape.
bool AnyNeedsEscape(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes & kHighs; };
  const std::uint64_t is_control = (eight - kOnes * 0x20U) & ~eight & kHighs;
  return (is_control | has_zero(eight ^ kOnes * '"') | has_zero(eight ^ kOnes * '\\')) != 0;
}

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20U || c == '"' || c == '\\'; }

/// How many bytes in front need no escape.
std::size_t PlainPrefix(std::string_view text) {
  std::size_t plain = 0;
  std::uint64_t eight = 0;
  const auto is_plain_at = [&](std::size_t at) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    return !AnyNeedsEscape(eight);
  };
  if (text.size() >= sizeof eight) {
    // The last eight bytes may overlap the eight before them.
    const std::size_t last = text.size() - sizeof eight;
    while (plain < last && is_plain_at(plain)) plain += sizeof eight;
    if (plain >= last && is_plain_at(last)) return text.size();
    plain = std::min(plain, last);
  }
  const auto* const from = text.begin() + static_cast<std::ptrdiff_t>(plain);
  return static_cast<std::size_t>(std::find_if(from, text.end(), NeedsEscape) - text.begin());
}

/// A text that needs no escape. In one step: answers consist of these.
void AppendQuoted(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  const std::size_t after = before + text.size() + 2;
  // The size it is called with may be larger than the one asked for (libstdc++ 12).
  out.resize_and_overwrite(after, [&](char* bytes, std::size_t /*size*/) {
    bytes[before] = '"';
    text.copy(bytes + before + 1, text.size());
    bytes[after - 1] = '"';
    return after;
  });
}

void AppendEscape(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      break;
    case '\n':
      out += 'n';
      break;
    case '\r':
      out += 'r';
      break;
    case '\t':
      out += 't';
      break;
    default:
      out += "u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 0xFU];
  }
}

/// Parsers of this thread that no document has, with the memory they have come to: a parser for
/// each request costs more than parsing a user. A Bulk's is too large to keep.
constexpr std::size_t kFirstBytes = 4096;
constexpr std::size_t kKeptBytesMax = std::size_t{64} << 10U;
constexpr std::size_t kKeptParsersMax = 4;
std::vector<std::unique_ptr<simdjson::dom::parser>>& KeptParsers() {
  thread_local std::vector<std::unique_ptr<simdjson::dom::parser>> kept = [] {
    std::vector<std::unique_ptr<simdjson::dom::parser>> parsers;
    parsers.reserve(kKeptParsersMax);
    return parsers;
  }();
  return kept;
}

}  // namespace

void JsonDocument::ReturnParser::operator()(simdjson::dom::parser* parser) const noexcept {
  std::unique_ptr<simdjson::dom::parser> owned(parser);
  auto& kept = KeptParsers();
  if (kept.size() < kKeptParsersMax && owned->capacity() <= kKeptBytesMax) {
    kept.push_back(std::move(owned));
  }
}

std::unique_ptr<simdjson::dom::parser, JsonDocument::ReturnParser> JsonDocument::TakeParser() {
  auto& kept = KeptParsers();
  if (kept.empty()) {
    auto made = std::make_unique<simdjson::dom::parser>();
    // simdjson counts other levels than we do; the Inspector holds the exact limit.
    if (made->allocate(kFirstBytes, kJsonDepthMax + 1) != simdjson::SUCCESS) throw std::bad_alloc();
    return std::unique_ptr<simdjson::dom::parser, ReturnParser>(made.release());
  }
  auto* const parser = kept.back().release();
  kept.pop_back();
  return std::unique_ptr<simdjson::dom::parser, ReturnParser>(parser);
}

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Refuse(ScimType::kInvalidSyntax, "the body is empty; a JSON object is expected");
  }
  JsonDocument document;
  document.parser_ = TakeParser();
  const auto error = document.parser_->parse(text.data(), text.size()).get(document.root_);
  if (error == simdjson::DEPTH_ERROR) {
    return Refuse(ScimType::kInvalidSyntax, DescribeDepth());
  }
  if (error != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax,
                  fmt::format("the body is not valid JSON: {}", DescribeParserError(error)));
  }
  const bool has_unicode_escapes = text.find("\\u") != std::string_view::npos;
  if (auto defect = Inspector(has_unicode_escapes).Inspect(document.root_, 0)) {
    return Refuse(ScimType::kInvalidSyntax,
                  defect->path.empty() ? std::move(defect->what)
                                       : fmt::format("{}: {}", defect->path, defect->what));
  }
  return document;
}

void AppendJsonString(std::string& out, std::string_view text) {
  std::size_t plain = PlainPrefix(text);
  if (plain == text.size()) return AppendQuoted(out, text);
  out += '"';
  for (; plain < text.size(); plain = PlainPrefix(text)) {
    out.append(text, 0, plain);
    AppendEscape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += text;
  out += '"';
}

std::string ReadableText(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) return std::string(text);
  std::string readable;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80U) {
      readable += c;
    } else {
      readable += "\xEF\xBF\xBD";
    }
  }
  return readable;
}

void AppendJsonInteger(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void AppendJsonDecimal(std::string& out, double number) {
  const double magnitude = std::fabs(number);
  const bool is_plain = magnitude == 0 || (magnitude >= 1e-5 && magnitude < 1e17);
  std::array<char, 64> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number,
                    is_plain ? std::chars_format::fixed : std::chars_format::scientific)
          .ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  // Without a fraction or an exponent it would read back as an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace scimledger
