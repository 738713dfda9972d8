#include "tools/exit_code.h"

#include <fmt/core.h>

#include <cstdio>

namespace scimledger::tools {
namespace {

ExitCode CodeOf(storage::ErrorCode code) {
  switch (code) {
    case storage::ErrorCode::kInvalid:
      return ExitCode::kMisuse;
    case storage::ErrorCode::kCorrupt:
    case storage::ErrorCode::kIncompatible:
    case storage::ErrorCode::kLocked:
    case storage::ErrorCode::kNotFound:
      return ExitCode::kCannotOpen;
    case storage::ErrorCode::kConflict:
    case storage::ErrorCode::kUnavailable:
    case storage::ErrorCode::kNoSpace:
    case storage::ErrorCode::kSyncFailed:
    case storage::ErrorCode::kIo:
      return ExitCode::kIo;
  }
  return ExitCode::kIo;
}

}  // namespace

ExitCode Report(ExitCode code, const std::string& message) {
  fmt::print(stderr, "scimledger: {}\n", message);
  return code;
}

ExitCode Report(const storage::Error& error) { return Report(CodeOf(error.code), error.message); }

}  // namespace scimledger::tools
