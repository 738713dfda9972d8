#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/tenant.h"
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

  /// `tenant`: whose log it reads; nobody else hears of it (I-8).
  void Begin(const Tenant& tenant) { tenant_.store(&tenant, std::memory_order_relaxed); }
  void Report(Sequence position, Sequence head) {
    position_.store(position.value, std::memory_order_relaxed);
    head_.store(head.value, std::memory_order_relaxed);
  }
  void End() { head_.store(0, std::memory_order_relaxed); }

  /// nullopt: nothing runs on that tenant, or it has not begun to read.
  std::optional<Progress> progress(const Tenant& tenant) const;

 private:
  std::atomic<const Tenant*> tenant_{nullptr};
  std::atomic<std::uint64_t> position_{0};
  std::atomic<std::uint64_t> head_{0};
};

/// What to answer when `what` (a sentence without its full stop) failed below: 400 for a mistake of
/// the caller, 403 where there is no log, 503 while stopping, else 500.
ScimError FailureOf(std::string_view what, const storage::Error& error);

}  // namespace scimledger::api
