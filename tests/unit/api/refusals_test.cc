// Keeps docs/refusals.md true: makes each request of its tables and compares whole.
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>

#include "http_fixture.h"
#include "tests/unit/api/oauth_fixture.h"
#include "tests/unit/api/test_issuer.h"
#include "tls_fixture.h"

namespace scimledger::api {
namespace {

constexpr std::int64_t kNow = SteppingClock::kStartUs / 1'000'000;
constexpr std::string_view kFirstHeading = "\n## ";

struct Refused {
  int status = 0;  ///< 0: no answer
  std::string scim_type;
  std::string detail;
};

Refused RefusalIn(int status, std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  std::string_view type;
  std::string_view detail;
  if (parser.parse(simdjson::padded_string(body)).get(json) != simdjson::SUCCESS ||
      json["detail"].get(detail) != simdjson::SUCCESS) {
    return {status, "", "not a SCIM error"};
  }
  if (json["scimType"].get(type) != simdjson::SUCCESS) type = "";
  return {status, std::string(type), std::string(detail)};
}

/// As a cell of a Markdown table that shows just that.
std::string Escaped(std::string_view text) {
  std::string escaped;
  bool is_code = false;
  for (const char c : text) {
    is_code = is_code != (c == '`');
    const bool is_special = c == '*' || c == '<';
    if (c == '|' || (is_special && !is_code)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The server with everything that can be wrong: over TCP, as strangers meet it.
class RefusalsTest : public OauthTest {
 protected:
  RefusalsTest() {
    std::filesystem::create_directories(directory_);
    ReplaceFile(directory_ / "jwks.json", KeySetJson({TestKey::First().Jwk()}));
    TrustedIssuer trusted;
    trusted.issuer = "https://issuer.example";
    trusted.audiences = {"api://scimledger"};
    trusted.subject = "robot";
    trusted.jwks = (directory_ / "jwks.json").string();
    trusted.credential = *Uuid::Parse(client_);
    service_options_.authentication.trusted_issuers = {trusted};
    Serve();
  }
  ~RefusalsTest() override { server_.reset(); }

  void Serve() {
    server_.reset();
    Restart();
    server_ = StartServer(*service_);
  }

  Refused Send(std::string_view bytes) { return SendTo(server_->port(), bytes); }
  static Refused SendTo(std::uint16_t port, std::string_view bytes) {
    RawConnection client(port);
    client.Send(bytes);
    const auto response = client.Receive();
    return response ? RefusalIn(response->status, response->body) : Refused{0, "", "closed"};
  }
  Refused Get(const std::string& token, const std::string& target = "/scim/v2/Users") {
    return Send(api::Request("GET " + target, "Authorization: Bearer " + token + "\r\n"));
  }
  /// A POST to /Users with those header lines and bytes after them.
  Refused Post(const std::string& headers, const std::string& rest) {
    return Send("POST /scim/v2/Users HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
                TokenOf(Role::kProvisioner) + "\r\n" + headers + "\r\n" + rest);
  }

  void Section(std::string_view title) {
    tables_ +=
        fmt::format("{}## {}\n\n| What comes | Status | scimType | Detail |\n|---|---|---|---|\n",
                    tables_.empty() ? "" : "\n", title);
  }
  void Row(std::string_view what, Refused refused) {
    static const std::regex time(R"(20\d\d-\d\d-\d\dT[0-9:.]+Z)");
    const std::string detail = Escaped(std::regex_replace(refused.detail, time, "TIME"));
    tables_ += fmt::format("| {} | {} | {} | {} |\n", what,
                           refused.status == 0 ? "none" : std::to_string(refused.status),
                           refused.scim_type, detail);
  }

  void Tokens();
  void Jwts();
  void Connections();
  void Requests();
  void Bodies();
  void Floods();

  std::string tables_;
  std::unique_ptr<HttpServer> server_;
};

void RefusalsTest::Tokens() {
  Section("Tokens");
  const std::string good = TokenOf(Role::kReader);
  Row("no token", Send(api::Request("GET /scim/v2/Users")));
  Row("another scheme (`Basic`)",
      Send(api::Request("GET /scim/v2/Users", "Authorization: Basic c2NpbTpzY2lt\r\n")));
  Row("unknown token", Get("sl_guessed"));
  Row("truncated token", Get(good.substr(0, good.size() - 1)));
  Row("token of a tenant that does not exist", Get("nowhere.sl_guessed"));
  Row("path of another tenant", Get(good, "/scim/v2/t/acme/Users"));
  const Answer revoked = Local("POST", "/admin/v1/tokens", R"({"role":"reader"})");
  Local("DELETE", "/admin/v1/tokens/" + revoked.Text("id"));
  Row("revoked token", Get(revoked.Text("secret")));
  const Answer brief = Local("POST", "/admin/v1/tokens", R"({"role":"reader","expires":"100s"})");
  const std::string access = AccessToken();
  clock_.Advance(std::chrono::seconds(101));
  Row("expired token", Get(brief.Text("secret")));
  Row("altered access token", Get(access.substr(0, access.size() - 4) + "AAAA"));
  clock_.Advance(std::chrono::seconds(3600));
  Row("expired access token", Get(access));
  Row("role reader, writes",
      Send(api::Request("POST /scim/v2/Users", "Authorization: Bearer " + good + "\r\n", "{}")));
  Row("role provisioner, reads the audit log",
      Get(TokenOf(Role::kProvisioner), "/audit/v1/events"));
  Row("role auditor, administers", Get(TokenOf(Role::kAuditor), "/admin/v1/tokens"));
}

void RefusalsTest::Jwts() {
  Section("JWTs of a trusted issuer");
  const TestKey& key = TestKey::First();
  const std::int64_t now = kNow + 4000;  // Tokens() has let an hour pass.
  const auto claims = [](std::string_view issuer, std::string_view audience,
                         std::string_view subject, std::string_view times) {
    return fmt::format(R"({{"iss":"https://{}","aud":"api://{}","sub":"{}"{}}})", issuer, audience,
                       subject, times);
  };
  const auto timed = [&](std::string_view name, std::int64_t time) {
    return claims("issuer.example", "scimledger", "robot",
                  fmt::format(R"(,"exp":{}{})", name == "exp" ? time : now + 600,
                              name == "exp" ? "" : fmt::format(R"(,"{}":{})", name, time)));
  };
  const std::string exp = fmt::format(R"(,"exp":{})", now + 600);
  const std::string good = timed("nbf", kNow);
  EXPECT_EQ(Get(key.Sign(good)).status, 200) << "else every row below would be about that";
  Row("`alg` none", Get(key.Sign(R"({"alg":"none","kid":"first"})", good)));
  Row("`alg` HS256", Get(key.Sign(R"({"alg":"HS256","kid":"first"})", good)));
  Row("signed with another key", Get(TestKey("first").Sign(good)));
  Row("unknown `kid`", Get(TestKey::Second().Sign(good)));
  Row("wrong issuer", Get(key.Sign(claims("other.example", "scimledger", "robot", exp))));
  Row("wrong audience", Get(key.Sign(claims("issuer.example", "other", "robot", exp))));
  Row("wrong subject", Get(key.Sign(claims("issuer.example", "scimledger", "x", exp))));
  Row("expired", Get(key.Sign(timed("exp", now - 1000))));
  Row("good for days", Get(key.Sign(timed("exp", now + 200'000))));
  Row("no `exp`", Get(key.Sign(claims("issuer.example", "scimledger", "robot", ""))));
  Row("`nbf` in the future", Get(key.Sign(timed("nbf", now + 1000))));
  Row("`iat` in the future", Get(key.Sign(timed("iat", now + 1000))));
  Row("no JSON inside", Get("a.b.c"));
  Row("more than 16 KiB", Get("a.b." + std::string(17'000, 'c')));
}

void RefusalsTest::Connections() {
  Section("The connection");
  const TlsFolder folder;
  const TestCertificate certificate;
  const TestCertificate ca = TestCa();
  const auto server = StartServer(*service_, WithTls(folder.Context(certificate)));
  const auto strict = StartServer(*service_, WithTls(folder.Context(certificate, &ca)));
  const auto alert_of = [](const HttpServer& from, int version) {
    TlsClientOptions options;
    options.version = version;
    return Refused{0, "", TlsConnection(from.port(), options).error()};
  };
  Row("TLS 1.0", alert_of(*server, TLS1_VERSION));
  Row("TLS 1.1", alert_of(*server, TLS1_1_VERSION));
  Row("no client certificate where one is asked for", alert_of(*strict, TLS1_2_VERSION));
  Row("HTTP without TLS on a port with TLS",
      SendTo(server->port(), api::Request("GET /scim/v2/Users")));
}

void RefusalsTest::Requests() {
  Section("The request");
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  Row("no HTTP", Send("nonsense\r\n\r\n"));
  Row("HTTP/2.0", Send("GET / HTTP/2.0\r\nHost: h\r\n\r\n"));
  Row("no `Host`", Send("GET / HTTP/1.1\r\n\r\n"));
  Row("`Content-Length` and `Transfer-Encoding`",
      Post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"));
  Row("two lengths", Post("Content-Length: 1\r\nContent-Length: 2\r\n", "xx"));
  Row("negative length", Post("Content-Length: -1\r\n", ""));
  Row("another `Transfer-Encoding`", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"));
  Row("bad size of a chunk", Post(chunked, "0x1\r\na\r\n0\r\n\r\n"));
  Row("chunk longer than its size", Post(chunked, "1\r\nab\r\n0\r\n\r\n"));
  Row("endless line of a chunk", Post(chunked, "1;" + std::string(9000, 'x')));
  Row("headers of more than 32 KiB", Post("X: " + std::string(40'000, 'x') + "\r\n", ""));
  Row("body of more than 8 MiB", Post("Content-Length: 9000000\r\n", ""));
  Row("chunk of more than 8 MiB", Post(chunked, "ffffffff\r\n"));
  Row("`Expect` of something else", Post("Expect: money\r\nContent-Length: 1\r\n", "x"));
  Row("bad escape in the URL", Send(api::Request("GET /scim/v2/Users/%zz")));
  Row("NUL in the URL", Send(api::Request("GET /scim/v2/Users/%00")));
}

void RefusalsTest::Bodies() {
  Section("What is asked");
  const std::string token = TokenOf(Role::kProvisioner);
  Row("path that is not served", Get(token, "/nothing"));
  Row("another version of SCIM", Get(token, "/scim/v1/Users"));
  Row("method that is not offered",
      Send(api::Request("DELETE /scim/v2/Users", "Authorization: Bearer " + token + "\r\n")));
  Row("`Accept` of something else",
      Send(api::Request("GET /scim/v2/Users",
                        "Accept: text/html\r\nAuthorization: Bearer " + token + "\r\n")));
  Row("`Content-Type` of something else",
      Post("Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"));
  Row("`Content-Encoding`", Post("Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"));
  Row("no JSON", Post("Content-Length: 5\r\n", "{oops"));
  Row("bad filter", Get(token, "/scim/v2/Users?filter=userName%20is%20%22x%22"));
  Row("filter of more than 16 KiB",
      Get(token, "/scim/v2/Users?filter=userName%20eq%20%22" + std::string(17'000, 'x') + "%22"));
  Row("forged cursor", Get(token, "/scim/v2/Users?cursor=AAAA"));
}

void RefusalsTest::Floods() {
  Section("Floods");
  service_options_.access.failures_per_minute_max = 1;
  service_options_.access.credential_rate_max = 25;
  Serve();
  Get("sl_guessed");
  Row("more refused tokens a minute from one address than `failed_authentications_per_minute_max`",
      Get("sl_guessed"));
  Refused refused;
  for (int i = 0; i < 5000 && refused.status != 429; ++i) {
    const Answer answer = Network(Request("GET", "/scim/v2/Users?count=0", {}, secret_));
    if (answer.status == 429) refused = RefusalIn(answer.status, answer.body);
  }
  Row("more requests a second than `credential_requests_per_second_max`", refused);
  service_options_.access.credential_rate_max = 0;
  service_options_.access.tenant_rate_max = 25;
  Serve();
  refused = {};
  for (int i = 0; i < 5000 && refused.status != 429; ++i) {
    const Answer answer = Network(Request("GET", "/scim/v2/Users?count=0", {}, secret_));
    if (answer.status == 429) refused = RefusalIn(answer.status, answer.body);
  }
  Row("more requests a second than `tenant_requests_per_second_max`", refused);
}

TEST_F(RefusalsTest, TheTablesTellTheTruth) {
  Tokens();
  Jwts();
  Connections();
  Requests();
  Bodies();
  Floods();
  std::ifstream in(REFUSALS_TABLE);
  std::string document(std::istreambuf_iterator<char>(in), {});
  const std::size_t heading = document.find(kFirstHeading);
  ASSERT_NE(heading, std::string::npos) << REFUSALS_TABLE;
  if (std::getenv("SCENARIO_UPDATE") != nullptr) {
    std::ofstream(REFUSALS_TABLE) << document.substr(0, heading + 1) << tables_;
  }
  EXPECT_EQ(document.substr(heading + 1), tables_) << "SCENARIO_UPDATE=1 writes it";
}

}  // namespace
}  // namespace scimledger::api
