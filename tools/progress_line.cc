#include "tools/progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace scimledger::tools {
namespace {

std::string RenderSeconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  if (whole < 120) return fmt::format("{} s", whole);
  return fmt::format("{} min", (whole + 59) / 60);
}

}  // namespace

std::string RenderProgress(std::uint64_t first, const WorkProgress& now,
                           std::chrono::duration<double> elapsed, std::string_view unit) {
  const std::uint64_t percent = now.head == 0 ? 100 : now.position * 100 / now.head;
  std::string line = fmt::format("{} of {} {}, {} %", now.position, now.head, unit, percent);
  if (elapsed.count() <= 0 || now.position <= first) return line;
  const double rate = static_cast<double>(now.position - first) / elapsed.count();
  const std::uint64_t left = now.head - std::min(now.position, now.head);
  return line + fmt::format(", {:.0f} {}/s, {} left", rate, unit,
                            RenderSeconds(static_cast<double>(left) / rate));
}

ProgressLine::ProgressLine(std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)), is_shown_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (start_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::Show(const WorkProgress& now) {
  if (!is_shown_) return;
  const auto time = std::chrono::steady_clock::now();
  if (!start_ || now.position < start_->position) start_ = Start{now.position, time};
  fmt::print(stderr, "\rscimledger: {}: {}\x1b[K", what_,
             RenderProgress(start_->position, now, time - start_->time, unit_));
  std::fflush(stderr);
}

}  // namespace scimledger::tools
