#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "engine/writer.h"
#include "projections/live_directory.h"
#include "sample_history.h"
#include "storage/memory_event_log.h"

namespace scimledger::projections {
namespace {

class TestClock final : public Clock {
 public:
  std::int64_t NowUs() override { return now_us += 1'000; }
  std::int64_t now_us = 1'700'000'000'000'000;
};

/// Random commands against the state that there is, so that most of them are accepted.
class CommandSource {
 public:
  CommandSource(std::uint32_t seed, const Directory& directory)
      : dice_(seed), directory_(directory) {}

  Command Next() {
    Command command;
    command.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
    command.transaction = IdOf(0xF000000 + ++count_);
    command.registry = directory_.current_registry();
    command.body = Body();
    return command;
  }

 private:
  ResourceTypeId Type(std::string_view name) const {
    return directory_.current_registry()->FindTypeByName(name)->id;
  }
  const ResourceId& Pick() { return ids_[dice_.Below(ids_.size())]; }

  ResourceDraft User() {
    ResourceDraft draft;
    draft.attributes.Set(SampleHistory::At("User", "userName"),
                         Value(fmt::format("Usér{}", dice_.Below(40))));
    draft.attributes.Set(SampleHistory::At("User", "active"), Value(dice_.Below(2) == 0));
    if (dice_.Below(2) == 0) {
      AttributeMap name;
      name.Set(SampleHistory::At("User", "name.familyName"),
               Value(fmt::format("Name{}", dice_.Below(5))));
      draft.attributes.Set(SampleHistory::At("User", "name"), Value(std::move(name)));
    }
    return draft;
  }

  ResourceDraft Group() {
    ResourceDraft draft;
    draft.attributes.Set(SampleHistory::At("Group", "displayName"),
                         Value(fmt::format("Group{}", dice_.Below(40))));
    draft.members.emplace();
    for (std::uint32_t more = dice_.Below(4); more > 0 && !ids_.empty(); --more) {
      draft.members->push_back(Pick().ToString());
    }
    return draft;
  }

  CommandBody Body() {
    const bool is_user = dice_.Below(3) != 0;
    const ResourceTypeId type = Type(is_user ? "User" : "Group");
    const std::uint32_t what = dice_.Below(12);
    if (ids_.size() < 4 || what < 4) {
      ids_.push_back(IdOf(1 + ids_.size()));
      return CreateResource{type, ids_.back(), is_user ? User() : Group()};
    }
    if (what < 9) return ReplaceResource{type, Pick(), is_user ? User() : Group(), std::nullopt};
    if (what < 11) return DeleteResource{type, Pick(), std::nullopt};
    Credential credential;
    credential.id = IdOf(0xC000000 + count_);
    credential.name = "token";
    credential.secret_hash.fill(static_cast<std::uint8_t>(count_));
    return CreateCredential{credential};
  }

  SampleHistory dice_;
  const Directory& directory_;
  std::vector<ResourceId> ids_;
  std::uint64_t count_ = 0;
};

class ReplayTest : public ::testing::Test {
 protected:
  /// Runs one command to its end; whether it was accepted.
  static bool Submit(Writer& writer, Command command) {
    std::promise<bool> accepted;
    writer.Submit(std::move(command),
                  [&](Result<Outcome> outcome) { accepted.set_value(outcome.has_value()); });
    return accepted.get_future().get();
  }

  static WriterOptions Options() {
    WriterOptions options;
    options.on_sync_failed = [](const storage::Error&) { std::abort(); };
    return options;
  }

  std::unique_ptr<storage::EventLog> log = storage::MakeMemoryEventLog(IdOf(7));
  TestClock clock;
};

TEST_F(ReplayTest, GivesTheLiveStateAtEverySequence) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    log = storage::MakeMemoryEventLog(IdOf(7));
    LiveDirectory live;
    std::map<Sequence, Hash> digests;
    int accepted = 0;
    {
      Writer writer(*log, live, clock, Options());
      CommandSource commands(seed, live);
      for (int count = 0; count < 250; ++count) {
        if (Submit(writer, commands.Next())) ++accepted;
        const auto view = live.Freeze();
        digests[view->sequence()] = StateDigest(*view);
      }
    }
    ASSERT_GT(accepted, 60);
    ASSERT_EQ(live.position(), log->head().sequence);

    const auto replayed = Directory::Make();
    for (const auto& [sequence, digest] : digests) {
      const auto done = replayed->Replay(*log, sequence, nullptr);
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(replayed->position(), sequence);
      EXPECT_EQ(StateDigest(*replayed->Freeze()), digest) << sequence.value;
    }

    const auto whole = Directory::Make();
    Sequence reported;
    ASSERT_TRUE(
        whole->Replay(*log, log->head().sequence, [&](Sequence position) { reported = position; }));
    EXPECT_EQ(reported, log->head().sequence);
    EXPECT_EQ(Render(*whole->Freeze()), Render(*live.Freeze()));
  }
}

TEST_F(ReplayTest, CatchesUpFromAnywhere) {
  LiveDirectory live;
  const auto behind = Directory::Make();
  Writer writer(*log, live, clock, Options());
  CommandSource commands(9, live);
  for (int round = 0; round < 10; ++round) {
    for (int count = 0; count < 15; ++count) Submit(writer, commands.Next());
    const auto caught_up = behind->CatchUp(*log);
    ASSERT_TRUE(caught_up) << caught_up.error().message;
    EXPECT_EQ(StateDigest(*behind->Freeze()), StateDigest(*live.Freeze()));
  }
  ASSERT_TRUE(behind->CatchUp(*log));
  EXPECT_EQ(behind->position(), log->head().sequence);
}

TEST_F(ReplayTest, RefusesALogThatIsBehindTheDirectory) {
  LiveDirectory live;
  {
    Writer writer(*log, live, clock, Options());
    CommandSource commands(1, live);
    for (int count = 0; count < 10; ++count) Submit(writer, commands.Next());
  }
  const auto empty = storage::MakeMemoryEventLog(IdOf(8));

  const auto done = live.CatchUp(*empty);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, storage::ErrorCode::kCorrupt);
}

TEST_F(ReplayTest, FollowsSchemasThatTheLogAdds) {
  constexpr std::string_view kSchema =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
      R"("id":"urn:example:schemas:extension:badge:2.0:User","name":"Badge",)"
      R"("description":"Badge","attributes":[)"
      R"({"name":"serial","type":"string","description":"Number"}]})";
  LiveDirectory live;
  {
    Writer writer(*log, live, clock, Options());
    CommandSource commands(2, live);
    Command add = commands.Next();
    add.body = AddSchema{{std::string(kSchema)}};
    ASSERT_TRUE(Submit(writer, std::move(add)));
    Command create = commands.Next();
    const auto serial =
        create.registry->FindInSchema("urn:example:schemas:extension:badge:2.0:User", "serial");
    ASSERT_TRUE(serial);
    std::get<CreateResource>(create.body).draft.attributes.Set(*serial, Value(std::string("77")));
    ASSERT_TRUE(Submit(writer, std::move(create)));
  }
  const auto replayed = Directory::Make();

  const auto done = replayed->Replay(*log, log->head().sequence, nullptr);

  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(StateDigest(*replayed->Freeze()), StateDigest(*live.Freeze()));
}

}  // namespace
}  // namespace scimledger::projections
