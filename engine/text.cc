#include "engine/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "storage/result.h"

namespace scimledger {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Eight bytes at a time: every key of every row comes through here.
bool IsAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::uint64_t seen = 0;
  for (; text.size() >= sizeof seen; text.remove_prefix(sizeof seen)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), sizeof word);
    seen |= word;
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & kHighBits) == 0;
}

using NormalizerGetter = const icu::Normalizer2* (*)(UErrorCode&);

std::string NormalizeWith(NormalizerGetter get, std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = get(status);
  SCIMLEDGER_INVARIANT(U_SUCCESS(status) != 0, "ICU has no normalisation data");
  std::string out;
  out.reserve(text.size() + 8);
  icu::StringByteSink<std::string> sink(&out);
  normalizer->normalizeUTF8(0,
                            icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                            sink, nullptr, status);
  SCIMLEDGER_INVARIANT(U_SUCCESS(status) != 0, "ICU could not normalise a text");
  return out;
}

/// Reads a dateTime from its front; every step fails once one has failed.
class DateTimeReader {
 public:
  explicit DateTimeReader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  int Number(std::size_t digits) {
    if (rest_.size() < digits) return Fail();
    int number = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return Fail();
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return number;
  }

  int NumberWithin(std::size_t digits, int low, int high) {
    const int number = Number(digits);
    return number < low || number > high ? Fail() : number;
  }

  bool Take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void Expect(char expected) {
    if (!Take(expected)) Fail();
  }

  std::int64_t FractionUs() {
    std::int64_t unit_us = kSecondUs;
    std::int64_t fraction_us = 0;
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return Fail();
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1)) {
      unit_us /= 10;
      fraction_us += unit_us * (rest_.front() - '0');
    }
    return fraction_us;
  }

  /// Minutes east of UTC.
  int Offset() {
    if (at_end() || Take('Z')) return 0;
    const bool is_west = Take('-');
    if (!is_west) Expect('+');
    const int hours = NumberWithin(2, 0, 14);
    Expect(':');
    const int minutes = NumberWithin(2, 0, hours == 14 ? 0 : 59);
    return (is_west ? -1 : 1) * (hours * 60 + minutes);
  }

 private:
  int Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerAscii(c);
  return lower;
}

bool EqualsIgnoreAsciiCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Mostly they are spelled alike.
  return a == b || std::equal(a.begin(), a.end(), b.begin(), [](char left, char right) {
           return LowerAscii(left) == LowerAscii(right);
         });
}

std::string FoldCase(std::string_view text) {
  if (IsAscii(text)) return AsciiLower(text);
  return NormalizeWith(icu::Normalizer2::getNFKCCasefoldInstance, text);
}

std::string Normalize(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  return NormalizeWith(icu::Normalizer2::getNFCInstance, text);
}

std::optional<std::int64_t> ParseDateTime(std::string_view text) {
  DateTimeReader reader(text);
  const int year = reader.NumberWithin(4, 1, 9999);
  reader.Expect('-');
  const int month = reader.NumberWithin(2, 1, 12);
  reader.Expect('-');
  const int day = reader.NumberWithin(2, 1, 31);
  reader.Expect('T');
  const int hour = reader.NumberWithin(2, 0, 23);
  reader.Expect(':');
  const int minute = reader.NumberWithin(2, 0, 59);
  reader.Expect(':');
  const int second = reader.NumberWithin(2, 0, 59);
  const std::int64_t fraction_us = reader.Take('.') ? reader.FractionUs() : 0;
  const int offset_minutes = reader.Offset();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + hour) * 60 + minute - offset_minutes;
  return (minutes * 60 + second) * kSecondUs + fraction_us;
}

void AppendDateTime(std::int64_t time_us, std::string& out) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(time_us)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::microseconds> clock(time - day);
  // Digits go where the zeros are: two of these are in every answer.
  const int year = static_cast<int>(date.year());
  // The last day of 9999 west of Greenwich is in the year 10000.
  const std::size_t shift = year > 9999 ? 1 : 0;
  const std::size_t begin = out.size() + shift;
  out.append(shift, '0');
  out += "0000-00-00T00:00:00.000000Z";
  const auto put = [&out, begin](std::size_t last, std::int64_t number) {
    for (std::size_t at = begin + last; number > 0; --at, number /= 10) {
      out[at] = static_cast<char>('0' + number % 10);
    }
  };
  put(3, year);
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, clock.hours().count());
  put(15, clock.minutes().count());
  put(18, clock.seconds().count());
  put(25, clock.subseconds().count());
}

std::string FormatDateTime(std::int64_t time_us) {
  std::string text;
  AppendDateTime(time_us, text);
  return text;
}

}  // namespace scimledger
