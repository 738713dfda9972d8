#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/jose.h"

namespace scimledger::api {

/// Where an issuer's keys come from, kept up to date. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  /// The keys in force; nullptr: there have been none yet. `look_again`: a token names a key that
  /// is not among them, which may be newer than the last look.
  virtual std::shared_ptr<const KeySet> Keys(std::int64_t now_us, bool look_again) = 0;
};

/// Told one line for the operator. Any thread.
using Notice = std::function<void(const std::string& line)>;

/// Keys in a file, read again when it has changed; it is looked at once a second at most, and for a
/// key that is not there. A file that is missing or broken leaves the keys as they were and is told
/// to `notice` once.
std::unique_ptr<KeySource> MakeKeyFile(std::string path, Notice notice);

}  // namespace scimledger::api
