#include "engine/value.h"

#include <gtest/gtest.h>

#include <string>

namespace scimledger {
namespace {

constexpr AttributeId Id(int number) { return static_cast<AttributeId>(number); }

Value Text(const std::string& text) { return Value(text); }

std::string Ids(const AttributeMap& map) {
  std::string ids;
  for (const auto& [id, value] : map) ids += std::to_string(static_cast<int>(id)) + " ";
  return ids;
}

TEST(ValueTest, UnassignedMeansNothingEmptyListOrComplexWithoutParts) {
  AttributeMap hollow;
  hollow.Set(Id(1), Text("x"));
  *hollow.Find(Id(1)) = Value();

  EXPECT_TRUE(Value().IsUnassigned());
  EXPECT_TRUE(Value(ValueList{}).IsUnassigned());
  EXPECT_TRUE(Value(AttributeMap{}).IsUnassigned());
  EXPECT_TRUE(Value(hollow).IsUnassigned());
  EXPECT_FALSE(Value(false).IsUnassigned());
  EXPECT_FALSE(Value(std::int64_t{0}).IsUnassigned());
  EXPECT_FALSE(Text("").IsUnassigned());
  EXPECT_FALSE(Value(ValueList{Text("a")}).IsUnassigned());
}

TEST(ValueTest, AccessorsTellTheAlternative) {
  EXPECT_EQ(*Value(true).AsBool(), true);
  EXPECT_EQ(*Value(std::int64_t{-7}).AsInteger(), -7);
  EXPECT_EQ(*Value(2.5).AsDecimal(), 2.5);
  EXPECT_EQ(*Text("a").AsString(), "a");
  EXPECT_EQ(Text("a").AsBool(), nullptr);
  EXPECT_EQ(Text("a").AsList(), nullptr);
  EXPECT_EQ(Value(true).AsInteger(), nullptr);
}

TEST(AttributeMapTest, KeepsIdsSortedAndReplaces) {
  AttributeMap map;
  for (const int id : {5, 1, 300, 2, 5}) map.Set(Id(id), Text(std::to_string(id)));

  EXPECT_EQ(Ids(map), "1 2 5 300 ");
  EXPECT_EQ(map.size(), 4U);
  map.Set(Id(5), Text("new"));
  EXPECT_EQ(*map.Find(Id(5))->AsString(), "new");
  EXPECT_EQ(map.size(), 4U);
}

TEST(AttributeMapTest, SettingAnUnassignedValueErases) {
  AttributeMap map;
  map.Set(Id(1), Text("a"));
  map.Set(Id(2), Value(ValueList{}));
  EXPECT_EQ(Ids(map), "1 ");
  map.Set(Id(1), Value());
  EXPECT_TRUE(map.empty());
}

TEST(AttributeMapTest, EraseTellsWhetherThereWasAValue) {
  AttributeMap map;
  map.Set(Id(4), Text("a"));
  EXPECT_FALSE(map.Erase(Id(3)));
  EXPECT_FALSE(map.Erase(Id(5)));
  EXPECT_TRUE(map.Erase(Id(4)));
  EXPECT_FALSE(map.Erase(Id(4)));
  EXPECT_EQ(map.Find(Id(4)), nullptr);
}

TEST(AttributeMapTest, EqualityIgnoresTheOrderOfSetting) {
  AttributeMap a;
  AttributeMap b;
  a.Set(Id(1), Text("x"));
  a.Set(Id(2), Value(true));
  b.Set(Id(2), Value(true));
  EXPECT_NE(a, b);
  b.Set(Id(1), Text("x"));
  EXPECT_EQ(a, b);
  b.Set(Id(1), Text("X"));
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace scimledger
