#include "api/http_session_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace scimledger::api {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// A longer line between chunks than any honest client sends.
constexpr std::size_t kChunkLineBytesMax = 4096;
/// From here on it is worth a look at the head first.
constexpr std::size_t kLargeBodyBytes = 64U << 10U;
constexpr std::size_t kHeadersUsual = 8;
/// What a Content-Length may reserve before the bytes are there.
constexpr std::size_t kBodyReserveMax = 64U << 10U;

ScimError BadSyntax(std::string detail) {
  return ScimError{400, ScimType::kInvalidSyntax, std::move(detail)};
}

ScimError HeadTooLarge(const HttpLimits& limits) {
  return ScimError{
      431, ScimType::kNone,
      fmt::format("The request line and headers are larger than the {} bytes that this "
                  "server accepts.",
                  limits.header_bytes_max)};
}

ScimError BodyTooLarge(const HttpLimits& limits) {
  return ScimError{413, ScimType::kNone,
                   fmt::format("The request body is larger than the {} bytes that this server "
                               "accepts; split it into smaller requests.",
                               limits.body_bytes_max)};
}

ScimError Explain(const beast::error_code& error, const HttpLimits& limits) {
  if (error == http::error::header_limit) return HeadTooLarge(limits);
  if (error == http::error::body_limit) return BodyTooLarge(limits);
  if (error == http::error::bad_version) {
    return BadSyntax(
        "The request line does not end in HTTP/1.1 or HTTP/1.0, the versions spoken here.");
  }
  return BadSyntax(fmt::format("The request is not well-formed HTTP/1.1: {}.", error.message()));
}

/// RFC 9112 §3.2.2: a server accepts the absolute form too. Empty: neither of the two forms.
std::string OriginForm(std::string_view target) {
  if (target.starts_with('/')) return std::string(target);
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return {};
  const std::size_t path = target.find_first_of("/?", scheme_end + 3);
  if (path == std::string_view::npos) return "/";
  std::string origin(target.substr(path));
  return origin.front() == '?' ? "/" + origin : origin;
}

std::size_t Count(const Headers& headers, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [name](const auto& header) { return beast::iequals(header.first, name); }));
}

}  // namespace

/// Collects what Beast's grammar finds. Fields after the body (trailers) are dropped: they must not
/// be able to pose as headers.
class RequestReader::Parser final : public http::basic_parser<true> {
 public:
  HttpRequest request;
  bool head_is_complete = false;
  bool is_http_1_0 = false;

 private:
  void on_request_impl(http::verb /*verb*/, beast::string_view method, beast::string_view target,
                       int version, beast::error_code& /*error*/) override {
    is_http_1_0 = version == 10;
    request.method = method;
    request.target = target;
    request.headers.reserve(kHeadersUsual);
  }
  void on_response_impl(int /*code*/, beast::string_view /*reason*/, int /*version*/,
                        beast::error_code& /*error*/) override {}
  void on_field_impl(http::field /*field*/, beast::string_view name, beast::string_view value,
                     beast::error_code& /*error*/) override {
    if (!head_is_complete) request.headers.emplace_back(name, value);
  }
  void on_header_impl(beast::error_code& /*error*/) override { head_is_complete = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         beast::error_code& /*error*/) override {
    if (length) request.body.reserve(std::min<std::size_t>(*length, kBodyReserveMax));
  }
  std::size_t on_body_impl(beast::string_view part, beast::error_code& /*error*/) override {
    request.body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, beast::string_view /*extensions*/,
                            beast::error_code& /*error*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remaining*/, beast::string_view part,
                                 beast::error_code& /*error*/) override {
    request.body.append(part.data(), part.size());
    return part.size();
  }
  void on_finish_impl(beast::error_code& /*error*/) override {}
};

RequestReader::RequestReader(const HttpLimits& limits)
    : limits_(limits), parser_(std::make_unique<Parser>()) {
  parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  parser_->body_limit(limits.body_bytes_max);
}

RequestReader::~RequestReader() = default;

bool RequestReader::is_http_1_0() const { return parser_->is_http_1_0; }

bool RequestReader::keep_alive() const { return parser_->keep_alive(); }

HttpRequest& RequestReader::request() { return parser_->request; }

std::size_t RequestReader::body_bytes() const { return parser_->request.body.capacity(); }

bool RequestReader::is_body_large() const {
  const auto remaining = parser_->content_length_remaining();
  return parser_->chunked() || (remaining && *remaining > kLargeBodyBytes);
}

void RequestReader::Refuse(ScimError refusal) {
  refusal_ = std::move(refusal);
  state_ = State::kRefused;
}

std::size_t RequestReader::Read(std::string_view bytes) {
  const std::size_t offered = bytes.size();
  while (state_ == State::kHead || state_ == State::kBody) {
    beast::error_code error;
    const std::size_t used =
        parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (state_ == State::kHead) {
      head_bytes_ += used;
      // Beast counts only from the last field that it consumed, so that a head arriving field by
      // field would never be too large.
      const std::size_t pending = parser_->head_is_complete ? 0 : bytes.size();
      if (head_bytes_ + pending > limits_.header_bytes_max) {
        Refuse(HeadTooLarge(limits_));
        break;
      }
    }
    if (error == http::error::need_more) {
      if (state_ == State::kBody && bytes.size() > kChunkLineBytesMax) {
        Refuse(BadSyntax("A chunk's size line or the trailer fields are too long."));
      }
      break;
    }
    if (error) {
      Refuse(Explain(error, limits_));
      break;
    }
    if (state_ == State::kHead && parser_->head_is_complete) CheckHead();
    if (state_ == State::kBody && parser_->is_done()) state_ = State::kComplete;
    if (bytes.empty()) break;
  }
  return offered - bytes.size();
}

void RequestReader::CheckHead() {
  HttpRequest& request = parser_->request;
  if (!is_http_1_0() && Count(request.headers, "Host") != 1) {
    return Refuse(BadSyntax("An HTTP/1.1 request needs exactly one Host header (RFC 9112 §3.2)."));
  }
  if (Count(request.headers, "Content-Length") > 1 ||
      FindHeader(request.headers, "Content-Length").value_or("").contains(',')) {
    return Refuse(BadSyntax("The request has more than one Content-Length."));
  }
  // Beast reads no body at all when the last coding is another one, and the bytes of that body
  // would become the next request.
  if (const auto coding = FindHeader(request.headers, "Transfer-Encoding")) {
    if (is_http_1_0() || !beast::iequals(*coding, "chunked")) {
      return Refuse(BadSyntax("The only Transfer-Encoding accepted is `chunked`, in HTTP/1.1."));
    }
  }
  request.target = OriginForm(request.target);
  if (request.target.empty()) {
    return Refuse(BadSyntax("The request target must be a path that begins with a slash."));
  }
  state_ = State::kBody;
  CheckExpectation();
}

void RequestReader::CheckExpectation() {
  const auto expectation = FindHeader(parser_->request.headers, "Expect");
  if (!expectation || is_http_1_0()) return;
  if (!beast::iequals(*expectation, "100-continue")) {
    return Refuse(ScimError{417, ScimType::kNone, "The only Expect accepted is `100-continue`."});
  }
  expects_continue_ = !parser_->is_done();
}

}  // namespace scimledger::api
