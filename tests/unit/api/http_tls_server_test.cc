#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <future>
#include <thread>

#include "api/http_server.h"
#include "http_fixture.h"
#include "tls_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::milliseconds;

constexpr const char* kHttp11 = "\x08http/1.1";

class HttpTlsServerTest : public testing::Test {
 protected:
  std::unique_ptr<HttpServer> Start(HttpLimits limits = {}) {
    return StartServer(handler_, WithTls(folder_.Context(certificate_), limits));
  }

  TlsFolder folder_;
  TestCertificate certificate_;
  FakeHandler handler_;
};

/// What a GET is answered; 0: nothing.
int StatusOf(RawConnection& client) {
  client.Send(Request("GET /"));
  const auto response = client.Receive();
  return response ? response->status : 0;
}

// rows: T1
TEST_F(HttpTlsServerTest, SpeaksTls12And13) {
  const auto server = Start();
  for (const auto& [version, name] :
       {std::pair(TLS1_2_VERSION, "TLSv1.2"), std::pair(TLS1_3_VERSION, "TLSv1.3")}) {
    TlsClientOptions options;
    options.version = version;
    TlsConnection client(server->port(), options);
    EXPECT_EQ(client.error(), "") << name;
    EXPECT_EQ(client.version(), name);
    EXPECT_EQ(StatusOf(client), 200) << name;
  }
}

// rows: T1
TEST_F(HttpTlsServerTest, SpeaksTheSuitesOfEntraIdInItsOrder) {
  const auto server = Start();
  CertificateFields fields;
  fields.key = KeyKind::kRsa2048;
  const auto rsa_server = StartServer(handler_, WithTls(folder_.Context(TestCertificate(fields))));
  TlsClientOptions options;
  options.version = TLS1_2_VERSION;
  const auto chosen = [&](const HttpServer& from, const char* offered) {
    options.suites = offered;
    return TlsConnection(from.port(), options).suite();
  };

  EXPECT_EQ(chosen(*server, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"),
            "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(chosen(*server, "ECDHE-ECDSA-AES256-GCM-SHA384"), "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(chosen(*rsa_server, "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"),
            "ECDHE-RSA-AES128-GCM-SHA256");
  EXPECT_EQ(chosen(*rsa_server, "ECDHE-RSA-AES256-GCM-SHA384"), "ECDHE-RSA-AES256-GCM-SHA384");
}

// rows: T1
TEST_F(HttpTlsServerTest, RefusesOldVersionsAndWeakSuitesWithAnAlert) {
  const auto server = Start();
  TlsClientOptions options;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    options.version = version;
    EXPECT_EQ(TlsConnection(server->port(), options).error(), "tlsv1 alert protocol version");
  }
  options.version = TLS1_2_VERSION;
  for (const char* suite : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "aNULL:eNULL"}) {
    options.suites = suite;
    EXPECT_EQ(TlsConnection(server->port(), options).error(), "sslv3 alert handshake failure")
        << suite;
  }
}

TEST_F(HttpTlsServerTest, AgreesOnHttp1) {
  const auto server = Start();
  TlsClientOptions options;
  options.alpn = std::string("\x02h2") + kHttp11;
  EXPECT_EQ(TlsConnection(server->port(), options).alpn(), "http/1.1");
  options.alpn = "\x02h2";
  EXPECT_EQ(TlsConnection(server->port(), options).error(), "tlsv1 alert no application protocol");
}

TEST_F(HttpTlsServerTest, ResumesSessions) {
  const auto server = Start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClientOptions options;
    options.version = version;
    TlsConnection first(server->port(), options);
    ASSERT_EQ(StatusOf(first), 200);
    options.session = first.session();
    TlsConnection second(server->port(), options);
    EXPECT_TRUE(second.is_resumed()) << version;
    EXPECT_EQ(StatusOf(second), 200);
  }
}

