#include "api/http_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "api/scim_response.h"

// No braces between co_await and the end of its statement anywhere here: g++ 12 would destroy
// temporary aggregates twice.
namespace scimledger::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>());

constexpr std::size_t kHeadReadBytes = 8U << 10U;
constexpr std::size_t kBodyReadBytes = 64U << 10U;
/// A body up to this size leaves in one write with the headers.
constexpr std::size_t kJoinedBodyBytes = 64U << 10U;
constexpr std::size_t kWriteBytesMax = 1U << 20U;
constexpr std::size_t kStreamPartBytes = 16U << 10U;
constexpr std::uint32_t kServedInARow = 16;
constexpr std::size_t kKeptOutputBytes = 16U << 10U;
/// What a refused client may still send while it is on its way to reading the refusal.
constexpr std::size_t kLingerBytesMax = 64U << 20U;
constexpr milliseconds kLingerMax{5000};
constexpr milliseconds kLingerWhileStopping{500};

/// The handler's `respond`. Answers 500 if the handler drops it, lest the client waits for ever.
class Responder {
 public:
  explicit Responder(std::shared_ptr<HandOver<SessionStep>> steps) : steps_(std::move(steps)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (!steps_) return;
    const ScimError error{500, ScimType::kNone,
                          "The server dropped the request without an answer."};
    (*this)(ErrorResponse(error));
  }
  void operator()(HttpResponse response) {
    SessionStep step(std::move(response));
    if (const auto steps = std::exchange(steps_, nullptr)) steps->Put(step);
  }

 private:
  std::shared_ptr<HandOver<SessionStep>> steps_;
};

template <typename T>
class AbandonAtEnd {
 public:
  explicit AbandonAtEnd(HandOver<T>& hand_over) : hand_over_(hand_over) {}
  ~AbandonAtEnd() { hand_over_.Abandon(); }
  AbandonAtEnd(const AbandonAtEnd&) = delete;
  AbandonAtEnd& operator=(const AbandonAtEnd&) = delete;

 private:
  HandOver<T>& hand_over_;
};

/// HttpRequest::run_on_connection.
bool HandOverTask(HandOver<SessionStep>& steps, ConnectionTask& task) {
  SessionStep step(std::move(task));
  if (steps.Put(step)) return true;
  task = std::get<ConnectionTask>(std::move(step));
  return false;
}

struct StreamPart {
  std::string text;
  bool is_last = false;
  bool is_broken = false;
};

StreamPart ProducePart(BodySource& source) {
  StreamPart part;
  try {
    bool has_more = true;
    while (has_more && part.text.size() < kStreamPartBytes) has_more = source(part.text);
    part.is_last = !has_more;
  } catch (const std::exception& e) {
    fmt::print(stderr, "scimledger: a streamed answer broke off: {}\n", e.what());
    part.is_broken = true;
  }
  return part;
}

/// Bodies do not belong to these (RFC 9110 §6.4.1).
bool HasNoBody(int status) { return status == 204 || status == 304 || status < 200; }

BodyFraming FramingOf(const HttpResponse& response, bool is_http_1_0) {
  if (HasNoBody(response.status)) return BodyFraming::kNone;
  if (!response.stream) return BodyFraming::kLength;
  return is_http_1_0 ? BodyFraming::kClose : BodyFraming::kChunked;
}

void ReportFailure(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    fmt::print(stderr, "scimledger: a connection was closed after an error: {}\n", e.what());
  }
}

}  // namespace

void Session::Spawn(const SessionEnvironment& environment, IoThread& thread,
                    AcceptedConnection connection, bool is_over_limit) {
  environment.connections.Add();
  asio::dispatch(thread.executor(), [environment, &thread, is_over_limit,
                                     connection = std::move(connection)]() mutable {
    // Not make_unique: the constructor is private.
    std::unique_ptr<Session> session(
        new Session(environment, thread, std::move(connection), is_over_limit));
    if (!session->stream_.socket().is_open()) return;
    asio::co_spawn(thread.executor(), Live(std::move(session)), ReportFailure);
  });
}

Session::Session(const SessionEnvironment& environment, IoThread& thread,
                 AcceptedConnection connection, bool is_over_limit)
    : environment_(environment),
      thread_(thread),
      stream_(thread.executor(), connection.descriptor, connection.family),
      wake_(thread.executor(), SteadyClock::time_point::max()),
      peer_(std::move(connection.peer)),
      tls_(std::move(connection.tls)),
      is_over_limit_(is_over_limit),
      body_memory_(environment.body_memory) {
  thread_.Add(*this);
}

