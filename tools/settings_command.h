#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// The tenant's settings: switches that are events of its log (engine/tenant_settings.h).
[[nodiscard]] ExitCode ListSettings(const ConnectionOptions& options, Format format);
/// Prints the value alone. kMisuse: there is no such setting.
[[nodiscard]] ExitCode GetSetting(const ConnectionOptions& options, const std::string& name);
[[nodiscard]] ExitCode SetSetting(const ConnectionOptions& options, const std::string& name,
                                  const std::string& value);

}  // namespace scimledger::tools
