#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "api/http_server_thread.h"
#include "api/tls_context.h"

namespace scimledger::api {

/// The bytes of one connection: a non-blocking socket, with TLS over it once ShakeHands has begun.
/// TLS works on the socket itself and waits only for readiness, so whatever cancels or closes the
/// socket ends a wait here too. On the connection's I/O thread only.
class SessionStream {
 public:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T, Executor>;
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
  using Transferred = std::tuple<boost::system::error_code, std::size_t>;

  enum class HandShake : std::uint8_t {
    kUnfinished,  ///< go on
    kDone,
    kPlainHttp,  ///< a request without TLS; nothing of it is read, and the stream stays plain
    kFailed,     ///< an alert is on its way, if there was anything to say
  };

  /// Owns the descriptor. Not open: it could not be used, and is closed.
  SessionStream(Executor executor, int descriptor, int family);
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  /// The server's side of a TLS handshake, one wait at most. Call it until it is finished.
  Awaitable<HandShake> ShakeHands(const TlsContext& context);

  /// Something, or eof. Neither bytes nor an error: less than a TLS record has arrived.
  Awaitable<Transferred> ReadSome(boost::asio::mutable_buffer buffer);
  /// What can be written without waiting; would_block if that is not all.
  std::size_t WriteNow(std::string_view bytes, boost::system::error_code& error);
  /// All. After WriteNow: what that left.
  Awaitable<Transferred> Write(std::string_view bytes);
  /// Received bytes that nobody has read.
  bool HasUnread();
  /// Tells the client that nothing more comes: TLS says so itself, then the socket. Does not wait
  /// for the client to do the same.
  Awaitable<void> EndSending();
  /// Closes with a reset.
  void Reset();

 private:
  enum class Outcome : std::uint8_t { kDone, kWantsRead, kWantsWrite, kEnd, kBroken };

  bool BeginTls(const TlsContext& context);
  HandShake FailHandShake();
  /// What `result` of an operation of OpenSSL means.
  Outcome OutcomeOf(int result);
  Outcome TryRead(boost::asio::mutable_buffer buffer, std::size_t& count);
  Outcome TryWrite(std::string_view& bytes);
  Awaitable<boost::system::error_code> Wait(Outcome wanted);
  Awaitable<Transferred> ReadSomeTls(boost::asio::mutable_buffer buffer);
  Awaitable<Transferred> WriteTls(std::string_view bytes);

  Socket socket_;
  SslPointer tls_;
  /// Nothing more can be said in TLS, not even that it ends.
  bool is_broken_ = false;
};

}  // namespace scimledger::api