Session::~Session() {
  thread_.Remove(*this);
  environment_.connections.Remove();
}

void Session::CutIfLate(SteadyClock::time_point now) {
  if (now < deadline_) return;
  is_late_ = true;
  // If the awaited operation has just completed this cancels nothing; the next sweep tries again.
  error_code ignored;
  stream_.socket().cancel(ignored);
}

void Session::StopIfIdle() {
  error_code ignored;
  if (is_idle_) stream_.socket().cancel(ignored);
}

void Session::Abort() {
  is_aborted_ = true;
  error_code ignored;
  stream_.socket().close(ignored);
  wake_.cancel();
}

void Session::Arm(milliseconds timeout) {
  is_late_ = false;
  deadline_ = SteadyClock::now() + timeout;
}

void Session::Disarm() { deadline_ = SteadyClock::time_point::max(); }

Session::Awaitable<void> Session::Live(std::unique_ptr<Session> session) {
  co_await session->Run();
  if (!session->stream_.is_tls()) co_return;
  session->Arm(session->environment_.limits.write_timeout);
  co_await session->stream_.EndSending();
}

Session::Awaitable<bool> Session::AcceptTls() {
  Arm(environment_.limits.handshake_timeout);
  auto state = SessionStream::HandShake::kUnfinished;
  while (state == SessionStream::HandShake::kUnfinished && !thread_.is_stopping()) {
    state = co_await stream_.ShakeHands(*tls_);
  }
  if (state == SessionStream::HandShake::kDone) {
    tls_.reset();
    co_return true;
  }
  if (state == SessionStream::HandShake::kPlainHttp) {
    refusal_ = ScimError{400, ScimType::kNone,
                         "This port speaks TLS: use a URL that begins with https://. What was sent "
                         "came unencrypted; replace the token if there was one."};
    co_await Refuse();
  } else if (!is_late_ && !is_aborted_ && !thread_.is_stopping()) {
    // Lest a reset overtakes the alert that says what is wrong.
    co_await Linger();
  }
  co_return false;
}

Session::Awaitable<void> Session::Run() {
  if (tls_) {
    const bool is_accepted = co_await AcceptTls();
    if (!is_accepted) co_return;
  }
  if (is_over_limit_) {
    refusal_ = ScimError{503, ScimType::kNone, "The server has too many connections; try again."};
    co_await Refuse();
    co_return;
  }
  for (;;) {
    const Reading reading = co_await ReadRequest();
    if (reading == Reading::kClosed) co_return;
    if (reading == Reading::kRefused) {
      co_await Refuse();
      co_return;
    }
    const bool stays_open = co_await AnswerRequest();
    if (!stays_open) break;
    has_served_ = true;
    // What one client has pipelined must not keep the others of this thread waiting.
    if (++served_ % kServedInARow == 0) {
      co_await asio::post(thread_.executor(), asio::use_awaitable_t<Executor>());
    }
  }
  // Closing a socket with unread bytes resets the connection, and the answer may be lost on its
  // way.
  const bool has_unread = reader_->state() != RequestReader::State::kComplete ||
                          !received_.unused().empty() || stream_.HasUnread();
  if (has_unread && stream_.socket().is_open()) co_await Linger();
}

Session::Awaitable<Session::Reading> Session::ReadRequest() {
  const HttpLimits& limits = environment_.limits;
  reader_.emplace(limits);
  if (out_.capacity() > kKeptOutputBytes) out_ = std::string();
  is_idle_ = true;
  bool has_continued = false;
  bool has_asked = false;
  Arm(has_served_ ? limits.idle_timeout : limits.read_timeout);
  for (;;) {
    if (const auto reading = Parse()) co_return *reading;
    const bool has_head = reader_->state() == RequestReader::State::kBody;
    if (has_head && !std::exchange(has_asked, true) && IsRefusedUnread()) {
      co_return Reading::kRequest;
    }
    if (reader_->expects_continue() && !has_continued) {
      has_continued = true;
      const bool is_written = co_await Write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!is_written) co_return Reading::kClosed;
      Arm(limits.read_timeout);
    }
    if (is_idle_ && thread_.is_stopping()) co_return Reading::kClosed;
    const bool is_body = reader_->state() == RequestReader::State::kBody;
    const auto room = received_.Room(is_body ? kBodyReadBytes : kHeadReadBytes);
    const asio::mutable_buffer buffer(room.data(), room.size());
    const auto [error, count] = co_await stream_.ReadSome(buffer);
    received_.Filled(count);
    if (error) co_return ReadFailed(error == asio::error::eof);
  }
}

