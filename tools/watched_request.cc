#include "tools/watched_request.h"

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "engine/json.h"
#include "tools/progress_line.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr std::chrono::milliseconds kPoll{250};

std::optional<WorkProgress> AskForProgress(Connection& connection) {
  api::HttpRequest request;
  request.method = "GET";
  request.target = "/admin/v1/replay";
  const auto response = connection.Send(std::move(request));
  if (!response || response->status != 200) return std::nullopt;
  const auto document = JsonDocument::Parse(response->body);
  WorkProgress progress;
  if (!document || document->root()["position"].get(progress.position) != simdjson::SUCCESS ||
      document->root()["head"].get(progress.head) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return progress;
}

}  // namespace

std::expected<api::HttpResponse, ExitCode> AskAndWatch(const ConnectionOptions& options,
                                                       std::string_view what, std::string target) {
  auto connection = Connection::Open(options);
  if (!connection) return std::unexpected(Report(connection.error()));
  auto line = std::make_unique<ProgressLine>(std::string(what));
  auto watching = line->is_shown() ? (*connection)->Another() : nullptr;
  if (watching == nullptr) return Ask(**connection, "POST", std::move(target));
  api::HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  auto answer =
      std::async(std::launch::async, [&] { return (*connection)->Send(std::move(request)); });
  while (answer.wait_for(kPoll) != std::future_status::ready) {
    if (const auto progress = AskForProgress(*watching)) line->Show(*progress);
  }
  // The line must be gone before an error is printed.
  line.reset();
  return Checked(answer.get());
}

}  // namespace scimledger::tools
