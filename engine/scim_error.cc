#include "engine/scim_error.h"

namespace scimledger {

std::string_view ToString(ScimType type) {
  switch (type) {
    case ScimType::kNone:
      return "";
    case ScimType::kInvalidFilter:
      return "invalidFilter";
    case ScimType::kTooMany:
      return "tooMany";
    case ScimType::kUniqueness:
      return "uniqueness";
    case ScimType::kMutability:
      return "mutability";
    case ScimType::kInvalidSyntax:
      return "invalidSyntax";
    case ScimType::kInvalidPath:
      return "invalidPath";
    case ScimType::kNoTarget:
      return "noTarget";
    case ScimType::kInvalidValue:
      return "invalidValue";
    case ScimType::kInvalidVers:
      return "invalidVers";
    case ScimType::kSensitive:
      return "sensitive";
    case ScimType::kInvalidCursor:
      return "invalidCursor";
    case ScimType::kExpiredCursor:
      return "expiredCursor";
    case ScimType::kInvalidCount:
      return "invalidCount";
  }
  return "";
}

}  // namespace scimledger