TEST_F(HttpTlsServerTest, KeepsConnectionsAndTakesLargeBodies) {
  const auto server = Start();
  TlsConnection client(server->port());
  const std::string body(5U << 20U, 'b');

  client.Send(Request("POST /large", "", body));
  const auto large = client.Receive();
  client.Send(Request("GET /1") + Request("GET /2"));

  ASSERT_TRUE(large) << client.error();
  EXPECT_EQ(large->body, "POST /large " + body);
  EXPECT_EQ(client.Receive().value().body, "GET /1 ");
  EXPECT_EQ(client.Receive().value().body, "GET /2 ");
  EXPECT_EQ(handler_.seen().size(), 3U);
}

TEST_F(HttpTlsServerTest, TakesRequestsInSmallRecords) {
  const auto server = Start();
  TlsConnection client(server->port());

  for (const char c : Request("POST /", "", "body")) client.Send(std::string_view(&c, 1));

  EXPECT_EQ(client.Receive().value().body, "POST / body");
}

TEST_F(HttpTlsServerTest, SendsLargeAnswersToSlowReaders) {
  constexpr std::size_t kWholeParts = 20;
  constexpr std::size_t kStreamParts = 4;
  const std::string part(1U << 20U, 'x');
  FakeHandler handler([&part](HttpRequest request, HttpHandler::Respond respond) {
    HttpResponse response = TextResponse("");
    if (request.target == "/whole") {
      for (std::size_t i = 0; i < kWholeParts; ++i) response.body += part;
    } else {
      response.stream = [&part, made = std::size_t{0}](std::string& out) mutable {
        out += part;
        return ++made < kStreamParts;
      };
    }
    respond(std::move(response));
  });
  const auto server = StartServer(handler, WithTls(folder_.Context(certificate_)));
  TlsConnection client(server->port());
  client.ShrinkReceiveBuffer(64 << 10);
  for (const auto& [target, parts] :
       {std::pair("/whole", kWholeParts), std::pair("/stream", kStreamParts)}) {
    client.Send(Request(std::string("GET ") + target));
    const auto response = client.Receive();

    ASSERT_TRUE(response) << target << ": " << client.error();
    EXPECT_EQ(response->body.size(), parts * part.size()) << target;
    EXPECT_EQ(response->body.find_first_not_of('x'), std::string::npos) << target;
  }
}

TEST_F(HttpTlsServerTest, AnnouncesTheEndOfAConnectionInTls) {
  FakeHandler handler([](HttpRequest, HttpHandler::Respond respond) {
    HttpResponse response;
    response.stream = [](std::string& out) {
      out += "until the end";
      return false;
    };
    respond(std::move(response));
  });
  const auto server = StartServer(handler, WithTls(folder_.Context(certificate_)));
  TlsConnection client(server->port());

  client.Send("GET / HTTP/1.0\r\n\r\n");

  const auto all = client.ReceiveAll();
  ASSERT_TRUE(all) << client.error();
  EXPECT_TRUE(all->ends_with("\r\n\r\nuntil the end"));
}

TEST_F(HttpTlsServerTest, AnswersRequestsThatBreakOff) {
  const auto server = Start();
  TlsConnection announced(server->port());
  TlsConnection unannounced(server->port());

  for (TlsConnection* client : {&announced, &unannounced}) client->Send("GET / HTT");
  announced.SayGoodbye();
  unannounced.EndSending();

  EXPECT_EQ(announced.Receive().value().status, 400);
  EXPECT_EQ(unannounced.Receive().value().status, 400);
}

TEST_F(HttpTlsServerTest, TellsPlainHttpToUseTls) {
  const auto server = Start();
  RawConnection client(server->port());

  client.Send(Request("POST /scim/v2/Users", "Authorization: Bearer t\r\n", "{}"));

  const auto refusal = client.Receive();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 400);
  EXPECT_EQ(refusal->Header("Content-Type"), "application/scim+json");
  EXPECT_TRUE(refusal->body.contains("https://")) << refusal->body;
  client.EndSending();
  EXPECT_TRUE(client.IsAtEnd());
  EXPECT_TRUE(handler_.seen().empty());
}

