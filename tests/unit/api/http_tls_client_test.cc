#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/http_client.h"
#include "http_fixture.h"
#include "tls_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::seconds;

/// A server whose certificate comes from `ca_`, for localhost and 127.0.0.1 unless a test says
/// otherwise.
class HttpTlsClientTest : public testing::Test {
 protected:
  HttpTlsClientTest() { trust_.ca = folder_.Write("ca.pem", ca_.CertificatePem()); }

  void Start(const CertificateFields& fields = {}, const TestCertificate* client_ca = nullptr) {
    Serve(TestCertificate(fields, &ca_), client_ca);
  }
  void Serve(const TestCertificate& certificate, const TestCertificate* client_ca = nullptr) {
    server_ = StartServer(handler_, WithTls(folder_.Context(certificate, client_ca)));
  }
  std::string Url(std::string_view host = "127.0.0.1") const {
    return fmt::format("https://{}:{}", host, server_->port());
  }

  static storage::Result<HttpResponse> Get(const std::string& url, const ClientTls& tls) {
    const auto client = HttpClient::ForUrl(url, seconds(10), tls);
    if (!client) return std::unexpected(client.error());
    HttpRequest request;
    request.method = "GET";
    request.target = "/x";
    return (*client)->Send(request);
  }
  /// The body, or why there is none.
  std::string Outcome(const std::string& url) const {
    const auto response = Get(url, trust_);
    return response ? response->body : response.error().message;
  }

  TlsFolder folder_;
  TestCertificate ca_ = TestCa();
  ClientTls trust_;
  FakeHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTlsClientTest, TrustsACertificateForTheHostFromTheCa) {
  Start();
  EXPECT_EQ(Outcome(Url()), "GET /x ");
  EXPECT_EQ(Outcome(Url("localhost")), "GET /x ");
}

TEST_F(HttpTlsClientTest, TrustsACertificateWithAnotherBetweenItAndTheCa) {
  CertificateFields between;
  between.name = "between";
  between.hosts = "";
  between.is_ca = true;
  const TestCertificate intermediate(between, &ca_);
  const TestCertificate certificate({}, &intermediate);
  TlsFiles files;
  files.certificate =
      folder_.Write("chain.pem", certificate.CertificatePem() + intermediate.CertificatePem());
  files.key = folder_.Write("key.pem", certificate.KeyPem());
  server_ = StartServer(handler_, WithTls(TlsContext::Load(files).value()));
  EXPECT_EQ(Outcome(Url()), "GET /x ");
}

TEST_F(HttpTlsClientTest, SaysWhyItDoesNotTrust) {
  const auto expect = [this](std::string_view reason) {
    EXPECT_EQ(Outcome(Url()), fmt::format("cannot connect to {}: {}", Url(), reason));
  };
  CertificateFields fields;
  Serve(TestCertificate());
  expect("its certificate is self-signed; name a file with it, or with its CA, to trust it (--ca)");
  const TestCertificate other_ca = TestCa("other");
  Serve(TestCertificate({}, &other_ca));
  expect(
      "its certificate comes from a CA that is not trusted here; name a file with that CA to trust "
      "it (--ca)");
  fields.begin_days = -2;
  fields.end_days = -1;
  Start(fields);
  expect("its certificate has expired");
  fields = {};
  fields.hosts = "DNS:ledger.example";
  Start(fields);
  expect("its certificate is for another host");
  EXPECT_TRUE(Outcome(Url("localhost")).ends_with("its certificate is for another host"));
  EXPECT_TRUE(handler_.seen().empty());
}

TEST_F(HttpTlsClientTest, TrustsTheSystemsCasWithoutAFile) {
  Start();
  const auto response = Get(Url(), {});
  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().message.contains("a CA that is not trusted here"));
  ::setenv("SSL_CERT_FILE", trust_.ca.c_str(), 1);
  EXPECT_TRUE(Get(Url(), {}).has_value());
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(HttpTlsClientTest, TellsPlainHttpFromTls) {
  server_ = StartServer(handler_);
  EXPECT_TRUE(Outcome(Url()).ends_with("should the URL begin with http://?")) << Outcome(Url());

  Start();
  const auto plain = Get(fmt::format("http://127.0.0.1:{}", server_->port()), {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 400);
  EXPECT_TRUE(plain->body.contains("https://"));
}

TEST_F(HttpTlsClientTest, ShowsItsCertificateToWhoWantsOne) {
  const TestCertificate client_ca = TestCa("clients");
  Start({}, &client_ca);
  EXPECT_TRUE(Outcome(Url()).ends_with("it wants a client certificate (--client-certificate)"))
      << Outcome(Url());
  trust_.certificate = folder_.Write("client", TestCertificate({}, &client_ca));
  trust_.key = trust_.certificate;
  EXPECT_EQ(Outcome(Url()), "GET /x ");
}

TEST_F(HttpTlsClientTest, NamesFilesItCannotUse) {
  Start();
  trust_.ca = "/nonexistent/ca.pem";
  const auto missing = HttpClient::ForUrl(Url(), seconds(1), trust_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, storage::ErrorCode::kNotFound);
  EXPECT_TRUE(missing.error().message.contains("/nonexistent/ca.pem"));
}

TEST_F(HttpTlsClientTest, KeepsItsConnectionAndReconnects) {
  Start();
  const auto client = HttpClient::ForUrl(Url(), seconds(10), trust_).value();
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body.assign(3U << 20U, 'b');
  for (int i = 0; i < 3; ++i) {
    const auto response = client->Send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "POST / " + request.body);
  }
  HttpServerOptions options = WithTls(folder_.Context(TestCertificate({}, &ca_)));
  options.port = server_->port();
  server_->Stop();
  server_.reset();
  server_ = HttpServer::Start(options, handler_).value();

  const auto response = client->Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace scimledger::api
