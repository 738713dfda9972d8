#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "storage/result.h"

namespace scimledger::api {

struct FreeSsl {
  void operator()(SSL* connection) const;
  void operator()(SSL_CTX* context) const;
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;
using SslContextPointer = std::unique_ptr<SSL_CTX, FreeSsl>;

// PEM files of either side of TLS. Every error is one line that names the file: it is missing,
// cannot be read, or is not what it should be.

/// `certificate` holds the own one first, then those between it and the root; `key`, which may be
/// in the same file, has no passphrase and belongs to the own one.
[[nodiscard]] storage::Result<void> UseCertificate(SSL_CTX& context,
                                                   const std::filesystem::path& certificate,
                                                   const std::filesystem::path& key);

/// The other side's certificate is good when it comes from a certificate in `file`; `what` it is,
/// for messages.
[[nodiscard]] storage::Result<void> TrustFile(SSL_CTX& context, std::string_view what,
                                              const std::filesystem::path& file);

/// The first error that OpenSSL noted on this thread, in its words; clears all of them.
std::string TakeTlsError();

}  // namespace scimledger::api
