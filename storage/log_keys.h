#pragma once

#include <string>
#include <string_view>

#include "storage/identifiers.h"

namespace scimledger::storage {

/// The keys of DATA/log (LOG_FORMAT.md §2). Each begins with a log id.

/// The family of event records. Told by a key, or by what all keys of a walk begin with.
inline constexpr const char* kEventsFamily = "events";
bool IsInEvents(std::string_view key);

std::string StoreKey();
std::string TenantKey(std::string_view tenant);
std::string EventKey(const Uuid& log_id, Sequence sequence);
std::string BatchKey(const Uuid& log_id, Sequence last);
std::string FrontierKey(const Uuid& log_id);

/// What all event keys, or all batch keys, of a log begin with; 8 bytes of sequence follow.
std::string EventKeyPrefix(const Uuid& log_id);
std::string BatchKeyPrefix(const Uuid& log_id);

inline constexpr std::size_t kTenantNameBytesMax = 255;

}  // namespace scimledger::storage