std::optional<Session::Reading> Session::Parse() {
  // RFC 9112 §2.2: empty lines before a request line are skipped.
  while (is_idle_ && received_.unused().starts_with("\r\n")) received_.Use(2);
  if (received_.unused().empty()) return std::nullopt;
  if (is_idle_) {
    is_idle_ = false;
    Arm(environment_.limits.read_timeout);
  }
  received_.Use(reader_->Read(received_.unused()));
  const RequestReader::State state = reader_->state();
  if (state == RequestReader::State::kHead) return std::nullopt;
  if (state == RequestReader::State::kRefused) {
    refusal_ = reader_->refusal();
    return Reading::kRefused;
  }
  if (!body_memory_.Grow(reader_->body_bytes())) {
    refusal_ = ScimError{503, ScimType::kNone,
                         fmt::format("The requests in progress hold all of the {} bytes that this "
                                     "server sets aside for bodies; nothing was changed. Try again "
                                     "shortly.",
                                     environment_.limits.bodies_bytes_max)};
    return Reading::kRefused;
  }
  if (state == RequestReader::State::kComplete) return Reading::kRequest;
  return std::nullopt;
}

bool Session::IsRefusedUnread() {
  // Who may use the control socket is settled.
  const bool needs_asking = reader_->is_body_large() || reader_->expects_continue();
  if (!needs_asking || peer_.transport != Transport::kNetwork) return false;
  return environment_.handler.RefusesUnread(reader_->request());
}

Session::Reading Session::ReadFailed(bool is_end_of_stream) {
  if (is_idle_ || is_aborted_) return Reading::kClosed;
  if (is_late_) {
    refusal_ = ScimError{408, ScimType::kNone,
                         fmt::format("The request was not complete after {} ms.",
                                     environment_.limits.read_timeout.count())};
    return Reading::kRefused;
  }
  if (!is_end_of_stream) return Reading::kClosed;
  // The client may have closed only its sending side, and still listen.
  refusal_ = ScimError{400, ScimType::kInvalidSyntax,
                       "The connection ended before the request was complete."};
  return Reading::kRefused;
}

Session::Awaitable<bool> Session::AnswerRequest() {
  Disarm();
  HttpRequest request = std::move(reader_->request());
  const bool is_unread = reader_->state() != RequestReader::State::kComplete;
  if (is_unread) request.body = std::string();
  request.transport = peer_.transport;
  request.peer_address = peer_.address;
  request.peer_uid = peer_.uid;
  const bool is_head = request.method == "HEAD";
  const auto steps = MakeHandOver<SessionStep>();
  request.run_on_connection = [steps](ConnectionTask& task) { return HandOverTask(*steps, task); };
  environment_.handler.Handle(std::move(request), Responder(steps));
  auto response = co_await ReceiveResponse(steps);
  body_memory_.Release();
  if (!response) co_return false;
  const bool wants_open = !is_unread && reader_->keep_alive() && !thread_.is_stopping();
  const bool is_close_delimited =
      FramingOf(*response, reader_->is_http_1_0()) == BodyFraming::kClose;
  const bool stays_open = wants_open && !is_close_delimited;
  const bool is_written = co_await WriteResponse(*std::move(response), stays_open, is_head);
  co_return is_written&& stays_open;
}

template <typename T>
std::shared_ptr<HandOver<T>> Session::MakeHandOver() {
  return std::make_shared<HandOver<T>>(thread_.executor(), [this] { wake_.cancel(); });
}

Session::Awaitable<std::optional<HttpResponse>> Session::ReceiveResponse(
    std::shared_ptr<HandOver<SessionStep>> steps) {
  const AbandonAtEnd abandon_at_end(*steps);
  while (!is_aborted_) {
    std::optional<SessionStep> step = steps->Take();
    if (!step) {
      co_await wake_.async_wait(kToken);
    } else if (ConnectionTask* const task = std::get_if<ConnectionTask>(&*step)) {
      (*task)();
    } else {
      co_return std::get<HttpResponse>(*std::move(step));
    }
  }
  co_return std::nullopt;
}

