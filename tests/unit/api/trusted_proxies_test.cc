// Whose word about their clients counts, and for what.
#include "api/trusted_proxies.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

TEST(IpAddressTest, IsWrittenInTheUsualForm) {
  for (const auto& [text, shown] : {std::pair("10.1.2.3", "10.1.2.3"),
                                    {"::ffff:10.1.2.3", "10.1.2.3"},
                                    {"2001:DB8:0:0::1", "2001:db8::1"},
                                    {"::", "::"}}) {
    const auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), shown);
  }
  for (const char* text : {"", "10.1.2", "10.1.2.256", "::1::", "[::1]", "10.1.2.3:80",
                           "fe80::1%lo", "localhost", " 10.1.2.3"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("10.1.2.3\0x", 10)));
}

TEST(IpNetworkTest, HoldsWhatBeginsAlike) {
  struct Case {
    const char* network;
    const char* address;
    bool holds;
  };
  for (const Case& each :
       {Case{"10.0.0.0/8", "10.255.1.2", true}, Case{"10.0.0.0/8", "11.0.0.0", false},
        Case{"10.0.0.0/8", "::ffff:10.0.0.1", true}, Case{"10.1.2.4/30", "10.1.2.7", true},
        Case{"10.1.2.4/30", "10.1.2.8", false}, Case{"10.1.2.3", "10.1.2.3", true},
        Case{"10.1.2.3", "10.1.2.2", false}, Case{"0.0.0.0/0", "1.2.3.4", true},
        Case{"0.0.0.0/0", "2001:db8::1", false}, Case{"::/0", "2001:db8::1", true},
        Case{"::/0", "1.2.3.4", false}, Case{"2001:db8::/33", "2001:db8:7fff::1", true},
        Case{"2001:db8::/33", "2001:db8:8000::1", false}}) {
    const auto network = IpNetwork::Parse(each.network);
    ASSERT_TRUE(network) << each.network;
    EXPECT_EQ(network->Contains(*IpAddress::Parse(each.address)), each.holds)
        << each.network << ' ' << each.address;
  }
}

TEST(IpNetworkTest, RefusesWhatCannotBeMeant) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "10.1.2.3/8", "2001:db8::/129", "2001:db8::1/64", "10/8", "*"}) {
    EXPECT_FALSE(IpNetwork::Parse(text)) << text;
  }
}

/// A request from that peer after the proxies 10.0.0.0/8 and fd00::1 were believed: the client, the
/// chain, scheme and host.
std::string Settled(std::string peer, Headers headers, Transport transport = Transport::kNetwork) {
  HttpRequest request;
  request.peer_address = std::move(peer);
  request.headers = std::move(headers);
  request.transport = transport;
  TrustedProxies::Parse("10.0.0.0/8, fd00::1")->Settle(request);
  return fmt::format("{} | {} | {} | {}", ClientAddress(request), ForwardedChain(request),
                     ForwardedScheme(request).value_or("-"), ForwardedHost(request).value_or("-"));
}

TEST(TrustedProxiesTest, TheClientIsTheLastAddressThatIsNoProxy) {
  const auto from = [](const char* forwarded_for) {
    return Settled("10.0.0.1", {{"x-forwarded-for", forwarded_for}});
  };
  EXPECT_EQ(from("192.0.2.7"), "192.0.2.7 | 192.0.2.7 | - | -");
  EXPECT_EQ(from("192.0.2.7, 10.0.0.2"), "192.0.2.7 | 192.0.2.7, 10.0.0.2 | - | -");
  EXPECT_EQ(from("8.8.8.8, 192.0.2.7 ,\t10.0.0.2,fd00::1"),
            "192.0.2.7 | 192.0.2.7, 10.0.0.2, fd00::1 | - | -")
      << "what the client said itself counts for nothing";
  EXPECT_EQ(from("10.0.0.3, 10.0.0.2"), "10.0.0.3 | 10.0.0.3, 10.0.0.2 | - | -");
  EXPECT_EQ(from("192.0.2.7:4711"), "192.0.2.7 | 192.0.2.7 | - | -");
  EXPECT_EQ(from("[2001:DB8::7]:4711"), "2001:db8::7 | 2001:db8::7 | - | -");
  EXPECT_EQ(from("2001:db8::7"), "2001:db8::7 | 2001:db8::7 | - | -");
  EXPECT_EQ(Settled("fd00::1", {{"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-For", "10.0.0.2"}}),
            "192.0.2.7 | 192.0.2.7, 10.0.0.2 | - | -")
      << "several lines are one list";
}

TEST(TrustedProxiesTest, AnybodyElsesHeadersCountForNothing) {
  const Headers headers{{"X-Forwarded-For", "192.0.2.7"},
                        {"X-FORWARDED-PROTO", "https"},
                        {"x-forwarded-host", "scim.example"}};
  EXPECT_EQ(Settled("11.0.0.1", headers), "11.0.0.1 |  | - | -");
  EXPECT_EQ(Settled("10.0.0.1", headers), "192.0.2.7 | 192.0.2.7 | https | scim.example");
  EXPECT_EQ(Settled("", headers, Transport::kControlSocket), " |  | - | -");
  HttpRequest request;
  request.peer_address = "127.0.0.1";
  request.headers = headers;
  TrustedProxies().Settle(request);
  EXPECT_TRUE(request.headers.empty());
}

