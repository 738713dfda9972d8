// What the operator is told of clients that get no TLS.
#include "api/failed_handshakes.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <functional>
#include <string>

#include "http_fixture.h"
#include "tls_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::seconds;

TEST(FailedHandshakesTest, ALineIsShownNowAndThen) {
  FailedHandshakes failed;
  const auto begin = FailedHandshakes::Clock::now();
  EXPECT_EQ(failed.Note("10.0.0.1", "why", begin), "no TLS with 10.0.0.1: why");
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(failed.Note("10.0.0.2", "why", begin + seconds(9)), std::nullopt);
  }
  EXPECT_EQ(failed.Note("10.0.0.3", "why", begin + seconds(10)),
            "no TLS with 10.0.0.3: why (and 1000 more failed handshakes before)");
  EXPECT_EQ(failed.Note("10.0.0.3", "why", begin + seconds(20)), "no TLS with 10.0.0.3: why");
}

class FailedHandshakeLineTest : public testing::Test {
 protected:
  /// What a server says on stderr about what `client` does to it, a port.
  std::string LineAbout(const std::function<void(std::uint16_t)>& client,
                        const TestCertificate* client_ca = nullptr) {
    testing::internal::CaptureStderr();
    FakeHandler handler;
    const auto server = StartServer(handler, WithTls(folder_.Context(certificate_, client_ca)));
    client(server->port());
    server->Stop();
    return testing::internal::GetCapturedStderr();
  }

  TlsFolder folder_;
  TestCertificate certificate_;
};

std::string Line(const std::string& reason) {
  return "scimledger: no TLS with 127.0.0.1: " + reason + "\n";
}

TEST_F(FailedHandshakeLineTest, SaysWhyAndFromWhere) {
  const auto with = [](TlsClientOptions options) {
    return [options](std::uint16_t port) { EXPECT_NE(TlsConnection(port, options).error(), ""); };
  };
  const auto saying = [](const std::string& bytes) {
    return [bytes](std::uint16_t port) {
      RawConnection client(port);
      client.Send(bytes);
      client.EndSending();
      EXPECT_TRUE(client.ReceiveAll());
    };
  };
  TlsClientOptions options;
  options.version = TLS1_1_VERSION;
  EXPECT_EQ(LineAbout(with(options)), Line("it speaks neither TLS 1.2 nor 1.3"));
  options.version = TLS1_2_VERSION;
  options.suites = "ECDHE-ECDSA-AES256-SHA";
  EXPECT_EQ(LineAbout(with(options)), Line("it offers no cipher suite that is used here"));
  EXPECT_EQ(LineAbout(saying("GET / HTTP/1.1\r\n\r\n")), Line("it speaks HTTP without TLS"));
  EXPECT_EQ(LineAbout(saying("get / http")), Line("what it sent is not TLS"));
  EXPECT_EQ(LineAbout(saying("\x16\x03\x01")),
            Line("it closed the connection during the handshake"));
}

TEST_F(FailedHandshakeLineTest, SaysWhatIsWrongWithAClientCertificate) {
  const TestCertificate ca = TestCa();
  const TestCertificate stranger;
  const auto with = [](const TestCertificate* certificate) {
    return [certificate](std::uint16_t port) {
      TlsClientOptions options;
      options.version = TLS1_2_VERSION;
      options.certificate = certificate;
      EXPECT_NE(TlsConnection(port, options).error(), "");
    };
  };
  EXPECT_EQ(LineAbout(with(nullptr), &ca), Line("it showed no client certificate"));
  EXPECT_EQ(LineAbout(with(&stranger), &ca),
            Line("its client certificate is not good: self-signed certificate"));
}

TEST_F(FailedHandshakeLineTest, SaysNothingOfGoodClientsAndOfThoseWhoOnlyLook) {
  EXPECT_EQ(LineAbout([](std::uint16_t port) {
              RawConnection looking(port);
              looking.EndSending();
              EXPECT_TRUE(looking.IsAtEnd());
              EXPECT_EQ(TlsConnection(port).error(), "");
            }),
            "");
}

}  // namespace
}  // namespace scimledger::api
