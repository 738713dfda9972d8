#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "projections/query.h"
#include "storage/secret_key.h"

namespace scimledger::api {

/// What a cursor (RFC 9865) knows of its walk; the server keeps nothing.
struct ListCursor {
  projections::ListPosition position;  ///< where the page before ended
  std::uint64_t count = 0;             ///< of every page
  std::uint64_t total = 0;             ///< as the first page counted
  std::int64_t expires_us = 0;
};

/// As text: opaque, made of unreserved characters (RFC 3986 §2.3), at most 900 of them. It opens
/// only with an equal `context`, which says what the cursor belongs to.
std::string SealCursor(const storage::SecretKey& key, const ListCursor& cursor,
                       std::string_view context);

/// nullopt: not made by SealCursor with this key and context.
std::optional<ListCursor> OpenCursor(const storage::SecretKey& key, std::string_view text,
                                     std::string_view context);

}  // namespace scimledger::api
