#pragma once

#include <stdexcept>
#include <string>

#include "storage/result.h"

namespace scimledger::projections {

/// The history projection could not be read: a damaged file, a failing disk. Thrown, because views
/// have no other way to tell; it ends the request and nothing else.
class HistoryError : public std::runtime_error {
 public:
  explicit HistoryError(const std::string& what) : std::runtime_error(what) {}
};

/// The value, or a HistoryError.
template <typename T>
T Expect(storage::Result<T> result) {
  if (!result) throw HistoryError(result.error().message);
  return *std::move(result);
}
inline void Expect(const storage::Result<void>& result) {
  if (!result) throw HistoryError(result.error().message);
}

}  // namespace scimledger::projections
