#include "engine/document.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace scimledger {
namespace {

constexpr AttributeId Id(unsigned number) { return static_cast<AttributeId>(number); }

/// Makes any map a resource may have: simple values, lists, complex values, lists of those.
class RandomMaps {
 public:
  explicit RandomMaps(std::uint64_t seed) : random_(seed) {}

  AttributeMap Resource() { return Map(12, 0); }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  AttributeMap Map(unsigned entries_max, int depth) {
    AttributeMap map;
    for (unsigned count = Below(entries_max + 1); count > 0; --count) {
      map.Set(Id(Below(2) == 0 ? Below(100) : Below(65'536)), Any(depth));
    }
    return map;
  }

  Value Any(int depth) {
    const unsigned kind = Below(10);
    if (depth < 3 && kind == 0) return Value(Map(5, depth + 1));
    if (depth < 3 && kind == 1) return List(depth + 1);
    return Simple();
  }

  Value List(int depth) {
    ValueList list;
    for (unsigned count = Below(6); count > 0; --count) {
      Value element = Any(depth);
      if (!element.IsUnassigned()) list.push_back(std::move(element));
    }
    return Value(std::move(list));
  }

  Value Simple() {
    switch (Below(4)) {
      case 0:
        return Value(Below(2) == 1);
      case 1:
        return Value(static_cast<std::int64_t>(random_() >> Below(64)));
      case 2:
        return Value(static_cast<double>(static_cast<std::int64_t>(random_())) / 1024.0);
      default:
        return Value(std::string(Below(3) == 0 ? Below(20'000) : Below(40), 'x'));
    }
  }

  std::mt19937_64 random_;
};

std::string Encode(AttributeId id, Value value) {
  AttributeMap map;
  map.Set(id, std::move(value));
  return EncodeDocument(map);
}

TEST(DocumentTest, DecodeIsTheInverseOfEncode) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const AttributeMap map = RandomMaps(seed).Resource();
    const std::string document = EncodeDocument(map);
    const AttributeMap decoded = DecodeDocument(document);
    EXPECT_EQ(decoded, map) << "seed " << seed;
    EXPECT_EQ(EncodeDocument(decoded), document) << "seed " << seed;
  }
}

TEST(DocumentTest, CursorAndFindAgreeWithDecode) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const AttributeMap map = RandomMaps(seed).Resource();
    const std::string document = EncodeDocument(map);
    AttributeMap walked;
    DocumentCursor cursor(document);
    while (cursor.Next()) walked.Set(cursor.id(), cursor.value());
    EXPECT_EQ(walked, map) << "seed " << seed;
    for (const auto& [id, value] : map) EXPECT_EQ(FindInDocument(document, id), value);
    EXPECT_EQ(FindInDocument(document, Id(101)).has_value(), map.Find(Id(101)) != nullptr);
  }
}

/// A value built from what ReadEncoded shows of it.
Value Rebuilt(const EncodedValue& encoded) {
  struct Rebuild {
    Value operator()(std::monostate) const { return Value(); }
    Value operator()(bool value) const { return Value(value); }
    Value operator()(std::int64_t value) const { return Value(value); }
    Value operator()(double value) const { return Value(value); }
    Value operator()(std::string_view value) const { return Value(std::string(value)); }
    Value operator()(DocumentCursor parts) const {
      AttributeMap map;
      while (parts.Next()) map.Set(parts.id(), Rebuilt(ReadEncoded(parts.encoded())));
      return Value(std::move(map));
    }
    Value operator()(ElementCursor elements) const {
      ValueList list;
      while (elements.Next()) list.push_back(Rebuilt(ReadEncoded(elements.encoded())));
      return Value(std::move(list));
    }
  };
  return std::visit(Rebuild(), encoded);
}

TEST(DocumentTest, ReadingInPlaceAgreesWithDecode) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const std::string document = EncodeDocument(RandomMaps(seed).Resource());
    for (DocumentCursor cursor(document); cursor.Next();) {
      EXPECT_EQ(Rebuilt(ReadEncoded(cursor.encoded())), cursor.value()) << "seed " << seed;
    }
  }
}

/// Builds the block of a value that ReadEncoded shows.
void Build(const EncodedValue& encoded, DocumentBuilder& document) {
  if (std::holds_alternative<std::monostate>(encoded)) document.Null();
  if (const auto* value = std::get_if<bool>(&encoded)) document.Boolean(*value);
  if (const auto* value = std::get_if<std::int64_t>(&encoded)) document.Integer(*value);
  if (const auto* value = std::get_if<double>(&encoded)) document.Decimal(*value);
  if (const auto* value = std::get_if<std::string_view>(&encoded)) document.Text(*value);
  if (const auto* parts = std::get_if<DocumentCursor>(&encoded)) {
    document.Complex();
    for (DocumentCursor part = *parts; part.Next();) {
      document.BeginEntry(part.id());
      Build(ReadEncoded(part.encoded()), document);
      document.End();
    }
  }
  if (const auto* elements = std::get_if<ElementCursor>(&encoded)) {
    document.List();
    for (ElementCursor element = *elements; element.Next();) {
      document.BeginElement();
      Build(ReadEncoded(element.encoded()), document);
      document.End();
    }
  }
}

TEST(DocumentTest, TheBuilderWritesWhatEncodeDoes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const std::string document = EncodeDocument(RandomMaps(seed).Resource());
    DocumentBuilder built;
    for (DocumentCursor cursor(document); cursor.Next();) {
      built.BeginEntry(cursor.id());
      Build(ReadEncoded(cursor.encoded()), built);
      built.End();
    }
    EXPECT_EQ(built.Take(), document) << "seed " << seed;
  }
}

