#include "api/http.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/http_session_wire.h"
#include "api/scim_response.h"

namespace scimledger::api {
namespace {

std::string Render(std::string_view text) {
  const auto target = ParseTarget(text);
  if (!target) return "refused";
  std::string rendered;
  for (const std::string& segment : target->segments) rendered += "/" + segment;
  for (const Parameter& parameter : target->parameters) {
    rendered += fmt::format(" {}={}", parameter.name, parameter.value);
  }
  return rendered;
}

TEST(HttpTest, FindHeaderIgnoresLetterCaseAndTakesTheFirst) {
  const Headers headers = {{"Content-TYPE", "a"}, {"content-type", "b"}, {"X", ""}};

  EXPECT_EQ(FindHeader(headers, "content-type"), "a");
  EXPECT_EQ(FindHeader(headers, "x"), "");
  EXPECT_EQ(FindHeader(headers, "content"), std::nullopt);
}

TEST(HttpTest, ParseTargetDecodesSegmentsAndParametersOnce) {
  EXPECT_EQ(Render("/scim/v2/Users"), "/scim/v2/Users");
  EXPECT_EQ(Render("/scim//v2/Users/"), "/scim/v2/Users");
  EXPECT_EQ(Render("/a%2Fb/c+d/%2525"), "/a/b/c+d/%25");
  EXPECT_EQ(Render("/?a=1+2&b=%2B&c&=d&&e=f=g"), " a=1 2 b=+ c= =d e=f=g");
  EXPECT_EQ(Render("/x?"), "/x");
  EXPECT_EQ(Render("/x?q=what?"), "/x q=what?");
  EXPECT_EQ(Render(""), "");
}

TEST(HttpTest, ParseTargetRefusesBadEscapesAndNul) {
  for (const char* text : {"/%", "/%4", "/%g0", "/%0g", "/a%00b", "/?a=%", "/?%zz=1", "/?a=%00"}) {
    EXPECT_EQ(Render(text), "refused") << text;
  }
}

TEST(HttpTest, FindParameterIgnoresLetterCase) {
  const auto target = ParseTarget("/Users?startindex=5&StartIndex=6");

  ASSERT_NE(target->Find("startIndex"), nullptr);
  EXPECT_EQ(*target->Find("startIndex"), "5");
  EXPECT_EQ(target->Find("count"), nullptr);
}

TEST(HttpTest, ErrorResponseIsAScimError) {
  const HttpResponse response =
      ErrorResponse(ScimError{400, ScimType::kInvalidSyntax, "say \"please\""});

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(FindHeader(response.headers, "content-type"), "application/scim+json");
  EXPECT_EQ(response.body,
            R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400",)"
            R"("scimType":"invalidSyntax","detail":"say \"please\""})");
}

TEST(HttpTest, HeaderValuesCannotForgeHeaders) {
  HttpResponse response;
  response.status = 201;
  response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
  std::string head;

  AppendResponseHead(head, response, BodyFraming::kLength, ConnectionHeader::kClose, "now");

  EXPECT_EQ(head,
            "HTTP/1.1 201 Created\r\nLocation: /a  Set-Cookie: b\r\nDate: now\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(HttpTest, DatesAreInThePreferredFormat) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(1709210096), "Thu, 29 Feb 2024 12:34:56 GMT");
}

}  // namespace
}  // namespace scimledger::api
