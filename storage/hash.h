#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "storage/identifiers.h"

namespace scimledger::storage {

/// SHA-256 of the concatenation of `parts`. Thread-safe; keeps one context per thread.
Hash Sha256(std::initializer_list<std::string_view> parts);

/// SHA-256 of a stream. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void Update(std::string_view bytes);
  /// Ends the stream; the object must not be used again.
  Hash Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string ToHex(const Hash& hash);
inline std::string_view AsBytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// Fills with cryptographically strong bytes, drawn from the system in blocks. Thread-safe.
void FillRandom(void* bytes, std::size_t count);

/// A random UUID (RFC 9562 §5.4, version 4).
Uuid RandomUuid();

}  // namespace scimledger::storage
