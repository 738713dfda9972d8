#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/identifiers.h"

namespace scimledger::storage {

/// SHA-256(log id): names a log inside its leaves without naming the tenant.
Hash TenantTag(const Uuid& log_id);

/// What of an event enters the tree.
struct LeafFields {
  Sequence sequence;
  std::int64_t time_us = 0;
  Uuid event_id;
  Hash tenant_tag{};
  std::string_view header;
  std::string_view context;  ///< as stored, with its envelope
  std::string_view body;     ///< as stored, with its envelope
  Hash previous_leaf_hash{};
};

inline constexpr std::size_t kLeafRecordBytes = 200;

/// The leaf record (LOG_FORMAT.md §5), always kLeafRecordBytes long.
std::string EncodeLeafRecord(const LeafFields& fields);

/// SHA-256(00 ‖ leaf record).
Hash LeafHash(const LeafFields& fields);

}  // namespace scimledger::storage
