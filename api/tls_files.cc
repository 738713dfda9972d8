#include "api/tls_files.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace scimledger::api {

using storage::ErrorCode;
using storage::Fail;

namespace {

constexpr std::string_view kKey = "the TLS key";
constexpr std::string_view kNoCertificate = "it holds no certificate in PEM";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, CloseFile>;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeKey>;

std::unexpected<storage::Error> Unusable(std::string_view what, const std::filesystem::path& file,
                                         std::string_view why) {
  return Fail(ErrorCode::kInvalid, fmt::format("cannot use {} {}: {}", what, file.string(), why));
}

storage::Result<FilePointer> OpenFile(std::string_view what, const std::filesystem::path& file) {
  FilePointer opened(std::fopen(file.c_str(), "re"));
  if (opened) return opened;
  return Fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              fmt::format("cannot read {} {}: {}", what, file.string(), std::strerror(errno)));
}

int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

storage::Result<KeyPointer> ReadKey(const std::filesystem::path& file) {
  SCIMLEDGER_TRY_ASSIGN(const FilePointer opened, OpenFile(kKey, file));
  bool is_encrypted = false;
  KeyPointer key(PEM_read_PrivateKey(opened.get(), nullptr, RefusePassphrase, &is_encrypted));
  ERR_clear_error();
  if (key) return key;
  return Unusable(kKey, file,
                  is_encrypted ? "it is encrypted; store it without a passphrase"
                               : "it holds no private key in PEM");
}

}  // namespace

void FreeSsl::operator()(SSL* connection) const { SSL_free(connection); }
void FreeSsl::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

storage::Result<void> UseCertificate(SSL_CTX& context, const std::filesystem::path& certificate,
                                     const std::filesystem::path& key) {
  constexpr std::string_view kWhat = "the TLS certificate";
  SCIMLEDGER_TRY(OpenFile(kWhat, certificate));
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(&context, certificate.c_str()) != 1) {
    const bool is_no_pem = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_PEM;
    const std::string error = TakeTlsError();
    return Unusable(kWhat, certificate, is_no_pem ? kNoCertificate : error);
  }
  SCIMLEDGER_TRY_ASSIGN(const KeyPointer read, ReadKey(key));
  if (X509_check_private_key(SSL_CTX_get0_certificate(&context), read.get()) != 1) {
    ERR_clear_error();
    return Unusable(
        kKey, key,
        fmt::format("it does not belong to the first certificate of {}", certificate.string()));
  }
  if (SSL_CTX_use_PrivateKey(&context, read.get()) != 1) {
    return Unusable(kKey, key, TakeTlsError());
  }
  return {};
}

storage::Result<void> TrustFile(SSL_CTX& context, std::string_view what,
                                const std::filesystem::path& file) {
  SCIMLEDGER_TRY(OpenFile(what, file));
  if (SSL_CTX_load_verify_file(&context, file.c_str()) == 1) return {};
  ERR_clear_error();
  return Unusable(what, file, kNoCertificate);
}

std::string TakeTlsError() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown TLS error" : reason;
}

}  // namespace scimledger::api