TEST_F(HttpTlsServerTest, EndsConnectionsThatSpeakNeither) {
  const auto server = Start();
  const std::string no_hello("\x16\x03\x01\x00\x05hello", 10);
  for (const std::string& garbage :
       {std::string("get / http"), std::string(20000, '\xff'), std::string(12, '\0'), no_hello}) {
    RawConnection client(server->port());

    client.Send(garbage);

    const auto answer = client.ReceiveAll();
    ASSERT_TRUE(answer) << "reset";
    // What has the form of TLS gets an alert.
    EXPECT_EQ(answer->starts_with("\x15\x03"), garbage == no_hello);
  }
  TlsConnection client(server->port());
  EXPECT_EQ(StatusOf(client), 200);
  EXPECT_EQ(handler_.seen().size(), 1U);
}

TEST_F(HttpTlsServerTest, LetsAClientThatGoesOnSendingSeeTheAlert) {
  const auto server = Start();
  RawConnection client(server->port());

  EXPECT_TRUE(client.Send(std::string("\x16\x03\x01\x00\x05hello", 10)));
  EXPECT_TRUE(client.Send(std::string(20U << 20U, 'x')));

  client.EndSending();
  const auto answer = client.ReceiveAll();
  ASSERT_TRUE(answer) << "reset";
  EXPECT_TRUE(answer->starts_with("\x15\x03"));
}

TEST_F(HttpTlsServerTest, CutsSlowHandshakesOff) {
  HttpLimits limits;
  limits.handshake_timeout = milliseconds(40);
  const auto server = Start(limits);
  for (const char* part : {"", "\x16", "\x16\x03\x01\x02"}) {
    RawConnection client(server->port());
    client.Send(part);
    EXPECT_TRUE(client.IsAtEnd());
  }
  RawConnection dripping(server->port());
  dripping.Send(std::string("\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb", 9));
  const auto begin = std::chrono::steady_clock::now();
  bool is_taken = true;
  while (is_taken && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) {
    is_taken = dripping.Send(std::string_view("\0", 1));
    std::this_thread::sleep_for(milliseconds(1));  // Else it would be done in time.
  }
  EXPECT_FALSE(is_taken);
}

TEST_F(HttpTlsServerTest, AnUnfinishedHandshakeIsAConnection) {
  HttpLimits limits;
  limits.connections_max = 1;
  const auto server = Start(limits);
  RawConnection silent(server->port());
  TlsConnection client(server->port());

  EXPECT_EQ(client.Receive().value().status, 503);
}

