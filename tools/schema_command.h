#pragma once

#include <filesystem>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Registers the schemas and resource types of an RFC 7643 §6, §7 JSON file ("-": standard input).
[[nodiscard]] ExitCode AddSchema(const ConnectionOptions& options,
                                 const std::filesystem::path& file);
[[nodiscard]] ExitCode ListSchemas(const ConnectionOptions& options, Format format);

}  // namespace scimledger::tools
