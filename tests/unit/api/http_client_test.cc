#include "api/http_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::seconds;

HttpRequest Get(std::string target) {
  HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

std::string Url(std::uint16_t port, std::string_view path = "") {
  return fmt::format("http://127.0.0.1:{}{}", port, path);
}

std::unique_ptr<HttpClient> Connect(const std::string& url,
                                    std::chrono::milliseconds timeout = seconds(10)) {
  return HttpClient::ForUrl(url, timeout).value();
}

TEST(HttpClientTest, SendsMethodTargetHeadersAndBody) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  const auto client = Connect(Url(server->port(), "/prefix/"));
  HttpRequest request = Get("/x?y=z");
  request.method = "POST";
  request.headers.emplace_back("Authorization", "Bearer t");
  request.body = "data";

  const auto response = client->Send(request);

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST /prefix/x?y=z data");
  EXPECT_EQ(FindHeader(response->headers, "content-type"), "text/plain");
  const HttpRequest seen = handler.seen().front();
  EXPECT_EQ(FindHeader(seen.headers, "authorization"), "Bearer t");
  EXPECT_EQ(FindHeader(seen.headers, "host"), fmt::format("127.0.0.1:{}", server->port()));
}

TEST(HttpClientTest, ReadsHeadNoContentAndChunkedAnswers) {
  FakeHandler handler([](HttpRequest request, HttpHandler::Respond respond) {
    HttpResponse response = TextResponse(std::string(3000, 'x'));
    if (request.method == "DELETE") response = HttpResponse{204, {}, "", {}};
    if (request.target == "/stream") {
      response.body.clear();
      response.stream = [](std::string& out) {
        out += "streamed";
        return false;
      };
    }
    respond(std::move(response));
  });
  const auto server = StartServer(handler);
  const auto client = Connect(Url(server->port()));
  HttpRequest head = Get("/");
  head.method = "HEAD";
  HttpRequest remove = Get("/");
  remove.method = "DELETE";

  EXPECT_EQ(client->Send(head).value().body, "");
  EXPECT_EQ(client->Send(remove).value().status, 204);
  EXPECT_EQ(client->Send(Get("/stream")).value().body, "streamed");
  EXPECT_EQ(client->Send(Get("/")).value().body, std::string(3000, 'x'));
}

TEST(HttpClientTest, ReconnectsWhenTheServerClosedAnIdleConnection) {
  FakeHandler handler;
  HttpServerOptions options;
  auto server = StartServer(handler);
  const std::uint16_t port = server->port();
  const auto client = Connect(Url(port));
  EXPECT_EQ(client->Send(Get("/1")).value().status, 200);
  server->Stop();
  server.reset();
  options.port = port;
  server = HttpServer::Start(options, handler).value();
  HttpRequest post = Get("/2");
  post.method = "POST";

  EXPECT_EQ(client->Send(post).value().body, "POST /2 ");
}

TEST(HttpClientTest, SaysThatNobodyListens) {
  FakeHandler handler;
  auto server = StartServer(handler);
  const std::uint16_t port = server->port();
  server.reset();

  const auto response = Connect(Url(port))->Send(Get("/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, storage::ErrorCode::kIo);
  EXPECT_TRUE(response.error().message.contains(Url(port)));
  EXPECT_TRUE(response.error().message.contains("refused"));
  const ScratchFolder folder;
  const auto socket = HttpClient::ForSocket(folder.path() / "none.sock", seconds(1));
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, storage::ErrorCode::kNotFound);
}

TEST(HttpClientTest, SaysThatTheServerIsSilent) {
  std::vector<HttpHandler::Respond> never;
  FakeHandler handler(
      [&never](HttpRequest, HttpHandler::Respond respond) { never.push_back(std::move(respond)); });
  HttpServerOptions options;
  options.limits.shutdown_timeout = std::chrono::milliseconds(1);
  const auto server = StartServer(handler, options);

  const auto response = Connect(Url(server->port()), std::chrono::milliseconds(30))->Send(Get("/"));

  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().message.contains("timed out after 30 ms"));
}

TEST(HttpClientTest, NeverRepeatsAWriteThatMayHaveArrived) {
  // The first request is answered; of the second nothing comes back but the end of the connection.
  std::atomic<int> arrived = 0;
  HttpServerOptions options;
  options.limits.shutdown_timeout = std::chrono::milliseconds(1);
  FakeHandler handler([&arrived](HttpRequest, HttpHandler::Respond respond) {
    HttpResponse response;
    if (++arrived > 1) {
      response.stream = [](std::string&) -> bool { throw std::runtime_error("cut off"); };
    }
    respond(std::move(response));
  });
  const auto server = StartServer(handler, options);
  const auto client = Connect(Url(server->port()));
  HttpRequest post = Get("/");
  post.method = "POST";
  EXPECT_TRUE(client->Send(post));

  EXPECT_FALSE(client->Send(post));

  EXPECT_EQ(arrived, 2);
}

TEST(HttpClientTest, SeesTheRefusalOfABodyThatIsTooLarge) {
  FakeHandler handler;
  const auto server = StartServer(handler);
  const auto client = Connect(Url(server->port()));
  HttpRequest request = Get("/");
  request.method = "POST";
  request.body.assign(20U << 20U, 'x');

  EXPECT_EQ(client->Send(request).value().status, 413);
  EXPECT_EQ(client->Send(Get("/")).value().status, 200);
}

TEST(HttpClientTest, AcceptsOnlyUrlsItCanUse) {
  for (const char* url : {"", "h:80", "ftp://h", "http://", "https://", "http://:80",
                          "http://h:", "http://h:x", "http://[::1:80", "http://h/\r\nX: y"}) {
    const auto client = HttpClient::ForUrl(url, seconds(1));
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().code, storage::ErrorCode::kInvalid);
  }
  for (const char* url : {"http://h", "http://h:80", "http://[::1]:80/a", "http://[::1]",
                          "https://h", "https://h:8443/a"}) {
    EXPECT_TRUE(HttpClient::ForUrl(url, seconds(1))) << url;
  }
}

TEST(HttpClientTest, RefusesToForgeHeaders) {
  const auto client = Connect("http://127.0.0.1:1");
  HttpRequest request = Get("/");
  request.headers.emplace_back("X", "a\r\nY: b");

  EXPECT_EQ(client->Send(request).error().code, storage::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace scimledger::api
