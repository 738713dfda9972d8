#include "engine/text_format.h"

#include <unicode/ucal.h>
#include <unicode/uloc.h>

#include <algorithm>

namespace scimledger {
namespace {

bool IsAlpha(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsAlpha(c) || IsDigit(c); }

bool IsCountry(std::string_view text) {
  if (text.size() != 2) return false;
  for (const char* const* code = uloc_getISOCountries(); *code != nullptr; ++code) {
    if (text == *code) return true;
  }
  return false;
}

bool IsPhone(std::string_view text) {
  if (text.starts_with("tel:")) text.remove_prefix(4);
  const std::string_view number = text.substr(0, text.find(';'));
  const bool is_global = number.starts_with('+');
  if (!is_global && text.find(";phone-context=") == std::string_view::npos) return false;
  const std::string_view digits = number.substr(is_global ? 1 : 0);
  const bool has_digit = std::any_of(digits.begin(), digits.end(), IsDigit);
  return has_digit && std::all_of(digits.begin(), digits.end(), [](char c) {
           return IsDigit(c) || std::string_view("-.()").find(c) != std::string_view::npos;
         });
}

bool IsDomain(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) return text.size() > 2;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    // Bytes beyond ASCII are those of internationalised names.
    const bool is_label =
        !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
        std::all_of(label.begin(), label.end(), [](char c) {
          return IsAlphanumeric(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80U;
        });
    if (!is_label) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsEmail(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  const bool is_quoted = local.size() > 2 && local.starts_with('"') && local.ends_with('"');
  const bool is_plain = std::all_of(local.begin(), local.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F &&
           std::string_view("()<>[]:;@\\,\"").find(c) == std::string_view::npos;
  });
  return (is_quoted || is_plain) && IsDomain(text.substr(at + 1));
}

bool IsLanguageTag(std::string_view text) {
  bool is_first = true;
  while (true) {
    const std::size_t end = text.find_first_of("-_");
    const std::string_view part = text.substr(0, end);
    if (part.empty() || part.size() > 8) return false;
    if (!std::all_of(part.begin(), part.end(), is_first ? IsAlpha : IsAlphanumeric)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
    is_first = false;
  }
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// `q=` and a number from 0 to 1 with at most three digits.
bool IsWeight(std::string_view text) {
  if (!text.starts_with("q=") && !text.starts_with("Q=")) return false;
  text.remove_prefix(2);
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return false;
  if (text.size() == 1) return true;
  const std::string_view digits = text.substr(2);
  return text[1] == '.' && std::all_of(digits.begin(), digits.end(), [&](char c) {
           return text[0] == '1' ? c == '0' : IsDigit(c);
         });
}

bool IsLanguageRanges(std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view range = text.substr(0, comma);
    const std::size_t semicolon = range.find(';');
    const std::string_view tag = Trimmed(range.substr(0, semicolon));
    if (tag != "*" && !IsLanguageTag(tag)) return false;
    if (semicolon != std::string_view::npos && !IsWeight(Trimmed(range.substr(semicolon + 1)))) {
      return false;
    }
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

/// Names that ICU's copy of the IANA database has; not ICU's own `GMT+3`.
bool IsTimeZone(std::string_view text) {
  std::array<UChar, 64> name{};
  std::array<UChar, 64> canonical{};
  if (text.empty() || text.size() > name.size()) return false;
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80U; })) {
    return false;
  }
  std::copy(text.begin(), text.end(), name.begin());
  UBool is_known = 0;
  UErrorCode error = U_ZERO_ERROR;
  ucal_getCanonicalTimeZoneID(name.data(), static_cast<std::int32_t>(text.size()), canonical.data(),
                              static_cast<std::int32_t>(canonical.size()), &is_known, &error);
  return U_SUCCESS(error) != 0 && is_known != 0;
}

/// The characters of a URI reference, every escape whole, and a scheme that is one.
bool IsUri(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_hex = [&](std::size_t at) {
      return at < text.size() &&
             std::string_view("0123456789abcdefABCDEF").find(text[at]) != std::string_view::npos;
    };
    if (text[i] == '%' && (!is_hex(i + 1) || !is_hex(i + 2))) return false;
    const bool is_allowed =
        IsAlphanumeric(text[i]) ||
        std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(text[i]) != std::string_view::npos;
    if (!is_allowed) return false;
  }
  const std::size_t end = text.find_first_of(":/?#");
  if (text.empty() || end == std::string_view::npos || text[end] != ':') return !text.empty();
  const std::string_view scheme = text.substr(0, end);
  return !scheme.empty() && IsAlpha(scheme.front()) &&
         std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

std::string_view ToString(TextFormat format) {
  switch (format) {
    case TextFormat::kAny:
      return "any";
    case TextFormat::kCountry:
      return "country";
    case TextFormat::kPhone:
      return "phone";
    case TextFormat::kEmail:
      return "email";
    case TextFormat::kLanguageTag:
      return "languageTag";
    case TextFormat::kLanguageRanges:
      return "languageRanges";
    case TextFormat::kTimeZone:
      return "timeZone";
    case TextFormat::kUri:
      return "uri";
  }
  return "";
}

bool HasFormat(TextFormat format, std::string_view text) {
  switch (format) {
    case TextFormat::kAny:
      return true;
    case TextFormat::kCountry:
      return IsCountry(text);
    case TextFormat::kPhone:
      return IsPhone(text);
    case TextFormat::kEmail:
      return IsEmail(text);
    case TextFormat::kLanguageTag:
      return IsLanguageTag(text);
    case TextFormat::kLanguageRanges:
      return IsLanguageRanges(text);
    case TextFormat::kTimeZone:
      return IsTimeZone(text);
    case TextFormat::kUri:
      return IsUri(text);
  }
  return true;
}

std::string_view DescribeFormat(TextFormat format) {
  switch (format) {
    case TextFormat::kAny:
      return "any text";
    case TextFormat::kCountry:
      return "a country by its two capital letters of ISO 3166-1, such as \"NL\"";
    case TextFormat::kPhone:
      return "a telephone number of RFC 3966, such as \"tel:+1-201-555-0123\"";
    case TextFormat::kEmail:
      return "an e-mail address, such as \"jane@example.com\"";
    case TextFormat::kLanguageTag:
      return "a language tag, such as \"nl-BE\"";
    case TextFormat::kLanguageRanges:
      return "languages as in Accept-Language, such as \"nl, en;q=0.8\"";
    case TextFormat::kTimeZone:
      return "a time zone by its IANA name, such as \"Europe/Amsterdam\"";
    case TextFormat::kUri:
      return "a URI, such as \"https://example.com/jane\" or \"../Users/1\"";
  }
  return "";
}

}  // namespace scimledger
