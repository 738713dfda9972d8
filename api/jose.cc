#include "api/jose.h"

#include <cjose/cjose.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "api/base64url.h"
#include "engine/json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger::api {

struct PublicKey {
  std::unique_ptr<cjose_jwk_t, decltype(&cjose_jwk_release)> handle;
};

namespace {

constexpr std::size_t kKidBytesMax = 512;
constexpr std::size_t kClaimBytesMax = 2048;
constexpr std::size_t kModulusBytesMin = 256;   // 2048 bits
constexpr std::size_t kModulusBytesMax = 1024;  // 8192 bits: beyond, verifying takes long
constexpr std::size_t kExponentBytesMax = 4;
constexpr double kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z

using Signed = std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)>;

std::unexpected<std::string> No(std::string reason) { return std::unexpected(std::move(reason)); }

/// A member that must be a string where it is there; empty: it is not.
Checked<std::string> TextMember(simdjson::dom::object object, std::string_view name,
                                std::size_t bytes_max) {
  const auto member = object.at_key(name);
  if (member.error() != simdjson::SUCCESS) return std::string();
  std::string_view text;
  if (member.get(text) != simdjson::SUCCESS) return No("is not a string");
  if (text.size() > bytes_max) return No("is too long");
  return std::string(text);
}

/// Big-endian bytes without leading zeros; empty: not there, or not base64url.
std::string NumberMember(simdjson::dom::object object, std::string_view name) {
  const auto text = TextMember(object, name, 2 * kModulusBytesMax);
  auto bytes = text ? DecodeBase64Url(*text) : std::nullopt;
  if (!bytes) return {};
  bytes->erase(0, std::min(bytes->find_first_not_of('\0'), bytes->size()));
  return *std::move(bytes);
}

/// nullptr: not an RSA key that may be used.
KeySet::Key MakeKey(simdjson::dom::object object) {
  std::string modulus = NumberMember(object, "n");
  std::string exponent = NumberMember(object, "e");
  const bool is_sound = modulus.size() >= kModulusBytesMin && modulus.size() <= kModulusBytesMax &&
                        (modulus.back() & 1) != 0 && !exponent.empty() &&
                        exponent.size() <= kExponentBytesMax && (exponent.back() & 1) != 0 &&
                        exponent != "\x01";
  if (!is_sound) return nullptr;
  cjose_jwk_rsa_keyspec spec{};
  spec.n = reinterpret_cast<std::uint8_t*>(modulus.data());
  spec.nlen = modulus.size();
  spec.e = reinterpret_cast<std::uint8_t*>(exponent.data());
  spec.elen = exponent.size();
  cjose_err error{};
  PublicKey key{{cjose_jwk_create_RSA_spec(&spec, &error), &cjose_jwk_release}};
  if (key.handle == nullptr) return nullptr;
  return std::make_shared<const PublicKey>(std::move(key));
}

/// Whether a key of the set is one to verify RS256 with (RFC 7517 §4).
bool IsForSignatures(simdjson::dom::object object) {
  const auto is_absent_or = [&](std::string_view name, std::string_view value) {
    const auto text = TextMember(object, name, kKidBytesMax);
    return text && (text->empty() || *text == value);
  };
  const auto type = TextMember(object, "kty", kKidBytesMax);
  return type && *type == "RSA" && is_absent_or("use", "sig") && is_absent_or("alg", "RS256");
}

/// One part of the compact form, as the JSON object that it must be.
Checked<JsonDocument> DecodePart(std::string_view part, std::string_view name) {
  const auto text = DecodeBase64Url(part);
  if (!text) return No(std::string("The ") + std::string(name) + " of the JWT is not base64url.");
  auto document = JsonDocument::Parse(*text);
  if (!document || !document->root().is_object()) {
    return No(std::string("The ") + std::string(name) + " of the JWT is not a JSON object.");
  }
  return *std::move(document);
}

/// The header's `kid`, when the header is one that is accepted.
Checked<std::string> CheckHeader(simdjson::dom::object header) {
  const auto algorithm = TextMember(header, "alg", kKidBytesMax);
  if (!algorithm || *algorithm != "RS256") {
    return No("The JWT must be signed with RS256: its alg is another.");
  }
  if (header.at_key("crit").error() == simdjson::SUCCESS) {
    return No("The JWT has critical header parameters (crit), which are not known here.");
  }
  const auto type = TextMember(header, "typ", kKidBytesMax);
  if (!type) return No("The typ of the JWT's header is not a string.");
  const std::string lower = AsciiLower(*type);
  if (lower == "secevent+jwt" || lower == "application/secevent+jwt") {
    return No(
        "The JWT is a security event token (typ secevent+jwt), which proves nobody's "
        "identity.");
  }
  auto kid = TextMember(header, "kid", kKidBytesMax);
  if (!kid || kid->empty()) {
    return No("The JWT's header must name the key that signed it (kid).");
  }
  return kid;
}

