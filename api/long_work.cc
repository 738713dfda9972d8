#include "api/long_work.h"

#include <fmt/format.h>

namespace scimledger::api {
namespace {

int StatusOf(storage::ErrorCode code) {
  switch (code) {
    case storage::ErrorCode::kInvalid:
      return 400;
    case storage::ErrorCode::kNotFound:
      return 403;
    case storage::ErrorCode::kUnavailable:
      return 503;
    case storage::ErrorCode::kNoSpace:
      return 507;
    case storage::ErrorCode::kConflict:
    case storage::ErrorCode::kSyncFailed:
    case storage::ErrorCode::kCorrupt:
    case storage::ErrorCode::kIncompatible:
    case storage::ErrorCode::kLocked:
    case storage::ErrorCode::kIo:
      return 500;
  }
  return 500;
}

}  // namespace

std::optional<LongWork::Progress> LongWork::progress(const Tenant& tenant) const {
  if (tenant_.load(std::memory_order_relaxed) != &tenant) return std::nullopt;
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  if (head == 0) return std::nullopt;
  return Progress{{position_.load(std::memory_order_relaxed)}, {head}};
}

ScimError FailureOf(std::string_view what, const storage::Error& error) {
  const int status = StatusOf(error.code);
  return {status, status == 400 ? ScimType::kInvalidValue : ScimType::kNone,
          fmt::format("{}: {}", what, error.message)};
}

}  // namespace scimledger::api
