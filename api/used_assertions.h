#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "storage/hash.h"
#include "storage/identifiers.h"

namespace scimledger::api {

/// Assertions that were accepted, so that none is accepted twice (RFC 7523 §3, jti). In memory: a
/// restart forgets them. Bounded (I-10): beyond `size_max` the one that ends first is forgotten.
/// Thread-safe.
class UsedAssertions {
 public:
  explicit UsedAssertions(std::size_t size_max = 100'000) : size_max_(size_max) {}

  /// Whether it is the first of that issuer and id; remembers it until `expires_us`.
  bool Add(std::string_view issuer, std::string_view id, std::int64_t expires_us,
           std::int64_t now_us);

 private:
  const std::size_t size_max_;
  std::mutex mutex_;
  std::set<std::pair<std::int64_t, Hash>> by_end_;
  std::set<Hash> known_;
};

}  // namespace scimledger::api
