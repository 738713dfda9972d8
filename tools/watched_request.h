#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "api/http.h"
#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// As Ask with POST, for a replay or a rebuild: on a terminal, asks meanwhile how far it has come
/// and shows it as `what`, with rate and time left.
[[nodiscard]] std::expected<api::HttpResponse, ExitCode> AskAndWatch(
    const ConnectionOptions& options, std::string_view what, std::string target);

}  // namespace scimledger::tools