/// A claim that must be a text where it is there.
Checked<void> ReadText(simdjson::dom::object claims, std::string_view name, std::string& to) {
  auto text = TextMember(claims, name, kClaimBytesMax);
  if (!text) return No("The claim " + std::string(name) + " " + text.error() + ".");
  to = *std::move(text);
  return {};
}

/// A NumericDate: seconds since 1970, perhaps with a fraction.
Checked<void> ReadTime(simdjson::dom::object claims, std::string_view name,
                       std::optional<std::int64_t>& to) {
  const auto member = claims.at_key(name);
  if (member.error() != simdjson::SUCCESS) return {};
  double seconds = 0;
  if (member.get(seconds) != simdjson::SUCCESS || !(seconds >= 0 && seconds <= kSecondsMax)) {
    return No("The claim " + std::string(name) + " is not a number of seconds since 1970.");
  }
  to = static_cast<std::int64_t>(std::floor(seconds));
  return {};
}

Checked<void> ReadAudiences(simdjson::dom::object claims, std::vector<std::string>& to) {
  const auto member = claims.at_key("aud");
  if (member.error() != simdjson::SUCCESS) return {};
  std::string_view text;
  if (member.get(text) == simdjson::SUCCESS) {
    to.emplace_back(text);
    return {};
  }
  simdjson::dom::array list;
  if (member.get(list) != simdjson::SUCCESS || list.size() > kAudiencesMax) {
    return No("The claim aud is neither a string nor a short list of strings.");
  }
  for (const simdjson::dom::element each : list) {
    if (each.get(text) != simdjson::SUCCESS) {
      return No("The claim aud is neither a string nor a short list of strings.");
    }
    to.emplace_back(text);
  }
  return {};
}

Checked<JwtClaims> ReadClaims(simdjson::dom::object object) {
  JwtClaims claims;
  const std::array read = {
      ReadText(object, "iss", claims.issuer),  ReadText(object, "sub", claims.subject),
      ReadText(object, "jti", claims.id),      ReadAudiences(object, claims.audiences),
      ReadTime(object, "exp", claims.expires), ReadTime(object, "nbf", claims.not_before),
      ReadTime(object, "iat", claims.issued)};
  for (const auto& each : read) {
    if (!each) return No(each.error());
  }
  return claims;
}

}  // namespace

Checked<KeySet> KeySet::Parse(std::string_view json) {
  if (json.size() > kKeySetBytesMax) return No("it is larger than 1 MiB");
  const auto document = JsonDocument::Parse(json);
  if (!document) return No("it is not JSON: " + document.error().detail);
  simdjson::dom::array list;
  if (document->root()["keys"].get(list) != simdjson::SUCCESS) {
    return No("it is not a JSON object with a list `keys` (RFC 7517)");
  }
  if (list.size() > kKeysMax) return No("it has more than 1000 keys");
  KeySet set;
  for (const simdjson::dom::element each : list) {
    simdjson::dom::object object;
    if (each.get(object) != simdjson::SUCCESS) return No("a key is not a JSON object");
    const auto kid = TextMember(object, "kid", kKidBytesMax);
    if (!kid || kid->empty() || !IsForSignatures(object)) continue;
    Key key = MakeKey(object);
    if (key == nullptr) {
      return No("the key `" + *kid + "` is not an RSA key of 2048 to 8192 bits (n, e)");
    }
    set.keys_.try_emplace(*kid, std::move(key));
  }
  if (set.keys_.empty()) return No("it has no RSA key for signatures with a kid");
  return set;
}

const KeySet::Key* KeySet::Find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

Checked<UnverifiedJwt> UnverifiedJwt::Parse(std::string_view compact) {
  if (compact.size() > kJwtBytesMax) return No("The JWT is longer than 16 KiB.");
  if (!LooksLikeJwt(compact)) {
    return No("The JWT must have three parts with dots between: header, payload and signature.");
  }
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument header, DecodePart(compact.substr(0, first), "header"));
  UnverifiedJwt jwt;
  SCIMLEDGER_TRY_ASSIGN(jwt.kid_, CheckHeader(simdjson::dom::object(header.root())));
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument payload,
                        DecodePart(compact.substr(first + 1, last - first - 1), "payload"));
  SCIMLEDGER_TRY_ASSIGN(jwt.claims_, ReadClaims(simdjson::dom::object(payload.root())));
  const auto signature = DecodeBase64Url(compact.substr(last + 1));
  if (!signature || signature->empty()) return No("The signature of the JWT is not base64url.");
  jwt.compact_ = compact;
  return jwt;
}

Checked<JwtClaims> UnverifiedJwt::Verify(const KeySet::Key& key) const {
  cjose_err error{};
  const Signed jws(cjose_jws_import(compact_.data(), compact_.size(), &error), &cjose_jws_release);
  if (jws == nullptr) return No("The JWT cannot be read.");
  if (!cjose_jws_verify(jws.get(), key->handle.get(), &error)) {
    return No("The signature of the JWT was not made by the issuer's key of that kid.");
  }
  return claims_;
}

bool LooksLikeJwt(std::string_view token) { return std::ranges::count(token, '.') == 2; }

}  // namespace scimledger::api
