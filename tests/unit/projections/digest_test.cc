#include <gtest/gtest.h>

#include <set>

#include "projections/live_directory.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

Hash DigestOf(const std::vector<Event>& events, std::size_t batch) {
  LiveDirectory directory;
  std::span<const Event> rest(events);
  while (!rest.empty()) {
    const std::size_t count = std::min(batch, rest.size());
    directory.Commit(rest.first(count));
    rest = rest.subspan(count);
  }
  return StateDigest(*directory.Freeze());
}

TEST(DigestTest, DoesNotDependOnHowTheStateWasReached) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const std::vector<Event> events = SampleHistory(seed).Next(200);
    const Hash whole = DigestOf(events, events.size());
    for (const std::size_t batch : {1U, 2U, 7U, 64U}) EXPECT_EQ(DigestOf(events, batch), whole);
  }
}

TEST(DigestTest, DoesNotDependOnViewsThatWereHeld) {
  const std::vector<Event> events = SampleHistory(1).Next(150);
  LiveDirectory directory;
  std::vector<std::shared_ptr<const DirectoryView>> views;
  for (const Event& event : events) {
    views.push_back(directory.Freeze());
    directory.Commit({&event, 1});
  }
  EXPECT_EQ(StateDigest(*directory.Freeze()), DigestOf(events, events.size()));
}

TEST(DigestTest, DiffersAfterEveryEvent) {
  LiveDirectory directory;
  std::set<Hash> seen = {StateDigest(*directory.Freeze())};
  const std::vector<Event> events = SampleHistory(2).Next(200);
  for (const Event& event : events) {
    directory.Commit({&event, 1});
    EXPECT_TRUE(seen.insert(StateDigest(*directory.Freeze())).second) << event.sequence.value;
  }
}

/// The digest of a small state in which one thing may be otherwise.
template <typename Change>
Hash DigestWith(const Change& change) {
  SampleHistory history(1);
  LiveDirectory directory;
  std::vector<Event> events = history.CreateUser("ann");
  events.push_back(history.CreateUser("bob").front());
  events.push_back(history.CreateGroup("all", {history.users()[0]}).front());
  events.push_back(history.CreateCredential("entra").front());
  change(events);
  directory.Commit(events);
  return StateDigest(*directory.Freeze());
}

TEST(DigestTest, DiffersOnAnySingleDifference) {
  std::set<Hash> seen = {DigestWith([](auto&) {})};
  const auto expect_new = [&](const auto& change, const char* what) {
    EXPECT_TRUE(seen.insert(DigestWith(change)).second) << what;
  };
  expect_new(
      [](auto& events) {
        events[0].resource = IdOf(77);
        events[2].members_added = {IdOf(77)};
      },
      "id");
  expect_new([](auto& events) { events[0].time_us += 1; }, "time");
  expect_new([](auto& events) { events[0].changes[0].after = Value(std::string("Ann")); },
             "letter case");
  expect_new([](auto& events) { events[2].members_added.push_back(events[1].resource); }, "member");
  expect_new([](auto& events) { events[2].members_added = {events[1].resource}; }, "other member");
  expect_new([](auto& events) { events[2].members_added.clear(); }, "no member");
  expect_new([](auto& events) { events[3].credential->name = "okta"; }, "credential's name");
  expect_new([](auto& events) { events[3].credential->role = Role::kAdmin; }, "credential's role");
  expect_new([](auto& events) { events[3].credential->secret_hash[31] ^= 1; }, "secret");
  expect_new([](auto& events) { events[3].credential->revoked_us = 9; }, "revocation");
  expect_new(
      [](auto& events) {
        std::swap(events[0].resource, events[1].resource);
        std::swap(events[0].changes, events[1].changes);
        std::swap(events[0].time_us, events[1].time_us);
      },
      "order of creation");
}

}  // namespace
}  // namespace scimledger::projections
