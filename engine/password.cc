#include "engine/password.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/text.h"

namespace scimledger {
namespace {

constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";

std::unexpected<ScimError> RefusePassword(std::string detail) {
  return Refuse(ScimType::kInvalidValue, "password: " + std::move(detail));
}

}  // namespace

bool IsPassword(const Attribute& attribute) {
  return !attribute.parent && attribute.returned == Returned::kNever &&
         attribute.name == "password" && attribute.schema == kUserSchema;
}

bool KeepsPasswords(const SchemaRegistry& registry) {
  return registry.settings().IsChanged(Setting::kPasswords);
}

Result<std::string> PreparePassword(std::string_view text) {
  if (text.empty()) return RefusePassword("empty; send null to take the password away");
  if (text.size() > kPasswordBytesMax) {
    return RefusePassword(fmt::format("longer than {} bytes", kPasswordBytesMax));
  }
  const auto sent = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  icu::UnicodeString mapped;
  for (std::int32_t at = 0; at < sent.length(); at = sent.moveIndex32(at, 1)) {
    const UChar32 point = sent.char32At(at);
    const auto category = u_charType(point);
    if (category == U_CONTROL_CHAR || category == U_UNASSIGNED || category == U_SURROGATE) {
      return RefusePassword("it has a control character or one that Unicode has not assigned");
    }
    mapped.append(category == U_SPACE_SEPARATOR ? UChar32{' '} : point);
  }
  std::string bytes;
  return Normalize(mapped.toUTF8String(bytes));
}

}  // namespace scimledger
