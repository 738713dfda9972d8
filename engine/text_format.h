#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace scimledger {

/// Formats that RFC 7643 §4.1 asks of texts beyond their type. Enforced only where a tenant's
/// `formats` are strict: the field is full of other values.
enum class TextFormat : std::uint8_t {
  kAny,
  kCountry,         ///< ISO 3166-1 alpha-2
  kPhone,           ///< RFC 3966, with or without its `tel:`, global or with a phone-context
  kEmail,           ///< one mailbox of RFC 5321
  kLanguageTag,     ///< BCP 47; `_` for `-` too
  kLanguageRanges,  ///< as Accept-Language
  kTimeZone,        ///< the name of an IANA zone
  kUri,             ///< RFC 3986, absolute or relative: every attribute of type reference
};

inline constexpr std::array kTextFormats = {TextFormat::kAny,         TextFormat::kCountry,
                                            TextFormat::kPhone,       TextFormat::kEmail,
                                            TextFormat::kLanguageTag, TextFormat::kLanguageRanges,
                                            TextFormat::kTimeZone,    TextFormat::kUri};
/// As `x-format` in schema files spells it.
std::string_view ToString(TextFormat format);

bool HasFormat(TextFormat format, std::string_view text);
/// For error details: what is expected, with an example.
std::string_view DescribeFormat(TextFormat format);

}  // namespace scimledger
