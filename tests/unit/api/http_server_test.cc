#include "api/http_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <thread>

#include "api/http_client.h"
#include "http_fixture.h"

namespace scimledger::api {
namespace {

/// Keeps requests until the test answers them, from its own thread.
class HeldRequests {
 public:
  FakeHandler::Behaviour Behaviour() {
    return [this](HttpRequest, HttpHandler::Respond respond) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(respond));
      changed_.notify_all();
    };
  }
  HttpHandler::Respond Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_.empty(); });
    HttpHandler::Respond respond = std::move(held_.front());
    held_.erase(held_.begin());
    return respond;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpHandler::Respond> held_;
};

TEST(HttpServerTest, KeepsConnectionsOpenBetweenRequests) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  for (const char* body : {"one", "two", "three"}) {
    client.Send(Request("POST /x", "", body));
    const auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, fmt::format("POST /x {}", body));
    EXPECT_EQ(response->Header("Connection"), "");
    EXPECT_NE(response->Header("Date"), "");
  }
  EXPECT_EQ(handler.seen().front().peer_address, "127.0.0.1");
  EXPECT_EQ(handler.seen().front().transport, Transport::kNetwork);
}

TEST(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += "\r\n" + Request(fmt::format("PUT /{}", i), "", "body");

  client.Send(requests);

  for (int i = 0; i < 200; ++i) {
    const auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, fmt::format("PUT /{} body", i));
  }
}

TEST(HttpServerTest, ClosesWhenTheClientOrItsVersionSaysSo) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection closing(server->port());
  RawConnection old(server->port());
  RawConnection old_but_patient(server->port());

  closing.Send(Request("GET /", "Connection: close\r\n"));
  old.Send("GET / HTTP/1.0\r\n\r\n");
  old_but_patient.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  EXPECT_EQ(closing.Receive().value().Header("Connection"), "close");
  EXPECT_TRUE(closing.IsAtEnd());
  EXPECT_EQ(old.Receive().value().Header("Connection"), "close");
  EXPECT_TRUE(old.IsAtEnd());
  EXPECT_EQ(old_but_patient.Receive().value().Header("Connection"), "keep-alive");
  old_but_patient.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old_but_patient.Receive().value().status, 200);
}

// rows: T14
TEST(HttpServerTest, AnswersHeadWithTheLengthOnly) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("HEAD /abc") + Request("GET /abc"));

  EXPECT_EQ(client.Receive(true).value().Header("Content-Length"), "10");
  EXPECT_EQ(client.Receive().value().body, "GET /abc ");
}

TEST(HttpServerTest, LeavesOutBodyAndLengthOfNoContent) {
  FakeHandler handler([](HttpRequest, HttpHandler::Respond respond) {
    HttpResponse response;
    response.status = 204;
    respond(std::move(response));
  });
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("DELETE /a") + Request("DELETE /b"));

  EXPECT_FALSE(client.Receive().value().head.contains("Content-Length"));
  EXPECT_EQ(client.Receive().value().status, 204);
}

TEST(HttpServerTest, SendsContinueToThoseWhoWaitForIt) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.Receive().value().status, 100);
  client.Send("data");

  EXPECT_EQ(client.Receive().value().body, "POST /x data");
}

TEST(HttpServerTest, AnswersAHalfClosedClient) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  RawConnection whole(server->port());
  RawConnection partial(server->port());

  whole.Send(Request("GET /x"));
  whole.EndSending();
  partial.Send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nda");
  partial.EndSending();

  EXPECT_EQ(whole.Receive().value().body, "GET /x ");
  EXPECT_TRUE(whole.IsAtEnd());
  const auto refusal = partial.Receive();
  EXPECT_EQ(refusal.value().status, 400);
  EXPECT_TRUE(refusal->body.contains("ended before the request was complete"));
  EXPECT_TRUE(partial.IsAtEnd());
}

TEST(HttpServerTest, RefusesMalformedRequestsWithAScimErrorAndCloses) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  for (const char* bytes : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
                            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1"}) {
    RawConnection client(server->port());
    client.Send(bytes);
    const auto response = client.Receive();
    ASSERT_TRUE(response) << bytes;
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->Header("Content-Type"), "application/scim+json");
    EXPECT_EQ(response->Header("Connection"), "close");
    EXPECT_TRUE(response->body.contains(R"("scimType":"invalidSyntax")"));
    EXPECT_TRUE(client.IsAtEnd());
  }
  EXPECT_TRUE(handler.seen().empty());
}

TEST(HttpServerTest, TakesAnswersFromOtherThreads) {
  HeldRequests held;
  FakeHandler handler(held.Behaviour());
  const auto server = StartServer(handler);
  RawConnection slow(server->port());
  RawConnection fast(server->port());

  slow.Send(Request("GET /slow"));
  auto respond_slow = held.Next();
  fast.Send(Request("GET /fast"));
  held.Next()(TextResponse("fast"));
  EXPECT_EQ(fast.Receive().value().body, "fast");
  respond_slow(TextResponse("slow"));

  EXPECT_EQ(slow.Receive().value().body, "slow");
}

