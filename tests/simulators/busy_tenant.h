#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulators/latencies.h"
#include "tests/simulators/player.h"

namespace scimledger::simulators {

/// A tenant whose client asks for as much as it can get, on many connections: filters that no index
/// answers, sorted pages, and Bulk requests that change up to a hundred users each.
class BusyTenant {
 public:
  struct Size {
    std::size_t people = 5000;
    std::size_t connections = 16;  ///< at most as many as people
  };

  /// Creates the users. Throws std::runtime_error, as everything here, at a wrong answer.
  BusyTenant(Access access, Size size);
  ~BusyTenant();
  BusyTenant(const BusyTenant&) = delete;
  BusyTenant& operator=(const BusyTenant&) = delete;

  void Start();
  /// Ends with what was sent. Throws what a connection met: any answer but the right one, so also
  /// a refusal for want of room.
  void Stop();
  /// Each user must be as the last Bulk left it.
  void Verify() const;
  const Latencies& latencies() const { return latencies_; }  ///< after Stop

 private:
  /// One connection, and the users that only it changes.
  struct Client {
    std::vector<std::string> ids;
    std::size_t bulks = 0;
    Latencies latencies{};
    std::exception_ptr failure{};
  };

  void Create(std::size_t first, std::size_t count);
  void Run(std::size_t index);

  Access access_;
  Size size_;
  std::vector<Client> clients_;
  std::atomic<bool> is_stopping_{false};
  std::vector<std::jthread> threads_;
  Latencies latencies_;
};

}  // namespace scimledger::simulators
