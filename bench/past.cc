// What questions about the past cost (bench/README.md).

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "api/event_page.h"
#include "bench/machine.h"
#include "bench/past_sample.h"
#include "bench/table.h"
#include "projections/attribute_index.h"
#include "projections/event_candidates.h"
#include "projections/past_directory.h"
#include "projections/query.h"

namespace scimledger::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kBaseUrl = "https://scim.example/scim/v2";
constexpr int kRuns = 201;
constexpr int kSlowRuns = 3;

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

class PastTable {
 public:
  PastTable(std::filesystem::path data, std::uint64_t users, std::uint64_t events)
      : begin_(Clock::now()), sample_(data / "past", users, events) {
    Print("events made and appended per second", 0,
          static_cast<double>(Head()) / MillisecondsSince(begin_) * 1000);
    const Clock::time_point waiting = Clock::now();
    Come();
    Print("the history's lag when they are", 0, MillisecondsSince(waiting));
    Print("its bytes on disk per event", 0,
          static_cast<double>(history()->disk_bytes()) / static_cast<double>(Head()));
  }

  void Run() {
    const std::uint64_t head = Head();
    Measure("a resource at a random time, ms", 2, kRuns, [&](std::uint64_t dice) {
      const Sequence at{dice % (head - 1)};
      const projections::PastDirectory past(history(), live(), at);
      past.Find(SampleDirectory::IdOf(dice % sample_.users()));
    });
    Measure("a resource now, ms", 0, kRuns, [&](std::uint64_t dice) {
      live().Find(SampleDirectory::IdOf(dice % sample_.users()));
    });
    Measure("history of a user with 1,000 changes, ms", 20, kRuns / 10, [&](std::uint64_t) {
      const auto events =
          projections::FindResourceEvents(history(), SampleDirectory::IdOf(0), true);
      ReadPage(1000, events.get(), {});
    });
    Measure("members of a group of 10,000 at a time, ms", 50, kRuns / 10, [&](std::uint64_t dice) {
      const Sequence at{sample_.users() + PastSample::kMembers + dice % PastSample::kMemberChanges};
      const auto ordinal = history()->reader().OrdinalOf(sample_.group());
      const auto members = history()->reader().MembersAt(*ordinal, at);
      SCIMLEDGER_INVARIANT(members.size() + 2 > PastSample::kMembers, "members are missing");
    });
    Measure("groups of a user at a time, ms", 5, kRuns, [&](std::uint64_t dice) {
      const projections::PastDirectory past(history(), live(), Sequence{head - 1 - dice % 1000});
      const auto found = past.Find(SampleDirectory::IdOf(dice % PastSample::kMembers));
      found.view->ForEachGroup(*found.resource, [](const ReferencedResource&) {});
    });
    MeasureFilter("everything a token did, newest page, ms",
                  R"(actor.id eq "0190aaaa-0000-7000-8000-000000000001")");
    MeasureFilter("one attribute over a month, newest page, ms",
                  R"(path eq "title" and time ge "2026-01-01T00:00:00Z")");
    MeasureFilter("what no event has, ms", R"(path eq "nickName" and kind eq "ResourceDeleted")");
    MeasureQueries(head);
    MeasureReplays(static_cast<double>(head));
  }

 private:
  std::uint64_t Head() { return sample_.tenant().log().head().sequence.value; }
  std::shared_ptr<projections::History> history() { return sample_.tenant().history(); }
  const projections::Directory& live() { return sample_.tenant().directory(); }

  void Come() {
    const auto come = history()->WaitFor(Sequence{Head()}, Clock::time_point::max());
    SCIMLEDGER_INVARIANT(come, come.error().message.c_str());
  }

  static void Print(std::string_view what, double bar, double value) {
    fmt::print("| {} | {:.2f} | {} |\n", what, value,
               bar == 0 ? std::string("") : fmt::format("{}", bar));
    std::fflush(stdout);
  }

  void Measure(std::string_view what, double bar, int runs,
               const std::function<void(std::uint64_t dice)>& work) {
    std::mt19937_64 random(7);
    std::vector<double> spent;
    for (int run = 0; run < runs; ++run) {
      const std::uint64_t dice = random();
      const Clock::time_point begin = Clock::now();
      work(dice);
      spent.push_back(MillisecondsSince(begin));
    }
    Print(what, bar, Median(std::move(spent)));
  }

