#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "api/http.h"
#include "api/http_server.h"
#include "engine/scim_error.h"

namespace scimledger::api {

/// Assembles one HTTP/1.0 or 1.1 request from bytes as they arrive. Strict wherever two readers
/// could disagree about where a request ends (RFC 9112 §11.2): such a request is refused, and
/// nothing after it on the connection may be trusted.
class RequestReader {
 public:
  enum class State : std::uint8_t { kHead, kBody, kComplete, kRefused };

  explicit RequestReader(const HttpLimits& limits);
  ~RequestReader();

  /// Returns how many bytes at the front were used up; present the others again, with more behind
  /// them. Not to be called once complete or refused.
  std::size_t Read(std::string_view bytes);

  State state() const { return state_; }
  /// The client waits for `100 Continue` before it sends the body. From kBody on.
  bool expects_continue() const { return expects_continue_; }
  /// From kBody on.
  bool is_http_1_0() const;
  bool keep_alive() const;
  /// From kBody on; the caller adds where it came from.
  HttpRequest& request();
  /// Of the body so far, as they take memory.
  std::size_t body_bytes() const;
  /// kBody: whether more than a little is to come, or nobody knows how much.
  bool is_body_large() const;
  /// kRefused only.
  const ScimError& refusal() const { return refusal_; }

 private:
  class Parser;

  void CheckHead();
  void CheckExpectation();
  void Refuse(ScimError refusal);

  const HttpLimits& limits_;
  std::unique_ptr<Parser> parser_;
  State state_ = State::kHead;
  bool expects_continue_ = false;
  std::size_t head_bytes_ = 0;
  ScimError refusal_;
};

}  // namespace scimledger::api
