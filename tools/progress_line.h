#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scimledger::tools {

/// How far long work has come.
struct WorkProgress {
  std::uint64_t position = 0;
  std::uint64_t head = 0;
};

/// `1500 of 6000 events, 25 %, 1000 events/s, 5 s left`. `first`: where it stood `elapsed` ago.
std::string RenderProgress(std::uint64_t first, const WorkProgress& now,
                           std::chrono::duration<double> elapsed,
                           std::string_view unit = "events");

/// One line on stderr that is written over and over and is gone at the end. Silent when stderr is
/// no terminal.
class ProgressLine {
 public:
  /// `what` stands in front: "replaying".
  explicit ProgressLine(std::string what, std::string unit = "events");
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_shown() const { return is_shown_; }
  void Show(const WorkProgress& now);

 private:
  struct Start {
    std::uint64_t position;
    std::chrono::steady_clock::time_point time;
  };

  const std::string what_;
  const std::string unit_;
  const bool is_shown_;
  std::optional<Start> start_;
};

}  // namespace scimledger::tools
