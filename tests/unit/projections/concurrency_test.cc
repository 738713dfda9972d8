#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/document.h"
#include "projections/live_directory.h"
#include "projections/query.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

/// Adds one command's events to another's.
void AddTo(std::vector<Event>& command, std::vector<Event> more) {
  for (Event& event : more) {
    if (!command.empty()) event.transaction = command.front().transaction;
    command.push_back(std::move(event));
  }
}

std::string TitleOf(const Resource& row) {
  const auto title = FindInDocument(row.document, SampleHistory::At("User", "title"));
  return title ? *title->AsString() : "";
}

/// What holds in every view of the history below, however it was taken.
class ViewCheck {
 public:
  ViewCheck(const std::vector<ResourceId>& users, const std::vector<ResourceId>& groups)
      : users_(users), groups_(groups) {}

  void Expect(const DirectoryView& view) const {
    const RegistryPtr registry = view.registry();
    std::vector<ResourcePtr> found;
    view.ForEachResource(registry->FindTypeByName("User")->id, [&](const ResourcePtr& row) {
      if (row->id == users_[0] || row->id == users_[1]) found.push_back(row);
      return true;
    });
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(TitleOf(*found[0]), TitleOf(*found[1])) << "half a command shows";

    std::size_t held = 0;
    view.ForEachResource(registry->FindTypeByName("Group")->id, [&](const ResourcePtr& group) {
      view.ForEachMember(*group, [&](const ReferencedResource& member) {
        ++held;
        EXPECT_TRUE(view.IsMember(*group, member.id));
      });
      return true;
    });
    std::size_t holding = 0;
    for (const ResourcePtr& row : found) {
      view.ForEachGroup(*row, [&](const ReferencedResource&) { ++holding; });
    }
    EXPECT_EQ(held, 1U) << "the member moves from group to group in one command";
    EXPECT_EQ(holding, held);
  }

 private:
  std::vector<ResourceId> users_;
  std::vector<ResourceId> groups_;
};

/// Reads in every way there is until told to stop.
void ReadUntil(const LiveDirectory& directory, const ViewCheck& check, const ResourceId& user,
               const std::atomic<bool>& is_done, const std::atomic<std::uint64_t>& committed) {
  const RegistryPtr registry = directory.current_registry();
  const ResourceTypeId user_type = registry->FindTypeByName("User")->id;
  const ResourceTypeId group_type = registry->FindTypeByName("Group")->id;
  const AttributePath user_name{SampleHistory::At("User", "userName"), std::nullopt};
  const EqualityKey by_name{EqualityKey::Kind::kAttribute, user_name, "first"};
  const EqualityKey by_member{EqualityKey::Kind::kMember, {}, user.ToString()};
  Sequence last;
  for (int round = 0; round < 20 || !is_done; ++round) {
    const std::uint64_t acknowledged = committed;
    const auto view = directory.Freeze();
    EXPECT_GE(view->sequence().value, acknowledged);
    EXPECT_GE(view->sequence(), last);
    last = view->sequence();
    check.Expect(*view);

    const FoundResources named = directory.LookUp(user_type, by_name);
    ASSERT_EQ(named.resources.size(), 1U);
    check.Expect(*named.view);
    EXPECT_EQ(directory.LookUp(group_type, by_member).resources.size(), 1U);
    EXPECT_NE(directory.Find(user).resource, nullptr);
    const Sequence position = directory.position();
    EXPECT_LE(position, directory.Freeze()->sequence());
  }
}

TEST(ConcurrencyTest, ReadersSeeWholeCommandsWhileTheWriterCommits) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("first"));
  directory.Commit(history.CreateUser("second"));
  const ResourceId first = history.users()[0];
  directory.Commit(history.CreateGroup("from", {first}));
  directory.Commit(history.CreateGroup("to"));
  const ViewCheck check(history.users(), history.groups());

  std::atomic<bool> is_done = false;
  std::atomic<std::uint64_t> committed = directory.head().value;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] { ReadUntil(directory, check, first, is_done, committed); });
  }
  for (int round = 0; round < 150; ++round) {
    std::vector<Event> batch;
    for (int command = 0; command < 8; ++command) {
      const std::string title = std::to_string(round * 8 + command);
      const ResourceId from = history.groups()[command % 2 == 0 ? 0 : 1];
      const ResourceId to = history.groups()[command % 2 == 0 ? 1 : 0];
      std::vector<Event> both;
      AddTo(both, history.SetTitle(history.users()[0], title));
      AddTo(both, history.SetTitle(history.users()[1], title));
      AddTo(both, history.SetMembers(from, {}, {first}));
      AddTo(both, history.SetMembers(to, {first}, {}));
      std::move(both.begin(), both.end(), std::back_inserter(batch));
      const std::vector<Event> other = history.CreateUser("user" + title);
      batch.insert(batch.end(), other.begin(), other.end());
    }
    directory.Commit(batch);
    committed = directory.head().value;
  }
  is_done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace scimledger::projections
