// Keys of a trusted issuer at a URL, from a server of ours in TLS.
#include "api/key_url.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/trusted_issuers.h"
#include "http_fixture.h"
#include "test_issuer.h"
#include "tls_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Waits for what another thread will bring about.
bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

class KeyUrlTest : public testing::Test {
 protected:
  KeyUrlTest() {
    options_.tls.ca = folder_.Write("ca.pem", ca_.CertificatePem());
    server_ = StartServer(handler_, WithTls(folder_.Context(TestCertificate({}, &ca_))));
    Answer(KeySetJson({TestKey::First().Jwk()}));
  }

  void Answer(std::string body, int status = 200, Headers headers = {}) {
    const std::lock_guard lock(mutex_);
    body_ = std::move(body);
    status_ = status;
    headers_ = std::move(headers);
  }
  std::string Url() const {
    return fmt::format("https://127.0.0.1:{}/keys/v2?a=b", server_->port());
  }
  std::unique_ptr<KeySource> Fetch() { return Fetch(Url()); }
  std::unique_ptr<KeySource> Fetch(const std::string& url) {
    return MakeKeyUrl(
        url,
        [this](const std::string& line) {
          const std::lock_guard lock(mutex_);
          notices_.push_back(line);
        },
        options_);
  }
  std::vector<std::string> notices() {
    const std::lock_guard lock(mutex_);
    return notices_;
  }
  /// What the first fetch of a URL is told for; it must fail.
  std::string NoticeOf(const std::string& url) {
    const auto source = Fetch(url);
    EXPECT_TRUE(Eventually([&] { return !notices().empty(); }));
    EXPECT_EQ(source->Keys(0, false), nullptr);
    const std::lock_guard lock(mutex_);
    return notices_.empty() ? std::string() : std::exchange(notices_, {}).front();
  }

  static bool Has(KeySource& source, const TestKey& key, bool look_again = false) {
    const auto keys = source.Keys(0, look_again);
    return keys != nullptr && keys->Find(key.kid()) != nullptr;
  }

  TlsFolder folder_;
  TestCertificate ca_ = TestCa();
  std::mutex mutex_;
  std::string body_;
  int status_ = 200;
  Headers headers_;
  std::vector<std::string> notices_;
  FakeHandler handler_{[this](HttpRequest, HttpHandler::Respond respond) {
    HttpResponse response;
    {
      const std::lock_guard lock(mutex_);
      response = TextResponse(body_);
      response.status = status_;
      response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    }
    respond(std::move(response));
  }};
  std::unique_ptr<HttpServer> server_;
  KeyUrlOptions options_;
};

TEST_F(KeyUrlTest, FetchesTheKeysAtOnce) {
  const auto source = Fetch();

  EXPECT_TRUE(Eventually([&] { return Has(*source, TestKey::First()); }));

  const HttpRequest request = handler_.seen().at(0);
  EXPECT_EQ(request.method + " " + request.target, "GET /keys/v2?a=b");
  EXPECT_EQ(FindHeader(request.headers, "Accept"), "application/json");
  EXPECT_TRUE(notices().empty());
}

TEST_F(KeyUrlTest, FetchesThemAgainNowAndThen) {
  options_.refresh_interval = milliseconds(1);
  const auto source = Fetch();
  ASSERT_TRUE(Eventually([&] { return Has(*source, TestKey::First()); }));

  Answer(KeySetJson({TestKey::Second().Jwk()}));

  EXPECT_TRUE(Eventually([&] { return Has(*source, TestKey::Second()); }));
  EXPECT_FALSE(Has(*source, TestKey::First()));
}

TEST_F(KeyUrlTest, AKeyThatIsNotThereIsFetched) {
  options_.pause = milliseconds(0);
  const auto source = Fetch();
  ASSERT_TRUE(Eventually([&] { return Has(*source, TestKey::First()); }));

  Answer(KeySetJson({TestKey::First().Jwk(), TestKey::Second().Jwk()}));

  EXPECT_TRUE(Eventually([&] { return Has(*source, TestKey::Second(), true); }));
}

TEST_F(KeyUrlTest, KeysThatAreNotThereCauseNoFlood) {
  options_.pause = hours(1);
  const auto source = Fetch();
  ASSERT_TRUE(Eventually([&] { return Has(*source, TestKey::First()); }));

  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(Has(*source, TestKey::Second(), true));

  // One that comes later is through: those of before would be too.
  const auto later = Fetch();
  ASSERT_TRUE(Eventually([&] { return Has(*later, TestKey::First()); }));
  EXPECT_EQ(handler_.seen().size(), 2U);
}

