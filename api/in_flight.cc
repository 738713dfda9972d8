#include "api/in_flight.h"

namespace scimledger::api {

InFlight::Token InFlight::Enter() {
  const std::lock_guard lock(mutex_);
  ++count_;
  return Token(*this);
}

void InFlight::Leave() {
  // Told under the lock: whoever waits may destroy the counter as soon as it can take the lock.
  const std::lock_guard lock(mutex_);
  if (--count_ == 0) empty_.notify_all();
}

void InFlight::Drain() {
  std::unique_lock lock(mutex_);
  is_draining_ = true;
  empty_.wait(lock, [this] { return count_ == 0; });
}

bool InFlight::IsDraining() const {
  const std::lock_guard lock(mutex_);
  return is_draining_;
}

}  // namespace scimledger::api