TEST(DocumentTest, ExtremeNumbersSurvive) {
  using Integers = std::numeric_limits<std::int64_t>;
  for (const std::int64_t number : {Integers::min(), std::int64_t{-1}, std::int64_t{0},
                                    std::int64_t{63}, std::int64_t{64}, Integers::max()}) {
    const std::string document = Encode(Id(7), Value(number));
    EXPECT_EQ(FindInDocument(document, Id(7)), Value(number)) << number;
  }
  for (const double number : {std::numeric_limits<double>::denorm_min(), -1.5, 1e300}) {
    const std::string document = Encode(Id(7), Value(number));
    EXPECT_EQ(FindInDocument(document, Id(7)), Value(number)) << number;
  }
}

TEST(DocumentTest, EqualMapsGiveEqualBytes) {
  AttributeMap a;
  a.Set(Id(2), Value(0.0));
  a.Set(Id(1), Value(std::string("x")));
  AttributeMap b;
  b.Set(Id(1), Value(std::string("x")));
  b.Set(Id(2), Value(-0.0));
  ASSERT_EQ(a, b);
  EXPECT_EQ(EncodeDocument(a), EncodeDocument(b));
}

TEST(DocumentTest, ShortValuesTakeThreeBytesAndTheirText) {
  EXPECT_EQ(EncodeDocument(AttributeMap()), "");
  EXPECT_EQ(Encode(Id(9), Value(std::string("jane"))), std::string("\x09\x05\x05jane"));
  EXPECT_EQ(Encode(Id(9), Value(true)), std::string("\x09\x01\x02"));
}

TEST(DocumentTest, ValuesWithoutContentAreNotWritten) {
  AttributeMap map;
  map.Set(Id(1), Value(std::string("x")));
  map.Set(Id(2), Value(true));
  *map.Find(Id(1)) = Value();
  EXPECT_EQ(EncodeDocument(map), Encode(Id(2), Value(true)));
}

/// Every proper prefix that ends within an entry, and every unknown tag, must stop the process:
/// never read past the end.
TEST(DocumentDeathTest, MalformedBytesAreRefused) {
  const std::vector<std::string> malformed = {
      "\x09",                                          // id alone
      "\x89",                                          // id cut off
      std::string("\x09\x00", 2),                      // value without a tag
      "\x09\x05\x05jan",                               // text cut off
      "\x09\x01\x63",                                  // unknown tag
      std::string("\x09\x01\x03", 3),                  // integer without digits
      std::string("\x09\x03\x04\x00\x00", 5),          // decimal too short
      std::string("\x09\x03\x03\x01\x01", 5),          // bytes after an integer
      "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",  // endless id
      std::string("\xFF\xFF\x7F\x01\x02", 5),          // id beyond 16 bits
      std::string("\x09\xFF\xFF\xFF\xFF\x0F\x02", 7),  // length beyond the end
      "\x09\x03\x06\x01\x05",                          // complex value with a cut part
      "\x09\x02\x07\x05",                              // list with a cut element
  };
  for (const std::string& document : malformed) {
    EXPECT_DEATH(DecodeDocument(document), "invariant broken: document");
  }
}

TEST(DocumentDeathTest, DeepNestingIsRefused) {
  std::string value("\x02", 1);
  for (int level = 0; level < 20; ++level) {
    value = std::string("\x07") + static_cast<char>(value.size()) + value;
  }
  const std::string document = std::string("\x09") + static_cast<char>(value.size()) + value;
  EXPECT_DEATH(DecodeDocument(document), "nested too deeply");
}

}  // namespace
}  // namespace scimledger