TEST_F(KeyUrlTest, AFetchThatFailsLeavesTheKeysAndIsToldOnce) {
  options_.refresh_interval = milliseconds(1);
  options_.pause = milliseconds(1);
  const auto source = Fetch();
  ASSERT_TRUE(Eventually([&] { return Has(*source, TestKey::First()); }));

  Answer("broken", 503);
  ASSERT_TRUE(Eventually([&] { return !notices().empty(); }));
  const std::size_t count = handler_.seen().size();
  ASSERT_TRUE(Eventually([&] { return handler_.seen().size() > count + 5; }));
  EXPECT_TRUE(Has(*source, TestKey::First()));
  Answer("also broken");
  const std::size_t broken = handler_.seen().size();
  ASSERT_TRUE(Eventually([&] { return handler_.seen().size() > broken + 5; }));
  EXPECT_TRUE(Has(*source, TestKey::First()));
  Answer(KeySetJson({TestKey::Second().Jwk()}));
  ASSERT_TRUE(Eventually([&] { return Has(*source, TestKey::Second()); }));

  const std::string name = "trusted_issuer: " + Url() + ": ";
  EXPECT_EQ(notices(),
            (std::vector{name + "it is answered with status 503; the keys fetched before stay in "
                                "force",
                         name + "it works again"}));
}

TEST_F(KeyUrlTest, RefusesRedirectsAndWhatIsNoKeySet) {
  Answer("", 302, {{"Location", Url()}});
  EXPECT_TRUE(
      NoticeOf(Url()).contains("status 302; name the URL that it redirects to; tokens of "
                               "its issuer are refused until it works"));
  EXPECT_EQ(handler_.seen().size(), 1U);
  Answer(R"({"keys":7})");
  EXPECT_TRUE(NoticeOf(Url()).contains("keys"));
  Answer(std::string((1U << 20U) + 1, ' '));
  EXPECT_TRUE(NoticeOf(Url()).contains("more than 1048576 bytes"));
}

TEST_F(KeyUrlTest, TrustsOnlyServersWithAGoodCertificate) {
  options_.tls.ca = folder_.Write("other.pem", TestCa("other").CertificatePem());
  EXPECT_TRUE(NoticeOf(Url()).contains("certificate"));
  options_.tls.ca.clear();
  EXPECT_TRUE(NoticeOf(Url()).contains("certificate")) << "the system does not know it";
  EXPECT_TRUE(handler_.seen().empty());
}

TEST_F(KeyUrlTest, AServerThatNeverAnswersHoldsNobodyUp) {
  std::promise<HttpHandler::Respond> held;
  FakeHandler silent(
      [&](HttpRequest, HttpHandler::Respond respond) { held.set_value(std::move(respond)); });
  const auto server = StartServer(silent, WithTls(folder_.Context(TestCertificate({}, &ca_))));
  options_.request_time = milliseconds(50);
  const std::string url = fmt::format("https://127.0.0.1:{}/", server->port());

  EXPECT_TRUE(NoticeOf(url).contains("not done within 50 ms"));

  held.get_future().get()(TextResponse(""));
}

TEST_F(KeyUrlTest, ATrustedIssuerMayNameOne) {
  ::setenv("SSL_CERT_FILE", options_.tls.ca.c_str(), 1);
  TrustedIssuer trusted;
  trusted.issuer = "https://login.example";
  trusted.audiences = {"api://scimledger"};
  trusted.subject = "robot";
  trusted.jwks = Url();
  const TrustedIssuers issuers({trusted}, [](const std::string&) {});
  const std::string jwt = TestKey::First().Sign(
      R"({"iss":"https://login.example","aud":"api://scimledger","sub":"robot","exp":3600})");

  EXPECT_TRUE(Eventually([&] { return issuers.Check(jwt, 0).has_value(); }));
  ::unsetenv("SSL_CERT_FILE");
}

TEST(KeyUrlFormTest, IsAnHttpsUrl) {
  for (const char* url :
       {"https://login.example/keys", "https://[::1]:8443/keys?x=1", "https://a"}) {
    EXPECT_TRUE(IsKeyUrl(url)) << url;
  }
  for (const char* url : {"", "keys.json", "/etc/keys", "http://login.example/keys", "https://",
                          "https:///keys", "https://a b", "https://user@login.example/",
                          "file:///k", "https://a/#b", "https://a\r\nX: y"}) {
    EXPECT_FALSE(IsKeyUrl(url)) << url;
  }
}

}  // namespace
}  // namespace scimledger::api
