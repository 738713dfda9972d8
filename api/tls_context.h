#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "api/tls_files.h"
#include "storage/result.h"

namespace scimledger::api {

/// PEM files that a server shows itself with. They may be one file.
struct TlsFiles {
  std::filesystem::path certificate;  ///< its own first, then those between it and the root
  std::filesystem::path key;          ///< without a passphrase
  /// Roots of client certificates; then a connection without such a certificate is refused. Empty:
  /// no certificate is asked for.
  std::filesystem::path client_ca;
};

/// What the connections of a TLS server share: certificate, key, and what is spoken. TLS 1.3, and
/// 1.2 with the AEAD suites that Entra ID names. Immutable; connections keep it alive.
class TlsContext {
 public:
  /// Reads the files. One line that names the file when one is missing, cannot be read, is not what
  /// it should be, or when the key does not belong to the certificate.
  [[nodiscard]] static storage::Result<std::shared_ptr<const TlsContext>> Load(
      const TlsFiles& files);

  /// What an operator should see to although it works: a certificate out of its time. Empty:
  /// nothing.
  const std::string& warning() const { return warning_; }
  /// A connection on the server's side, without transport.
  SslPointer NewConnection() const;

 private:
  TlsContext(SslContextPointer context, std::string warning);

  SslContextPointer context_;
  std::string warning_;
};

}  // namespace scimledger::api
