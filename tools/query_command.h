#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

struct QueryExplainOptions {
  std::string filter;
  std::string endpoint = "Users";
  std::string sort_by;
};

/// `query explain FILTER`: how the server answers it, step by step.
[[nodiscard]] ExitCode ExplainQuery(const ConnectionOptions& connection,
                                    const QueryExplainOptions& options, Format format);

}  // namespace scimledger::tools
