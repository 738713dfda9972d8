#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "api/http_server.h"
#include "http_fixture.h"

namespace scimledger::api {
namespace {

const std::string kSeeds[] = {
    "GET /scim/v2/Users?filter=userName%20eq%20%22a%22 HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789",
    "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nabcde\r\n"
    "a\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
    "PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "HEAD /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
};
const std::string kFragments[] = {"\r\n",
                                  "\r",
                                  "\n",
                                  ":",
                                  " ",
                                  "0",
                                  "ffffffff",
                                  "Content-Length: 5\r\n",
                                  "\r\n\r\n",
                                  "\x80",
                                  "Connection: close\r\n",
                                  "chunked",
                                  ";",
                                  std::string(1, '\0'),
                                  "Transfer-Encoding: chunked\r\n"};

std::string Mutate(std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  std::string bytes;
  for (std::size_t parts = below(3) + 1; parts > 0; --parts) bytes += kSeeds[below(5)];
  for (std::size_t edits = below(4); edits > 0; --edits) {
    const std::size_t at = below(bytes.size());
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes.insert(at, kFragments[below(std::size(kFragments))]);
        break;
      case 2:
        bytes.erase(at, below(20));
        break;
      default:
        bytes.resize(at + 1);
    }
  }
  return bytes;
}

TEST(HttpFuzzTest, AnyBytesLeaveTheServerServing) {
  const char* chosen = std::getenv("SCIMLEDGER_SEED");
  const unsigned seed =
      chosen == nullptr ? 20'260'101U : static_cast<unsigned>(std::strtoul(chosen, nullptr, 10));
  SCOPED_TRACE("SCIMLEDGER_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  FakeHandler handler;
  HttpServerOptions options;
  options.limits.body_bytes_max = 2000;
  const auto server = StartServer(handler, options);
  RawConnection witness(server->port());

  for (int round = 0; round < 1500; ++round) {
    const std::string bytes = Mutate(random);
    RawConnection client(server->port());
    const std::size_t cut = random() % (bytes.size() + 1);
    client.Send(bytes.substr(0, cut));
    client.Send(bytes.substr(cut));
    client.EndSending();
    const auto answers = client.ReceiveAll();
    ASSERT_TRUE(answers) << round << ": " << bytes;
    EXPECT_TRUE(answers->empty() || answers->starts_with("HTTP/1.1 ")) << bytes;
    if (round % 50 != 0) continue;
    witness.Send(Request("GET /alive"));
    ASSERT_EQ(witness.Receive().value().body, "GET /alive ");
  }
  EXPECT_FALSE(handler.seen().empty());
}

}  // namespace
}  // namespace scimledger::api
