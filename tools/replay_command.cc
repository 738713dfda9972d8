#include "tools/replay_command.h"

#include <fmt/core.h>

#include "engine/json.h"
#include "tools/request.h"

namespace scimledger::tools {

ExitCode VerifyReplay(const ConnectionOptions& options) {
  const auto response = Ask(options, "POST", "/admin/v1/replay/verify");
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  std::string_view live;
  std::string_view replayed;
  std::uint64_t sequence = 0;
  if (!document || document->root()["live"].get(live) != simdjson::SUCCESS ||
      document->root()["replay"].get(replayed) != simdjson::SUCCESS ||
      document->root()["sequence"].get(sequence) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a verification");
  }
  fmt::print("live {} {}\nreplay {} {}\n", live, sequence, replayed, sequence);
  fmt::print("{}\n", live == replayed ? "equal" : "differs");
  return live == replayed ? ExitCode::kDone : ExitCode::kFinding;
}

}  // namespace scimledger::tools
