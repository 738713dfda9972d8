#include "api/list_cursor.h"

#include <algorithm>
#include <string>

#include "api/base64url.h"
#include "engine/sort_key.h"
#include "tests/fuzz/fuzz_target.h"

namespace scimledger::fuzz {
namespace {

const storage::SecretKey& Key() {
  static const storage::SecretKey key = storage::SecretKey::Random();
  return key;
}

/// A cursor made of the input's bytes, and its bytes changed by the others.
void CheckAltered(Input input) {
  if (input.size() < 8) return;
  api::ListCursor cursor;
  cursor.position.ordinal = input[0];
  cursor.count = input[1];
  const std::size_t key_bytes = std::min<std::size_t>(input.size() - 8, kSortKeyBytesMax);
  if (input[2] % 2 == 0) cursor.position.key.emplace(TextOf(input).substr(8, key_bytes));
  const std::string sealed = api::SealCursor(Key(), cursor, "query");

  const auto opened = api::OpenCursor(Key(), sealed, "query");
  SCIMLEDGER_INVARIANT(opened && opened->position.key == cursor.position.key &&
                           opened->position.ordinal == cursor.position.ordinal &&
                           opened->count == cursor.count,
                       "a cursor opens as it was sealed");
  SCIMLEDGER_INVARIANT(!api::OpenCursor(Key(), sealed, "other"), "only for its query");

  std::string bytes = *api::DecodeBase64Url(sealed);
  const std::size_t place = (input[3] * 256U + input[4]) % bytes.size();
  bytes[place] = static_cast<char>(bytes[place] ^ (input[5] == 0 ? 1 : input[5]));
  SCIMLEDGER_INVARIANT(!api::OpenCursor(Key(), api::EncodeBase64Url(bytes), "query"),
                       "an altered cursor does not open");
  SCIMLEDGER_INVARIANT(!api::OpenCursor(Key(), sealed.substr(0, place), "query"),
                       "a cut cursor does not open");
}

}  // namespace

int FuzzCursor(Input input) {
  SCIMLEDGER_INVARIANT(!api::OpenCursor(Key(), TextOf(input), "query"),
                       "what was not sealed does not open");
  const std::string encoded = api::EncodeBase64Url(std::string(TextOf(input)));
  SCIMLEDGER_INVARIANT(!api::OpenCursor(Key(), encoded, "query"),
                       "what was not sealed does not open");
  CheckAltered(input);
  return 1;
}

}  // namespace scimledger::fuzz
