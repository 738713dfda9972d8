#include "api/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "api/host_lookup.h"
#include "api/http_unix_socket.h"

namespace scimledger::api {

using storage::ErrorCode;
using storage::Fail;

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using Protocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<Protocol, asio::io_context::executor_type>;
using TlsStream = asio::ssl::stream<Stream&>;
using Endpoint = Protocol::endpoint;
using Clock = std::chrono::steady_clock;

/// What a URL or a socket path comes to.
struct Destination {
  std::string name;    ///< for messages
  std::string host;    ///< value of Host
  std::string prefix;  ///< before every target
  std::string address;
  std::string port;
  std::optional<UnixSocketAddress> socket;  ///< instead of address and port
};

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool IsRepeatable(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string Serialize(const Destination& destination, const HttpRequest& request) {
  std::string text = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", request.method,
                                 destination.prefix, request.target, destination.host);
  for (const auto& [name, value] : request.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  const bool may_have_body = !IsRepeatable(request.method) && request.method != "DELETE";
  if (!request.body.empty() || may_have_body) {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text.append("\r\n").append(request.body);
}

class Client final : public HttpClient {
 public:
  /// `tls`: null for plain HTTP.
  Client(Destination destination, std::chrono::milliseconds timeout, SslContextPointer tls,
         const HttpClientLimits& limits)
      : destination_(std::move(destination)), timeout_(timeout), limits_(limits) {
    if (tls) tls_context_.emplace(tls.release());
  }

  storage::Result<HttpResponse> Send(const HttpRequest& request) override;
  storage::Result<void> Connect();

 private:
  storage::Result<std::vector<Endpoint>> Resolve() const;
  beast::error_code ShakeHands();
  void Disconnect();
  /// The server closed the idle connection, or said something that nobody asked for.
  bool IsStale();
  storage::Result<HttpResponse> Exchange(const std::string& text, bool is_head);
  storage::Result<HttpResponse> ReadResponse(bool is_head);
  beast::error_code ReadMessage(http::response_parser<http::string_body>& parser);
  std::unexpected<storage::Error> Failed(std::string_view doing, const beast::error_code& error);
  std::string Reason(const beast::error_code& error) const;

  /// Runs one asynchronous operation to its end or to the time-out.
  template <typename Begin>
  beast::error_code Complete(Begin begin) {
    beast::error_code result;
    stream_->expires_at(std::min(Clock::now() + timeout_, deadline_));
    begin([&result](const beast::error_code& error, std::size_t /*count*/ = 0) { result = error; });
    context_.restart();
    context_.run();
    return result;
  }

  Destination destination_;
  std::chrono::milliseconds timeout_;
  HttpClientLimits limits_;
  Clock::time_point deadline_ = Clock::time_point::max();  ///< of the request that is under way
  asio::io_context context_{1};
  std::optional<asio::ssl::context> tls_context_;
  std::optional<Stream> stream_;
  std::optional<TlsStream> tls_;  ///< over stream_
  beast::flat_buffer buffer_;
  bool has_timed_out_ = false;
  bool has_received_ = false;
};

std::unexpected<storage::Error> Client::Failed(std::string_view doing,
                                               const beast::error_code& error) {
  has_timed_out_ = error == beast::error::timeout;
  const std::string reason = Reason(error);
  Disconnect();
  return Fail(ErrorCode::kIo, fmt::format("{} {}: {}", doing, destination_.name, reason));
}

std::string Client::Reason(const beast::error_code& error) const {
  if (has_timed_out_ && Clock::now() >= deadline_) {
    return fmt::format("not done within {} ms", limits_.request_time.count());
  }
  if (has_timed_out_) return fmt::format("timed out after {} ms", timeout_.count());
  if (error == http::error::body_limit) {
    return fmt::format("the answer has more than {} bytes", limits_.body_bytes_max);
  }
  const bool is_end = error == http::error::end_of_stream ||
                      error == http::error::partial_message || error == asio::error::eof ||
                      error == asio::ssl::error::stream_truncated;
  if (is_end) return "the server closed the connection";
  if (tls_ && error.category() == asio::error::get_ssl_category()) {
    // The category keeps OpenSSL's code in an int.
    return ExplainTlsFailure(*const_cast<TlsStream&>(*tls_).native_handle(),
                             static_cast<unsigned>(error.value()));
  }
  return error.message();
}

void Client::Disconnect() {
  tls_.reset();
  stream_.reset();
}

storage::Result<std::vector<Endpoint>> Client::Resolve() const {
  std::vector<Endpoint> endpoints;
  if (destination_.socket) {
    endpoints.emplace_back(&destination_.socket->address(), sizeof(sockaddr_un));
    return endpoints;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = LookUpHost(destination_.address, destination_.port, hints, found);
  if (failed != 0) {
    return Fail(ErrorCode::kIo, fmt::format("cannot find the host of {}: {}", destination_.name,
                                            ::gai_strerror(failed)));
  }
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    endpoints.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(found);
  return endpoints;
}

storage::Result<void> Client::Connect() {
  SCIMLEDGER_TRY_ASSIGN(const std::vector<Endpoint> endpoints, Resolve());
  beast::error_code error = asio::error::host_not_found;
  for (const Endpoint& endpoint : endpoints) {
    buffer_.clear();
    Disconnect();
    stream_.emplace(context_);
    error = Complete([this, &endpoint](auto done) {
      stream_->async_connect(endpoint, [done](const beast::error_code& result) { done(result); });
    });
    if (!error) break;
  }
  if (error) return Failed("cannot connect to", error);
  if (!destination_.socket) {
    const asio::ip::tcp::no_delay no_delay(true);
    stream_->socket().set_option(no_delay, error);
  }
  error = ShakeHands();
  if (error) return Failed("cannot connect to", error);
  return {};
}

beast::error_code Client::ShakeHands() {
  if (!tls_context_) return {};
  tls_.emplace(*stream_, *tls_context_);
  ExpectHost(*tls_->native_handle(), destination_.address);
  return Complete([this](auto done) { tls_->async_handshake(TlsStream::client, done); });
}

bool Client::IsStale() {
  char byte = 0;
  const ssize_t count =
      ::recv(stream_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const bool is_quiet = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return !is_quiet || buffer_.size() > 0;
}

storage::Result<HttpResponse> Client::Send(const HttpRequest& request) {
  const bool is_forged =
      HasControlCharacter(request.method) || HasControlCharacter(request.target) ||
      std::ranges::any_of(request.headers, [](const auto& header) {
        return HasControlCharacter(header.first) || HasControlCharacter(header.second);
      });
  if (is_forged) {
    return Fail(ErrorCode::kInvalid, "a request line or header has a control character");
  }
  deadline_ = Clock::now() + limits_.request_time;
  const std::string text = Serialize(destination_, request);
  const bool is_head = request.method == "HEAD";
  if (stream_ && IsStale()) Disconnect();
  const bool was_connected = stream_.has_value();
  if (!was_connected) SCIMLEDGER_TRY(Connect());
  auto response = Exchange(text, is_head);
  const bool may_repeat = was_connected && IsRepeatable(request.method) && !has_received_;
  if (response || has_timed_out_ || !may_repeat) return response;
  SCIMLEDGER_TRY(Connect());
  return Exchange(text, is_head);
}

storage::Result<HttpResponse> Client::Exchange(const std::string& text, bool is_head) {
  has_received_ = false;
  has_timed_out_ = false;
  std::string_view unsent = text;
  beast::error_code write_error;
  while (!unsent.empty() && !write_error) {
    const auto slice = asio::buffer(unsent.substr(0, 1U << 20U));
    write_error = Complete([this, &slice](auto done) {
      if (tls_) {
        asio::async_write(*tls_, slice, done);
      } else {
        asio::async_write(*stream_, slice, done);
      }
    });
    unsent.remove_prefix(slice.size());
  }
  if (write_error == beast::error::timeout) return Failed("cannot write to", write_error);
  // A server that refuses a body answers and closes before it has read it all.
  auto response = ReadResponse(is_head);
  if (!response && write_error) return Failed("cannot write to", write_error);
  return response;
}

storage::Result<HttpResponse> Client::ReadResponse(bool is_head) {
  std::optional<http::response_parser<http::string_body>> parser;
  do {
    parser.emplace();
    parser->skip(is_head);
    parser->body_limit(limits_.body_bytes_max);
    parser->header_limit(256U << 10U);
    const beast::error_code error = ReadMessage(*parser);
    if (error) return Failed("cannot read from", error);
  } while (parser->get().result_int() < 200);
  HttpResponse response;
  response.status = static_cast<int>(parser->get().result_int());
  for (const auto& field : parser->get()) {
    response.headers.emplace_back(field.name_string(), field.value());
  }
  response.body = std::move(parser->get().body());
  if (!parser->get().keep_alive()) Disconnect();
  return response;
}

beast::error_code Client::ReadMessage(http::response_parser<http::string_body>& parser) {
  beast::error_code error;
  while (!parser.is_done() && !error) {
    error = Complete([this, &parser](auto done) {
      if (tls_) {
        http::async_read_some(*tls_, buffer_, parser, done);
      } else {
        http::async_read_some(*stream_, buffer_, parser, done);
      }
    });
    has_received_ = has_received_ || parser.got_some();
  }
  return error;
}

/// Fills address and port from `host`, `host:port`, `[v6]` or `[v6]:port`.
bool SplitAuthority(std::string_view authority, std::string_view default_port,
                    Destination& destination) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = authority.find(':', bracket);
  std::string_view host = authority.substr(0, colon);
  if (bracket > 0) host = host.substr(1, bracket - 1);
  destination.address = host;
  destination.port = colon == std::string_view::npos ? default_port : authority.substr(colon + 1);
  return !destination.address.empty() && !destination.port.empty() &&
         destination.port.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

storage::Result<std::unique_ptr<HttpClient>> HttpClient::ForUrl(const std::string& url,
                                                                std::chrono::milliseconds timeout,
                                                                const ClientTls& tls,
                                                                const HttpClientLimits& limits) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  const bool is_tls = url.starts_with(kTls);
  const std::size_t scheme = is_tls                    ? kTls.size()
                             : url.starts_with(kPlain) ? kPlain.size()
                                                       : url.size();
  const std::string_view rest = std::string_view(url).substr(scheme);
  const std::size_t path = std::min(rest.find('/'), rest.size());
  Destination destination;
  destination.name = url;
  destination.host = rest.substr(0, path);
  destination.prefix = rest.substr(path);
  while (destination.prefix.ends_with('/')) destination.prefix.pop_back();
  const bool is_url = SplitAuthority(destination.host, is_tls ? "443" : "80", destination);
  if (!is_url || HasControlCharacter(url)) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("\"{}\" is not a URL of the form https://host:port or http://host:port", url));
  }
  SslContextPointer context;
  if (is_tls) {
    SCIMLEDGER_TRY_ASSIGN(context, MakeClientContext(tls));
  }
  return std::make_unique<Client>(std::move(destination), timeout, std::move(context), limits);
}

storage::Result<std::unique_ptr<HttpClient>> HttpClient::ForSocket(
    const std::filesystem::path& socket, std::chrono::milliseconds timeout) {
  SCIMLEDGER_TRY_ASSIGN(UnixSocketAddress address, UnixSocketAddress::Of(socket));
  Destination destination;
  destination.name = socket.string();
  destination.host = "localhost";
  destination.socket.emplace(std::move(address));
  auto client =
      std::make_unique<Client>(std::move(destination), timeout, nullptr, HttpClientLimits());
  if (const auto connected = client->Connect(); !connected) {
    return Fail(ErrorCode::kNotFound, connected.error().message);
  }
  return client;
}

}  // namespace scimledger::api
