#pragma once

#include <string>
#include <string_view>

#include "storage/result.h"

namespace scimledger::storage {

/// The envelope that `context` and `body` begin with (LOG_FORMAT.md §3): algorithm, key id and 32
/// random salt bytes, so that hashes of guessable values give nothing away and encryption can be
/// switched on without a new format. Format 0 knows algorithm `none` only.
std::string Seal(std::string_view plaintext);

/// The bytes inside. kCorrupt: no envelope; kIncompatible: an algorithm this version does not know.
[[nodiscard]] Result<std::string_view> Open(std::string_view sealed);

}  // namespace scimledger::storage
