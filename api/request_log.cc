#include "api/request_log.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <stop_token>
#include <thread>

#include "engine/text.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kLineBytesUsual = 320;
constexpr std::size_t kWaitingBytesMax = std::size_t{8} << 20U;
constexpr std::chrono::milliseconds kWriteInterval{50};

/// Gathers lines and writes them when it is flushed: waking a thread and entering the kernel for
/// every line would cost as much as a point read.
class GatheringSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + message.payload.size() >= kWaitingBytesMax) {
      ++dropped_;
      return;
    }
    if (waiting_.empty()) filled_.notify_one();
    waiting_.append(message.payload.data(), message.payload.size());
    waiting_ += '\n';
  }

  /// Writes now and then what has gathered, until asked to stop.
  void WriteUntil(const std::stop_token& stop) {
    storage::NameThread("request-log");
    std::unique_lock lock(mutex_);
    while (filled_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      filled_.wait_for(lock, stop, kWriteInterval, [] { return false; });
      lock.unlock();
      flush();
      lock.lock();
    }
  }

  void flush() override {
    const std::lock_guard write_lock(write_mutex_);
    {
      const std::lock_guard lock(mutex_);
      writing_.swap(waiting_);
      if (dropped_ > 0) fmt::format_to(std::back_inserter(writing_), kDropped, dropped_);
      dropped_ = 0;
    }
    WriteAll(writing_);
    writing_.clear();
  }

  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  static constexpr const char* kDropped = "{{\"dropped\":{}}}\n";

  /// Whoever reads stderr may be slow; one who does not read for a second loses lines.
  static bool WaitToWrite() {
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&ready, 1, 1000) == 1;
  }

  static void WriteAll(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN && WaitToWrite()) continue;
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::string waiting_;        ///< guarded by mutex_
  std::uint64_t dropped_ = 0;  ///< guarded by mutex_: lines
  std::mutex write_mutex_;
  std::string writing_;  ///< guarded by write_mutex_
};

// fmt::format of the whole line takes three times as long, and every request writes one.
void AppendMember(std::string& line, std::string_view key, std::string_view text,
                  std::string_view end = {}) {
  line += key;
  line += text;
  line += end;
}

template <typename Number>
void AppendNumber(std::string& line, std::string_view key, Number number) {
  const fmt::format_int digits(number);
  line += key;
  line.append(digits.data(), digits.size());
}

}  // namespace

std::string FormatRequestLine(const RequestRecord& record) {
  // Everything written here is ours (ids, templates, names of types), so nothing needs escaping.
  std::string line;
  line.reserve(kLineBytesUsual);
  line += R"({"time":")";
  line += FormatDateTime(record.time_us);
  line += R"(","request":")";
  record.request.AppendTo(line);
  AppendMember(line, R"(","method":")", record.method);
  AppendMember(line, R"(","route":")", record.route);
  AppendNumber(line, R"(","status":)", record.status);
  AppendNumber(line, R"(,"duration_us":)", record.duration_us);
  if (!record.tenant.empty()) AppendMember(line, R"(,"tenant":")", record.tenant, "\"");
  if (!record.credential.empty()) {
    AppendMember(line, R"(,"credential":")", record.credential, "\"");
  }
  if (record.sequence) AppendNumber(line, R"(,"sequence":)", record.sequence->value);
  line += '}';
  return line;
}

struct RequestLog::Sink {
  std::shared_ptr<GatheringSink> lines = std::make_shared<GatheringSink>();
  spdlog::logger logger{"requests", lines};
  std::jthread writer{[this](const std::stop_token& stop) { lines->WriteUntil(stop); }};

  ~Sink() {
    writer = {};
    lines->flush();
  }
};

RequestLog::RequestLog() : sink_(std::make_unique<Sink>()) {}

RequestLog::~RequestLog() = default;

void RequestLog::Write(const RequestRecord& record) {
  sink_->logger.info(FormatRequestLine(record));
}

void RequestLog::WriteFault(const Uuid& request, std::string_view exception_type) {
  sink_->logger.error(R"({{"request":"{}","fault":"{}"}})", request.ToString(), exception_type);
}

}  // namespace scimledger::api
