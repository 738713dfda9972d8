#include "projections/copy_on_write.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace scimledger::projections {
namespace {

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted& other) : number(other.number) {
    ++alive;
    ++copies;
  }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --alive; }
  int number = 0;
  inline static int alive = 0;
  inline static int copies = 0;
};

class CopyOnWriteTest : public ::testing::Test {
 protected:
  void SetUp() override { Counted::alive = Counted::copies = 0; }
  void TearDown() override { EXPECT_EQ(Counted::alive, 0); }
};

TEST_F(CopyOnWriteTest, IsEmptyUntilItIsChanged) {
  CopyOnWrite<Counted> value;
  EXPECT_FALSE(value);
  EXPECT_EQ(value.get(), nullptr);

  value.Mutable().number = 7;

  ASSERT_TRUE(value);
  EXPECT_EQ(value->number, 7);
}

TEST_F(CopyOnWriteTest, ChangesInPlaceWhileItIsAlone) {
  CopyOnWrite<Counted> value;
  value.Mutable().number = 1;
  const Counted* before = value.get();

  value.Mutable().number = 2;

  EXPECT_EQ(value.get(), before);
  EXPECT_EQ(Counted::copies, 0);
}

TEST_F(CopyOnWriteTest, CopiesOnceWhenShared) {
  CopyOnWrite<Counted> value;
  value.Mutable().number = 1;
  const CopyOnWrite<Counted> shared = value;

  value.Mutable().number = 2;
  value.Mutable().number = 3;

  EXPECT_EQ(shared->number, 1);
  EXPECT_EQ(value->number, 3);
  EXPECT_EQ(Counted::copies, 1);
}

TEST_F(CopyOnWriteTest, ChangesInPlaceAgainWhenTheOthersAreGone) {
  CopyOnWrite<Counted> value;
  value.Mutable().number = 1;
  { const CopyOnWrite<Counted> shared = value; }

  value.Mutable().number = 2;

  EXPECT_EQ(Counted::copies, 0);
}

TEST_F(CopyOnWriteTest, AssignsMovesAndResets) {
  CopyOnWrite<Counted> a;
  a.Mutable().number = 1;
  CopyOnWrite<Counted> b;
  b.Mutable().number = 2;

  b = a;
  EXPECT_EQ(b.get(), a.get());
  EXPECT_EQ(Counted::alive, 1);

  const CopyOnWrite<Counted>& same = b;
  b = same;
  EXPECT_EQ(b->number, 1);

  CopyOnWrite<Counted> c = std::move(b);
  EXPECT_EQ(c->number, 1);
  a.Reset();
  EXPECT_FALSE(a);
  EXPECT_EQ(c->number, 1);
}

// For ThreadSanitizer: a reader's last look happens before the owner's change in place.
TEST_F(CopyOnWriteTest, OrdersReadersBeforeTheNextChange) {
  CopyOnWrite<std::vector<int>> value;
  value.Mutable().assign(100, 0);
  for (int round = 1; round <= 200; ++round) {
    std::thread reader([shared = value, round]() mutable {
      for (const int number : *shared) EXPECT_EQ(number, round - 1);
      shared.Reset();
    });
    for (int& number : value.Mutable()) number = round;
    reader.join();
  }
}

}  // namespace
}  // namespace scimledger::projections