TEST(HttpServerTest, AnswersFiveHundredWhenTheHandlerDropsARequest) {
  FakeHandler handler([](HttpRequest, HttpHandler::Respond) {});
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("GET /"));

  EXPECT_EQ(client.Receive().value().status, 500);
}

TEST(HttpServerTest, SurvivesClientsThatLeaveBeforeTheAnswer) {
  HeldRequests held;
  FakeHandler handler(held.Behaviour());
  const auto server = StartServer(handler);
  for (int i = 0; i < 20; ++i) {
    RawConnection client(server->port());
    client.Send(Request("GET /"));
    auto respond = held.Next();
    client.Reset();
    respond(TextResponse(std::string(100'000, 'x')));
  }
  RawConnection client(server->port());

  client.Send(Request("GET /"));
  held.Next()(TextResponse("alive"));

  EXPECT_EQ(client.Receive().value().body, "alive");
}

TEST(HttpServerTest, ServesTwoHundredConnectionsOnSeveralThreads) {
  std::mutex mutex;
  std::vector<std::pair<HttpHandler::Respond, std::string>> waiting;
  FakeHandler handler([&](HttpRequest request, HttpHandler::Respond respond) {
    const std::lock_guard lock(mutex);
    waiting.emplace_back(std::move(respond), request.target);
    if (waiting.size() < 200) return;
    for (auto& [answer, target] : waiting) answer(TextResponse(target));
  });
  HttpServerOptions options;
  options.io_threads = 3;
  const auto server = StartServer(handler, options);
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<RawConnection>(server->port()));

  for (int i = 0; i < 200; ++i)
    clients[static_cast<std::size_t>(i)]->Send(Request(fmt::format("GET /{}", i)));

  for (int i = 0; i < 200; ++i) {
    const auto response = clients[static_cast<std::size_t>(i)]->Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, fmt::format("/{}", i));
  }
}

TEST(HttpServerTest, SendsBodiesOfManyMegabytes) {
  std::string large(5U << 20U, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i % 26);
  FakeHandler handler(
      [&large](HttpRequest, HttpHandler::Respond respond) { respond(TextResponse(large)); });
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("GET /") + Request("GET /"));

  EXPECT_TRUE(client.Receive().value().body == large);
  EXPECT_TRUE(client.Receive().value().body == large);
}

TEST(HttpServerTest, StopLetsRequestsInFlightFinish) {
  HeldRequests held;
  FakeHandler handler(held.Behaviour());
  const auto server = StartServer(handler);
  const std::uint16_t port = server->port();
  RawConnection idle(port);
  RawConnection busy(port);
  busy.Send(Request("GET /1") + Request("GET /2"));
  auto respond = held.Next();

  auto stopped = std::async(std::launch::async, [&server] { server->Stop(); });
  EXPECT_TRUE(idle.IsAtEnd());
  respond(TextResponse("finished"));

  const auto response = busy.Receive();
  EXPECT_EQ(response.value().body, "finished");
  EXPECT_EQ(response->Header("Connection"), "close");
  busy.EndSending();
  EXPECT_TRUE(busy.IsAtEnd());
  stopped.get();
  EXPECT_FALSE(RawConnection(port).is_connected());
}

TEST(HttpServerTest, StopGivesUpOnRequestsThatTakeTooLong) {
  HeldRequests held;
  FakeHandler handler(held.Behaviour());
  HttpServerOptions options;
  options.limits.shutdown_timeout = std::chrono::milliseconds(20);
  auto server = StartServer(handler, options);
  RawConnection client(server->port());
  client.Send(Request("GET /"));
  auto respond = held.Next();

  server->Stop();
  server.reset();

  EXPECT_TRUE(client.IsAtEnd());
  respond(TextResponse("too late"));
}

TEST(HttpServerTest, NamesABusyPort) {
  FakeHandler handler;
  const auto first = StartServer(handler);
  for (const unsigned threads : {1U, 2U}) {
    HttpServerOptions options;
    options.port = first->port();
    options.io_threads = threads;

    const auto second = HttpServer::Start(options, handler);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, storage::ErrorCode::kIo);
    EXPECT_TRUE(second.error().message.contains(
        fmt::format("127.0.0.1:{}: the address is in use", first->port())));
  }
}

TEST(HttpServerTest, ListensOnIpv6InTheBracketsOfAUrl) {
  FakeHandler handler;
  HttpServerOptions options;
  options.address = "[::1]";
  options.port = 0;
  const auto server = HttpServer::Start(options, handler);
  if (!server) GTEST_SKIP() << server.error().message;
  const std::string url = fmt::format("http://[::1]:{}", (*server)->port());
  const auto client = HttpClient::ForUrl(url, std::chrono::seconds(10)).value();
  HttpRequest request;
  request.method = "GET";
  request.target = "/";

  EXPECT_EQ(client->Send(request).value().status, 200);
  EXPECT_EQ(handler.seen().front().peer_address, "::1");
}

TEST(HttpServerTest, RefusesAnAddressThatIsNone) {
  FakeHandler handler;
  HttpServerOptions options;
  options.address = "300.1.1.1";

  const auto server = HttpServer::Start(options, handler);

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, storage::ErrorCode::kInvalid);
  EXPECT_TRUE(server.error().message.contains("300.1.1.1:8080"));
}

}  // namespace
}  // namespace scimledger::api
