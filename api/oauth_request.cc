#include "api/oauth_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <utility>

#include "api/base64url.h"
#include "api/router.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kParametersMax = 64;
constexpr std::size_t kCredentialBytesMax = 1024;
constexpr std::size_t kScopeBytesMax = 1024;
constexpr std::string_view kFormMediaType = "application/x-www-form-urlencoded";
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

template <typename T>
using Parsed = std::expected<T, OauthError>;
using Form = std::map<std::string, std::string, std::less<>>;

std::unexpected<OauthError> Malformed(std::string description, int status = 400) {
  return std::unexpected(OauthError{status, "invalid_request", std::move(description)});
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Length that the header announces. nullopt: none, or not a number.
std::optional<std::size_t> AnnouncedBytes(const HttpRequest& request) {
  const auto header = FindHeader(request.headers, "Content-Length");
  if (!header) return std::nullopt;
  std::size_t bytes = 0;
  const char* const end = header->data() + header->size();
  const auto read = std::from_chars(header->data(), end, bytes);
  return read.ec == std::errc() && read.ptr == end ? std::optional(bytes) : std::nullopt;
}

Parsed<void> CheckBody(const HttpRequest& request) {
  // One that the server refused to read comes without a body.
  const bool is_unread =
      request.body.empty() && FindHeader(request.headers, "Transfer-Encoding").has_value();
  if (is_unread || request.body.size() > kFormBytesMax ||
      AnnouncedBytes(request).value_or(0) > kFormBytesMax) {
    return Malformed("The body must have at most 64 KiB, and its length in Content-Length.", 413);
  }
  const auto header = FindHeader(request.headers, "Content-Type");
  const std::string_view type = header ? Trim(header->substr(0, header->find(';'))) : "";
  if (!EqualsIgnoreAsciiCase(type, kFormMediaType)) {
    return Malformed(
        fmt::format("The body must be a form: send it with `Content-Type: {}`.", kFormMediaType));
  }
  return {};
}

/// Parameters without a value count as not sent; none may come twice (RFC 6749 §3.2).
Parsed<Form> ReadForm(std::string_view body) {
  const auto decoded = ParseTarget("?" + std::string(body));
  if (!decoded) {
    return Malformed(
        "The form holds a bad percent escape: `%` must be followed by two hexadecimal "
        "digits, and not by 00.");
  }
  if (decoded->parameters.size() > kParametersMax) {
    return Malformed("The form has more than 64 parameters.");
  }
  Form form;
  for (const Parameter& parameter : decoded->parameters) {
    if (!form.try_emplace(parameter.name, parameter.value).second) {
      return Malformed("The form has a parameter twice.");
    }
  }
  std::erase_if(form, [](const auto& member) { return member.second.empty(); });
  return form;
}

std::string Take(Form& form, std::string_view name) {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : std::move(found->second);
}

/// RFC 4648 §4, with or without padding.
std::optional<std::string> DecodeBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string url(text);
  for (char& c : url) {
    if (c == '-' || c == '_') return std::nullopt;
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return DecodeBase64Url(url);
}

/// One half of Basic, which is form-encoded inside (RFC 6749 §2.3.1).
std::optional<std::string> DecodeHalf(std::string_view text) {
  if (text.find_first_of("&=") != std::string_view::npos) return std::string(text);
  const auto decoded = ParseTarget("?x=" + std::string(text));
  if (!decoded || decoded->parameters.size() != 1) return std::nullopt;
  return decoded->parameters[0].value;
}

struct Basic {
  std::string id;
  std::string secret;
};

/// nullopt: no header Authorization.
Parsed<std::optional<Basic>> ReadBasic(const HttpRequest& request) {
  const auto header = FindHeader(request.headers, "Authorization");
  if (!header || Trim(*header).empty()) return std::optional<Basic>();
  const std::string_view value = Trim(*header);
  const std::size_t blank = value.find(' ');
  if (!EqualsIgnoreAsciiCase(value.substr(0, blank), "Basic")) {
    return std::unexpected(
        OauthError{401, "invalid_client",
                   "The header Authorization takes the scheme Basic here, or is left "
                   "out."});
  }
  const std::string_view encoded = blank == std::string_view::npos ? "" : Trim(value.substr(blank));
  const auto text = encoded.size() > 4 * kCredentialBytesMax ? std::nullopt : DecodeBase64(encoded);
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return Malformed(
        "The header Authorization must be `Basic` and base64 of client_id:client_secret.");
  }
  auto id = DecodeHalf(std::string_view(*text).substr(0, colon));
  auto secret = DecodeHalf(std::string_view(*text).substr(colon + 1));
  if (!id || !secret) {
    return Malformed("A percent escape in the header Authorization is bad.");
  }
  return std::optional(Basic{*std::move(id), *std::move(secret)});
}

