#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/schema.h"

namespace scimledger {

/// Bytes of a password that is to be hashed; beyond: 400 `invalidValue`.
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// A password as a write supplied it, ready to be hashed. It is never part of what decide sees:
/// whoever submits the command puts a reference to the hash in its place
/// (engine/password_reference.h), and without one only that it was supplied gets into the event.
struct SuppliedPassword {
  AttributeId attribute{};
  std::string text;
};

/// Whether it is the password of RFC 7643 §4.1.1.
bool IsPassword(const Attribute& attribute);
/// Whether the tenant keeps hashes of passwords (the setting `passwords`).
bool KeepsPasswords(const SchemaRegistry& registry);

/// As RFC 8265 §4.2 (OpaqueString) prepares and enforces passwords: non-ASCII spaces become spaces,
/// then NFC; letter case stays. `invalidValue`, without a word of the text: empty, longer than
/// kPasswordBytesMax, or with control characters or code points that Unicode has not assigned. Of
/// the code points that the RFC refuses, ignorable ones and old jamo are let pass, because clients
/// do send them.
[[nodiscard]] Result<std::string> PreparePassword(std::string_view text);

}  // namespace scimledger
