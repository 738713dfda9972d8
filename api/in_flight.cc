#include "api/in_flight.h"

namespace scimledger::api {

InFlight::Token InFlight::Enter() {
  count_.fetch_add(1);
  return Token(*this);
}

void InFlight::Leave() {
  if (count_.fetch_sub(1) == 1) count_.notify_all();
}

void InFlight::Drain() {
  draining_.store(true);
  for (std::uint64_t left = count_.load(); left != 0; left = count_.load()) count_.wait(left);
}

}  // namespace scimledger::api
