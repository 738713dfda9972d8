#include <gtest/gtest.h>

#include "projections/live_directory.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

TEST(ViewTest, StaysAsItWasWhateverTheWriterDoes) {
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    SampleHistory history(seed);
    LiveDirectory directory;
    std::vector<std::shared_ptr<const DirectoryView>> views;
    std::vector<std::string> texts;
    for (int round = 0; round < 12; ++round) {
      views.push_back(directory.Freeze());
      texts.push_back(Render(*views.back()));
      directory.Commit(history.Next(25));
      // Some views go while others stay, so that the writer finds nodes of every kind.
      if (round % 3 == 2) views[static_cast<std::size_t>(round) - 1].reset();
    }
    while (!history.users().empty()) directory.Commit(history.Delete(history.users().front()));
    while (!history.groups().empty()) directory.Commit(history.Delete(history.groups().front()));

    for (std::size_t index = 0; index < views.size(); ++index) {
      if (views[index] == nullptr) continue;
      EXPECT_EQ(Render(*views[index]), texts[index]);
    }
    EXPECT_EQ(directory.Freeze()->resource_count(directory.registry()->FindTypeByName("User")->id),
              0U);
  }
}

TEST(ViewTest, OutlivesTheDirectory) {
  SampleHistory history(3);
  auto directory = Directory::Make();
  directory->Commit(history.Next(60));
  const std::shared_ptr<const DirectoryView> view = directory->Freeze();
  const std::string text = Render(*view);

  directory.reset();

  EXPECT_EQ(Render(*view), text);
}

TEST(ViewTest, FindsOnlyWhatWasThereThen) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("ann"));
  const ResourceId ann = history.users()[0];
  const FoundResource before = directory.Find(ann);
  ASSERT_NE(before.resource, nullptr);

  directory.Commit(history.CreateUser("bob"));
  const ResourceId bob = history.users()[1];
  directory.Commit(history.Delete(ann));

  EXPECT_TRUE(before.view->Find(ann));
  EXPECT_FALSE(before.view->Find(bob));
  EXPECT_EQ(before.view->sequence(), Sequence{1});
  EXPECT_EQ(directory.Find(ann).resource, nullptr);
  EXPECT_EQ(directory.Find(ann).view->sequence(), Sequence{3});
  EXPECT_NE(directory.Find(bob).resource, nullptr);
  EXPECT_EQ(directory.Find(IdOf(999)).resource, nullptr);
}

TEST(ViewTest, CallsResourcesByDisplayNameElseByNamingAttribute) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("ann"));
  std::vector<Event> bob = history.CreateUser("bob");
  bob.front().changes.push_back(
      {SampleHistory::At("User", "displayName"), Value(), Value(std::string("Bob B."))});
  directory.Commit(bob);
  directory.Commit(history.CreateGroup("all", history.users()));
  const std::shared_ptr<const DirectoryView> view = directory.Freeze();

  EXPECT_EQ(view->Find(history.users()[0])->display, "ann");
  EXPECT_EQ(view->Find(history.users()[1])->display, "Bob B.");
  EXPECT_EQ(view->Find(history.groups()[0])->display, "all");
}

TEST(ViewTest, StartsAtAnyIndex) {
  SampleHistory history(1);
  LiveDirectory directory;
  for (int number = 0; number < 300; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  const std::shared_ptr<const DirectoryView> view = directory.Freeze();
  const ResourceTypeId type = view->registry()->FindTypeByName("User")->id;
  std::vector<ResourceId> seen;
  view->ForEachResourceFrom(type, 290, [&](const ResourcePtr& row) {
    seen.push_back(row->id);
    return seen.size() < 3;
  });

  EXPECT_EQ(seen, (std::vector<ResourceId>{history.users()[290], history.users()[291],
                                           history.users()[292]}));
}

}  // namespace
}  // namespace scimledger::projections
