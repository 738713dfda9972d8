#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include "engine/json.h"
#include "tools/audit_command.h"
#include "tools/audit_output.h"
#include "tools/audit_pages.h"
#include "tools/audit_text.h"
#include "tools/local_service.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr timespec kPoll{0, 500'000'000};
constexpr timespec kRetry{1, 0};
/// How long a server may be away, for a restart, before following ends.
constexpr int kRetriesMax = 60;
constexpr std::uint64_t kPageMax = 1000;

/// SIGINT and SIGTERM end the following between two pages instead of the process within one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one came while waiting.
  bool Wait(const timespec& time) const { return sigtimedwait(&signals_, nullptr, &time) > 0; }

 private:
  sigset_t signals_;
  sigset_t before_;
};

std::optional<AuditPage> ParsePage(const std::string& body) {
  auto document = JsonDocument::Parse(body);
  simdjson::dom::array events;
  std::uint64_t as_of = 0;
  if (!document || document->root()["events"].get(events) != simdjson::SUCCESS ||
      document->root()["asOf"].get(as_of) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return AuditPage{*std::move(document), events, as_of};
}

/// The last `lines` events, oldest first, as one page.
std::expected<AuditPage, ExitCode> LastEvents(Connection& connection,
                                              const AuditTailOptions& options) {
  std::string target = "/audit/v1/events?order=desc";
  AddParameter(target, "filter", options.filter);
  AuditPages pages(connection, std::move(target), "events", options.lines);
  std::string events;
  std::uint64_t as_of = 0;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    as_of = page.as_of;
    for (const JsonElement event : page.items) {
      events = std::string(simdjson::minify(event)) + (events.empty() ? "" : ",") + events;
    }
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return std::unexpected(code);
  auto page = ParsePage(fmt::format(R"({{"events":[{}],"asOf":{}}})", events, as_of));
  if (page) return *std::move(page);
  return std::unexpected(Report(ExitCode::kIo, "the answer is not a page of events"));
}

/// Prints what comes, page by page.
class Follower {
 public:
  Follower(std::unique_ptr<Connection> connection, const ConnectionOptions& connection_options,
           const AuditTailOptions& options, EventOutput& output, std::uint64_t after)
      : connection_(std::move(connection)),
        connection_options_(connection_options),
        options_(options),
        output_(output),
        after_(after) {}

  ExitCode Run(const StopSignals& stop) {
    for (;;) {
      const auto more = Poll();
      if (!more) return more.error();
      if (retries_ > kRetriesMax) {
        return Report(
            ExitCode::kCannotOpen,
            fmt::format("the server did not come back; the last event shown is {}", after_));
      }
      if (!*more && stop.Wait(retries_ > 0 ? kRetry : kPoll)) return ExitCode::kDone;
    }
  }

 private:
  /// Whether there is more right now.
  std::expected<bool, ExitCode> Poll() {
    std::string target = fmt::format("/audit/v1/events?after={}&limit={}", after_, kPageMax);
    AddParameter(target, "filter", options_.filter);
    api::HttpRequest request;
    request.method = "GET";
    request.target = std::move(target);
    auto response = connection_ == nullptr
                        ? storage::Result<api::HttpResponse>(
                              storage::Fail(storage::ErrorCode::kUnavailable, "the server is away"))
                        : connection_->Send(std::move(request));
    const bool is_away = !response || response->status == 503 || response->status == 429;
    if (is_away) return Retry();
    if (std::exchange(retries_, 0) > 0) fmt::print(stderr, "scimledger: following again\n");
    const auto checked = Checked(std::move(response));
    if (!checked) return std::unexpected(checked.error());
    const auto page = ParsePage(checked->body);
    if (!page) return std::unexpected(Report(ExitCode::kIo, "the answer is not a page of events"));
    if (page->items.size() > 0) output_.Print(*page);
    std::fflush(stdout);
    const std::string next = TextAt(page->document.root(), "/next");
    const bool has_more = !next.empty() && next != "null";
    after_ = has_more ? std::stoull(next) : page->as_of;
    return has_more;
  }

  std::expected<bool, ExitCode> Retry() {
    if (retries_++ == 0) {
      fmt::print(stderr, "scimledger: the server is away; trying again for a minute\n");
    }
    // Only what a server answers: opening the directory here would keep the server out.
    auto client = Connection::OpenServer(connection_options_);
    connection_ = client ? *std::move(client) : nullptr;
    return false;
  }

  std::unique_ptr<Connection> connection_;
  const ConnectionOptions& connection_options_;
  const AuditTailOptions& options_;
  EventOutput& output_;
  std::uint64_t after_;
  int retries_ = 0;
};

}  // namespace

ExitCode AuditTail(const ConnectionOptions& connection_options, const AuditTailOptions& options,
                   Format format) {
  if (format == Format::kJson && options.follow) {
    return Report(ExitCode::kMisuse, "what is followed has no end: use --format jsonl, not json");
  }
  const StopSignals stop;
  auto connection = options.follow ? Connection::OpenServer(connection_options)
                                   : Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto last = LastEvents(**connection, options);
  if (!last) return last.error();
  EventOutput output(format);
  if (!options.follow || last->items.size() > 0) output.Print(*last);
  if (!options.follow) {
    output.End();
    return ExitCode::kDone;
  }
  std::fflush(stdout);
  Follower follower(*std::move(connection), connection_options, options, output, last->as_of);
  return follower.Run(stop);
}

}  // namespace scimledger::tools
