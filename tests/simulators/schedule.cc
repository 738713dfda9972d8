#include "tests/simulators/schedule.h"

#include <string>
#include <thread>
#include <utility>

namespace scimledger::simulators {
namespace {

Schedule::Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Schedule::Clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

Schedule::Schedule(Clock::time_point begin, double rate, double seconds)
    : due_(begin), interval_(Seconds(1 / rate)), end_(begin + Seconds(seconds)), last_answer_() {}

Hooks Schedule::MakeHooks() {
  Hooks hooks;
  hooks.before = [this] {
    if (IsOver()) return Clock::time_point::max();
    std::this_thread::sleep_until(due_);
    return std::exchange(due_, due_ + interval_);
  };
  hooks.after = [this](const std::string& step, Clock::time_point begun) {
    if (begun == Clock::time_point::max()) return;
    last_answer_ = Clock::now();
    const std::chrono::duration<double, std::milli> latency = last_answer_ - begun;
    latencies_[step.substr(0, step.find('_'))].push_back(latency.count());
  };
  return hooks;
}

}  // namespace scimledger::simulators
