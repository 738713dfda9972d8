#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scimledger {

/// Key for case-insensitive comparison and uniqueness: NFKC with full Unicode case folding, without
/// locale (ICU's NFKC_Casefold). Pure ASCII takes a fast path. Invalid UTF-8 must not get here.
std::string FoldCase(std::string_view text);

/// NFC, for case-exact comparison of canonically equal spellings.
std::string Normalize(std::string_view text);

/// ASCII-only, for names, keywords and URNs.
bool EqualsIgnoreAsciiCase(std::string_view a, std::string_view b);
std::string AsciiLower(std::string_view text);

/// xsd:dateTime with date and time (RFC 7643 §2.3.5) -> µs since 1970 UTC. Without an offset: UTC.
/// Fractions beyond µs are cut. nullopt: not a dateTime.
std::optional<std::int64_t> ParseDateTime(std::string_view text);

/// `2026-11-23T10:00:00.123456Z`, always with six digits, so that text order is time order.
std::string FormatDateTime(std::int64_t time_us);
void AppendDateTime(std::int64_t time_us, std::string& out);

}  // namespace scimledger