template <typename T>
Session::Awaitable<std::optional<T>> Session::Receive(std::shared_ptr<HandOver<T>> hand_over) {
  const AbandonAtEnd abandon_at_end(*hand_over);
  std::optional<T> value = hand_over->Take();
  while (!value && !is_aborted_) {
    co_await wake_.async_wait(kToken);
    value = hand_over->Take();
  }
  co_return value;
}

Session::Awaitable<bool> Session::WriteResponse(HttpResponse response, bool stays_open,
                                                bool is_head) {
  const bool is_http_1_0 =
      reader_ && reader_->state() == RequestReader::State::kComplete && reader_->is_http_1_0();
  const BodyFraming framing = FramingOf(response, is_http_1_0);
  ConnectionHeader connection = ConnectionHeader::kClose;
  if (stays_open) {
    connection = is_http_1_0 ? ConnectionHeader::kKeepAlive : ConnectionHeader::kAbsent;
  }
  out_.clear();
  AppendResponseHead(out_, response, framing, connection, thread_.date());
  if (is_head || framing == BodyFraming::kNone) {
    const bool is_written = co_await Write(out_);
    co_return is_written;
  }
  if (framing != BodyFraming::kLength) {
    const bool is_written =
        co_await WriteStream(std::move(response.stream), framing == BodyFraming::kChunked);
    co_return is_written;
  }
  const std::size_t joined = std::min(response.body.size(), kJoinedBodyBytes);
  out_.append(response.body, 0, joined);
  const bool is_begun = co_await Write(out_);
  if (!is_begun) co_return false;
  const bool is_written = co_await Write(std::string_view(response.body).substr(joined));
  co_return is_written;
}

Session::Awaitable<bool> Session::WriteStream(BodySource source, bool is_chunked) {
  const auto shared_source = std::make_shared<BodySource>(std::move(source));
  for (;;) {
    const auto made = MakeHandOver<StreamPart>();
    Disarm();
    asio::post(environment_.stream_workers, [shared_source, made] {
      StreamPart produced = ProducePart(*shared_source);
      made->Put(produced);
    });
    const auto part = co_await Receive(made);
    if (!part || part->is_broken) {
      // A reset: a client of HTTP/1.0 would take an orderly end for the end of the body.
      stream_.Reset();
      co_return false;
    }
    if (!is_chunked) out_ += part->text;
    if (is_chunked && !part->text.empty()) AppendChunk(out_, part->text);
    if (is_chunked && part->is_last) out_ += kLastChunk;
    const bool is_written = co_await Write(out_);
    if (!is_written) co_return false;
    if (part->is_last) co_return true;
    out_.clear();
  }
}

Session::Awaitable<bool> Session::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kWriteBytesMax);
    // Most answers fit into the socket's buffer, and then there is nothing to wait for.
    error_code error;
    const std::size_t at_once = stream_.WriteNow(part, error);
    bytes.remove_prefix(at_once);
    if (at_once == part.size()) continue;
    if (error && error != asio::error::would_block) co_return false;
    Arm(environment_.limits.write_timeout);
    const auto [late_error, count] = co_await stream_.Write(part.substr(at_once));
    // A reset frees what the kernel still holds for a client that does not read.
    if (late_error && is_late_) stream_.Reset();
    if (late_error) co_return false;
    bytes.remove_prefix(count);
  }
  co_return true;
}

Session::Awaitable<void> Session::Refuse() {
  is_idle_ = false;
  HttpResponse response = environment_.handler.AnswerUnreadable(refusal_);
  const bool is_written = co_await WriteResponse(std::move(response), false, false);
  if (is_written) co_await Linger();
}

Session::Awaitable<void> Session::Linger() {
  const milliseconds longest = thread_.is_stopping() ? kLingerWhileStopping : kLingerMax;
  Arm(std::min(longest, environment_.limits.read_timeout));
  co_await stream_.EndSending();
  std::size_t discarded = 0;
  while (discarded < kLingerBytesMax && !is_late_) {
    received_.Use(received_.unused().size());
    const auto room = received_.Room(kBodyReadBytes);
    const asio::mutable_buffer buffer(room.data(), room.size());
    const auto [error, count] = co_await stream_.socket().async_read_some(buffer, kToken);
    if (error) co_return;
    discarded += count;
  }
}

}  // namespace scimledger::api
