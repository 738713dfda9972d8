#pragma once

#include "tests/simulators/busy_tenant.h"
#include "tests/simulators/load_run.h"

namespace scimledger::simulators {

struct FairnessOptions {
  LoadOptions quiet;  ///< of the tenants that ask for little
  BusyTenant::Size busy;
};

/// Plays the quiet load on an idle server, then the same load, in fresh tenants, beside one busy
/// tenant, and prints both latencies. Throws std::runtime_error at the first wrong answer, and if a
/// tenant does not end as it should.
void RunFairness(const FairnessOptions& options);

}  // namespace scimledger::simulators