/// Credentials by header and body: either, or both alike (Entra sends both when told to).
Parsed<void> ReadClient(const HttpRequest& request, Form& form, TokenRequest& to) {
  SCIMLEDGER_TRY_ASSIGN(auto basic, ReadBasic(request));
  to.client_id = Take(form, "client_id");
  to.client_secret = Take(form, "client_secret");
  if (!basic) return {};
  const bool is_same = (to.client_id.empty() || to.client_id == basic->id) &&
                       (to.client_secret.empty() || to.client_secret == basic->secret);
  if (!is_same) {
    return Malformed(
        "The client_id and client_secret in the header Authorization and in the body "
        "differ: send one of them, or both alike.");
  }
  to.client_id = std::move(basic->id);
  to.client_secret = std::move(basic->secret);
  return {};
}

/// The assertion that the grant takes, if there is one.
Parsed<void> ReadAssertion(Form& form, TokenRequest& to) {
  const std::string type = Take(form, "client_assertion_type");
  std::string client_assertion = Take(form, "client_assertion");
  std::string assertion = Take(form, "assertion");
  if (!client_assertion.empty() && type.empty()) {
    return Malformed("client_assertion needs client_assertion_type.");
  }
  if (!type.empty() && type != kAssertionType) {
    return Malformed(fmt::format("client_assertion_type must be {}.", kAssertionType));
  }
  if (!type.empty() && client_assertion.empty()) {
    return Malformed("client_assertion_type needs client_assertion.");
  }
  if (to.grant_type == kJwtBearerGrant) {
    if (assertion.empty()) return Malformed("This grant_type needs the parameter assertion.");
    if (!client_assertion.empty() || !to.client_secret.empty()) {
      return Malformed(
          "This grant_type takes the assertion alone: leave client_secret and "
          "client_assertion out.");
    }
    to.assertion = std::move(assertion);
    return {};
  }
  if (!client_assertion.empty() && !to.client_secret.empty()) {
    return Malformed("Send a client_secret or a client_assertion, not both.");
  }
  to.assertion = std::move(client_assertion);
  return {};
}

/// RFC 6749 §3.3.
bool IsScope(std::string_view text) {
  return text.size() <= kScopeBytesMax && std::ranges::all_of(text, [](char c) {
           return c >= ' ' && c <= '~' && c != '"' && c != '\\';
         });
}

}  // namespace

Parsed<TokenRequest> ReadTokenRequest(const HttpRequest& request, const Target& target) {
  SCIMLEDGER_TRY(CheckBody(request));
  for (const std::string_view name : {"client_secret", "client_assertion", "assertion"}) {
    if (target.Find(name) != nullptr) {
      return Malformed(fmt::format(
          "{} came in the URL, where others can read it: send it in the body, and replace it.",
          name));
    }
  }
  SCIMLEDGER_TRY_ASSIGN(Form form, ReadForm(request.body));
  TokenRequest parsed;
  parsed.grant_type = Take(form, "grant_type");
  if (parsed.grant_type.empty()) {
    return Malformed("The parameter grant_type is missing: send grant_type=client_credentials.");
  }
  if (parsed.grant_type != "client_credentials" && parsed.grant_type != kJwtBearerGrant) {
    return std::unexpected(
        OauthError{400, "unsupported_grant_type",
                   fmt::format("grant_type must be client_credentials or {}.", kJwtBearerGrant)});
  }
  SCIMLEDGER_TRY(ReadClient(request, form, parsed));
  SCIMLEDGER_TRY(ReadAssertion(form, parsed));
  parsed.scope = Take(form, "scope");
  if (!IsScope(parsed.scope)) {
    return std::unexpected(OauthError{
        400, "invalid_scope", "scope must be words of printable ASCII with blanks between."});
  }
  return parsed;
}

bool IsFormOfGoodSize(const HttpRequest& head) {
  const auto bytes = AnnouncedBytes(head);
  return bytes && *bytes <= kFormBytesMax;
}

}  // namespace scimledger::api
