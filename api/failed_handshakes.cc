#include "api/failed_handshakes.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

namespace scimledger::api {

std::optional<std::string> FailedHandshakes::Note(std::string_view peer, std::string_view reason,
                                                  Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (shown_ && now - *shown_ < kInterval) {
    ++unshown_;
    return std::nullopt;
  }
  shown_ = now;
  std::string line = fmt::format("no TLS with {}: {}", peer, reason);
  if (const auto others = std::exchange(unshown_, 0); others > 0) {
    line += fmt::format(" (and {} more failed handshakes before)", others);
  }
  return line;
}

std::string ExplainFailedHandshake(const SSL& connection, unsigned long error) {
  switch (ERR_GET_REASON(error)) {
    case 0:
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "it closed the connection during the handshake";
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "it speaks neither TLS 1.2 nor 1.3";
    case SSL_R_NO_SHARED_CIPHER:
      return "it offers no cipher suite that is used here";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
      return "what it sent is not TLS";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "it does not trust the server's certificate";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it showed no client certificate";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return fmt::format("its client certificate is not good: {}",
                         X509_verify_cert_error_string(SSL_get_verify_result(&connection)));
    default:
      const char* const reason = ERR_reason_error_string(error);
      return reason == nullptr ? "unknown TLS error" : reason;
  }
}

}  // namespace scimledger::api
