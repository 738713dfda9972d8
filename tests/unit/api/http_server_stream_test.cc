#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "api/http_server.h"
#include "http_fixture.h"

namespace scimledger::api {
namespace {

FakeHandler::Behaviour Streams(std::function<BodySource()> make) {
  return [make](HttpRequest, HttpHandler::Respond respond) {
    HttpResponse response;
    response.stream = make();
    respond(std::move(response));
  };
}

/// Parts of one byte each, so that only a server that joins them is quick.
BodySource Letters(int count) {
  return [count](std::string& out) mutable {
    out += static_cast<char>('a' + count % 26);
    return --count > 0;
  };
}

std::string AllLetters(int count) {
  std::string all;
  BodySource source = Letters(count);
  while (source(all)) {
  }
  return all;
}

TEST(HttpServerStreamTest, SendsChunksAndKeepsTheConnection) {
  FakeHandler handler(Streams([] { return Letters(100'000); }));
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("GET /") + Request("GET /"));

  const auto first = client.Receive();
  EXPECT_EQ(first.value().Header("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(first->body == AllLetters(100'000));
  EXPECT_TRUE(client.Receive().value().body == AllLetters(100'000));
}

TEST(HttpServerStreamTest, EndsWithTheConnectionForHttp10) {
  FakeHandler handler(Streams([] { return Letters(50'000); }));
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  const auto all = client.ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->contains("Transfer-Encoding"));
  EXPECT_TRUE(all->ends_with("\r\n\r\n" + AllLetters(50'000)));
}

TEST(HttpServerStreamTest, DoesNotRunTheSourceForHead) {
  FakeHandler handler(Streams([] {
    return [](std::string&) -> bool { throw std::logic_error("nobody asked for the body"); };
  }));
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send(Request("HEAD /") + Request("HEAD /"));

  EXPECT_EQ(client.Receive(true).value().status, 200);
  EXPECT_EQ(client.Receive(true).value().status, 200);
}

TEST(HttpServerStreamTest, NeverPassesABrokenStreamOffAsWhole) {
  FakeHandler handler(Streams([] {
    return [parts = 0](std::string& out) mutable {
      out += std::string(20'000, 'x');
      if (++parts == 3) throw std::runtime_error("the log went away");
      return true;
    };
  }));
  const auto server = StartServer(handler);
  RawConnection client(server->port());
  RawConnection old_client(server->port());

  client.Send(Request("GET /"));
  old_client.Send("GET / HTTP/1.0\r\n\r\n");

  EXPECT_FALSE(client.Receive().has_value());
  EXPECT_FALSE(old_client.ReceiveAll().has_value());
}

TEST(HttpServerStreamTest, MakesNoMoreThanTheClientTakes) {
  // 50 MiB are offered to a client that reads nothing: only what fits the sockets' buffers is made.
  std::atomic<std::size_t> made = 0;
  std::promise<void> begun;
  FakeHandler handler(Streams([&] {
    return [&](std::string& out) {
      if (made == 0) begun.set_value();
      out.append(64U << 10U, 'x');
      made += 64U << 10U;
      return made < 50U << 20U;
    };
  }));
  HttpServerOptions options;
  options.limits.write_timeout = std::chrono::milliseconds(150);
  const auto server = StartServer(handler, options);
  RawConnection client(server->port());
  client.ShrinkReceiveBuffer();

  client.Send(Request("GET /"));
  begun.get_future().wait();
  server->Stop();  // Returns only when no session is left.

  EXPECT_LT(made, 12U << 20U);
}

TEST(HttpServerStreamTest, SendsFiftyMegabytesWhole) {
  FakeHandler handler(Streams([] {
    return [sent = std::size_t{0}](std::string& out) mutable {
      out.append(64U << 10U, 'x');
      sent += 64U << 10U;
      return sent < 50U << 20U;
    };
  }));
  const auto server = StartServer(handler);
  RawConnection client(server->port());

  client.Send("GET / HTTP/1.0\r\n\r\n");

  const auto all = client.ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size() - all->find("\r\n\r\n") - 4, 50U << 20U);
}

}  // namespace
}  // namespace scimledger::api
