#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/simulators/deployment.h"
#include "tests/simulators/latencies.h"

namespace scimledger::simulators {

struct LoadOptions {
  bool is_entra = true;  ///< of both, every other tenant is Okta's
  bool is_okta = false;
  std::size_t tenants = 20;
  double rate = 25;  ///< requests per second that each tenant's client asks for
  double seconds = 30;
  std::uint64_t seed = 1;
  std::filesystem::path folder;  ///< of the steps and names
};

/// What the client of one tenant measured.
struct TenantLoad {
  std::string kind;  ///< of tenant: whose client it has
  Latencies latencies;
};
struct LoadResult {
  std::vector<TenantLoad> tenants;
  double seconds = 0;  ///< as asked for, or more until the last answer that counts
};

/// Plays one job in each of `options.tenants` tenants of the deployment, from `first` on, each at
/// its rate. When the time is over, each job finishes its cycle, must find at the server what its
/// source says and nothing else, and must make no event with the same cycle again. Throws
/// std::runtime_error at the first wrong answer.
LoadResult PlayLoad(const LoadOptions& options, const Deployment& deployment, std::size_t first);

/// PlayLoad on a server of its own; prints requests per second and latencies by kind of request and
/// of tenant.
void RunLoad(const LoadOptions& options);

}  // namespace scimledger::simulators
