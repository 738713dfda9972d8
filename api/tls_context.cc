#include "api/tls_context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <string_view>
#include <utility>

namespace scimledger::api {

using storage::ErrorCode;
using storage::Fail;

namespace {

/// Those of TLS 1.2 that Entra ID accepts, without the CBC ones; 1.3 has only good ones.
constexpr const char* kSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384";
/// RSA and DH from 2048 bits, curves from 224, no SHA-1.
constexpr int kSecurityLevel = 2;
/// As ALPN writes them, the better one first.
constexpr std::string_view kProtocols = "\x08http/1.1\x08http/1.0";
constexpr std::string_view kSessionContext = "scimledger";

storage::Result<void> AskForClientCertificate(SSL_CTX& context, const std::filesystem::path& file) {
  SCIMLEDGER_TRY(TrustFile(context, "the CA of client certificates", file));
  // Says which certificates are worth offering.
  SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(file.c_str()));
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

int ChooseProtocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
  const auto* const ours = reinterpret_cast<const unsigned char*>(kProtocols.data());
  // Not const in OpenSSL, but only read and pointed into.
  auto** const choice = const_cast<unsigned char**>(chosen);
  const int found = SSL_select_next_proto(
      choice, chosen_size, ours, static_cast<unsigned>(kProtocols.size()), offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// False only when OpenSSL itself is broken or out of memory.
bool Configure(SSL_CTX& context) {
  SSL_CTX_set_security_level(&context, kSecurityLevel);
  SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    // Where a request ends, HTTP says.
                                    SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
  // Clients keep their sessions as tickets. Each context has ticket keys of its own, so no session
  // outlives a change of the files.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(&context, ChooseProtocol, nullptr);
  const auto* const session = reinterpret_cast<const unsigned char*>(kSessionContext.data());
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(&context, 0) == 1 &&
         SSL_CTX_set_cipher_list(&context, kSuites) == 1 &&
         SSL_CTX_set_session_id_context(&context, session, kSessionContext.size()) == 1;
}

std::string DateOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string WarningFor(const X509& certificate, const std::filesystem::path& file) {
  const ASN1_TIME* const begin = X509_get0_notBefore(&certificate);
  const ASN1_TIME* const end = X509_get0_notAfter(&certificate);
  const char* const instead = "clients will refuse it";
  if (X509_cmp_current_time(end) < 0) {
    return fmt::format("the TLS certificate {} expired on {}; {}", file.string(), DateOf(end),
                       instead);
  }
  if (X509_cmp_current_time(begin) > 0) {
    return fmt::format("the TLS certificate {} is valid only from {} on; {}", file.string(),
                       DateOf(begin), instead);
  }
  return "";
}

}  // namespace

storage::Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const TlsFiles& files) {
  SslContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context || !Configure(*context)) {
    return Fail(ErrorCode::kIo, fmt::format("cannot set up TLS: {}", TakeTlsError()));
  }
  SCIMLEDGER_TRY(UseCertificate(*context, files.certificate, files.key));
  if (!files.client_ca.empty()) SCIMLEDGER_TRY(AskForClientCertificate(*context, files.client_ca));
  std::string warning = WarningFor(*SSL_CTX_get0_certificate(context.get()), files.certificate);
  // Not make_shared: the constructor is private.
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context), std::move(warning)));
}

TlsContext::TlsContext(SslContextPointer context, std::string warning)
    : context_(std::move(context)), warning_(std::move(warning)) {}

SslPointer TlsContext::NewConnection() const {
  SslPointer connection(SSL_new(context_.get()));
  if (connection) SSL_set_accept_state(connection.get());
  return connection;
}

}  // namespace scimledger::api
