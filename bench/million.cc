// The attribute index's table of bench/README.md: queries, starts, memory and growth at a million
// users, over HTTP against the release server.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/company_server.h"
#include "bench/machine.h"
#include "bench/realistic_load.h"
#include "bench/request_template.h"
#include "bench/table.h"

namespace scimledger::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  fs::path data = SCIMLEDGER_BENCH_DATA;
  std::size_t users = 1'000'000;
  std::size_t groups = 10'000;
  double seconds = 1;
  int repetitions = 3;
  bool keep = false;
};

constexpr std::size_t kSmall = 10'000;
constexpr std::size_t kTiny = 1'000;
/// What is compared between two servers takes more turns.
constexpr int kCreateRuns = 9;
constexpr int kLookupRuns = 7;
constexpr std::size_t kConnections = 32;
constexpr std::size_t kCreatesAtOnce = 2'000;
/// Just below the events between two snapshots: a tail that no snapshot cuts.
constexpr std::size_t kTailEvents = 90'000;
/// Just below the events that may come after a snapshot while a directory is filled fast.
constexpr std::size_t kFillEvents = 490'000;
constexpr std::size_t kFloodConnections = 8;
constexpr double kBytesPerUser = 1024;
constexpr double kBytesPerMembership = 24;

/// One line of the table.
struct Line {
  std::string what;
  std::string hits;
  std::string value;
  std::string bar;
};

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (is_plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::uint64_t NumberAfter(std::string_view body, std::string_view name) {
  const auto at = body.find(name);
  std::uint64_t number = 0;
  if (at != std::string_view::npos) {
    std::from_chars(body.data() + at + name.size(), body.data() + body.size(), number);
  }
  return number;
}

/// A list whose time is measured, one request after another.
struct Case {
  std::string what;
  std::string target;
  double bar_ms = 0;  ///< 0: by its hits, 5 up to 1 %, 15 above
  std::uint64_t hits = 0;
  std::vector<double> medians_ms{};
};

/// A lookup whose rate is measured beside that of GET by id.
struct Lookup {
  std::string what;
  std::vector<double> small{};  ///< ratios, at kSmall users
  std::vector<double> large{};
  std::vector<double> small_rates{};
  std::vector<double> large_rates{};
};

class Million {
 public:
  explicit Million(Options options)
      : options_(std::move(options)),
        duration_(static_cast<milliseconds::rep>(options_.seconds * 1000)),
        large_(options_.data / "server"),
        small_(options_.data / "small") {}

  void Run() {
    fmt::print("{}\n", DescribeMachine(options_.data));
    fmt::print("{} users and {} groups, medians of {} runs of {:g} s\n\n", options_.users,
               options_.groups, options_.repetitions, options_.seconds);
    std::fflush(stdout);
    Grow();
    MeasureQueries();
    MeasureFlood();
    MeasureStarts();
    Print();
  }

 private:
  RealisticLoad& load() { return large_.load(); }
  const RealisticLoad& load() const { return large_.load(); }
  static void Say(const std::string& text) { fmt::print(stderr, "million: {}\n", text); }

  // Growing.

  void Grow() {
    Say("growing");
    RealisticLoad::Beside beside;
    const Clock::time_point begin = Clock::now();
    load().CreateUsers(options_.users, &beside);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    Say(fmt::format("grown in {:.0f} s; groups", seconds));
    load().CreateGroups(options_.groups);
    ReportGrowth(beside, seconds);
    MeasureCreates();
    small_.load().CreateUsers(kSmall);
  }

  /// In turns, so that whatever the machine does meanwhile happens to both.
  void MeasureCreates() {
    CompanyServer tiny(options_.data / "tiny");
    tiny.load().CreateUsers(kTiny);
    std::vector<double> few;
    std::vector<double> many;
    for (int run = 0; run < kCreateRuns; ++run) {
      few.push_back(MicrosecondsPerCreate(tiny));
      many.push_back(MicrosecondsPerCreate(large_));
    }
    const double few_us = Median(std::move(few));
    const double many_us = Median(std::move(many));
    Add(fmt::format("one create at {} users against at {}", options_.users, kTiny), "",
        fmt::format("{:.2f} ({:.0f} us against {:.0f})", many_us / few_us, many_us, few_us),
        Judge(many_us / few_us, Bar{.limit = 1.3, .is_upper = true}));
    tiny.process().Terminate();
  }

  /// By as many connections as hide the sync.
  static double MicrosecondsPerCreate(CompanyServer& server) {
    return 1e6 / server.load().CreateSingly(kCreatesAtOnce, kConnections).PerSecond();
  }

  void ReportGrowth(RealisticLoad::Beside& beside, double seconds) {
    auto& latencies = beside.latencies_us;
    if (latencies.empty()) return;
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double share) {
      const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies.size()));
      return latencies[std::min(rank, latencies.size() - 1)] / 1000.0;
    };
    Add(fmt::format("slowest of {} single creates beside Bulks, growing to {} users",
                    latencies.size(), options_.users),
        "", fmt::format("{:.1f} ms (median {:.1f}, 99.9 % {:.1f})", at(1), at(0.5), at(0.999)),
        Judge(at(1), Bar{.limit = 50, .is_upper = true}));
    Add("users by Bulks of 200 meanwhile", "",
        fmt::format("{:.0f} per s", static_cast<double>(load().users().size()) / seconds), "");
  }

  // Queries.

  static std::string Filtered(std::string_view endpoint, const std::string& filter) {
    return fmt::format("/scim/v2/{}?filter={}", endpoint, PercentEncoded(filter));
  }

  static std::string LookupTarget(CompanyServer& server, std::size_t kind) {
    const std::uint32_t user = server.PickUser();
    const std::string name = RealisticCompany::UserName(user);
    if (kind == 0) return Filtered("Users", fmt::format(R"(userName eq "{}")", name));
    if (kind == 1) {
      return Filtered("Users",
                      fmt::format(R"(externalId eq "{}")", RealisticCompany::ExternalId(user)));
    }
    return Filtered("Users", fmt::format(R"(emails[type eq "work" and value eq "{}"])", name));
  }

  /// The two sizes in turns.
  void MeasureLookups() {
    Say("lookups");
    for (int run = 0; run < kLookupRuns; ++run) {
      for (CompanyServer* server : {&small_, &large_}) {
        const auto rate = [&](const std::function<std::string()>& target) {
          return server->Get(target, kConnections, duration_).PerSecond();
        };
        const auto gets = [&] {
          return rate([&] { return "/scim/v2/Users/" + server->IdOf(server->PickUser()); });
        };
        double before = gets();
        for (std::size_t kind = 0; kind < lookups_.size(); ++kind) {
          const double lists = rate([&] { return LookupTarget(*server, kind); });
          const double after = gets();
          Lookup& lookup = lookups_[kind];
          const bool is_small = server == &small_;
          (is_small ? lookup.small : lookup.large).push_back(lists / ((before + after) / 2));
          (is_small ? lookup.small_rates : lookup.large_rates).push_back(lists);
          before = after;
        }
      }
    }
    small_.process().Terminate();
  }

  void AddCases() {
    const auto list = [&](std::string what, const std::string& filter, double bar_ms) {
      cases_.push_back({std::move(what), Filtered("Users", filter) + "&count=100", bar_ms});
    };
    for (const char* part : {"zzzqqq", "Teresa Q", "Øyvind", "zoltan", "son", "ma"}) {
      const std::string filter = fmt::format(R"(displayName co "{}")", part);
      list(filter, filter, 0);
    }
    for (const char* end : {"@free.example", "@labs.example"}) {
      const std::string filter = fmt::format(R"(emails.value ew "{}")", end);
      list(filter, filter, 0);
    }
    const std::string three = R"(active eq true and department eq "Tax" and title sw "Lead")";
    list(three, three, 3);
    const std::string negation = R"(not (department eq "Engineering"))";
    list(negation, negation, 5);
    list("`or` of five terms",
         R"(department eq "Tax" or department eq "Legal" or title eq "Lead Buyer" or )"
         R"(name.familyName eq "Kowalski" or emails.value co "p00")",
         5);
    list("meta.lastModified gt …", R"(meta.lastModified gt "2020-01-01T00:00:00Z")", 5);
    cases_.push_back({fmt::format("sort by name.familyName, startIndex {}", options_.users / 2 + 1),
                      fmt::format("/scim/v2/Users?sortBy=name.familyName&startIndex={}&count=100",
                                  options_.users / 2 + 1),
                      20});
    cases_.push_back(
        {"members.value eq on Groups, without members",
         Filtered("Groups", fmt::format(R"(members.value eq "{}")", large_.IdOf(load().member()))) +
             "&excludedAttributes=members",
         2});
    cases_.push_back({"1,000 groups, excludedAttributes=members",
                      "/scim/v2/Groups?excludedAttributes=members&count=1000", 30});
  }

  /// Until the index has every column that the query can use.
  void Warm(const std::string& target) {
    for (int turn = 0; turn < 200; ++turn) {
      const std::string body = large_.GetOnce(target + "&explain=true", true);
      // A first query may take longer than it is allowed to.
      if (!body.empty() && body.find("evaluator over every row") == std::string::npos &&
          body.find("\"each row\"") == std::string::npos) {
        return;
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
    Say("no index for " + target);
  }

  void MeasureCase(Case& any) {
    LoadResult result = large_.Get([&] { return any.target; }, 1, duration_);
    any.medians_ms.push_back(result.LatencyMs(0.5));
  }

  void MeasureQueries() {
    AddCases();
    Say("making columns");
    for (Case& any : cases_) {
      Warm(any.target);
      any.hits = TotalOf(any.target);
    }
    for (int run = 1; run <= options_.repetitions; ++run) {
      Say(fmt::format("queries, run {} of {}", run, options_.repetitions));
      for (Case& any : cases_) MeasureCase(any);
    }
    MeasureLookups();
    for (const Lookup& lookup : lookups_) AddLookup(lookup);
    for (const Case& any : cases_) AddCase(any);
  }

  std::uint64_t TotalOf(const std::string& target) {
    return NumberAfter(large_.GetOnce(target), R"("totalResults":)");
  }

  void AddLookup(const Lookup& lookup) {
    const double small = Median(lookup.small);
    const double large = Median(lookup.large);
    Add(lookup.what + fmt::format(", rate against GET by id, {} users", kSmall), "1",
        fmt::format("{:.2f} ({:.0f} per s)", small, Median(lookup.small_rates)),
        Judge(small, Bar{.limit = 0.8}));
    Add(lookup.what + fmt::format(", rate against GET by id, {} users", options_.users), "1",
        fmt::format("{:.2f} ({:.0f} per s)", large, Median(lookup.large_rates)),
        Judge(large, Bar{.limit = 0.8}));
    const double change = Median(lookup.large_rates) / Median(lookup.small_rates);
    Add(lookup.what + fmt::format(", rate at {} against at {}", options_.users, kSmall), "",
        fmt::format("{:.2f}", change), Judge(change, Bar{.limit = 0.8}));
  }

  void AddCase(const Case& any) {
    const double median = Median(any.medians_ms);
    const double limit = any.bar_ms > 0                          ? any.bar_ms
                         : any.hits * 100 <= load().user_count() ? 5
                                                                 : 15;
    Add(any.what, fmt::format("{}", any.hits), fmt::format("{:.2f} ms", median),
        Judge(median, Bar{.limit = limit, .is_upper = true}));
  }

  /// Point reads beside as many of the most expensive query as there are connections for it: a
  /// value derived from another resource, which no column has.
  void MeasureFlood() {
    Say("flood");
    const std::string expensive = Filtered(
        "Users",
        R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName co "x")");
    std::vector<double> p99s;
    std::size_t refused = 0;
    for (int run = 0; run < options_.repetitions; ++run) {
      std::vector<Clock::time_point> begun(2 * kFloodConnections);
      std::vector<double> spent_ms;
      const Clock::time_point end = Clock::now() + 3 * duration_;
      Load load;
      load.port = large_.process().port();
      load.connections = begun.size();
      load.duration = 3 * duration_;
      load.request = [&](std::size_t connection, std::string& text) {
        begun[connection] = Clock::now();
        const bool is_flood = connection < kFloodConnections;
        const std::string target =
            is_flood ? expensive : "/scim/v2/Users/" + large_.IdOf(large_.PickUser());
        RequestTemplate("GET", target, {}, large_.load().token()).Append(text, 0);
        return true;
      };
      load.answer = [&](std::size_t connection, int status, std::string_view) {
        if (connection < kFloodConnections) {
          refused += status >= 400 ? 1 : 0;
        } else if (Clock::now() < end) {
          spent_ms.push_back(
              std::chrono::duration<double, std::milli>(Clock::now() - begun[connection]).count());
        }
      };
      RunLoad(load);
      std::sort(spent_ms.begin(), spent_ms.end());
      if (spent_ms.empty()) throw std::runtime_error("no point read was answered in the flood");
      p99s.push_back(spent_ms[spent_ms.size() * 99 / 100]);
    }
    const double p99 = Median(std::move(p99s));
    Add(fmt::format("99 % of GETs by id beside {} connections with a filter on a derived value",
                    kFloodConnections),
        "", fmt::format("{:.1f} ms ({} of the flood refused)", p99, refused),
        Judge(p99, Bar{.limit = 25, .is_upper = true}));
  }

  // Starts.

  void MeasureStarts() {
    std::vector<double> clean;
    std::vector<double> clean_waited;
    std::vector<double> resident;
    for (int run = 0; run < options_.repetitions; ++run) {
      const Clock::time_point begin = Clock::now();
      large_.process().Terminate();
      Say(fmt::format("stopped in {:.1f} s",
                      std::chrono::duration<double>(Clock::now() - begin).count()));
      large_.Restart();
      clean.push_back(large_.process().seconds_to_ready());
      clean_waited.push_back(large_.process().seconds_waited());
      resident.push_back(static_cast<double>(large_.process().ResidentBytes()));
    }
    AddStart("a clean stop", Median(clean), Median(clean_waited), 3);
    AddMemory(Median(resident) - static_cast<double>(large_.empty_bytes()));
    AddFirstQuery();
    std::vector<double> killed;
    std::vector<double> killed_waited;
    for (int run = 0; run < options_.repetitions; ++run) {
      // A few more each time: a start is no reason for a snapshot.
      load().CreateUsers(load().users().size() + (run == 0 ? kTailEvents : kTiny));
      large_.process().Kill();
      large_.Restart();
      killed.push_back(large_.process().seconds_to_ready());
      killed_waited.push_back(large_.process().seconds_waited());
    }
    AddStart(fmt::format("SIGKILL, {} events after the last snapshot", kTailEvents), Median(killed),
             Median(killed_waited), 6);
    load().CreateUsers(load().users().size() + kFillEvents);
    large_.process().Kill();
    large_.Restart();
    AddStart(fmt::format("SIGKILL, {} users into a fill by Bulks", kFillEvents),
             large_.process().seconds_to_ready(), large_.process().seconds_waited(), 6);
    large_.process().Terminate();
  }

  void AddStart(const std::string& after, double seconds, double waited, double bar) {
    Add("start to ready after " + after, "",
        fmt::format("{:.2f} s, {:.2f} of them waiting for a processor", seconds, waited),
        Judge(seconds, Bar{.limit = bar, .is_upper = true}));
  }

  void AddMemory(double bytes) {
    const auto users = static_cast<double>(load().user_count());
    const auto memberships = static_cast<double>(load().membership_count());
    const double bar = kBytesPerUser * users + kBytesPerMembership * memberships;
    Add(fmt::format("resident memory after that start, of {:.0f} users and {:.0f} memberships",
                    users, memberships),
        "",
        fmt::format("{:.0f} MB: {:.0f} bytes per user besides {:g} per membership", bytes / 1e6,
                    (bytes - kBytesPerMembership * memberships) / users, kBytesPerMembership),
        Judge(bytes / bar, Bar{.limit = 1, .is_upper = true}) + " of 1 KiB per user");
  }

  /// The first query of an attribute after a start.
  void AddFirstQuery() {
    const Case& any = cases_.at(1);
    const Clock::time_point begin = Clock::now();
    TotalOf(any.target);
    const std::chrono::duration<double, std::milli> spent = Clock::now() - begin;
    Add("first query after that start, " + any.what, fmt::format("{}", any.hits),
        fmt::format("{:.1f} ms", spent.count()), "");
  }

  void Add(std::string what, std::string hits, std::string value, std::string bar) {
    fmt::print(stderr, "million: {}: {} {}\n", what, value, bar);
    lines_.push_back({std::move(what), std::move(hits), std::move(value), std::move(bar)});
  }

  void Print() const {
    fmt::print("| what | hits | measured | bar holds |\n|---|---|---|---|\n");
    for (const Line& line : lines_) {
      fmt::print("| {} | {} | {} | {} |\n", line.what, line.hits, line.value, line.bar);
    }
    fmt::print("\n{}\n", DescribeMachine(options_.data));
  }

  const Options options_;
  const milliseconds duration_;
  CompanyServer large_;
  CompanyServer small_;
  std::vector<Lookup> lookups_{
      {"`userName eq`"}, {"`externalId eq`"}, {"`emails[type eq \"work\" and value eq …]`"}};
  std::vector<Case> cases_;
  std::vector<Line> lines_;
};

int RunIn(const Options& options) {
  fs::create_directories(options.data);
  if (!fs::is_empty(options.data)) {
    fmt::print(stderr, "million: {} is not empty\n", options.data.string());
    return 2;
  }
  if (IsInMemory(options.data)) {
    fmt::print(stderr, "million: {} is in memory; name a directory on a disk with --data\n",
               options.data.string());
    return 2;
  }
  Million(options).Run();
  if (!options.keep) fs::remove_all(options.data);
  return 0;
}

}  // namespace
}  // namespace scimledger::bench

int main(int argc, char** argv) {
  using scimledger::bench::Options;
  Options options;
  CLI::App app("Measures filters, starts and memory over HTTP on loopback", "million");
  app.add_option("--data", options.data, "Empty directory on a disk")->capture_default_str();
  app.add_option("--users", options.users)
      ->capture_default_str()
      ->check(CLI::Range(20'000, 5'000'000));
  app.add_option("--groups", options.groups)
      ->capture_default_str()
      ->check(CLI::Range(1'000, 100'000));
  app.add_option("--seconds", options.seconds, "Of each measurement")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 60.0));
  app.add_option("--repetitions", options.repetitions)
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_flag("--keep", options.keep, "Leave the data there");
  CLI11_PARSE(app, argc, argv);
  try {
    return scimledger::bench::RunIn(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "million: {}\n", error.what());
    return 4;
  }
}
