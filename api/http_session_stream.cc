#include "api/http_session_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

// No braces between co_await and the end of its statement anywhere here: g++ 12 would destroy
// temporary aggregates twice.
namespace scimledger::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>());

// OpenSSL's transport. Its own BIO for sockets would raise SIGPIPE, and would go on using a
// descriptor that was closed, and perhaps given to another connection, in the meantime.

SessionStream::Socket& SocketOf(BIO* bio) {
  return *static_cast<SessionStream::Socket*>(BIO_get_data(bio));
}

bool IsWorthRetrying() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int SendToSocket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const int descriptor = SocketOf(bio).native_handle();
  const auto sent = ::send(descriptor, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && IsWorthRetrying()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int ReceiveFromSocket(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const int descriptor = SocketOf(bio).native_handle();
  const auto received = ::recv(descriptor, bytes, static_cast<std::size_t>(size), 0);
  if (received < 0 && IsWorthRetrying()) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long ControlSocketBio(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

/// nullptr: out of memory.
const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session");
    if (made == nullptr) return made;
    BIO_meth_set_write(made, SendToSocket);
    BIO_meth_set_read(made, ReceiveFromSocket);
    BIO_meth_set_ctrl(made, ControlSocketBio);
    return made;
  }();
  return method;
}

/// Methods of HTTP are in capitals; TLS begins with a byte that is no letter.
bool BeginsLikeHttp(char first) { return first >= 'A' && first <= 'Z'; }

}  // namespace

SessionStream::SessionStream(Executor executor, int descriptor, int family) : socket_(executor) {
  error_code error;
  const asio::generic::stream_protocol protocol(family, 0);
  socket_.assign(protocol, descriptor, error);
  if (error) ::close(descriptor);
  socket_.non_blocking(true, error);
}

bool SessionStream::BeginTls(const TlsContext& context) {
  BIO* const bio = SocketMethod() == nullptr ? nullptr : BIO_new(SocketMethod());
  if (bio == nullptr) return false;
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  tls_ = context.NewConnection();
  if (tls_) {
    SSL_set_bio(tls_.get(), bio, bio);
  } else {
    BIO_free(bio);
  }
  return tls_ != nullptr;
}

SessionStream::Awaitable<SessionStream::HandShake> SessionStream::ShakeHands(
    const TlsContext& context) {
  if (!tls_) {
    const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_read, kToken);
    if (error) co_return FailHandShake();
    char first = 0;
    const auto count = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
    if (count < 0 && IsWorthRetrying()) co_return HandShake::kUnfinished;
    if (count <= 0) co_return FailHandShake();
    if (BeginsLikeHttp(first)) co_return HandShake::kPlainHttp;
    if (!BeginTls(context)) co_return FailHandShake();
  }
  ERR_clear_error();
  const Outcome outcome = OutcomeOf(SSL_do_handshake(tls_.get()));
  if (outcome == Outcome::kDone) co_return HandShake::kDone;
  if (outcome == Outcome::kEnd || outcome == Outcome::kBroken) co_return FailHandShake();
  const error_code error = co_await Wait(outcome);
  co_return error ? FailHandShake() : HandShake::kUnfinished;
}

SessionStream::HandShake SessionStream::FailHandShake() {
  is_broken_ = true;
  return HandShake::kFailed;
}

SessionStream::Outcome SessionStream::OutcomeOf(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_NONE:
      return Outcome::kDone;
    case SSL_ERROR_WANT_READ:
      return Outcome::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Outcome::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Outcome::kEnd;
    default:
      is_broken_ = true;
      return Outcome::kBroken;
  }
}

SessionStream::Awaitable<error_code> SessionStream::Wait(Outcome wanted) {
  const auto readiness =
      wanted == Outcome::kWantsWrite ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  const auto [error] = co_await socket_.async_wait(readiness, kToken);
  co_return error;
}

SessionStream::Awaitable<SessionStream::Transferred> SessionStream::ReadSome(
    asio::mutable_buffer buffer) {
  return tls_ ? ReadSomeTls(buffer) : socket_.async_read_some(buffer, kToken);
}

SessionStream::Outcome SessionStream::TryRead(asio::mutable_buffer buffer, std::size_t& count) {
  ERR_clear_error();
  return OutcomeOf(SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &count));
}

SessionStream::Awaitable<SessionStream::Transferred> SessionStream::ReadSomeTls(
    asio::mutable_buffer buffer) {
  std::size_t count = 0;
  Outcome outcome = TryRead(buffer, count);
  if (outcome == Outcome::kWantsRead || outcome == Outcome::kWantsWrite) {
    const error_code error = co_await Wait(outcome);
    if (error) co_return Transferred(error, 0);
    outcome = TryRead(buffer, count);
  }
  if (outcome == Outcome::kEnd) co_return Transferred(asio::error::eof, 0);
  if (outcome == Outcome::kBroken) co_return Transferred(asio::error::connection_reset, 0);
  co_return Transferred(error_code(), count);
}

SessionStream::Outcome SessionStream::TryWrite(std::string_view& bytes) {
  Outcome outcome = Outcome::kDone;
  while (!bytes.empty() && outcome == Outcome::kDone) {
    std::size_t count = 0;
    ERR_clear_error();
    outcome = OutcomeOf(SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count));
    bytes.remove_prefix(count);
  }
  return outcome;
}

std::size_t SessionStream::WriteNow(std::string_view bytes, error_code& error) {
  if (!tls_) return socket_.write_some(asio::buffer(bytes), error);
  std::string_view rest = bytes;
  const Outcome outcome = TryWrite(rest);
  const bool is_waiting = outcome == Outcome::kWantsRead || outcome == Outcome::kWantsWrite;
  if (outcome == Outcome::kDone) {
    error.clear();
  } else if (is_waiting) {
    error = asio::error::would_block;
  } else {
    error = asio::error::connection_reset;
  }
  return bytes.size() - rest.size();
}

SessionStream::Awaitable<SessionStream::Transferred> SessionStream::Write(std::string_view bytes) {
  return tls_ ? WriteTls(bytes) : asio::async_write(socket_, asio::buffer(bytes), kToken);
}

SessionStream::Awaitable<SessionStream::Transferred> SessionStream::WriteTls(
    std::string_view bytes) {
  std::string_view rest = bytes;
  for (;;) {
    const Outcome outcome = TryWrite(rest);
    if (outcome == Outcome::kDone) co_return Transferred(error_code(), bytes.size());
    error_code error = asio::error::connection_reset;
    if (outcome == Outcome::kWantsRead || outcome == Outcome::kWantsWrite) {
      error = co_await Wait(outcome);
    }
    if (!error) continue;
    // A record may be written in part.
    is_broken_ = true;
    co_return Transferred(error, bytes.size() - rest.size());
  }
}

bool SessionStream::HasUnread() {
  error_code ignored;
  return (tls_ && SSL_has_pending(tls_.get()) == 1) || socket_.available(ignored) > 0;
}

SessionStream::Awaitable<void> SessionStream::EndSending() {
  while (tls_ && !is_broken_ && socket_.is_open() && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    const int result = SSL_shutdown(tls_.get());
    // 0: said, and not answered yet.
    if (result >= 0 || OutcomeOf(result) != Outcome::kWantsWrite) break;
    const error_code error = co_await Wait(Outcome::kWantsWrite);
    if (error) break;
  }
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void SessionStream::Reset() {
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  // Explicitly: the destructor would undo the option.
  socket_.close(ignored);
}

}  // namespace scimledger::api
