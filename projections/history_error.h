#pragma once

#include <stdexcept>
#include <string>

#include "storage/result.h"

namespace scimledger::projections {

/// The history projection could not be read: a damaged file, a failing disk. Thrown, because views
/// have no other way to tell; it ends the request and nothing else.
class HistoryError : public std::runtime_error {
 public:
  explicit HistoryError(const storage::Error& error)
      : std::runtime_error(error.message), code_(error.code) {}
  storage::ErrorCode code() const { return code_; }

 private:
  storage::ErrorCode code_;
};

/// The value, or a HistoryError.
template <typename T>
T Expect(storage::Result<T> result) {
  if (!result) throw HistoryError(result.error());
  return *std::move(result);
}
inline void Expect(const storage::Result<void>& result) {
  if (!result) throw HistoryError(result.error());
}

}  // namespace scimledger::projections
