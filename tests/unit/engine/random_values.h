#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "tests/unit/engine/resource_json_fixture.h"

namespace scimledger {

/// Random attributes that a client may store on a User of the harbor registry. Every text is
/// another, so that no two elements of a list are equal.
class RandomValues {
 public:
  explicit RandomValues(unsigned seed) : random_(seed) {}

  /// userName always, of the others about half.
  AttributeMap MakeUser() {
    AttributeMap user;
    for (const AttributeId id : HarborRegistry()->FindTypeByName("User")->attributes) {
      const Attribute& attribute = HarborRegistry()->attribute(id);
      if (IsStorable(attribute) && (attribute.required || Toss())) user.Set(id, Make(attribute));
    }
    return user;
  }

 private:
  bool Toss() { return random_() % 2 == 0; }

  static bool IsStorable(const Attribute& attribute) {
    return attribute.role == AttributeRole::kStored &&
           attribute.mutability != Mutability::kReadOnly &&
           (attribute.returned == Returned::kDefault || attribute.returned == Returned::kAlways);
  }

  Value Make(const Attribute& attribute) {
    if (!attribute.multi_valued) return MakeOne(attribute);
    ValueList list;
    for (auto count = 1 + random_() % 3; count > 0; --count) list.push_back(MakeOne(attribute));
    return Value(std::move(list));
  }

  Value MakeOne(const Attribute& attribute) {
    switch (attribute.type) {
      case AttributeType::kBoolean:
        // A list may have one primary; more would need counting.
        return Value(attribute.name == "active" && Toss());
      case AttributeType::kInteger:
        return Value(static_cast<std::int64_t>(random_()));
      case AttributeType::kDecimal:
        return Value(static_cast<double>(random_() % 2000) / 8.0);
      case AttributeType::kDateTime:
        return Value(std::string("2026-11-23T10:00:00.5+02:00"));
      case AttributeType::kBinary:
        return Value("QUJD" + std::to_string(1000 + ++made_));
      case AttributeType::kComplex:
        return MakeComplex(attribute);
      case AttributeType::kString:
      case AttributeType::kReference:
        break;
    }
    return Value(MakeText());
  }

  /// The first part always: it is a text in every schema here.
  Value MakeComplex(const Attribute& attribute) {
    AttributeMap parts;
    for (const AttributeId sub : attribute.sub_attributes) {
      const Attribute& part = HarborRegistry()->attribute(sub);
      if (!IsStorable(part)) continue;
      if (parts.empty() || Toss()) parts.Set(sub, Make(part));
    }
    return Value(std::move(parts));
  }

  std::string MakeText() {
    static constexpr std::array<std::string_view, 8> kPieces = {"a", "\"", "\\", "\n",
                                                                "é", "😀",  "/",  "\x01"};
    std::string text = std::to_string(++made_);
    for (auto count = random_() % 12; count > 0; --count) text += kPieces[random_() % 8];
    return text;
  }

  std::mt19937_64 random_;
  int made_ = 0;
};

}  // namespace scimledger
