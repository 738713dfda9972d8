#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/http.h"
#include "api/http_body_memory.h"
#include "api/http_server.h"
#include "api/http_server_listener.h"
#include "api/http_server_thread.h"
#include "api/http_session_buffer.h"
#include "api/http_session_hand_over.h"
#include "api/http_session_reader.h"
#include "api/http_session_stream.h"
#include "api/http_session_wire.h"

namespace scimledger::api {

/// What all sessions of a server use.
struct SessionEnvironment {
  HttpHandler& handler;
  const HttpLimits& limits;
  boost::asio::thread_pool& stream_workers;
  ConnectionCount& connections;
  BodyMemory& body_memory;
};

/// What a handler hands a session: work to do on its thread, or the answer.
using SessionStep = std::variant<ConnectionTask, HttpResponse>;

/// One connection: reads requests, hands each to the handler, writes the answers in order. A
/// coroutine on one I/O thread; it owns itself and ends when the connection does.
class Session {
 public:
  /// Any thread. `is_over_limit`: the client is told so and goes.
  static void Spawn(const SessionEnvironment& environment, IoThread& thread,
                    AcceptedConnection connection, bool is_over_limit);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// By the I/O thread, on it.
  void CutIfLate(std::chrono::steady_clock::time_point now);
  void StopIfIdle();
  void Abort();

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T, Executor>;

  enum class Reading : std::uint8_t { kRequest, kRefused, kClosed };

  Session(const SessionEnvironment& environment, IoThread& thread, AcceptedConnection connection,
          bool is_over_limit);

  static Awaitable<void> Live(std::unique_ptr<Session> session);
  Awaitable<void> Run();
  /// False: there will be no requests.
  Awaitable<bool> AcceptTls();

  Awaitable<Reading> ReadRequest();
  /// Feeds what is buffered to the reader; nullopt: more is needed.
  std::optional<Reading> Parse();
  /// Whether the request whose body is still to come is refused for what its head says.
  bool IsRefusedUnread();
  Reading ReadFailed(bool is_end_of_stream);

  /// False: the connection is to be closed.
  Awaitable<bool> AnswerRequest();
  Awaitable<bool> WriteResponse(HttpResponse response, bool stays_open, bool is_head);
  Awaitable<bool> WriteStream(BodySource source, bool is_chunked);
  Awaitable<bool> Write(std::string_view bytes);
  /// Does what it is handed until that is the answer. nullopt: aborted.
  Awaitable<std::optional<HttpResponse>> ReceiveResponse(
      std::shared_ptr<HandOver<SessionStep>> steps);
  template <typename T>
  Awaitable<std::optional<T>> Receive(std::shared_ptr<HandOver<T>> hand_over);
  template <typename T>
  std::shared_ptr<HandOver<T>> MakeHandOver();

  Awaitable<void> Refuse();
  Awaitable<void> Linger();

  void Arm(std::chrono::milliseconds timeout);
  void Disarm();

  SessionEnvironment environment_;
  IoThread& thread_;
  SessionStream stream_;
  Timer wake_;
  Peer peer_;
  std::shared_ptr<const TlsContext> tls_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  bool is_over_limit_;
  bool is_idle_ = true;
  bool is_late_ = false;
  bool is_aborted_ = false;
  bool has_served_ = false;
  std::uint32_t served_ = 0;  ///< requests
  ReceiveBuffer received_;
  BodyMemory::Share body_memory_;
  std::optional<RequestReader> reader_;
  ScimError refusal_;
  std::string out_;
};

}  // namespace scimledger::api
