#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace scimledger::simulators {

enum class Vendor : std::uint8_t { kEntra, kOkta };

struct LoadOptions {
  Vendor vendor = Vendor::kEntra;
  std::size_t tenants = 20;  ///< jobs at once, each with a token and users of its own
  double rate = 25;          ///< requests per second that each job asks for
  double seconds = 30;
  std::uint64_t seed = 1;
  std::filesystem::path folder;  ///< of the steps and names
};

/// Plays one job per tenant against one server, each at its rate, and prints requests per second
/// and latencies by kind of request. Throws std::runtime_error at the first wrong answer.
void RunLoad(const LoadOptions& options);

}  // namespace scimledger::simulators
