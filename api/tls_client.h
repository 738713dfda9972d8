#pragma once

#include <filesystem>
#include <string>

#include "api/tls_files.h"
#include "storage/result.h"

namespace scimledger::api {

/// Whom a client of HTTPS trusts, and how it shows itself. PEM files.
struct ClientTls {
  std::filesystem::path ca;           ///< roots of server certificates; empty: the system's
  std::filesystem::path certificate;  ///< for servers that ask for one; empty: none
  std::filesystem::path key;          ///< of `certificate`
};

/// Speaks TLS 1.2 and 1.3, and goes on only with a server whose certificate is good. Errors as in
/// tls_files.h.
[[nodiscard]] storage::Result<SslContextPointer> MakeClientContext(const ClientTls& tls);

/// Before the handshake: the certificate must be for `host`, a name or an address.
void ExpectHost(SSL& connection, const std::string& host);

/// Why a connection failed, for who wants to put it right; `error` is what OpenSSL said.
std::string ExplainTlsFailure(const SSL& connection, unsigned long error);

}  // namespace scimledger::api
