#include "api/tls_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string_view>

namespace scimledger::api {
namespace {

/// As ALPN writes it.
constexpr std::string_view kProtocols = "\x08http/1.1";

bool IsAddress(const std::string& host) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

std::string ExplainVerification(long result) {
  switch (result) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "its certificate is self-signed; name a file with it, or with its CA, to trust it "
             "(--ca)";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate comes from a CA that is not trusted here; name a file with that CA "
             "to trust it (--ca)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for another host";
    default:
      return fmt::format("its certificate is not good: {}", X509_verify_cert_error_string(result));
  }
}

}  // namespace

storage::Result<SslContextPointer> MakeClientContext(const ClientTls& tls) {
  SslContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return storage::Fail(storage::ErrorCode::kIo,
                         fmt::format("cannot set up TLS: {}", TakeTlsError()));
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(kProtocols.data()),
                          kProtocols.size());
  if (tls.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    SCIMLEDGER_TRY(TrustFile(*context, "the CA", tls.ca));
  }
  if (!tls.certificate.empty()) {
    SCIMLEDGER_TRY(UseCertificate(*context, tls.certificate, tls.key));
  }
  return context;
}

void ExpectHost(SSL& connection, const std::string& host) {
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&connection), host.c_str());
    return;
  }
  SSL_set_hostflags(&connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(&connection, host.c_str());
  // What SSL_set_tlsext_host_name does, without its cast.
  SSL_ctrl(&connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(host.c_str()));
}

std::string ExplainTlsFailure(const SSL& connection, unsigned long error) {
  const long verification = SSL_get_verify_result(&connection);
  if (verification != X509_V_OK) return ExplainVerification(verification);
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "it does not speak TLS there; should the URL begin with http://?";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "it wants a client certificate (--client-certificate)";
    default:
      const char* const reason = ERR_reason_error_string(error);
      return reason == nullptr ? "unknown TLS error" : reason;
  }
}

}  // namespace scimledger::api
