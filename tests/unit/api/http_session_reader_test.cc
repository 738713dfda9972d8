#include "api/http_session_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace scimledger::api {
namespace {

using State = RequestReader::State;

struct Outcome {
  State state;
  std::string text;
  std::size_t used = 0;
};

/// Presents the bytes in steps of `step`, as a connection would.
Outcome Feed(std::string_view bytes, std::size_t step, const HttpLimits& limits = {}) {
  RequestReader reader(limits);
  std::string pending;
  std::size_t used = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    pending += bytes.substr(at, step);
    const std::size_t count = reader.Read(pending);
    pending.erase(0, count);
    used += count;
    if (reader.state() == State::kRefused) {
      return {State::kRefused,
              fmt::format("{} {}", reader.refusal().status, reader.refusal().detail)};
    }
    if (reader.state() == State::kComplete) {
      const HttpRequest request = std::move(reader.request());
      std::string text = fmt::format("{} {} [{}]", request.method, request.target, request.body);
      for (const auto& [name, value] : request.headers) text += fmt::format(" {}={}", name, value);
      return {State::kComplete, text, used};
    }
  }
  return {reader.state(), "incomplete", used};
}

TEST(HttpSessionReaderTest, ReadsRequestsHoweverTheyAreCut) {
  const std::pair<std::string, std::string> kCases[] = {
      {"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b=c [] Host=h"},
      {"GET /a HTTP/1.0\r\n\r\n", "GET /a []"},
      {"GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b [] Host=h"},
      {"GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET / [] Host=h"},
      {"GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?q [] Host=h"},
      {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz",
       "POST /a [xyz] Host=h Content-Length=3"},
      {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
       "POST /a [] Host=h Content-Length=0"},
      {"POST /a HTTP/1.1\r\nHost: h\r\ntransfer-encoding: Chunked\r\n\r\n"
       "3;e=f\r\nabc\r\n0A\r\n0123456789\r\n0\r\nAuthorization: forged\r\n\r\n",
       "POST /a [abc0123456789] Host=h transfer-encoding=Chunked"},
      {"PURGE /a HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n", "PURGE /a [] Host=h X="},
  };
  for (const auto& [bytes, expected] : kCases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
      const Outcome outcome = Feed(bytes, step);
      EXPECT_EQ(outcome.text, expected) << bytes << " by " << step;
      EXPECT_EQ(outcome.used, bytes.size());
    }
  }
}

TEST(HttpSessionReaderTest, LeavesTheNextRequestAlone) {
  const std::string first = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";

  const Outcome outcome = Feed(first + "GET /b HTTP/1.1\r\n", 1000);

  EXPECT_EQ(outcome.state, State::kComplete);
  EXPECT_EQ(outcome.used, first.size());
}

TEST(HttpSessionReaderTest, RefusesWhatTwoReadersCouldCutDifferently) {
  const std::string start = "POST /a HTTP/1.1\r\nHost: h\r\n";
  const std::string kCases[] = {
      start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      start + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      start + "Content-Length: 1, 1\r\n\r\nx",
      start + "Content-Length: +1\r\n\r\nx",
      start + "Content-Length: -1\r\n\r\nx",
      start + "Content-Length: 0x1\r\n\r\nx",
      start + "Content-Length: 1 1\r\n\r\nx",
      start + "Content-Length:\r\n\r\n",
      start + "Content-Length: 99999999999999999999999\r\n\r\n",
      start + "Content-Length : 1\r\n\r\nx",
      start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: identity\r\n\r\nx",
      start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\n\r\n ;a\r\nb\r\n0\r\n\r\n",
      "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /a HTTP/1.1\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  };
  for (const std::string& bytes : kCases) {
    for (const std::size_t step : {std::size_t{1}, bytes.size()}) {
      EXPECT_TRUE(Feed(bytes, step).text.starts_with("400 ")) << bytes << Feed(bytes, step).text;
    }
  }
}

TEST(HttpSessionReaderTest, RefusesWhatIsNotHttp) {
  const std::string kCases[] = {
      "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 this is TLS",
      "GET\r\n\r\n",
      "GET /a\r\n\r\n",
      "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.1\nHost: h\n\n",
      "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost h\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nA B: c\r\n\r\n",
      std::string("GET /a HTTP/1.1\r\nHost: h\r\nA: ") + '\0' + "\r\n\r\n",
      "{\"schemas\":[]}\r\n\r\n",
  };
  for (const std::string& bytes : kCases) {
    EXPECT_TRUE(Feed(bytes, bytes.size()).text.starts_with("400 ")) << bytes;
  }
}

TEST(HttpSessionReaderTest, RefusesHeadsBeyondTheLimitHoweverTheyArrive) {
  HttpLimits limits;
  limits.header_bytes_max = 1000;
  const std::string start = "GET /a HTTP/1.1\r\nHost: h\r\n";
  std::string many_fields = start;
  while (many_fields.size() < 1100) many_fields += "A: b\r\n";
  const std::string kCases[] = {start + "A: " + std::string(1000, 'x'), many_fields,
                                "GET /" + std::string(1000, 'x'), std::string(1100, 'G')};
  for (const std::string& bytes : kCases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{6}, bytes.size()}) {
      EXPECT_TRUE(Feed(bytes, step, limits).text.starts_with("431 ")) << bytes << " by " << step;
    }
  }
  const std::string fits = start + "A: " + std::string(1000 - start.size() - 7, 'x') + "\r\n\r\n";
  EXPECT_EQ(Feed(fits, 1, limits).state, State::kComplete);
}

// rows: B19
TEST(HttpSessionReaderTest, RefusesBodiesBeyondTheLimit) {
  HttpLimits limits;
  limits.body_bytes_max = 10;
  const std::string start = "POST /a HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";

  EXPECT_EQ(Feed(start + "Content-Length: 10\r\n\r\n0123456789", 1, limits).state,
            State::kComplete);
  EXPECT_EQ(Feed(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", 1, limits).state,
            State::kComplete);
  EXPECT_EQ(Feed(start + "Content-Length: 11\r\n\r\n", 1, limits).text,
            "413 The request body is larger than the 10 bytes that this server accepts; split it "
            "into smaller requests.");
  EXPECT_TRUE(Feed(chunked + "5\r\n01234\r\n6\r\n", 1, limits).text.starts_with("413 "));
  EXPECT_TRUE(Feed(chunked + "ffffffffffffffff\r\n", 1, limits).text.starts_with("413 "));
}

TEST(HttpSessionReaderTest, RefusesEndlessChunkLinesAndTrailers) {
  const std::string chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

  EXPECT_TRUE(Feed(chunked + "1;" + std::string(9000, 'x'), 100).text.starts_with("400 "));
  EXPECT_TRUE(Feed(chunked + "0\r\nA: " + std::string(9000, 'x'), 100).text.starts_with("400 "));
}

TEST(HttpSessionReaderTest, TellsWhoWaitsForContinue) {
  const HttpLimits limits;
  RequestReader waiting(limits);
  RequestReader without_body(limits);

  waiting.Read("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  without_body.Read("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n");

  EXPECT_TRUE(waiting.expects_continue());
  EXPECT_FALSE(without_body.expects_continue());
  EXPECT_TRUE(
      Feed("POST /a HTTP/1.1\r\nHost: h\r\nExpect: money\r\n\r\n", 1).text.starts_with("417 "));
}

}  // namespace
}  // namespace scimledger::api
