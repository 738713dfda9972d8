#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "api/key_source.h"
#include "api/tls_client.h"

namespace scimledger::api {

struct KeyUrlOptions {
  ClientTls tls;  ///< the system's roots unless told otherwise
  std::chrono::milliseconds refresh_interval = std::chrono::hours(1);
  /// After a fetch that failed, until the next; and between fetches for a key that is not there.
  std::chrono::milliseconds pause = std::chrono::minutes(1);
  std::chrono::milliseconds timeout{5'000};        ///< without progress
  std::chrono::milliseconds request_time{10'000};  ///< in all
};

/// An https URL, and nothing in it that a key set's URL cannot have.
bool IsKeyUrl(std::string_view text);

/// Keys at a URL (IsKeyUrl), fetched by a thread of its own at once, then every hour, and for a key
/// that is not there: a token with a new key is refused until it has been fetched. Redirects are
/// refused, and so is more than kKeySetBytesMax. What cannot be fetched leaves the keys as they
/// were; `notice` is told when that begins and when it ends. The destructor waits for a fetch that
/// is under way.
std::unique_ptr<KeySource> MakeKeyUrl(std::string url, Notice notice, KeyUrlOptions options = {});

}  // namespace scimledger::api
