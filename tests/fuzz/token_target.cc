#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "api/base64url.h"
#include "api/jose.h"
#include "api/oauth_request.h"
#include "storage/result.h"
#include "tests/fuzz/fuzz_target.h"

namespace scimledger::fuzz {
namespace {

/// A key of the right form, of which nobody has the private half.
const api::KeySet& Keys() {
  static const api::KeySet keys =
      *api::KeySet::Parse(R"({"keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":")" +
                          api::EncodeBase64Url(std::string(256, '\xC1')) + R"("}]})");
  return keys;
}

/// RFC 6749 §5.2 allows no more in error_description; other headers and JSON can hold it as well.
void CheckReason(std::string_view reason) {
  const bool is_plain = std::ranges::all_of(
      reason, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  SCIMLEDGER_INVARIANT(!reason.empty() && is_plain, "a reason is plain text");
}

bool CheckJwt(std::string_view compact) {
  const auto jwt = api::UnverifiedJwt::Parse(compact);
  if (!jwt) {
    CheckReason(jwt.error());
    return false;
  }
  const auto claims = jwt->Verify(*Keys().Find("k"));
  SCIMLEDGER_INVARIANT(!claims, "nobody can sign");
  CheckReason(claims.error());
  return true;
}

bool CheckRequest(std::string_view body, std::string_view authorization) {
  api::HttpRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Authorization", std::string(authorization)}};
  request.body = body;
  const auto read = api::ReadTokenRequest(request, {});
  if (!read) CheckReason(read.error().description);
  return read.has_value();
}

/// Whether it is a key set; what is in it can be found.
bool CheckKeySet(std::string_view text) {
  const auto keys = api::KeySet::Parse(text);
  SCIMLEDGER_INVARIANT(!keys || keys->size() > 0, "a key set has a key");
  return keys.has_value();
}

}  // namespace

// As it is; and its lines as header and payload of a JWT, as form, and as Basic credentials.
int FuzzToken(Input input) {
  const std::string_view text = TextOf(input);
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  const std::string_view first = text.substr(0, line_end);
  const std::string_view rest = text.substr(std::min(line_end + 1, text.size()));
  const std::string compact = api::EncodeBase64Url(first) + "." + api::EncodeBase64Url(rest) + "." +
                              api::EncodeBase64Url(std::string(256, 's'));
  const bool is_jwt = CheckJwt(compact);
  const bool is_key_set = CheckKeySet(text);
  const bool is_form = CheckRequest(rest, {});
  CheckJwt(text);
  CheckRequest(rest, first);
  CheckRequest(rest, "Basic " + api::EncodeBase64Url(first));
  return is_jwt || is_key_set || is_form ? 1 : 0;
}

}  // namespace scimledger::fuzz
