#include "api/list_cursor.h"

#include "api/base64url.h"
#include "storage/big_endian.h"

namespace scimledger::api {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kTextBytesMax = 900;
/// Format, ordinal, count, total, expiry, whether there is a key; the key follows.
constexpr std::size_t kFixedBytes = 1 + 4 + 8 + 8 + 8 + 1;

}  // namespace

std::string SealCursor(const storage::SecretKey& key, const ListCursor& cursor,
                       std::string_view context) {
  std::string text(1, kFormat);
  storage::AppendBigEndian(text, cursor.position.ordinal);
  storage::AppendBigEndian(text, cursor.count);
  storage::AppendBigEndian(text, cursor.total);
  storage::AppendBigEndian(text, static_cast<std::uint64_t>(cursor.expires_us));
  text += cursor.position.key ? '\1' : '\0';
  if (cursor.position.key) text += *cursor.position.key;
  return EncodeBase64Url(key.Seal(text, context));
}

std::optional<ListCursor> OpenCursor(const storage::SecretKey& key, std::string_view text,
                                     std::string_view context) {
  const auto sealed = text.size() > kTextBytesMax ? std::nullopt : DecodeBase64Url(text);
  const auto opened = sealed ? key.Open(*sealed, context) : std::nullopt;
  if (!opened || opened->size() < kFixedBytes || opened->front() != kFormat) return std::nullopt;
  ListCursor cursor;
  cursor.position.ordinal = storage::ReadBigEndian<std::uint32_t>(*opened, 1);
  cursor.count = storage::ReadBigEndian<std::uint64_t>(*opened, 5);
  cursor.total = storage::ReadBigEndian<std::uint64_t>(*opened, 13);
  cursor.expires_us = static_cast<std::int64_t>(storage::ReadBigEndian<std::uint64_t>(*opened, 21));
  if ((*opened)[29] != '\0') cursor.position.key = opened->substr(kFixedBytes);
  return cursor;
}

}  // namespace scimledger::api
