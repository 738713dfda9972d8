// Who may do what: tokens, challenges, roles.

#include <fmt/format.h>

#include <string>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

using AccessTest = ServiceTest;

constexpr std::string_view kPlainChallenge = R"(Bearer realm="scimledger")";
constexpr std::string_view kInvalidChallenge =
    R"(Bearer realm="scimledger", error="invalid_token")";

// rows: X4
TEST_F(AccessTest, MissingMalformedAndUnknownTokensAre401) {
  struct Case {
    const char* authorization;
    std::string_view challenge;
  };
  for (const Case& each : std::initializer_list<Case>{{"", kPlainChallenge},
                                                      {"Basic c2NpbTpzY2lt", kPlainChallenge},
                                                      {"Bearer", kPlainChallenge},
                                                      {"Bearerx", kPlainChallenge},
                                                      {"sl_1234", kPlainChallenge},
                                                      {"Bearer sl_guessed", kInvalidChallenge}}) {
    HttpRequest request = Request("GET", "/scim/v2/Users");
    request.headers.emplace_back("Authorization", each.authorization);
    const Answer answer = Network(std::move(request));
    EXPECT_TRUE(IsScimError(answer, 401)) << each.authorization;
    EXPECT_EQ(answer.Header("WWW-Authenticate"), each.challenge) << each.authorization;
    EXPECT_FALSE(answer.body.contains("sl_"));
  }
  EXPECT_TRUE(IsScimError(Network(Request("GET", "/scim/v2/Users")), 401));
}

TEST_F(AccessTest, SchemeIsReadInAnyCase) {
  HttpRequest request = Request("GET", "/scim/v2/Users");
  request.headers.emplace_back("authorization", "bEARER  " + TokenOf(Role::kReader) + " ");

  EXPECT_EQ(Network(std::move(request)).status, 200);
}

TEST_F(AccessTest, UnauthenticatedCallersLearnNothingOfPathsAndMethods) {
  for (const char* path :
       {"/scim/v2/Nothing", "/nothing", "/admin/v1/tokens", "/audit/v1/events"}) {
    EXPECT_TRUE(IsScimError(Network(Request("DELETE", path)), 401)) << path;
  }
}

TEST_F(AccessTest, HealthAndServiceProviderConfigNeedNoToken) {
  for (const char* path : {"/healthz", "/readyz", "/scim/v2/ServiceProviderConfig"}) {
    EXPECT_EQ(Network(Request("GET", path)).status, 200) << path;
  }
  EXPECT_TRUE(IsScimError(Network(Request("GET", "/scim/v2/Schemas")), 401));
}

TEST_F(AccessTest, RolesAllowWhatTheDesignSays) {
  struct Case {
    const char* method;
    const char* path;
    bool provisioner, reader, auditor, admin;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"GET", "/scim/v2/Users", true, true, true, true},
           {"GET", "/scim/v2/Schemas", true, true, true, true},
           {"POST", "/scim/v2/Users", true, false, false, true},
           {"PUT", "/scim/v2/Users/1", true, false, false, true},
           {"PATCH", "/scim/v2/Groups/1", true, false, false, true},
           {"DELETE", "/scim/v2/Users/1", true, false, false, true},
           {"GET", "/audit/v1/events", false, false, true, true},
           {"GET", "/admin/v1/tokens", false, false, false, true},
           {"POST", "/admin/v1/tokens", false, false, false, true},
           {"DELETE", "/admin/v1/tokens/1", false, false, false, true},
           {"GET", "/admin/v1/schemas", false, false, false, true},
           {"POST", "/admin/v1/schemas", false, false, false, true},
           {"POST", "/admin/v1/replay/verify", false, false, false, true}}) {
    for (const auto& [role, is_allowed] :
         {std::pair(Role::kProvisioner, each.provisioner), std::pair(Role::kReader, each.reader),
          std::pair(Role::kAuditor, each.auditor), std::pair(Role::kAdmin, each.admin)}) {
      const Answer answer = As(role, each.method, each.path);
      EXPECT_EQ(answer.status != 403, is_allowed)
          << ToString(role) << ' ' << each.method << ' ' << each.path << ' ' << answer.status;
      if (is_allowed) continue;
      EXPECT_TRUE(IsScimError(answer, 403));
      EXPECT_TRUE(answer.body.contains(ToString(role)));
      EXPECT_TRUE(answer.body.contains("admin"));
    }
  }
}

