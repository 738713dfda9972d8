#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_server.h"
#include "api/tls_context.h"
#include "http_fixture.h"

namespace scimledger::api {

enum class KeyKind : std::uint8_t { kP256, kRsa2048, kRsa1024 };

struct CertificateFields {
  std::string name = "test";  ///< common name
  std::string hosts = "DNS:localhost,IP:127.0.0.1";
  bool is_ca = false;
  int begin_days = -1;  ///< from now
  int end_days = 1;
  KeyKind key = KeyKind::kP256;
};

/// A key and its certificate, made on the spot.
class TestCertificate {
 public:
  explicit TestCertificate(const CertificateFields& fields = {},
                           const TestCertificate* issuer = nullptr);

  std::string CertificatePem() const;
  /// With a passphrase it is encrypted.
  std::string KeyPem(const std::string& passphrase = "") const;
  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

/// A root.
TestCertificate TestCa(const std::string& name = "test root");

/// PEM files in a folder of their own.
class TlsFolder {
 public:
  std::filesystem::path Write(const std::string& name, const std::string& text) const;
  /// `<name>.pem` with both.
  std::filesystem::path Write(const std::string& name, const TestCertificate& certificate) const;
  /// What a server with that certificate shows.
  TlsFiles Files(const TestCertificate& certificate) const;
  std::shared_ptr<const TlsContext> Context(const TestCertificate& certificate,
                                            const TestCertificate* client_ca = nullptr) const;

 private:
  ScratchFolder folder_;
};

HttpServerOptions WithTls(std::shared_ptr<const TlsContext> tls, HttpLimits limits = {});

struct TlsClientOptions {
  int version = 0;     ///< the only one that is offered; 0: all
  std::string suites;  ///< of TLS 1.2; empty: the default
  std::string alpn;    ///< as ALPN writes it
  const TestCertificate* certificate = nullptr;
  SSL_SESSION* session = nullptr;
};

/// A RawConnection in TLS that trusts everybody.
class TlsConnection final : public RawConnection {
 public:
  /// Shakes hands; `error` tells whether it worked.
  explicit TlsConnection(std::uint16_t port, const TlsClientOptions& options = {});
  ~TlsConnection() override;

  /// OpenSSL's words for what went wrong last; empty: nothing.
  const std::string& error() const { return error_; }
  std::string version() const;
  std::string suite() const;
  std::string alpn() const;
  /// Common name of the server's certificate.
  std::string server_name() const;
  bool is_resumed() const;
  /// To resume with; valid as long as this connection.
  SSL_SESSION* session() const;
  /// Tells the server in TLS that nothing more comes.
  void SayGoodbye();

 protected:
  ssize_t SendSome(std::string_view bytes) override;
  ssize_t ReceiveSome(std::span<char> room) override;

 private:
  void Note(int result);

  SslContextPointer context_;
  SslPointer tls_;
  std::string error_;
};

}  // namespace scimledger::api