TEST_F(HttpTlsServerTest, StopsWithoutWaitingForHandshakesOrIdleConnections) {
  HttpLimits limits;
  limits.handshake_timeout = limits.idle_timeout = limits.shutdown_timeout = milliseconds(60'000);
  const auto server = Start(limits);
  RawConnection silent(server->port());
  RawConnection half(server->port());
  half.Send("\x16\x03");
  // The last one to be accepted.
  TlsConnection idle(server->port());
  ASSERT_EQ(StatusOf(idle), 200);

  const auto stopped = std::async(std::launch::async, [&server] { server->Stop(); });

  // Each waits ten seconds at most.
  EXPECT_TRUE(idle.IsAtEnd()) << idle.error();
  EXPECT_TRUE(silent.IsAtEnd());
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(HttpTlsServerTest, CutsAClientOffThatDoesNotRead) {
  HttpLimits limits;
  limits.write_timeout = milliseconds(40);
  std::promise<void> begun;
  FakeHandler handler([&begun](HttpRequest, HttpHandler::Respond respond) {
    respond(TextResponse(std::string(30U << 20U, 'x')));
    begun.set_value();
  });
  const auto server = StartServer(handler, WithTls(folder_.Context(certificate_), limits));
  TlsConnection client(server->port());
  client.ShrinkReceiveBuffer();

  client.Send(Request("GET /"));
  begun.get_future().wait();
  server->Stop();  // Returns only when no session is left.

  EXPECT_FALSE(client.Receive().has_value());
}

TEST_F(HttpTlsServerTest, TheControlSocketStaysPlain) {
  const ScratchFolder folder;
  HttpServerOptions options = WithTls(folder_.Context(certificate_));
  options.control_socket = folder.path() / "control.sock";
  const auto server = StartServer(handler_, options);
  RawConnection client(options.control_socket);

  EXPECT_EQ(StatusOf(client), 200);
}

/// What the server says of a client certificate: nothing if it is good.
std::string Refusal(const HttpServer& server, int version, const TestCertificate* certificate) {
  TlsClientOptions options;
  options.version = version;
  options.certificate = certificate;
  TlsConnection client(server.port(), options);
  // In TLS 1.3 a client learns only after its own handshake what the server thinks of it.
  if (client.error().empty() && StatusOf(client) == 200) return "";
  return client.error();
}

// rows: Z5
TEST_F(HttpTlsServerTest, WithAClientCaOnlyItsCertificatesComeIn) {
  const TestCertificate ca = TestCa();
  const TestCertificate other_ca = TestCa();
  CertificateFields expired;
  expired.begin_days = -2;
  expired.end_days = -1;
  const TestCertificate good({}, &ca);
  const TestCertificate foreign({}, &other_ca);
  const TestCertificate late(expired, &ca);
  const auto server = StartServer(handler_, WithTls(folder_.Context(certificate_, &ca)));

  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(Refusal(*server, version, &good), "") << version;
    // Of the same name as the right one, so only the signature tells.
    EXPECT_EQ(Refusal(*server, version, &foreign), "tlsv1 alert decrypt error") << version;
    EXPECT_EQ(Refusal(*server, version, &late), "sslv3 alert certificate expired") << version;
  }
  EXPECT_EQ(Refusal(*server, TLS1_2_VERSION, nullptr), "sslv3 alert handshake failure");
  EXPECT_EQ(Refusal(*server, TLS1_3_VERSION, nullptr), "tlsv13 alert certificate required");
  EXPECT_EQ(handler_.seen().size(), 2U);
}

TEST_F(HttpTlsServerTest, NewConnectionsUseANewCertificate) {
  CertificateFields fields;
  fields.name = "before";
  const auto server = StartServer(handler_, WithTls(folder_.Context(TestCertificate(fields))));
  TlsConnection old(server->port());
  ASSERT_EQ(StatusOf(old), 200);
  fields.name = "after";

  server->UseTls(folder_.Context(TestCertificate(fields)));

  TlsClientOptions options;
  options.session = old.session();
  TlsConnection renewed(server->port(), options);
  EXPECT_EQ(renewed.server_name(), "after");
  EXPECT_FALSE(renewed.is_resumed());
  EXPECT_EQ(StatusOf(renewed), 200);
  EXPECT_EQ(old.server_name(), "before");
  EXPECT_EQ(StatusOf(old), 200);
}

// rows: Z5
TEST_F(HttpTlsServerTest, ASessionDoesNotOutliveTheClientCa) {
  const TestCertificate ca = TestCa("first");
  const TestCertificate next_ca = TestCa("second");
  const TestCertificate ours({}, &ca);
  const auto server = StartServer(handler_, WithTls(folder_.Context(certificate_, &ca)));
  TlsClientOptions options;
  options.certificate = &ours;
  TlsConnection before(server->port(), options);
  ASSERT_EQ(StatusOf(before), 200);

  server->UseTls(folder_.Context(certificate_, &next_ca));

  options.session = before.session();
  TlsConnection after(server->port(), options);
  EXPECT_NE(StatusOf(after), 200);
}

}  // namespace
}  // namespace scimledger::api
