// The end-to-end table of bench/README.md: the release server and the baseline, measured in turns.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/child_process.h"
#include "bench/load_client.h"
#include "bench/machine.h"
#include "bench/sample_user.h"
#include "bench/scim_load.h"
#include "bench/table.h"

namespace scimledger::bench {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

struct Options {
  fs::path data = SCIMLEDGER_BENCH_DATA;
  double seconds = 3;
  int repetitions = 3;
  std::size_t users = 120'000;
  bool keep = false;
  std::vector<std::string> parts;  ///< of the table; empty: all

  bool Has(const std::string& part) const {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

const std::vector<std::string> kParts{"creates", "gets",    "patch",  "members", "cycles",
                                      "bulk",    "history", "replay", "starts"};

/// Groups of each size: enough that the adds of one run do not change what "of 10" means.
struct GroupKind {
  std::size_t members;
  std::size_t groups;
};
constexpr std::array kGroupKinds{GroupKind{10, 4000}, GroupKind{10'000, 16}, GroupKind{100'000, 8}};
constexpr std::array<std::size_t, 4> kCreateConnections{1, 32, 128, 256};
constexpr std::size_t kConnections = 32;
constexpr int kMemberSlices = 3;

/// Medians of an earlier measurement of the baseline's shape, by connections (durable creates/s).
constexpr std::array kCeilings{std::pair<std::size_t, double>{1, 2700.0},
                               std::pair<std::size_t, double>{32, 21'000.0}};

/// The value of a counter at GET /metrics (Prometheus text). nullopt: not there.
std::optional<double> ReadCounter(std::uint16_t port, const std::string& token,
                                  const std::string& name) {
  std::string metrics;
  bool is_sent = false;
  const RequestTemplate get("GET", "/metrics", {}, token);
  Load load;
  load.port = port;
  load.request = [&](std::size_t, std::string& text) {
    get.Append(text, 0);
    return !std::exchange(is_sent, true);
  };
  load.answer = [&](std::size_t, int status, std::string_view body) {
    if (status == 200) metrics = "\n" + std::string(body);
  };
  RunLoad(load);
  const auto at = metrics.find("\n" + name);
  if (at == std::string::npos) return std::nullopt;
  const auto blank = metrics.find(' ', at);
  double value = 0;
  const char* end = metrics.data() + metrics.size();
  const auto parsed = std::from_chars(metrics.data() + blank + 1, end, value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

/// One of the two servers that are compared.
struct Side {
  std::unique_ptr<ChildProcess> process;
  std::string counter;  ///< of synced writes
  std::string token;    ///< that may read /metrics

  template <typename Run>
  Measurement Measure(Run run) {
    const auto syncs_before = ReadCounter(process->port(), token, counter);
    const double cpu_before = process->CpuUs();
    LoadResult result = run();
    const double cpu = process->CpuUs() - cpu_before;
    const auto syncs_after = ReadCounter(process->port(), token, counter);
    if (result.errors > 0) {
      throw std::runtime_error(fmt::format("{} of {} requests were refused: {}", result.errors,
                                           result.requests, result.first_error));
    }
    Measurement measured;
    measured.per_second = result.PerSecond();
    measured.p50_ms = result.LatencyMs(0.5);
    measured.p99_ms = result.LatencyMs(0.99);
    measured.cpu_us = result.requests > 0 ? cpu / static_cast<double>(result.requests) : 0;
    if (syncs_before && syncs_after) {
      measured.syncs_per_second = (*syncs_after - *syncs_before) / result.seconds;
    }
    return measured;
  }
};

/// Values that are not rates of requests.
struct Fact {
  std::string what;
  std::string value;
  std::string bar;
};

class EndToEnd {
 public:
  explicit EndToEnd(Options options)
      : options_(std::move(options)),
        duration_(static_cast<milliseconds::rep>(options_.seconds * 1000)) {}

  void Run() {
    fmt::print("{}\n", DescribeMachine(options_.data));
    fmt::print("{} users before the first row, {} repetitions of {:g} s, medians\n\n",
               options_.users, options_.repetitions, options_.seconds);
    std::fflush(stdout);
    StartBoth();
    Prefill();
    for (int i = 1; i <= options_.repetitions; ++i) {
      fmt::print(stderr, "end_to_end: repetition {} of {}\n", i, options_.repetitions);
      Repeat();
    }
    if (options_.Has("replay") || options_.Has("starts")) MeasureReplay();
    if (options_.Has("starts")) MeasureStarts();
    PrintResults();
  }

 private:
  fs::path ServerData() const { return options_.data / "server"; }

  std::unique_ptr<ChildProcess> StartServer() const {
    const std::vector<std::string> words{SCIMLEDGER_BINARY, "serve",    "--data",
                                         ServerData(),      "--listen", "127.0.0.1:0"};
    return std::make_unique<ChildProcess>(words);
  }

  std::string CreateToken(const std::string& role) const { return CreateToken(role, ServerData()); }
  static std::string CreateToken(const std::string& role, const fs::path& data) {
    std::string token = RunProgram({SCIMLEDGER_BINARY, "token", "create", "--data", data, "--role",
                                    role, "--name", "bench-" + role});
    while (!token.empty() && token.back() == '\n') token.pop_back();
    return token;
  }

  void StartBoth() {
    server_.process = StartServer();
    server_.counter = "scimledger_commit_batches_total";
    server_.token = CreateToken("admin");
    empty_bytes_ = server_.process->ResidentBytes();
    scim_ = std::make_unique<ScimLoad>(server_.process->port(), CreateToken("provisioner"));
    const fs::path database = options_.data / "baseline";
    const std::vector<std::string> words{BASELINE_BINARY, database};
    baseline_.process = std::make_unique<ChildProcess>(words);
    baseline_.counter = "baseline_commit_batches_total";
  }

  void Prefill() {
    fmt::print(stderr, "end_to_end: creating {} users\n", options_.users);
    scim_->CreateUsers(options_.users);
    if (!options_.Has("members")) return;
    for (const auto& [members, groups] : kGroupKinds) {
      fmt::print(stderr, "end_to_end: creating {} groups of {}\n", groups, members);
      scim_->CreateGroups(groups, members);
    }
  }

  Row& RowOf(const std::string& what) {
    for (Row& row : rows_) {
      if (row.what == what) return row;
    }
    Row row;
    row.what = what;
    return rows_.emplace_back(std::move(row));
  }

  LoadResult RunBaseline(std::size_t connections, bool is_post) {
    static const RequestTemplate post("POST", "/Users", kSampleUser, {});
    static const RequestTemplate get("GET", "/Users/1", {}, {});
    Load load;
    load.port = baseline_.process->port();
    load.connections = connections;
    load.duration = duration_;
    load.request = [&, number = std::uint64_t{0}](std::size_t, std::string& text) mutable {
      (is_post ? post : get).Append(text, ++number);
      return true;
    };
    return RunLoad(load);
  }

  void Repeat() {
    if (options_.Has("creates")) {
      for (const std::size_t connections : kCreateConnections) Creates(connections);
    }
    if (options_.Has("gets")) Gets();
    if (options_.Has("patch")) Patches();
    if (options_.Has("members")) MemberAdds();
    if (options_.Has("cycles")) EntraCycles();
    if (options_.Has("bulk")) Bulks();
    if (options_.Has("bulk")) Pages();
    if (options_.Has("history")) PriceOfTheHistory();
  }

  /// Creates beside a server of its own that keeps none, and how far behind the history is then.
  void PriceOfTheHistory() {
    const fs::path data = options_.data / "without_history";
    fs::remove_all(data);
    Side without;
    without.process = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/bin/env", "SCIMLEDGER_HISTORY=off", SCIMLEDGER_BINARY,
                                 "serve", "--data", data, "--listen", "127.0.0.1:0"});
    without.counter = server_.counter;
    without.token = CreateToken("admin", data);
    ScimLoad other(without.process->port(), CreateToken("provisioner", data));
    other.CreateUsers(options_.users);
    Row& row = RowOf("durable creates, 128 connections, with the history");
    row.against_what = "without it";
    row.bar = Bar{.limit = 0.6};
    row.against.push_back(without.Measure([&] { return other.Creates(128, duration_); }));
    row.server.push_back(server_.Measure([&] { return scim_->Creates(128, duration_); }));
    const auto lag = ReadCounter(server_.process->port(), server_.token, "scimledger_history_lag");
    const auto begin = std::chrono::steady_clock::now();
    while (ReadCounter(server_.process->port(), server_.token, "scimledger_history_lag") > 0.0) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    const std::chrono::duration<double> caught_up = std::chrono::steady_clock::now() - begin;
    facts_.push_back({"the history's lag after that",
                      fmt::format("{:.0f} events, {:.3f} s", lag.value_or(-1), caught_up.count()),
                      caught_up.count() <= 1 ? "yes <= 1 s" : "NO <= 1 s"});
  }

  void Patches() {
    Row& patch = RowOf("PATCH of one attribute, 32 connections");
    patch.server.push_back(
        server_.Measure([&] { return scim_->Patches(kConnections, duration_); }));
  }

  void EntraCycles() {
    Row& cycle = RowOf("Entra cycles (miss, POST, hit, PATCH), 32 connections");
    Measurement measured =
        server_.Measure([&] { return scim_->EntraCycles(kConnections, duration_); });
    measured.per_second /= 4;
    measured.cpu_us *= 4;
    cycle.server.push_back(measured);
  }

  /// Bulks of 1,000 on one connection, beside creates one by one on one connection and on 32.
  void Bulks() {
    struct Single {
      std::size_t connections;
      double bar;
    };
    const Measurement bulk = server_.Measure([&] { return scim_->BulkCreates(1, duration_); });
    for (const auto& [connections, bar] : {Single{1, 5.0}, Single{32, 0.8}}) {
      Row& row = RowOf(fmt::format("users by Bulk, against single creates on {}", connections));
      row.against_what = "single creates";
      row.bar = Bar{.limit = bar};
      row.server.push_back(bulk);
      row.against.push_back(
          server_.Measure([&, count = connections] { return scim_->Creates(count, duration_); }));
    }
  }

  /// A page of 100 must not be slower than 100 GETs.
  void Pages() {
    Row& row = RowOf("users by pages of 100, 32 connections");
    row.against_what = "GET by id";
    row.bar = Bar{.limit = 1.0};
    row.server.push_back(server_.Measure([&] { return scim_->Pages(kConnections, duration_); }));
    row.against.push_back(
        server_.Measure([&] { return scim_->GetsById(kConnections, duration_); }));
  }

  void Creates(std::size_t connections) {
    Row& row = RowOf(
        fmt::format("durable creates, {} connection{}", connections, connections == 1 ? "" : "s"));
    row.against_what = "baseline";
    if (connections == 1) row.bar = Bar{.limit = 0.7};
    if (connections >= 128) row.bar = Bar{.limit = 0.45};
    const auto baseline = [&] { return RunBaseline(connections, true); };
    const auto server = [&] { return scim_->Creates(connections, duration_); };
    row.against.push_back(baseline_.Measure(baseline));
    row.server.push_back(server_.Measure(server));
    baseline_creates_[connections].push_back(row.against.back().per_second);
  }

  void Gets() {
    Row& get = RowOf("GET by id, 32 connections");
    get.against_what = "baseline, 1 KB from memory";
    get.bar = Bar{.limit = 0.6};
    get.against.push_back(baseline_.Measure([&] { return RunBaseline(kConnections, false); }));
    get.server.push_back(server_.Measure([&] { return scim_->GetsById(kConnections, duration_); }));
    const Measurement by_id = get.server.back();
    Row& list = RowOf("`userName eq`, 32 connections");
    list.against_what = "GET by id";
    list.bar = Bar{.limit = 0.8};
    list.against.push_back(by_id);
    list.server.push_back(
        server_.Measure([&] { return scim_->EqualityLists(kConnections, duration_); }));
  }

  /// In slices, so that whatever else the machine does meets every size alike.
  void MemberAdds() {
    for (int slice = 0; slice < kMemberSlices; ++slice) {
      std::optional<Measurement> smallest;
      for (const auto& [members, groups] : kGroupKinds) {
        const auto add = [&, size = members] {
          return scim_->MemberAdds(size, kConnections, duration_ / kMemberSlices);
        };
        Row& row =
            RowOf(fmt::format("member add, {} groups of {}, 32 connections", groups, members));
        const Measurement measured = server_.Measure(add);
        row.server.push_back(measured);
        if (smallest) {
          row.against_what = "groups of 10 (ratio: cost)";
          row.against.push_back(*smallest);
          row.bar = Bar{.limit = 1.3, .is_upper = true};
        } else {
          smallest = measured;
        }
      }
    }
  }

  void MeasureReplay() {
    std::vector<double> rates;
    for (int i = 0; i < options_.repetitions; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const std::string output =
          RunProgram({SCIMLEDGER_BINARY, "replay", "--verify", "--data", ServerData()});
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      const auto line_end = output.find('\n');
      const auto blank = output.rfind(' ', line_end);
      std::from_chars(output.data() + blank + 1, output.data() + line_end, events_);
      rates.push_back(static_cast<double>(events_) / took.count());
    }
    const double rate = Median(std::move(rates));
    AddFact("replay --verify, both digests included",
            fmt::format("{:.0f} events/s of {}", rate, events_), Judge(rate, Bar{.limit = 150e3}));
  }

  void MeasureStarts() {
    const std::size_t users = scim_->user_count();
    const auto restart = [&](const std::string& after) {
      server_.process = StartServer();
      AddFact(fmt::format("start after {}, {} users", after, users),
              fmt::format("{:.2f} s", server_.process->seconds_to_ready()), {});
    };
    server_.process->Kill();
    restart("SIGKILL");
    const auto begin = std::chrono::steady_clock::now();
    server_.process->Terminate();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    AddFact("clean stop, snapshot written", fmt::format("{:.2f} s", took.count()), {});
    restart("a clean stop");
    AddFact("resident memory per user, after that start, memberships included",
            fmt::format("{:.0f} bytes",
                        static_cast<double>(server_.process->ResidentBytes() - empty_bytes_) /
                            static_cast<double>(users)),
            {});
    AddFact("DATA/log per event",
            fmt::format("{:.0f} bytes", static_cast<double>(DiskBytes(ServerData() / "log")) /
                                            static_cast<double>(events_)),
            {});
    server_.process->Terminate();
    fs::remove_all(ServerData() / "projections");
    restart("losing DATA/projections");
    server_.process->Terminate();
  }

  void AddFact(std::string what, std::string value, std::string bar) {
    facts_.push_back({std::move(what), std::move(value), std::move(bar)});
  }

  void PrintResults() {
    for (const auto& [connections, ceiling] : kCeilings) {
      const double rate = Median(baseline_creates_[connections]);
      if (rate == 0) continue;
      AddFact(fmt::format("baseline at {} connections against {:.0f} creates/s measured before",
                          connections, ceiling),
              fmt::format("{:.2f}", rate / ceiling), Judge(rate / ceiling, Bar{.limit = 0.7}));
    }
    PrintTable(rows_, stdout);
    fmt::print("\n| what | value | bar holds |\n|---|---|---|\n");
    for (const Fact& fact : facts_) {
      fmt::print("| {} | {} | {} |\n", fact.what, fact.value, fact.bar);
    }
  }

  const Options options_;
  const milliseconds duration_;
  Side server_;
  Side baseline_;
  std::unique_ptr<ScimLoad> scim_;
  std::uint64_t empty_bytes_ = 0;
  std::uint64_t events_ = 0;
  std::vector<Row> rows_;
  std::map<std::size_t, std::vector<double>> baseline_creates_;  ///< by connections
  std::vector<Fact> facts_;
};

int RunIn(const Options& options) {
  if (options.Has("members") && options.users <= kGroupKinds.back().members) {
    fmt::print(stderr, "end_to_end: the groups need more than {} users\n",
               kGroupKinds.back().members);
    return 2;
  }
  fs::create_directories(options.data);
  if (!fs::is_empty(options.data)) {
    fmt::print(stderr, "end_to_end: {} is not empty\n", options.data.string());
    return 2;
  }
  if (IsInMemory(options.data)) {
    fmt::print(stderr,
               "end_to_end: {} is in memory, where a sync costs nothing; name a directory on a "
               "disk with --data\n",
               options.data.string());
    return 2;
  }
  EndToEnd(options).Run();
  if (!options.keep) fs::remove_all(options.data);
  return 0;
}

}  // namespace
}  // namespace scimledger::bench

int main(int argc, char** argv) {
  using scimledger::bench::Options;
  Options options;
  CLI::App app("Measures the release server and the baseline over HTTP on loopback", "end_to_end");
  app.add_option("--data", options.data, "Empty directory on a disk")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of each row")
      ->capture_default_str()
      ->check(CLI::Range(0.3, 600.0));
  app.add_option("--repetitions", options.repetitions, "Of all rows, in turns")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--users", options.users, "Created before the first row")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 5'000'000));
  app.add_option("--parts", options.parts, "Only these of the table")
      ->delimiter(',')
      ->check(CLI::IsMember(scimledger::bench::kParts));
  app.add_flag("--keep", options.keep, "Leave the data there");
  CLI11_PARSE(app, argc, argv);
  try {
    return scimledger::bench::RunIn(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "end_to_end: {}\n", error.what());
    return 4;
  }
}
