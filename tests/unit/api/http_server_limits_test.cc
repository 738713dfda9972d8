#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "api/http_server.h"
#include "http_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::milliseconds;

HttpServerOptions WithLimits(HttpLimits limits) {
  HttpServerOptions options;
  options.limits = limits;
  return options;
}

/// Idle connections stay, slow requests are cut quickly.
HttpLimits ShortReads() {
  HttpLimits limits;
  limits.read_timeout = milliseconds(40);
  return limits;
}

/// Whether it is a whole SCIM error of that status, of the media type of one.
testing::AssertionResult IsScimRefusal(const std::optional<RawResponse>& response, int status) {
  if (!response) return testing::AssertionFailure() << "no answer";
  const std::string begin = fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"{}")", status);
  const bool is_error = response->status == status &&
                        response->Header("Content-Type") == "application/scim+json" &&
                        response->body.starts_with(begin) &&
                        response->body.contains(R"("detail":")") && response->body.ends_with("}");
  return (is_error ? testing::AssertionSuccess() : testing::AssertionFailure())
         << response->head << response->body;
}

/// What the server itself refuses reaches no handler, and is a SCIM error all the same.
// rows: X7 T6
TEST(HttpServerLimitsTest, EveryRefusalBeforeRoutingIsAScimError) {
  HttpLimits limits;
  limits.body_bytes_max = 1000;
  FakeHandler handler;
  const auto patient = StartServer(handler, WithLimits(limits));
  const auto hasty = StartServer(handler, WithLimits(ShortReads()));
  struct Case {
    int status;
    std::string bytes;
  };
  for (const Case& each : std::initializer_list<Case>{
           {400, "nonsense\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\n\r\n"},
           {408, "GET / HTTP/1.1\r\nHost:"},
           {413, Request("POST /", "", std::string(1001, 'x'))},
           {417, Request("POST /", "Expect: a miracle\r\n", "x")},
           {431, Request("GET /", "X: " + std::string(40'000, 'x') + "\r\n")}}) {
    SCOPED_TRACE(each.status);
    RawConnection client((each.status == 408 ? hasty : patient)->port());
    client.Send(each.bytes);
    const auto response = client.Receive();
    EXPECT_TRUE(IsScimRefusal(response, each.status));
    client.EndSending();
    EXPECT_TRUE(client.IsAtEnd());
  }
  EXPECT_TRUE(handler.seen().empty());
}

// rows: X7 T6
TEST(HttpServerLimitsTest, ARefusedConnectionAndADroppedRequestGetScimErrors) {
  HttpLimits limits;
  limits.connections_max = 1;
  FakeHandler handler([](HttpRequest, HttpHandler::Respond) {});
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection first(server->port());
  first.Send(Request("GET /"));
  EXPECT_TRUE(IsScimRefusal(first.Receive(), 500));
  RawConnection second(server->port());

  EXPECT_TRUE(IsScimRefusal(second.Receive(), 503));
}

TEST(HttpServerLimitsTest, AcceptsABodyAtTheLimitAndNamesItBeyond) {
  HttpLimits limits;
  limits.body_bytes_max = 1000;
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection client(server->port());

  client.Send(Request("POST /", "", std::string(1000, 'x')));
  EXPECT_EQ(client.Receive().value().status, 200);
  client.Send(Request("POST /", "", std::string(1001, 'x')));

  const auto refusal = client.Receive();
  EXPECT_EQ(refusal.value().status, 413);
  EXPECT_TRUE(refusal->body.contains(R"("status":"413")"));
  EXPECT_TRUE(refusal->body.contains("the 1000 bytes"));
  client.EndSending();
  EXPECT_TRUE(client.IsAtEnd());
}

TEST(HttpServerLimitsTest, LetsAClientThatSendsMegabytesTooManySeeTheRefusal) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  EXPECT_TRUE(client.Send(Request("POST /", "", std::string(20U << 20U, 'x'))));

  EXPECT_EQ(client.Receive().value().status, 413);
  EXPECT_TRUE(handler.seen().empty());
}

// rows: B19
TEST(HttpServerLimitsTest, RefusesTheBodyInsteadOfSayingContinue) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");

  EXPECT_EQ(client.Receive().value().status, 413);
}

TEST(HttpServerLimitsTest, RefusesHeadersBeyondTheLimit) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection fits(server->port());
  RawConnection client(server->port());

  fits.Send(Request("GET /", "X: " + std::string(30'000, 'x') + "\r\n"));
  client.Send(Request("GET /", "X: " + std::string(40'000, 'x') + "\r\n"));

  EXPECT_EQ(fits.Receive().value().status, 200);
  EXPECT_EQ(client.Receive().value().status, 431);
  client.EndSending();
  EXPECT_TRUE(client.IsAtEnd());
}

TEST(HttpServerLimitsTest, CutsASlowClientOff) {
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(ShortReads()));
  for (const char* part : {"G", "GET / HTTP/1.1\r\nHost:",
                           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"}) {
    RawConnection client(server->port());
    client.Send(part);
    const auto response = client.Receive();
    ASSERT_TRUE(response) << part;
    EXPECT_EQ(response->status, 408);
    EXPECT_TRUE(response->body.contains(R"("status":"408")"));
    EXPECT_TRUE(client.IsAtEnd());
  }
}

TEST(HttpServerLimitsTest, CutsAClientOffThatKeepsDripping) {
  HttpLimits limits = ShortReads();
  limits.header_bytes_max = 1U << 30U;  // The time ends it, not the size.
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection client(server->port());
  const auto begin = std::chrono::steady_clock::now();

  client.Send("GET /");
  while (client.Send("x") && std::chrono::steady_clock::now() - begin < milliseconds(300)) {
  }

  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(handler.seen().empty());
}

TEST(HttpServerLimitsTest, ClosesSilentConnectionsSilently) {
  HttpLimits limits = ShortReads();
  limits.idle_timeout = milliseconds(40);
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection silent(server->port());
  RawConnection idle(server->port());

  idle.Send(Request("GET /"));

  EXPECT_EQ(idle.Receive().value().status, 200);
  EXPECT_TRUE(idle.IsAtEnd());
  EXPECT_TRUE(silent.IsAtEnd());
}

TEST(HttpServerLimitsTest, CutsAClientOffThatDoesNotRead) {
  HttpLimits limits;
  limits.write_timeout = milliseconds(40);
  std::promise<void> begun;
  FakeHandler handler([&begun](HttpRequest, HttpHandler::Respond respond) {
    respond(TextResponse(std::string(30U << 20U, 'x')));
    begun.set_value();
  });
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection client(server->port());
  client.ShrinkReceiveBuffer();

  client.Send(Request("GET /"));
  begun.get_future().wait();
  server->Stop();  // Returns only when no session is left.

  EXPECT_FALSE(client.Receive().has_value());
}

TEST(HttpServerLimitsTest, TellsConnectionsBeyondTheLimit) {
  HttpLimits limits;
  limits.connections_max = 2;
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(limits));
  RawConnection first(server->port());
  RawConnection second(server->port());
  RawConnection third(server->port());

  const auto refusal = third.Receive();

  EXPECT_EQ(refusal.value().status, 503);
  EXPECT_TRUE(refusal->body.contains("too many connections"));
  third.EndSending();
  EXPECT_TRUE(third.IsAtEnd());
  for (RawConnection* client : {&first, &second}) {
    client->Send(Request("GET /"));
    EXPECT_EQ(client->Receive().value().status, 200);
  }
}

TEST(HttpServerLimitsTest, BodiesOfAllRequestsTogetherHaveALimit) {
  HttpLimits limits;
  limits.bodies_bytes_max = 100'000;
  FakeHandler handler;
  const auto server = StartServer(handler, WithLimits(limits));
  const std::string request = Request("POST /", "", std::string(60'000, 'x'));
  const auto post = [&] {
    RawConnection other(server->port());
    other.Send(request);
    return other.Receive();
  };

  // Two of these bodies do not fit together. Now and then the second connection is served first;
  // then neither may have met the other, or it is the first that is refused.
  std::optional<RawResponse> refusal;
  for (int attempt = 0; attempt < 100 && (!refusal || refusal->status != 503); ++attempt) {
    RawConnection slow(server->port());
    slow.Send(std::string_view(request).substr(0, request.size() - 1));
    refusal = post();
    ASSERT_TRUE(refusal);
    if (refusal->status != 503) continue;
    slow.Send("x");
    EXPECT_EQ(slow.Receive().value().status, 200);
  }

  EXPECT_EQ(refusal->status, 503);
  EXPECT_EQ(refusal->Header("Retry-After"), "1");
  EXPECT_TRUE(refusal->body.contains("the 100000 bytes")) << refusal->body;
  EXPECT_EQ(post().value().status, 200);
}

/// Refuses whatever it is asked about.
class RefusingHandler : public FakeHandler {
 public:
  using FakeHandler::FakeHandler;
  bool RefusesUnread(const HttpRequest& head) const override {
    return FindHeader(head.headers, "Authorization") == std::nullopt;
  }
};

TEST(HttpServerLimitsTest, ALargeBodyIsNotReadForARequestThatIsRefusedAnyway) {
  RefusingHandler handler([](HttpRequest request, HttpHandler::Respond respond) {
    HttpResponse response = TextResponse(std::to_string(request.body.size()));
    response.status = 401;
    respond(std::move(response));
  });
  const auto server = StartServer(handler);
  for (const char* framing : {"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n",
                              "Content-Length: 9\r\nExpect: 100-continue\r\n"}) {
    SCOPED_TRACE(framing);
    RawConnection client(server->port());

    client.Send(std::string("POST / HTTP/1.1\r\nHost: h\r\n") + framing + "\r\n");

    const auto refusal = client.Receive();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 401);
    EXPECT_EQ(refusal->body, "0");
    EXPECT_EQ(refusal->Header("Connection"), "close");
    client.EndSending();
    EXPECT_TRUE(client.IsAtEnd());
  }
}

TEST(HttpServerLimitsTest, SmallBodiesAndThoseOfKnownClientsAreRead) {
  RefusingHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("POST /small", "", "x"));
  EXPECT_EQ(client.Receive().value().body, "POST /small x");
  client.Send(Request("POST /known", "Authorization: Bearer t\r\n", std::string(1U << 20U, 'x')));
  EXPECT_EQ(client.Receive().value().status, 200);
}

}  // namespace
}  // namespace scimledger::api
