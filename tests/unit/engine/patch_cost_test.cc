#include <gtest/gtest.h>

#include "engine/work_budget.h"
#include "tests/unit/engine/patch_test_state.h"

namespace scimledger {
namespace {

class PatchCostTest : public PatchTest {
 protected:
  /// `count` of what `make` writes, joined by commas.
  template <typename Make>
  static std::string Repeat(std::size_t count, Make make) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + make(i);
    return list;
  }

  static std::string Emails(std::size_t count) {
    return R"({"emails": [)" +
           Repeat(count,
                  [](std::size_t i) {
                    return fmt::format(R"({{"value": "m{}@x", "type": "t{}"}})", i, i);
                  }) +
           "]}";
  }

  std::size_t Steps(std::string_view before, const std::string& operations) const {
    const auto effect = Apply(MakeResource("User", Id(1), before), Body(operations));
    if (!effect) ADD_FAILURE() << effect.error().detail;
    return effect ? effect->steps : 0;
  }

  void ExpectTooMuch(const Result<PatchEffect>& effect) const {
    ASSERT_FALSE(effect);
    EXPECT_EQ(effect.error().status, 413);
    EXPECT_NE(effect.error().detail.find("400000 steps"), std::string::npos)
        << effect.error().detail;
  }
};

TEST_F(PatchCostTest, AddingValuesOneByOneCostsWhatIsAdded) {
  const auto adds = [](std::size_t count) {
    return Repeat(count, [](std::size_t i) {
      return fmt::format(R"({{"op": "add", "path": "emails", "value": {{"value": "n{}@x"}}}})", i);
    });
  };
  const std::size_t few = Steps("{}", adds(500));
  const std::size_t many = Steps("{}", adds(5000));

  EXPECT_GT(few, 500U);
  EXPECT_LE(many, 10 * few + 100);
  // What is there already is looked at once.
  EXPECT_LE(Steps(Emails(5000), adds(5000)), many + 5000 * 20);
}

TEST_F(PatchCostTest, WhatClientsSendIsFarFromTheLimit) {
  const std::string operations = Repeat(100, [](std::size_t i) {
    return fmt::format(
        R"({{"op": "Replace", "path": "emails[type eq \"t{}\"].value", "value": "w{}@x"}})", i, i);
  });

  EXPECT_LT(Steps(Emails(100), operations), kDecideStepsMax / 5);
}

TEST_F(PatchCostTest, OperationsTimesValuesAreLimited) {
  const std::string before = Emails(kAttributeValuesMax);
  const std::vector<std::string> operations = {
      R"({"op": "replace", "path": "emails[type co \"t\"].display", "value": "d"})",
      R"({"op": "remove", "path": "emails[value eq \"nobody\"]"})",
      R"({"op": "remove", "path": "emails", "value": [{"value": "nobody"}]})",
      R"({"op": "replace", "path": "emails.display", "value": "d"})",
      R"({"op": "add", "path": "emails", "value": {"value": "m1@x", "type": "t1", "primary": true}})",
  };
  const Resource user = MakeResource("User", Id(1), before);
  for (const std::string& operation : operations) {
    SCOPED_TRACE(operation);
    EXPECT_TRUE(Apply(user, Body(operation)));
    const auto repeated = Repeat(1000, [&](std::size_t) { return operation; });
    ExpectTooMuch(Apply(user, Body(repeated)));
  }
}

TEST_F(PatchCostTest, WhatOneOperationCopiesIsLimited) {
  const auto operation = fmt::format(
      R"({{"op": "replace", "path": "emails.display", "value": "{}"}})", std::string(60'000, 'x'));

  ExpectTooMuch(Apply(MakeResource("User", Id(1), Emails(5000)), Body(operation)));
}

TEST_F(PatchCostTest, FiltersCostAllTheirTerms) {
  const std::string terms = Repeat(300, [](std::size_t i) {
    return fmt::format(R"({{"op": "remove", "path": "emails[{}]"}})", Repeat(1, [&](std::size_t) {
                         std::string filter = "type eq \\\"x\\\"";
                         for (std::size_t term = 0; term < 300; ++term) {
                           filter += fmt::format(R"( or value eq \"q{}x{}\")", i, term);
                         }
                         return filter;
                       }));
  });

  ExpectTooMuch(Apply(MakeResource("User", Id(1), Emails(1000)), Body(terms)));
}

TEST_F(PatchCostTest, WalksOverMembersStopAtTheLimit) {
  const Resource group = MakeResource("Group", Id(0), R"({"displayName": "Crew"})");
  state_.resources[group.id] = std::make_shared<Resource>(group);
  for (std::size_t i = 1; i <= 20'000; ++i) state_.members[group.id].push_back(Id(i));
  const std::string operation = R"({"op": "remove", "path": "members[display eq \"nobody\"]"})";

  EXPECT_TRUE(Apply(group, Body(operation)));
  const auto repeated = Repeat(1000, [&](std::size_t) { return operation; });
  state_.walks = 0;
  ExpectTooMuch(Apply(group, Body(repeated)));
  EXPECT_LT(state_.walks, 20);
}

// rows: Z12
TEST_F(PatchCostTest, OneOperationMayNotStandForThousands) {
  const std::string whole =
      R"({"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:User"})";
  const auto repeated = Repeat(2000, [&](std::size_t) { return whole; });

  const auto patch = Parse("User", Body(repeated));

  ASSERT_FALSE(patch);
  EXPECT_EQ(patch.error().status, 413);
  EXPECT_NE(patch.error().detail.find("at most 10000 operations"), std::string::npos)
      << patch.error().detail;
}

}  // namespace
}  // namespace scimledger
