#include "engine/ordered_key.h"

#include <unicode/uversion.h>

#include <bit>
#include <limits>

#include "engine/text.h"
#include "engine/unique_keys.h"
#include "storage/big_endian.h"

namespace scimledger {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

void AppendOrdered(std::string& key, std::int64_t number) {
  storage::AppendBigEndian(key, std::bit_cast<std::uint64_t>(number) ^ kSignBit);
}

void AppendOrdered(std::string& key, double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
  storage::AppendBigEndian(key, (bits & kSignBit) != 0 ? ~bits : bits | kSignBit);
}

/// Integers and decimals in one order: the nearest double, then how far the integer is from it.
void AppendNumber(std::string& key, std::int64_t number) {
  const auto nearest = static_cast<double>(number);
  AppendOrdered(key, nearest);
  const bool is_beyond = nearest >= 0x1p63;
  const std::int64_t rest = is_beyond ? number - std::numeric_limits<std::int64_t>::max() - 1
                                      : number - static_cast<std::int64_t>(nearest);
  AppendOrdered(key, rest);
}

void AppendNumber(std::string& key, double number) {
  AppendOrdered(key, number);
  AppendOrdered(key, std::int64_t{0});
}

bool AppendText(const Attribute& attribute, std::string_view text, std::string& key) {
  if (attribute.type != AttributeType::kDateTime) {
    key += ComparisonKey(attribute, text);
    return true;
  }
  const auto instant_us = ParseDateTime(text);
  if (instant_us) AppendOrdered(key, *instant_us);
  return instant_us.has_value();
}

}  // namespace

bool AppendOrderedKey(const Attribute& attribute, const Scalar& value, std::string& key) {
  switch (attribute.type) {
    case AttributeType::kBoolean:
      if (const bool* boolean = std::get_if<bool>(&value)) {
        key += *boolean ? '\1' : '\0';
        return true;
      }
      return false;
    case AttributeType::kInteger:
    case AttributeType::kDecimal:
      if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        AppendNumber(key, *integer);
        return true;
      }
      if (const auto* decimal = std::get_if<double>(&value)) {
        AppendNumber(key, *decimal);
        return true;
      }
      return false;
    case AttributeType::kDateTime:
    case AttributeType::kString:
    case AttributeType::kReference:
    case AttributeType::kBinary:
      if (const auto* text = std::get_if<std::string_view>(&value)) {
        return AppendText(attribute, *text, key);
      }
      return false;
    case AttributeType::kComplex:
      break;
  }
  return false;
}

void AppendInstantKey(std::int64_t time_us, std::string& key) { AppendOrdered(key, time_us); }

std::string OrderedKeyOf(const Attribute& attribute, const Operand& operand) {
  std::string key;
  if (const bool* boolean = operand.value.AsBool()) {
    AppendOrderedKey(attribute, *boolean, key);
  } else if (const std::int64_t* integer = operand.value.AsInteger()) {
    AppendOrderedKey(attribute, *integer, key);
  } else if (const double* decimal = operand.value.AsDecimal()) {
    AppendOrderedKey(attribute, *decimal, key);
  } else if (attribute.type == AttributeType::kDateTime) {
    AppendOrdered(key, operand.instant_us);
  } else {
    key = operand.folded;
  }
  return key;
}

std::string OrderedKeyRules() {
  UVersionInfo version;
  u_getVersion(version);
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_versionToString(version, text);
  return std::string("1, ICU ") + text;
}

}  // namespace scimledger
