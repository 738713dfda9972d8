#include "api/request_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace scimledger::api {
namespace {

Headers One(std::string name, std::string value) { return {{std::move(name), std::move(value)}}; }

int AcceptStatus(const Headers& headers) {
  const auto checked = CheckAccept(headers);
  return checked ? 200 : checked.error().status;
}

// rows: T7
TEST(RequestHeadersTest, AcceptsWhatWeSendAndWildcards) {
  EXPECT_EQ(AcceptStatus({}), 200);
  for (const char* value :
       {"", "*/*", "application/*", "application/scim+json", "application/json",
        "Application/SCIM+JSON;charset=utf-8", "text/html, application/json;q=0.1",
        "text/html;q=1, */*;q=0.001", "application/scim+json ; q=0.5"}) {
    EXPECT_EQ(AcceptStatus(One("accept", value)), 200) << value;
  }
}

TEST(RequestHeadersTest, RefusesAcceptWithoutAnythingWeSend) {
  for (const char* value :
       {"text/html", "application/xml", "application/json;q=0",
        "application/scim+json;q=0.000, text/*", "*", "application/*;q=0, */*"}) {
    EXPECT_EQ(AcceptStatus(One("Accept", value)), 406) << value;
  }
}

// rows: T4
TEST(RequestHeadersTest, AnswersAreScimJsonUnlessOnlyPlainJsonIsAccepted) {
  for (const char* value :
       {"", "*/*", "application/*", "application/scim+json", "application/json, */*;q=0.1",
        "application/json, application/scim+json;q=0.1", "application/scim+json, */*;q=0"}) {
    EXPECT_EQ(AcceptedMediaType(One("Accept", value)), "application/scim+json") << value;
  }
  for (const char* value : {"application/json", "text/html, Application/JSON;q=0.5",
                            "application/scim+json;q=0, */*", "application/json;charset=utf-8"}) {
    EXPECT_EQ(AcceptedMediaType(One("Accept", value)), "application/json") << value;
  }
  EXPECT_EQ(AcceptedMediaType({{"Accept", "application/json"}, {"Accept", "*/*"}}),
            "application/scim+json");
}

int ContentTypeStatus(const char* type, std::string body = "{}") {
  HttpRequest request;
  request.body = std::move(body);
  if (type != nullptr) request.headers = One("content-type", type);
  const auto checked = CheckContentType(request);
  return checked ? 200 : checked.error().status;
}

// rows: T7
TEST(RequestHeadersTest, ContentTypeIsJsonOrNotSaid) {
  EXPECT_EQ(ContentTypeStatus(nullptr), 200);
  EXPECT_EQ(ContentTypeStatus("application/scim+json"), 200);
  EXPECT_EQ(ContentTypeStatus("application/scim+json; charset=utf-8"), 200);
  EXPECT_EQ(ContentTypeStatus("APPLICATION/JSON"), 200);
  EXPECT_EQ(ContentTypeStatus("text/plain", ""), 200);
  EXPECT_EQ(ContentTypeStatus("text/plain"), 415);
  EXPECT_EQ(ContentTypeStatus("application/x-www-form-urlencoded"), 415);
  EXPECT_EQ(ContentTypeStatus("application/jsonp"), 415);
}

std::string UrlFor(const char* host, std::string_view public_url = "") {
  HttpRequest request;
  if (host != nullptr) request.headers = One("Host", host);
  const auto url = OwnUrl(request, public_url, "http");
  return url ? *url : "refused";
}

TEST(RequestHeadersTest, OwnUrlComesFromConfigurationOrHost) {
  EXPECT_EQ(UrlFor("scim.example:8080"), "http://scim.example:8080");
  EXPECT_EQ(UrlFor("[::1]:8080"), "http://[::1]:8080");
  EXPECT_EQ(UrlFor("evil/\"><script>", "https://id.example"), "https://id.example");
  for (const char* host : {"", "a b", "a/b", "a\"b", "user@host", "a%41", "h\xC3\xA9"}) {
    EXPECT_EQ(UrlFor(host), "refused") << host;
  }
  EXPECT_EQ(UrlFor(nullptr), "refused");
  HttpRequest local;
  local.transport = Transport::kControlSocket;
  EXPECT_EQ(OwnUrl(local, "", "https").value(), "http://localhost");
}

std::string IfMatch(const char* value) {
  const auto read = ReadIfMatch(One("if-match", value));
  if (!read) return std::to_string(read.error().status);
  std::string text = (*read)->any ? "any" : "";
  for (const std::uint64_t version : (*read)->versions) text += std::to_string(version) + " ";
  return text;
}

TEST(RequestHeadersTest, IfMatchTakesWeakAndStrongTags) {
  EXPECT_FALSE(ReadIfMatch({}).value());
  EXPECT_EQ(IfMatch("*"), "any");
  EXPECT_EQ(IfMatch(R"(W/"3")"), "3 ");
  EXPECT_EQ(IfMatch(R"("3")"), "3 ");
  EXPECT_EQ(IfMatch(R"(W/"3", "4" ,W/"5")"), "3 4 5 ");
}

TEST(RequestHeadersTest, IfMatchWithForeignTagsMatchesNothing) {
  EXPECT_EQ(IfMatch(R"(W/"abc")"), "");
  EXPECT_EQ(IfMatch(R"("")"), "");
  EXPECT_EQ(IfMatch(R"("99999999999999999999999")"), "");
}

TEST(RequestHeadersTest, IfMatchThatIsNoListOfTagsIsRefused) {
  for (const char* value : {"", "3", "W/3", R"("3)", R"("3" "4")", R"("3",)", "*, \"3\""}) {
    EXPECT_EQ(IfMatch(value), "400") << value;
  }
}

TEST(RequestHeadersTest, IfNoneMatchTellsWhetherTheVersionIsKnown) {
  EXPECT_FALSE(HasVersion({}, 3));
  EXPECT_TRUE(HasVersion(One("If-None-Match", R"(W/"2", W/"3")"), 3));
  EXPECT_TRUE(HasVersion(One("If-None-Match", "*"), 3));
  EXPECT_FALSE(HasVersion(One("If-None-Match", R"(W/"2")"), 3));
  EXPECT_FALSE(HasVersion(One("If-None-Match", "3"), 3));
}

TEST(RequestHeadersTest, ClientTextIsCleanedAndCut) {
  HttpRequest request;
  request.peer_address = "192.0.2.7";
  request.headers = {{"User-Agent", "a\tb\x7F\xC2\x85 \xFF\xC3\xA9\xED\xA0\x80" + std::string("z")},
                     {"Client-Request-Id", std::string(200, 'x')}};

  const ClientContext client = ReadClientContext(request);

  EXPECT_EQ(client.address, "192.0.2.7");
  EXPECT_EQ(client.user_agent, "ab \xC3\xA9z");
  EXPECT_EQ(client.request_id, std::string(128, 'x'));
}

TEST(RequestHeadersTest, ClientTextIsNotCutInsideACharacter) {
  HttpRequest request;
  request.headers = One("User-Agent", std::string(511, 'a') + "\xC3\xA9");

  EXPECT_EQ(ReadClientContext(request).user_agent, std::string(511, 'a'));
}

}  // namespace
}  // namespace scimledger::api
