#include "tools/request.h"

#include <fmt/core.h>

#include <cctype>
#include <utility>

#include "engine/json.h"

namespace scimledger::tools {
namespace {

ExitCode CodeOf(int status) {
  if (status == 404) return ExitCode::kFinding;
  if (status == 401 || status == 403 || status == 503) return ExitCode::kCannotOpen;
  return status < 500 ? ExitCode::kMisuse : ExitCode::kIo;
}

std::string DetailOf(const api::HttpResponse& response) {
  if (const auto document = JsonDocument::Parse(response.body)) {
    std::string_view detail;
    if (document->root()["detail"].get(detail) == simdjson::SUCCESS) return std::string(detail);
  }
  return fmt::format("the server answered with status {}", response.status);
}

}  // namespace

std::expected<api::HttpResponse, ExitCode> Ask(Connection& connection, std::string_view method,
                                               std::string target, std::string body) {
  api::HttpRequest request;
  request.method = method;
  request.target = std::move(target);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", "scimledger-cli");
  request.body = std::move(body);
  return Checked(connection.Send(std::move(request)));
}

std::expected<api::HttpResponse, ExitCode> Checked(storage::Result<api::HttpResponse> response) {
  if (!response) {
    // No answer came, so whoever should have given it was not reached.
    const bool is_transport = response.error().code == storage::ErrorCode::kIo;
    return std::unexpected(is_transport ? Report(ExitCode::kCannotOpen, response.error().message)
                                        : Report(response.error()));
  }
  if (response->status >= 400) {
    return std::unexpected(Report(CodeOf(response->status), DetailOf(*response)));
  }
  return *std::move(response);
}

std::expected<api::HttpResponse, ExitCode> Ask(const ConnectionOptions& options,
                                               std::string_view method, std::string target,
                                               std::string body) {
  auto connection = Connection::Open(options);
  if (!connection) return std::unexpected(Report(connection.error()));
  return Ask(**connection, method, std::move(target), std::move(body));
}

std::string EncodeParameter(std::string_view value) {
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved && byte < 128) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace scimledger::tools
