#pragma once

#include <chrono>
#include <cstddef>

#include "tests/simulators/latencies.h"
#include "tests/simulators/player.h"

namespace scimledger::simulators {

/// Requests of one job fall due at a steady rate, whether or not the answers keep up: a latency
/// counts from when its request was due, so that a slow answer is not hidden by asking later. What
/// is sent after the end neither waits nor counts. For one thread.
class Schedule {
 public:
  using Clock = std::chrono::steady_clock;

  Schedule(Clock::time_point begin, double rate, double seconds);

  /// They refer to the schedule.
  Hooks MakeHooks();
  bool IsOver() const { return due_ >= end_ || Clock::now() >= end_; }
  const Latencies& latencies() const { return latencies_; }  ///< by kind of request
  /// When the last answer came that counts.
  Clock::time_point last_answer() const { return last_answer_; }

 private:
  Clock::time_point due_;
  Clock::duration interval_;
  Clock::time_point end_;
  Clock::time_point last_answer_;
  Latencies latencies_;
};

}  // namespace scimledger::simulators