  void ReadPage(std::size_t limit, projections::EventCandidates* candidates,
                const api::EventTest& test) {
    const auto view = live().Freeze();
    api::EventRange range;
    range.last = view->sequence();
    range.limit = limit;
    range.is_descending = true;
    const auto next = api::ReadEventPage(sample_.tenant().log(), *view, "default", range, test,
                                         candidates, [](const std::string&) {});
    SCIMLEDGER_INVARIANT(next, next.error().message.c_str());
  }

  void MeasureFilter(std::string_view what, std::string_view text) {
    const auto filter = BindEventFilter(*ParseFilter(text));
    SCIMLEDGER_INVARIANT(filter, filter.error().detail.c_str());
    const auto credentials = live().Freeze()->credentials();
    Measure(what, 20, kRuns / 10, [&](std::uint64_t) {
      const auto candidates =
          projections::FindCandidates(history(), sample_.tenant().log(), *filter, credentials);
      ReadPage(100, candidates.get(),
               [&](const SchemaRegistry& registry, const Event& event, const ActorNames& actor) {
                 return Matches(registry, *filter, event, actor);
               });
    });
  }

  projections::Query MakeQuery(const std::string& text) {
    const RegistryPtr registry = live().current_registry();
    const ResourceType& type = *registry->FindTypeByName("User");
    projections::Query query;
    query.types.push_back({type.id, *BindFilter(*registry, type, *ParseFilter(text)), {}});
    return query;
  }

  void MeasureReplays(double head) {
    const auto seconds = [](const std::function<void()>& work) {
      const Clock::time_point begin = Clock::now();
      work();
      return MillisecondsSince(begin) / 1000;
    };
    Print("replay --verify, events per second", 150'000,
          head / seconds([&] {
            const auto verified = sample_.tenant().VerifyReplay(nullptr);
            SCIMLEDGER_INVARIANT(verified && verified->live == verified->replayed, "not equal");
          }));
    Print("replay --into, all projections, events per second", 60'000,
          head / seconds([&] { sample_.ReplayInto(); }));
    Print("history made again while serving, events per second", 0,
          head / sample_.SecondsToRebuild());
  }

  void MeasureQueries(std::uint64_t head) {
    const std::string title = R"(title sw "T9" and active eq true)";
    Measure("userName eq at a random time, ms", 20, kRuns, [&](std::uint64_t dice) {
      const projections::PastDirectory past(history(), live(), Sequence{dice % (head - 1)});
      const auto user = live().Find(SampleDirectory::IdOf(dice % sample_.users()));
      const auto query = MakeQuery(fmt::format(R"(id eq "{}")", user.resource->id.ToString()));
      projections::Run(past, query, kBaseUrl);
    });
    projections::Run(live(), MakeQuery(title), kBaseUrl);
    live().attribute_index().WaitUntilIdle();
    Measure("another filter now, ms", 0, kRuns / 10,
            [&](std::uint64_t) { projections::Run(live(), MakeQuery(title), kBaseUrl); });
    for (const std::uint64_t back : {sample_.users() / 100, sample_.users() / 10, head / 2}) {
      const projections::PastDirectory kept(history(), live(), Sequence{head - back - 1});
      Measure(fmt::format("the same {} events ago, at first, ms", back), 2000, kSlowRuns,
              [&](std::uint64_t dice) {
                const projections::PastDirectory past(history(), live(),
                                                      Sequence{head - back - 1 - dice % 10});
                projections::Run(past, MakeQuery(title), kBaseUrl);
              });
      projections::Run(kept, MakeQuery(title), kBaseUrl);
      Measure(fmt::format("the same {} events ago, again, ms", back), 0, kRuns / 10,
              [&](std::uint64_t) { projections::Run(kept, MakeQuery(title), kBaseUrl); });
    }
  }

  const Clock::time_point begin_;
  PastSample sample_;
};

}  // namespace
}  // namespace scimledger::bench

int main(int argc, char** argv) {
  std::filesystem::path data = SCIMLEDGER_BENCH_DATA;
  std::uint64_t users = 1'000'000;
  std::uint64_t events = 10'000'000;
  CLI::App app{"What questions about the past cost"};
  app.add_option("--data", data, "Where the log is made and thrown away")->capture_default_str();
  app.add_option("--users", users, "At least 10,000")->capture_default_str();
  app.add_option("--events", events)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::filesystem::create_directories(data);
  fmt::print("{}\n{} users, {} events; medians\n\n| what | measured | bar |\n|---|---|---|\n",
             scimledger::bench::DescribeMachine(data), users, events);
  scimledger::bench::PastTable(data, users, events).Run();
}
