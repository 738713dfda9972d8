#pragma once

#include <string>
#include <string_view>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {

inline constexpr std::string_view kMetadataPath = "/.well-known/oauth-authorization-server";
inline constexpr const char* kAssertionType =
    "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

/// A service with one client, `entra`, a provisioner.
class OauthTest : public ServiceTest {
 protected:
  OauthTest();

  /// POSTs the form to the token endpoint. `authorization`: value of that header; empty: none.
  Answer AskToken(std::string form, std::string authorization = {});
  /// The form that asks with the client's secret.
  std::string Form() const;
  /// An access token for the client's secret.
  std::string AccessToken();
  /// Status of a list of users with the token.
  int StatusWith(const std::string& token);
  Answer UsersWith(const std::string& token);
  static std::string BasicOf(std::string_view id, std::string_view secret);

  std::string client_;  ///< its id
  std::string secret_;
};

/// Whether it is an error of RFC 6749 §5.2 whose description has those words.
testing::AssertionResult IsOauthError(const Answer& answer, int status, std::string_view code,
                                      std::string_view words);

}  // namespace scimledger::api