TEST(TrustedProxiesTest, GarbageIsAsIfItWereNotThere) {
  for (const char* garbage :
       {"", ",", " , ", "unknown", "_hidden", "10.0.0.2.", "[::1", "[]", "[", ":", "1:2",
        "\x1b[31m", "\xff\xfe", "<script>", "192.0.2.7 10.0.0.2", "'; drop table"}) {
    EXPECT_EQ(Settled("10.0.0.1", {{"X-Forwarded-For", garbage},
                                   {"X-Forwarded-Proto", garbage},
                                   {"X-Forwarded-Host", "a\"b"}}),
              "10.0.0.1 |  | - | -")
        << garbage;
  }
  EXPECT_EQ(Settled("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7, unknown, 10.0.0.2"}}),
            "10.0.0.2 | 10.0.0.2 | - | -")
      << "nobody vouches for what is before it";
  EXPECT_EQ(Settled("10.0.0.1", {{"X-Forwarded-Host", std::string(300, 'a')}}),
            "10.0.0.1 |  | - | -");
  EXPECT_EQ(Settled("10.0.0.1", {{"X-Forwarded-Proto", "http, HTTPS"},
                                 {"X-Forwarded-Host", "other.example, scim.example:8443"}}),
            "10.0.0.1 |  | https | scim.example:8443")
      << "the last is what the proxy itself says";
}

TEST(TrustedProxiesTest, AChainIsBounded) {
  std::string endless = "10.9.9.9";
  for (int i = 0; i < 1000; ++i) endless += ",10.0.0.2";
  const std::string settled = Settled("10.0.0.1", {{"X-Forwarded-For", endless}});
  EXPECT_TRUE(settled.starts_with("10.0.0.2 | 10.0.0.2, ")) << settled;
  EXPECT_LT(settled.size(), 250U);
}

TEST(TrustedProxiesTest, AListHasOnlyAddressesAndNetworks) {
  EXPECT_TRUE(TrustedProxies::Parse("10.0.0.0/8,::1"));
  EXPECT_EQ(TrustedProxies::Parse(""), TrustedProxies());
  for (const char* list : {",", "10.0.0.1,", "10.0.0.1 ::1", "all", "10.0.0.1,proxy.example"}) {
    EXPECT_FALSE(TrustedProxies::Parse(list)) << list;
  }
}

class BehindAProxyTest : public ServiceTest {
 protected:
  BehindAProxyTest() {
    Stop();
    service_options_.trusted_proxies = *TrustedProxies::Parse("10.0.0.0/8");
    service_options_.access.directory = directory_ / "access";
    service_options_.access.failures_per_minute_max = 2;
    Start();
  }

  HttpRequest Forwarded(const std::string& token, std::string peer = "10.0.0.1") {
    HttpRequest request = Request("POST", "/scim/v2/Users",
                                  R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)"
                                  R"("userName":"jane"})",
                                  token);
    request.peer_address = std::move(peer);
    request.headers.emplace_back("X-Forwarded-For", "192.0.2.7");
    request.headers.emplace_back("X-Forwarded-Proto", "https");
    request.headers.emplace_back("X-Forwarded-Host", "id.example");
    return request;
  }
};

TEST_F(BehindAProxyTest, UrlsAndEventsTellOfTheClient) {
  const Answer made = Network(Forwarded(TokenOf(Role::kProvisioner)));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.Header("Location").starts_with("https://id.example/scim/v2/Users/"));
  const Answer events =
      As(Role::kAuditor, "GET", "/audit/v1/events?filter=kind%20eq%20%22ResourceCreated%22");
  EXPECT_TRUE(events.body.contains(R"("client":{"address":"10.0.0.1","forwarded":"192.0.2.7"})"))
      << events.body;
}

TEST_F(BehindAProxyTest, WhoIsNoProxyIsTheClient) {
  const Answer made = Network(Forwarded(TokenOf(Role::kProvisioner), "11.0.0.1"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.Header("Location").starts_with("http://scim.example/scim/v2/Users/"));
  const Answer events =
      As(Role::kAuditor, "GET", "/audit/v1/events?filter=kind%20eq%20%22ResourceCreated%22");
  EXPECT_TRUE(events.body.contains(R"("client":{"address":"11.0.0.1"})")) << events.body;
}

TEST_F(BehindAProxyTest, PublicUrlWins) {
  Stop();
  service_options_.public_url = "https://public.example";
  Start();
  const Answer made = Network(Forwarded(TokenOf(Role::kProvisioner)));
  EXPECT_TRUE(made.Header("Location").starts_with("https://public.example/scim/v2/Users/"));
}

TEST_F(BehindAProxyTest, RefusalsAreCountedAndNotedByClient) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Network(Forwarded("sl_wrong")).status, i < 2 ? 401 : 429) << i;
  }
  HttpRequest other = Forwarded("sl_wrong");
  other.headers.emplace_back("X-Forwarded-For", "192.0.2.8");
  EXPECT_EQ(Network(std::move(other)).status, 401) << "another client of the same proxy";
  const Answer denied = As(Role::kAuditor, "GET", "/audit/v1/denied");
  EXPECT_TRUE(denied.body.contains(R"("address":"192.0.2.7")")) << denied.body;
  EXPECT_FALSE(denied.body.contains(R"("address":"10.0.0.1")")) << denied.body;
}

}  // namespace
}  // namespace scimledger::api
