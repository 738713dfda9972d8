#include "tls_fixture.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <fstream>
#include <utility>

namespace scimledger::api {
namespace {

constexpr long kDaySeconds = 24L * 60 * 60;

EVP_PKEY* MakeKey(KeyKind kind) {
  switch (kind) {
    case KeyKind::kP256:
      return EVP_EC_gen("P-256");
    case KeyKind::kRsa2048:
      return EVP_RSA_gen(2048);
    case KeyKind::kRsa1024:
      return EVP_RSA_gen(1024);
  }
  std::unreachable();
}

void AddExtension(X509& certificate, int id, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <typename Write>
std::string Pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  write(text.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TestCertificate::TestCertificate(const CertificateFields& fields, const TestCertificate* issuer)
    : key_(MakeKey(fields.key), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
  static long serial = 1;
  X509& certificate = *certificate_;
  X509_set_version(&certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(&certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(&certificate), fields.begin_days * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(&certificate), fields.end_days * kDaySeconds);
  X509_set_pubkey(&certificate, key_.get());
  const auto* const name = reinterpret_cast<const unsigned char*>(fields.name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8, name, -1, -1,
                             0);
  X509_set_issuer_name(&certificate, X509_get_subject_name(
                                         issuer == nullptr ? &certificate : issuer->certificate()));
  AddExtension(certificate, NID_basic_constraints,
               fields.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!fields.hosts.empty()) AddExtension(certificate, NID_subject_alt_name, fields.hosts);
  X509_sign(&certificate, issuer == nullptr ? key_.get() : issuer->key(), EVP_sha256());
}

std::string TestCertificate::CertificatePem() const {
  return Pem([this](BIO* to) { PEM_write_bio_X509(to, certificate()); });
}

std::string TestCertificate::KeyPem(const std::string& passphrase) const {
  return Pem([&](BIO* to) {
    const EVP_CIPHER* const cipher = passphrase.empty() ? nullptr : EVP_aes_128_cbc();
    PEM_write_bio_PKCS8PrivateKey(to, key(), cipher, passphrase.data(),
                                  static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

TestCertificate TestCa(const std::string& name) {
  CertificateFields fields;
  fields.name = name;
  fields.hosts = "";
  fields.is_ca = true;
  return TestCertificate(fields);
}

std::filesystem::path TlsFolder::Write(const std::string& name, const std::string& text) const {
  const std::filesystem::path file = folder_.path() / name;
  std::ofstream(file) << text;
  return file;
}

std::filesystem::path TlsFolder::Write(const std::string& name,
                                       const TestCertificate& certificate) const {
  return Write(name + ".pem", certificate.CertificatePem() + certificate.KeyPem());
}

TlsFiles TlsFolder::Files(const TestCertificate& certificate) const {
  TlsFiles files;
  files.certificate = Write("server", certificate);
  files.key = files.certificate;
  return files;
}

std::shared_ptr<const TlsContext> TlsFolder::Context(const TestCertificate& certificate,
                                                     const TestCertificate* client_ca) const {
  TlsFiles files = Files(certificate);
  if (client_ca != nullptr) {
    files.client_ca = Write("client_ca.pem", client_ca->CertificatePem());
  }
  return TlsContext::Load(files).value();
}

HttpServerOptions WithTls(std::shared_ptr<const TlsContext> tls, HttpLimits limits) {
  HttpServerOptions options;
  options.tls = std::move(tls);
  options.limits = limits;
  return options;
}

TlsConnection::TlsConnection(std::uint16_t port, const TlsClientOptions& options)
    : RawConnection(port), context_(SSL_CTX_new(TLS_client_method())) {
  // OpenSSL writes to its socket without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* const context = context_.get();
  // What the server refuses, it must not be the client that refuses it.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.version == 0 ? TLS1_VERSION : options.version);
  SSL_CTX_set_max_proto_version(context, options.version);
  if (!options.suites.empty()) SSL_CTX_set_cipher_list(context, options.suites.c_str());
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                          static_cast<unsigned>(options.alpn.size()));
  if (options.certificate != nullptr) {
    SSL_CTX_use_certificate(context, options.certificate->certificate());
    SSL_CTX_use_PrivateKey(context, options.certificate->key());
  }
  tls_.reset(SSL_new(context));
  if (options.session != nullptr) SSL_set_session(tls_.get(), options.session);
  SSL_set_fd(tls_.get(), descriptor());
  Note(SSL_connect(tls_.get()));
}

TlsConnection::~TlsConnection() = default;

void TlsConnection::Note(int result) {
  if (result > 0) return;
  const int kind = SSL_get_error(tls_.get(), result);
  error_ = kind == SSL_ERROR_SSL ? TakeTlsError() : "ended with kind " + std::to_string(kind);
  ERR_clear_error();
}

std::string TlsConnection::version() const { return SSL_get_version(tls_.get()); }
std::string TlsConnection::suite() const { return SSL_get_cipher_name(tls_.get()); }

std::string TlsConnection::alpn() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_.get(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string TlsConnection::server_name() const {
  const X509* const certificate = SSL_get0_peer_certificate(tls_.get());
  if (certificate == nullptr) return "";
  X509_NAME* const name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  return reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
}

bool TlsConnection::is_resumed() const { return SSL_session_reused(tls_.get()) == 1; }
SSL_SESSION* TlsConnection::session() const { return SSL_get_session(tls_.get()); }
void TlsConnection::SayGoodbye() { SSL_shutdown(tls_.get()); }

ssize_t TlsConnection::SendSome(std::string_view bytes) {
  ERR_clear_error();
  const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  Note(sent);
  return sent;
}

ssize_t TlsConnection::ReceiveSome(std::span<char> room) {
  ERR_clear_error();
  const int count = SSL_read(tls_.get(), room.data(), static_cast<int>(room.size()));
  if (count > 0) return count;
  // An orderly end is one that TLS has announced.
  if (SSL_get_error(tls_.get(), count) == SSL_ERROR_ZERO_RETURN) return 0;
  Note(count);
  return -1;
}

}  // namespace scimledger::api
