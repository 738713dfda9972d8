#include "bench/load_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace scimledger::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;
constexpr std::size_t kEventsMax = 256;
constexpr std::chrono::milliseconds kSilenceMax{30'000};

[[noreturn]] void ThrowErrno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

double ThreadCpuUs() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

struct Answer {
  int status = 0;
  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
};

/// nullopt: the head is not complete yet.
std::optional<Answer> ParseHead(std::string_view received) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Answer answer;
  answer.head_bytes = end + 4;
  if (received.size() < 12) throw std::runtime_error("an answer that is not HTTP");
  std::from_chars(received.data() + 9, received.data() + 12, answer.status);
  constexpr std::string_view kLength = "content-length:";
  for (std::size_t line = received.find("\r\n"); line < end; line = received.find("\r\n", line)) {
    line += 2;
    const char* at = received.data() + line;
    if (end - line < kLength.size() || (*at | 0x20) != 'c') continue;
    if (::strncasecmp(at, kLength.data(), kLength.size()) != 0) continue;
    at += kLength.size();
    while (*at == ' ') ++at;
    std::from_chars(at, received.data() + end, answer.body_bytes);
    return answer;
  }
  if (answer.status == 204) return answer;
  throw std::runtime_error("an answer without Content-Length: " +
                           std::string(received.substr(0, end)));
}

class Connection {
 public:
  explicit Connection(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) ThrowErrno("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ThrowErrno("connect");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Connection(Connection&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        out_(std::move(other.out_)),
        sent_(other.sent_),
        in_(std::move(other.in_)),
        begun_(other.begun_) {}
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  int socket() const { return socket_; }
  Clock::time_point begun() const { return begun_; }

  std::string& BeginRequest(Clock::time_point now) {
    out_.clear();
    sent_ = 0;
    begun_ = now;
    return out_;
  }

  /// False: the rest has to wait until the socket takes more.
  bool Send() {
    while (sent_ < out_.size()) {
      const ssize_t count =
          ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      if (count < 0) ThrowErrno("send");
      sent_ += static_cast<std::size_t>(count);
    }
    return true;
  }
  bool HasUnsent() const { return sent_ < out_.size(); }

  /// Reads what is there, through `buffer`; calls `done(status, body)` when the answer is complete.
  template <typename Done>
  void Receive(std::array<char, kReadBytes>& buffer, Done done) {
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (count < 0) ThrowErrno("recv");
    if (count == 0) throw std::runtime_error("the server closed a connection");
    std::string_view received(buffer.data(), static_cast<std::size_t>(count));
    if (!in_.empty()) received = in_.append(received);
    const auto answer = ParseHead(received);
    if (!answer || received.size() < answer->head_bytes + answer->body_bytes) {
      if (in_.empty()) in_ = received;
      return;
    }
    done(answer->status, received.substr(answer->head_bytes, answer->body_bytes));
    in_.clear();
  }

 private:
  int socket_;
  std::string out_;
  std::size_t sent_ = 0;
  std::string in_;  ///< of an answer that came in pieces
  Clock::time_point begun_;
};

class Loop {
 public:
  explicit Loop(const Load& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) ThrowErrno("epoll_create1");
    connections_.reserve(load.connections);
    for (std::size_t i = 0; i < load.connections; ++i) {
      connections_.emplace_back(load.port);
      Watch(i, EPOLL_CTL_ADD, EPOLLIN);
    }
    result_.latencies_us.reserve(std::size_t{1} << 20U);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { ::close(epoll_); }

  LoadResult Run() {
    const double cpu_before = ThreadCpuUs();
    const Clock::time_point begin = Clock::now();
    end_ = begin + load_.duration;
    last_ = begin;
    for (std::size_t i = 0; i < connections_.size(); ++i) Begin(i, begin);
    while (waiting_ > 0) Turn();
    const bool is_full_time = Clock::now() >= end_;
    result_.seconds = std::chrono::duration<double>((is_full_time ? end_ : last_) - begin).count();
    result_.client_cpu_us = ThreadCpuUs() - cpu_before;
    return std::move(result_);
  }

 private:
  void Watch(std::size_t index, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    if (::epoll_ctl(epoll_, operation, connections_[index].socket(), &event) != 0) {
      ThrowErrno("epoll_ctl");
    }
  }

  void Begin(std::size_t index, Clock::time_point now) {
    Connection& connection = connections_[index];
    if (now >= end_ || !load_.request(index, connection.BeginRequest(now))) return;
    ++waiting_;
    if (!connection.Send()) Watch(index, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }

  void Turn() {
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                                   static_cast<int>(kSilenceMax.count()));
    if (count < 0 && errno == EINTR) return;
    if (count < 0) ThrowErrno("epoll_wait");
    if (count == 0) throw std::runtime_error("no answer for 30 seconds");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      const std::size_t index = event.data.u64;
      if ((event.events & EPOLLOUT) != 0 && connections_[index].Send()) {
        Watch(index, EPOLL_CTL_MOD, EPOLLIN);
      }
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) Receive(index);
    }
  }

  void Receive(std::size_t index) {
    bool is_answered = false;
    connections_[index].Receive(buffer_, [&](int status, std::string_view body) {
      if (connections_[index].HasUnsent()) {
        throw std::runtime_error("an answer before the request was whole: " + std::string(body));
      }
      is_answered = true;
      Count(index, status, body);
    });
    if (!is_answered) return;
    --waiting_;
    Begin(index, last_);
  }

  void Count(std::size_t index, int status, std::string_view body) {
    last_ = Clock::now();
    if (last_ < end_) {
      ++result_.requests;
      const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(
          last_ - connections_[index].begun());
      result_.latencies_us.push_back(static_cast<std::uint32_t>(latency.count()));
    }
    if (status >= 400 && result_.errors++ == 0) {
      result_.first_error = std::to_string(status) + " " + std::string(body.substr(0, 300));
    }
    if (load_.answer) load_.answer(index, status, body);
  }

  const Load& load_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::size_t waiting_ = 0;  ///< connections with a request under way
  Clock::time_point end_;
  Clock::time_point last_;  ///< when the last answer was complete
  LoadResult result_;
  std::array<epoll_event, kEventsMax> events_{};
  std::array<char, kReadBytes> buffer_{};
};

}  // namespace

double LoadResult::PerSecond() const {
  return seconds > 0 ? static_cast<double>(requests) / seconds : 0;
}

double LoadResult::LatencyMs(double share) {
  if (latencies_us.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(latencies_us.size()));
  const auto last = static_cast<std::ptrdiff_t>(latencies_us.size()) - 1;
  const auto at = latencies_us.begin() + std::min(rank, last);
  std::nth_element(latencies_us.begin(), at, latencies_us.end());
  return static_cast<double>(*at) / 1000.0;
}

LoadResult RunLoad(const Load& load) { return std::make_unique<Loop>(load)->Run(); }

}  // namespace scimledger::bench
