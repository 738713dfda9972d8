#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Makes a tenant with a log of its own; says on stderr what to do next.
ExitCode CreateTenant(const ConnectionOptions& options, const std::string& name);

/// Lists the tenants, `default` first, then in order of creation.
ExitCode ListTenants(const ConnectionOptions& options, Format format);

}  // namespace scimledger::tools
