#include "projections/column.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "projections/column_builder.h"

namespace scimledger::projections {
namespace {

/// One slot. Values may have no key, and keys may stand where there is no value.
struct SlotKeys {
  std::vector<std::string> keys;
  bool has_value = false;
};

void Append(const SlotKeys& slot, SlotValues& values) {
  for (const std::string& key : slot.keys) {
    values.text += key;
    values.key_ends.push_back(static_cast<std::uint32_t>(values.text.size()));
  }
  values.slots.push_back({static_cast<std::uint32_t>(slot.keys.size()), slot.has_value});
}

ColumnPtr Build(const std::vector<SlotKeys>& slots) {
  ColumnBuilder builder;
  for (const SlotKeys& slot : slots) {
    SlotValues values;
    Append(slot, values);
    builder.Add(values);
  }
  return builder.Finish();
}

class RandomSlots {
 public:
  RandomSlots(unsigned seed, unsigned keys_max) : random_(seed), keys_max_(keys_max) {}

  SlotKeys Next() {
    SlotKeys slot;
    for (unsigned count = Below(keys_max_ + 1); count > 0; --count) slot.keys.push_back(Key());
    slot.has_value = slot.keys.empty() ? Below(5) == 0 : Below(8) != 0;
    return slot;
  }
  std::string Key() {
    std::string key;
    for (unsigned count = Below(12); count > 0; --count) {
      key += Below(20) == 0 ? '\xC3' : Below(2) == 0 ? 'a' : 'b';
    }
    return key;
  }
  unsigned Below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

 private:
  std::mt19937 random_;
  unsigned keys_max_;
};

bool Holds(CompareOperator op, const std::string& key, const std::string& operand) {
  switch (op) {
    case CompareOperator::kEq:
    case CompareOperator::kNe:
      return key == operand;
    case CompareOperator::kCo:
      return key.find(operand) != std::string::npos;
    case CompareOperator::kSw:
      return key.starts_with(operand);
    case CompareOperator::kEw:
      return key.ends_with(operand);
    case CompareOperator::kGt:
      return key > operand;
    case CompareOperator::kGe:
      return key >= operand;
    case CompareOperator::kLt:
      return key < operand;
    case CompareOperator::kLe:
      return key <= operand;
  }
  return false;
}

std::set<std::uint32_t> SlotsWith(const Column& column, CompareOperator op,
                                  const std::string& operand) {
  std::set<std::uint32_t> slots;
  const auto add = [&](KeyRange range) {
    for (const std::uint32_t slot : column.SlotsOf(range)) slots.insert(slot);
  };
  if (op == CompareOperator::kCo || op == CompareOperator::kEw) {
    column.ForEachKeyWith(op, operand, [&](std::uint32_t rank) { add({rank, rank + 1}); });
  } else {
    add(column.RangeOf(op, operand));
  }
  return slots;
}

/// Ends that are longer than what is compared at once, and keys that share most of them.
TEST(ColumnTest, FindsLongEnds) {
  const std::string end = "@north.example";
  std::vector<SlotKeys> slots;
  for (std::size_t at = 0; at <= end.size(); ++at) {
    for (const char* start : {"", "a", "jane.doe"}) {
      std::string key = start + end.substr(at);
      slots.push_back({{key}, true});
      key.insert(key.size() / 2, "x");
      slots.push_back({{std::move(key)}, true});
    }
  }
  const ColumnPtr column = Build(slots);
  for (std::size_t at = 0; at <= end.size(); ++at) {
    const std::string operand = end.substr(at);
    std::set<std::uint32_t> expected;
    for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
      if (slots[slot].keys.front().ends_with(operand)) expected.insert(slot);
    }
    EXPECT_EQ(SlotsWith(*column, CompareOperator::kEw, operand), expected) << operand;
    EXPECT_GE(expected.size(), 3U);
  }
}

TEST(ColumnTest, FindsTheSlotsOfEveryComparison) {
  constexpr CompareOperator kOperators[] = {
      CompareOperator::kEq, CompareOperator::kNe, CompareOperator::kCo,
      CompareOperator::kSw, CompareOperator::kEw, CompareOperator::kGt,
      CompareOperator::kGe, CompareOperator::kLt, CompareOperator::kLe};
  std::size_t hits = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    RandomSlots random(seed, seed % 2 == 0 ? 1 : 3);
    std::vector<SlotKeys> slots;
    for (int count = 0; count < 60; ++count) slots.push_back(random.Next());
    const ColumnPtr column = Build(slots);
    for (int round = 0; round < 100; ++round) {
      const std::string operand = random.Key().substr(0, random.Below(5));
      const CompareOperator op = kOperators[random.Below(std::size(kOperators))];
      std::set<std::uint32_t> expected;
      for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
        for (const std::string& key : slots[slot].keys) {
          if (Holds(op, key, operand)) expected.insert(slot);
        }
      }
      EXPECT_EQ(SlotsWith(*column, op, operand), expected) << ToString(op) << ' ' << operand;
      hits += expected.size();
    }
    const BitSet valued = column->Valued();
    for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
      EXPECT_EQ(valued.Test(slot), slots[slot].has_value);
      if (!column->has_ranks() || column->ranks().empty()) continue;
      const std::uint32_t rank = column->ranks()[slot];
      EXPECT_EQ(rank == Column::kNoRank, slots[slot].keys.empty());
      if (rank == Column::kNoRank) continue;
      EXPECT_EQ(column->KeyAt(rank), slots[slot].keys.front());
    }
    EXPECT_TRUE(column->has_ranks() || seed % 2 == 1);
  }
  EXPECT_GT(hits, 10'000U);
}

void ExpectSame(const Column& a, const Column& b) {
  EXPECT_EQ(a.parts().text, b.parts().text);
  EXPECT_EQ(a.parts().ends, b.parts().ends);
  EXPECT_EQ(a.parts().slot_ends, b.parts().slot_ends);
  EXPECT_EQ(a.parts().slots, b.parts().slots);
  EXPECT_EQ(a.slot_count(), b.slot_count());
  // A merged column does not find out that it could have ranks again.
  if (a.has_ranks()) {
    EXPECT_EQ(a.parts().ranks, b.parts().ranks);
  }
  for (std::size_t slot = 0; slot < a.slot_count(); ++slot) {
    EXPECT_EQ(a.Valued().Test(slot), b.Valued().Test(slot));
  }
}

TEST(ColumnTest, MergingGivesWhatBuildingDoes) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomSlots random(seed, seed % 2 == 0 ? 1 : 3);
    std::vector<SlotKeys> slots;
    for (unsigned count = random.Below(30); count > 0; --count) slots.push_back(random.Next());
    const ColumnPtr old = Build(slots);
    std::vector<std::uint32_t> moved;
    FreshSlots fresh;
    std::vector<SlotKeys> now;
    const auto add_fresh = [&] {
      fresh.numbers.push_back(static_cast<std::uint32_t>(now.size()));
      now.push_back(random.Next());
      Append(now.back(), fresh.values);
    };
    for (const SlotKeys& slot : slots) {
      const unsigned dice = random.Below(6);
      if (dice == 0) add_fresh();
      moved.push_back(dice < 2 ? Column::kNoRank : static_cast<std::uint32_t>(now.size()));
      if (dice >= 2) now.push_back(slot);
    }
    while (random.Below(3) != 0) add_fresh();

    ExpectSame(*MergeColumn(*old, moved, fresh, now.size()), *Build(now));
  }
}

}  // namespace
}  // namespace scimledger::projections
