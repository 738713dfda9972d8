#include "api/access_token.h"

#include "api/base64url.h"
#include "storage/big_endian.h"

namespace scimledger::api {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kTextBytesMax = 8192;
/// Format, credential, issued, expires, length of the issuer; issuer and subject follow.
constexpr std::size_t kFixedBytes = 1 + 16 + 8 + 8 + 4;

std::string ContextOf(const Uuid& log_id) { return "access token of " + log_id.ToString(); }

}  // namespace

std::string SealAccessToken(const storage::SecretKey& key, const AccessToken& token,
                            const Uuid& log_id) {
  std::string text(1, kFormat);
  text += token.credential.AsBytes();
  storage::AppendBigEndian(text, static_cast<std::uint64_t>(token.issued_us));
  storage::AppendBigEndian(text, static_cast<std::uint64_t>(token.expires_us));
  storage::AppendBigEndian(text, static_cast<std::uint32_t>(token.issuer.size()));
  text += token.issuer;
  text += token.subject;
  return std::string(kAccessTokenPrefix) + EncodeBase64Url(key.Seal(text, ContextOf(log_id)));
}

std::optional<AccessToken> OpenAccessToken(const storage::SecretKey& key, std::string_view text,
                                           const Uuid& log_id) {
  if (!text.starts_with(kAccessTokenPrefix) || text.size() > kTextBytesMax) return std::nullopt;
  const auto sealed = DecodeBase64Url(text.substr(kAccessTokenPrefix.size()));
  const auto opened = sealed ? key.Open(*sealed, ContextOf(log_id)) : std::nullopt;
  if (!opened || opened->size() < kFixedBytes || opened->front() != kFormat) return std::nullopt;
  AccessToken token;
  token.credential = *Uuid::FromBytes(opened->substr(1, 16));
  token.issued_us = static_cast<std::int64_t>(storage::ReadBigEndian<std::uint64_t>(*opened, 17));
  token.expires_us = static_cast<std::int64_t>(storage::ReadBigEndian<std::uint64_t>(*opened, 25));
  const auto issuer_bytes = storage::ReadBigEndian<std::uint32_t>(*opened, 33);
  if (issuer_bytes > opened->size() - kFixedBytes) return std::nullopt;
  token.issuer = opened->substr(kFixedBytes, issuer_bytes);
  token.subject = opened->substr(kFixedBytes + issuer_bytes);
  return token;
}

}  // namespace scimledger::api
