#include "tests/simulators/load_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/simulators/deployment.h"
#include "tests/simulators/entra.h"
#include "tests/simulators/okta.h"

namespace scimledger::simulators {
namespace {

using Clock = std::chrono::steady_clock;
using Latencies = std::map<std::string, std::vector<double>, std::less<>>;

/// The load's time is over.
struct TimeIsUp {};

/// Requests of one job fall due at a steady rate, whether or not the answers keep up: a latency
/// counts from when its request was due, so that a slow answer is not hidden by asking later.
class Schedule {
 public:
  Schedule(Clock::time_point begin, double rate, double seconds)
      : due_(begin),
        interval_(
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate))),
        end_(begin +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}

  Hooks MakeHooks() {
    Hooks hooks;
    hooks.before = [this] {
      if (due_ >= end_ || Clock::now() >= end_) throw TimeIsUp();
      std::this_thread::sleep_until(due_);
      return std::exchange(due_, due_ + interval_);
    };
    hooks.after = [this](const std::string& step, Clock::time_point begun) {
      const std::chrono::duration<double, std::milli> latency = Clock::now() - begun;
      latencies_[step.substr(0, step.find('_'))].push_back(latency.count());
      ++answered_;
    };
    return hooks;
  }
  const Latencies& latencies() const { return latencies_; }
  std::size_t answered() const { return answered_; }

 private:
  Clock::time_point due_;
  Clock::duration interval_;
  Clock::time_point end_;
  Latencies latencies_;
  std::size_t answered_ = 0;
};

/// One job's work without end: a directory of some size, and its changes.
void RunJob(const LoadOptions& options, const Script& script, const Deployment& deployment,
            std::size_t index, Schedule& schedule) {
  // The creates take about two fifths of the time, changes the rest.
  const auto people = static_cast<std::size_t>(options.rate * options.seconds / 8) + 10;
  SourceDirectory source(options.folder / "names.txt", fmt::format("job{}", index),
                         {people, people / 10 + 1}, options.seed + index);
  Player player(script, deployment.url(), deployment.token(index), Player::Then::kSkip,
                schedule.MakeHooks());
  if (options.vendor == Vendor::kOkta) {
    OktaJob job(source, std::move(player));
    for (;; source.Change()) job.Push();
  }
  std::vector<Player> players;
  players.push_back(std::move(player));
  EntraJob job(source, std::move(players));
  for (;; source.Change()) job.IncrementalCycle();
}

void PrintRow(const std::string& kind, std::vector<double>& latencies, double seconds) {
  std::ranges::sort(latencies);
  const auto at = [&latencies](double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies.size()));
    return latencies[std::min(rank, latencies.size() - 1)];
  };
  fmt::print("{:<18} {:>8} {:>10.1f} {:>9.2f} {:>9.2f} {:>9.2f}\n", kind, latencies.size(),
             static_cast<double>(latencies.size()) / seconds, at(0.5), at(0.99), latencies.back());
}

void PrintTable(const LoadOptions& options, const std::vector<Schedule>& schedules,
                double seconds) {
  Latencies together;
  std::vector<double> all;
  std::size_t slowest = schedules.front().answered();
  for (const Schedule& schedule : schedules) {
    slowest = std::min(slowest, schedule.answered());
    for (const auto& [kind, latencies] : schedule.latencies()) {
      auto& row = together[kind];
      row.insert(row.end(), latencies.begin(), latencies.end());
      all.insert(all.end(), latencies.begin(), latencies.end());
    }
  }
  if (all.empty()) return;
  fmt::print("{} jobs asking for {} requests/s each, {:.1f} s; ms from when a request was due\n\n",
             options.tenants, options.rate, seconds);
  fmt::print("{:<18} {:>8} {:>10} {:>9} {:>9} {:>9}\n", "request", "count", "per s", "p50 ms",
             "p99 ms", "max ms");
  for (auto& [kind, latencies] : together) PrintRow(kind, latencies, seconds);
  PrintRow("all", all, seconds);
  fmt::print("\nslowest job: {:.1f} requests/s\n", static_cast<double>(slowest) / seconds);
}

}  // namespace

void RunLoad(const LoadOptions& options) {
  const Script script(options.folder / (options.vendor == Vendor::kEntra ? "entra" : "okta"));
  Deployment deployment(options.tenants);
  const Clock::time_point begin = Clock::now() + std::chrono::milliseconds(200);
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < options.tenants; ++i) {
    // Jobs do not know of each other: their requests are spread, not sent in step.
    const std::chrono::duration<double> shift(
        static_cast<double>(i) / (options.rate * static_cast<double>(options.tenants)));
    schedules.emplace_back(begin + std::chrono::duration_cast<Clock::duration>(shift), options.rate,
                           options.seconds);
  }
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < options.tenants; ++i) {
      threads.emplace_back([&, i] {
        try {
          RunJob(options, script, deployment, i, schedules[i]);
        } catch (const TimeIsUp&) {
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  PrintTable(options, schedules, std::chrono::duration<double>(Clock::now() - begin).count());
  deployment.StopAndVerifyReplay();
}

}  // namespace scimledger::simulators
