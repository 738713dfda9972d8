#include "tools/replay_command.h"

#include <fmt/core.h>

#include <cstdio>
#include <string_view>

#include "engine/json.h"
#include "tools/request.h"
#include "tools/watched_request.h"

namespace scimledger::tools {
namespace {

constexpr std::string_view kReplaying = "replaying";

ExitCode Verify(const ConnectionOptions& connection) {
  const auto response = AskAndWatch(connection, kReplaying, "/admin/v1/replay/verify");
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

std::string TargetFor(const ReplayOptions& options) {
  std::string target = "/admin/v1/replay";
  char separator = '?';
  if (!options.until.empty()) {
    target += separator + ("until=" + EncodeParameter(options.until));
    separator = '&';
  }
  if (!options.into.empty()) {
    // The server resolves nothing against its own working directory.
    target +=
        separator + ("into=" + EncodeParameter(std::filesystem::absolute(options.into).string()));
  }
  return target;
}

}  // namespace

ExitCode Replay(const ConnectionOptions& connection, const ReplayOptions& options) {
  if (options.verify) return Verify(connection);
  const auto response = AskAndWatch(connection, kReplaying, TargetFor(options));
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  std::string_view digest;
  std::uint64_t sequence = 0;
  if (!document || document->root()["replay"].get(digest) != simdjson::SUCCESS ||
      document->root()["sequence"].get(sequence) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a replay");
  }
  fmt::print("replay {} {}\n", digest, sequence);
  std::string_view time;
  if (document->root()["time"].get(time) == simdjson::SUCCESS) {
    fmt::print(stderr, "scimledger: as of sequence {}, recorded {}\n", sequence, time);
  } else {
    fmt::print(stderr, "scimledger: as of sequence {}, before the first event\n", sequence);
  }
  if (!options.into.empty()) {
    fmt::print(stderr, "scimledger: written to {}; read it with serve --read-only --data {}\n",
               options.into.string(), options.into.string());
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