TEST_F(AccessTest, RevokedTokensAreRefused) {
  const Answer made = Local("POST", "/admin/v1/tokens", R"({"role":"reader"})");
  const std::string id = made.Text("id");
  const std::string secret = made.Text("secret");
  ASSERT_EQ(Network(Request("GET", "/scim/v2/Users", {}, secret)).status, 200);

  EXPECT_EQ(Local("DELETE", "/admin/v1/tokens/" + id).status, 204);

  const Answer refused = Network(Request("GET", "/scim/v2/Users", {}, secret));
  EXPECT_TRUE(IsScimError(refused, 401));
  EXPECT_EQ(refused.Header("WWW-Authenticate"), kInvalidChallenge);
  EXPECT_TRUE(Local("GET", "/admin/v1/tokens").body.contains(R"("revoked":")"));
}

// rows: Z3
TEST_F(AccessTest, SecretsAreShownOnceAndStayOutOfTheLog) {
  const Answer made = Local("POST", "/admin/v1/tokens", R"({"name":"entra","role":"auditor"})");

  const std::string secret = made.Text("secret");
  EXPECT_TRUE(secret.starts_with("sl_"));
  EXPECT_EQ(secret.size(), 46U);
  EXPECT_EQ(made.Text("suffix"), secret.substr(42));
  EXPECT_EQ(made.Text("name"), "entra");
  EXPECT_EQ(made.Text("role"), "auditor");
  EXPECT_FALSE(made.Text("created").empty());
  EXPECT_EQ(made.Header("Cache-Control"), "no-store");
  const std::string listed = Local("GET", "/admin/v1/tokens").body;
  EXPECT_TRUE(listed.contains(made.Text("id")));
  EXPECT_FALSE(listed.contains(secret));
  EXPECT_FALSE(Local("GET", "/audit/v1/events").body.contains(secret));
}

TEST_F(AccessTest, TokensNeedAKnownRoleAndASaneName) {
  for (const std::string& body :
       {std::string(R"({"role":"god"})"), std::string(R"({"role":3})"),
        std::string(R"({"name":[]})"), fmt::format(R"({{"name":"{}"}})", std::string(201, 'n'))}) {
    EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/tokens", body), 400, "invalidValue")) << body;
  }
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/tokens", "[]"), 400, "invalidSyntax"));
  EXPECT_TRUE(IsScimError(Local("DELETE", "/admin/v1/tokens/none"), 404));
  EXPECT_TRUE(
      IsScimError(Local("DELETE", "/admin/v1/tokens/00000000-0000-4000-8000-000000000000"), 404));
  EXPECT_EQ(Local("GET", "/admin/v1/tokens").body, R"({"tokens":[]})");
}

TEST_F(AccessTest, DefaultTokenIsAnUnnamedProvisioner) {
  const Answer made = Local("POST", "/admin/v1/tokens");

  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.Text("name"), "unnamed");
  EXPECT_EQ(made.Text("role"), "provisioner");
}

TEST_F(AccessTest, EventsNameTheirActors) {
  As(Role::kProvisioner, "POST", "/scim/v2/Users",
     R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane"})",
     {{"User-Agent", "tests/1"}, {"X-Request-Id", "their-id"}});

  const std::string events = Local("GET", "/audit/v1/events").body;

  EXPECT_TRUE(events.contains(R"("name":"provisioner-1","role":"provisioner","method":"bearer")"))
      << events;
  EXPECT_TRUE(events.contains(R"("id":"local:1000","role":"admin","method":"local")")) << events;
  EXPECT_TRUE(events.contains(
      R"("client":{"address":"192.0.2.7","userAgent":"tests/1","requestId":"their-id"})"))
      << events;
}

}  // namespace
}  // namespace scimledger::api
