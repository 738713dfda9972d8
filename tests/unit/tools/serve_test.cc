#include "tools/serve.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "api/http_client.h"
#include "tests/recovery/server_process.h"
#include "tests/unit/api/http_fixture.h"
#include "tests/unit/api/tls_fixture.h"

namespace scimledger::tools {
namespace {

using recovery::RunCommand;
using recovery::ServerProcess;

/// `scimledger serve` as a process.
class ServeTest : public testing::Test {
 protected:
  ServeTest() {
    tls_.ca = folder_.Write("ca.pem", ca_.CertificatePem());
    folder_.Files(api::TestCertificate({}, &ca_));
    certificate_ = tls_.ca.parent_path() / "server.pem";
    data_ = certificate_.parent_path() / "data";
    errors_ = certificate_.parent_path() / "errors";
  }

  int ExitStatus(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"serve", "--data", data_.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return RunCommand(words, errors_).exit_status;
  }
  std::string Errors() const {
    std::ifstream stream(errors_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// Returns when stderr has it, or after twenty seconds.
  bool HasSaid(std::string_view text) const {
    for (int i = 0; i < 2000; ++i) {
      if (Errors().contains(text)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::vector<std::string> TlsArguments() const {
    return {"--listen",  "127.0.0.1:0",        "--tls-certificate", certificate_.string(),
            "--tls-key", certificate_.string()};
  }
  storage::Result<api::HttpResponse> Send(const std::string& url, std::string method,
                                          std::string target, std::string body = {},
                                          const std::string& token = {}) const {
    api::HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers.emplace_back("Authorization", "Bearer " + token);
    return api::HttpClient::ForUrl(url, std::chrono::seconds(30), tls_).value()->Send(request);
  }

  api::TlsFolder folder_;
  api::TestCertificate ca_ = api::TestCa();
  api::ClientTls tls_;
  std::filesystem::path certificate_;
  std::filesystem::path data_;
  std::filesystem::path errors_;
};

// rows: T1 Z3
TEST_F(ServeTest, PlainHttpBeyondLoopbackIsRefusedAtTheStart) {
  EXPECT_EQ(ExitStatus({"--listen", "0.0.0.0:0"}), 2);
  EXPECT_TRUE(Errors().contains("plain HTTP on 0.0.0.0:0 would show tokens")) << Errors();
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(ServeTest, PlainHttpAnywhereRunsWhenToldSo) {
  const ServerProcess server(data_, {"--listen", "0.0.0.0:0", "--plain-http", "anywhere"});
  const std::string port = server.url().substr(server.url().rfind(':'));
  EXPECT_EQ(Send("http://127.0.0.1" + port, "GET", "/healthz").value().status, 200);
}

TEST_F(ServeTest, TlsFilesThatCannotBeUsedEndTheStart) {
  auto arguments = TlsArguments();
  arguments.back() = "/nonexistent/key.pem";
  EXPECT_EQ(ExitStatus(arguments), 3);
  EXPECT_EQ(Errors(),
            "scimledger: cannot read the TLS key /nonexistent/key.pem: No such file or "
            "directory\n");
  arguments.resize(4);
  EXPECT_EQ(ExitStatus(arguments), 2);
  EXPECT_FALSE(std::filesystem::exists(data_));
}

// rows: T1
TEST_F(ServeTest, ServesHttpsAndSaysSo) {
  const ServerProcess server(data_, TlsArguments());
  ASSERT_TRUE(server.url().starts_with("https://127.0.0.1:")) << server.url();
  std::string token =
      RunCommand({"token", "create", "--data", data_.string(), "--role", "admin"}).output;
  token.pop_back();

  const auto created =
      Send(server.url(), "POST", "/scim/v2/Users",
           R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"})", token);

  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->status, 201);
  const auto location = api::FindHeader(created->headers, "Location");
  ASSERT_TRUE(location);
  EXPECT_TRUE(location->starts_with(server.url() + "/scim/v2/Users/")) << *location;
  EXPECT_TRUE(created->body.contains(R"("location":"https://)")) << created->body;

  std::vector<std::string> list{"token", "list", "--server", server.url(), "--token", token};
  EXPECT_EQ(RunCommand(list).exit_status, 3);
  list.insert(list.end(), {"--ca", tls_.ca.string()});
  EXPECT_EQ(RunCommand(list).exit_status, 0);
}

TEST_F(ServeTest, OnSighupTheFilesAreReadAgain) {
  ServerProcess server(data_, TlsArguments(), errors_);
  const auto status = [&] {
    const auto response = Send(server.url(), "GET", "/healthz");
    return response ? response->status : 0;
  };
  ASSERT_EQ(status(), 200);

  folder_.Write("server.pem", "not a certificate");
  server.Signal(SIGHUP);
  EXPECT_TRUE(HasSaid("server.pem: it holds no certificate in PEM; the server goes on"));
  EXPECT_EQ(status(), 200);

  const api::TestCertificate other_ca = api::TestCa("other");
  folder_.Files(api::TestCertificate({}, &other_ca));
  server.Signal(SIGHUP);
  EXPECT_TRUE(HasSaid("read the TLS files again"));
  EXPECT_EQ(status(), 0) << "the old certificate is still shown";
  tls_.ca = folder_.Write("other_ca.pem", other_ca.CertificatePem());
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(server.Terminate(), 0);
}

TEST_F(ServeTest, ChangedFilesAreReadAgainUnasked) {
  const ServerProcess server(data_, TlsArguments(), errors_);
  folder_.Files(api::TestCertificate({}, &ca_));
  EXPECT_TRUE(HasSaid("read the TLS files again"));
}

}  // namespace
}  // namespace scimledger::tools
