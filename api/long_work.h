#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/scim_error.h"
#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::api {

/// How far the replay or rebuild that runs now has come: there is at most one (Workers::replays).
/// Thread-safe.
class LongWork {
 public:
  struct Progress {
    Sequence position;
    Sequence head;
  };

  void Report(Sequence position, Sequence head) {
    position_.store(position.value, std::memory_order_relaxed);
    head_.store(head.value, std::memory_order_relaxed);
  }
  void End() { head_.store(0, std::memory_order_relaxed); }

  /// nullopt: nothing runs, or it has not begun to read.
  std::optional<Progress> progress() const;

 private:
  std::atomic<std::uint64_t> position_{0};
  std::atomic<std::uint64_t> head_{0};
};

/// What to answer when `what` (a sentence without its full stop) failed below: 400 for a mistake of
/// the caller, 403 where there is no log, 503 while stopping, else 500.
ScimError FailureOf(std::string_view what, const storage::Error& error);

}  // namespace scimledger::api
