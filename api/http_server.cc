#include "api/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "api/http_server_listener.h"
#include "api/http_server_thread.h"
#include "api/http_session.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>());

/// Connections beyond the limit that are told so at the same time; further ones are just closed.
constexpr std::size_t kRefusedConnectionsMax = 64;
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{50};

/// Waits for connections of one listener on an I/O thread.
class Doorway {
 public:
  Doorway(Listener listener, Executor executor)
      : listener_(std::move(listener)), wait_(executor), pause_(executor) {
    wait_.assign(listener_.descriptor());
  }
  /// The listener owns the descriptor.
  ~Doorway() { wait_.release(); }
  Doorway(const Doorway&) = delete;
  Doorway& operator=(const Doorway&) = delete;

  std::uint16_t port() const { return listener_.port(); }

  /// On the I/O thread: the end of Admit.
  void Close() {
    is_closed_ = true;
    error_code ignored;
    wait_.cancel(ignored);
    pause_.cancel();
  }

  template <typename Place>
  asio::awaitable<void, Executor> Admit(Place place) {
    while (!is_closed_) {
      const auto [error] =
          co_await wait_.async_wait(asio::posix::descriptor_base::wait_read, kToken);
      if (error) co_return;
      bool is_exhausted = false;
      while (auto connection = listener_.Accept(is_exhausted)) place(*std::move(connection));
      if (!is_exhausted) continue;
      // The waiting connections stay readable: without a pause this would spin.
      pause_.expires_after(kPauseWithoutDescriptors);
      co_await pause_.async_wait(kToken);
    }
  }

 private:
  Listener listener_;
  asio::posix::basic_stream_descriptor<Executor> wait_;
  Timer pause_;
  bool is_closed_ = false;
};

class Server final : public HttpServer {
 public:
  Server(HttpServerOptions options, HttpHandler& handler, std::vector<Listener> listeners)
      : limits_(options.limits),
        body_memory_(limits_.bodies_bytes_max),
        environment_{handler,      limits_,      stream_workers_,
                     connections_, body_memory_, failed_handshakes_},
        tls_(std::move(options.tls)),
        port_(listeners.front().port()) {
    asio::post(stream_workers_, [] { storage::NameThread("streams"); });
    const unsigned count = std::max(options.io_threads, 1U);
    for (unsigned i = 0; i < count; ++i) threads_.push_back(std::make_unique<IoThread>(limits_));
    for (Listener& listener : listeners) {
      doorways_.push_back(
          std::make_unique<Doorway>(std::move(listener), threads_.front()->executor()));
    }
    for (const auto& doorway : doorways_) {
      auto place = [this](AcceptedConnection connection) { Place(std::move(connection)); };
      admissions_.push_back(asio::co_spawn(threads_.front()->executor(),
                                           doorway->Admit(std::move(place)), asio::use_future));
    }
  }
  ~Server() override { Stop(); }

  std::uint16_t port() const override { return port_; }
  void UseTls(std::shared_ptr<const TlsContext> tls) override {
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(tls);
  }
  void Stop() override;

 private:
  /// On the first I/O thread. One listener for all threads, and turns: SO_REUSEPORT would let a
  /// second server bind the same port unnoticed, and spreads long-lived connections unevenly.
  void Place(AcceptedConnection connection) {
    const std::size_t current = connections_.current();
    if (current >= limits_.connections_max + kRefusedConnectionsMax) {
      ::close(connection.descriptor);
      return;
    }
    if (connection.peer.transport == Transport::kNetwork) {
      const std::lock_guard lock(tls_mutex_);
      connection.tls = tls_;
    }
    next_thread_ = (next_thread_ + 1) % threads_.size();
    Session::Spawn(environment_, *threads_[next_thread_], std::move(connection),
                   current >= limits_.connections_max);
  }

  const HttpLimits limits_;
  ConnectionCount connections_;
  asio::thread_pool stream_workers_{1};
  BodyMemory body_memory_;
  FailedHandshakes failed_handshakes_;
  SessionEnvironment environment_;
  std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;
  std::uint16_t port_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::size_t next_thread_ = 0;
  std::vector<std::unique_ptr<Doorway>> doorways_;
  std::vector<std::future<void>> admissions_;
};

void Server::Stop() {
  if (threads_.empty()) return;
  asio::post(threads_.front()->executor(), [this] {
    for (const auto& doorway : doorways_) doorway->Close();
  });
  for (auto& admission : admissions_) admission.wait();
  doorways_.clear();
  for (const auto& thread : threads_) thread->BeginStop();
  if (!connections_.WaitForNone(limits_.shutdown_timeout)) {
    for (const auto& thread : threads_) thread->AbortSessions();
    connections_.WaitForNone();
  }
  for (const auto& thread : threads_) thread->Join();
  threads_.clear();
  stream_workers_.stop();
  stream_workers_.join();
}

}  // namespace

storage::Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                               HttpHandler& handler) {
  std::vector<Listener> listeners;
  SCIMLEDGER_TRY_ASSIGN(Listener network, Listener::Tcp(options.address, options.port));
  listeners.push_back(std::move(network));
  if (!options.control_socket.empty()) {
    SCIMLEDGER_TRY_ASSIGN(Listener control, Listener::Unix(options.control_socket));
    listeners.push_back(std::move(control));
  }
  return std::make_unique<Server>(std::move(options), handler, std::move(listeners));
}

}  // namespace scimledger::api
