#include "api/request_log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <iterator>

#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kLinesWaitingMax = 8192;

}  // namespace

std::string FormatRequestLine(const RequestRecord& record) {
  // Everything written here is ours (ids, templates, names of types), so nothing needs escaping.
  std::string line = fmt::format(
      R"({{"time":"{}","request":"{}","method":"{}","route":"{}","status":{},"duration_us":{})",
      FormatDateTime(record.time_us), record.request.ToString(), record.method, record.route,
      record.status, record.duration_us);
  auto out = std::back_inserter(line);
  if (!record.tenant.empty()) fmt::format_to(out, R"(,"tenant":"{}")", record.tenant);
  if (!record.credential.empty()) fmt::format_to(out, R"(,"credential":"{}")", record.credential);
  if (record.sequence) fmt::format_to(out, R"(,"sequence":{})", record.sequence->value);
  line += '}';
  return line;
}

struct RequestLog::Sink {
  std::shared_ptr<spdlog::details::thread_pool> thread =
      std::make_shared<spdlog::details::thread_pool>(kLinesWaitingMax, 1U);
  std::shared_ptr<spdlog::async_logger> logger = std::make_shared<spdlog::async_logger>(
      "requests", std::make_shared<spdlog::sinks::stderr_sink_mt>(), thread,
      spdlog::async_overflow_policy::overrun_oldest);
};

RequestLog::RequestLog() : sink_(std::make_unique<Sink>()) { sink_->logger->set_pattern("%v"); }

RequestLog::~RequestLog() = default;

void RequestLog::Write(const RequestRecord& record) {
  sink_->logger->info(FormatRequestLine(record));
}

void RequestLog::WriteFault(const Uuid& request, std::string_view exception_type) {
  sink_->logger->error(R"({{"request":"{}","fault":"{}"}})", request.ToString(), exception_type);
}

}  // namespace scimledger::api
