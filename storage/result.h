#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <utility>

namespace scimledger::storage {

/// What went wrong below the domain. One category per reaction of the caller.
enum class ErrorCode : std::uint8_t {
  kConflict,      ///< the log's head is not the expected one; nothing was written
  kUnavailable,   ///< an append failed and its outcome is unknown until the log is reopened
  kNoSpace,       ///< as kUnavailable, because the disk is full
  kSyncFailed,    ///< a sync to disk failed: the process must exit (DESIGN: never retry an fsync)
  kCorrupt,       ///< stored bytes do not verify
  kIncompatible,  ///< stored by another format version
  kLocked,        ///< another process holds the data directory
  kNotFound,      ///< no such file or directory, or not a data directory
  kInvalid,       ///< the caller passed something that cannot be carried out
  kIo,            ///< the operating system refused
};

/// `message` is one line for an operator: what failed, where, and what to do.
struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace scimledger::storage

#define SCIMLEDGER_CONCAT_INNER(a, b) a##b
#define SCIMLEDGER_CONCAT(a, b) SCIMLEDGER_CONCAT_INNER(a, b)

/// Returns the error of `expr` from the enclosing function, if it has one.
#define SCIMLEDGER_TRY(expr)                                              \
  do {                                                                    \
    if (auto scimledger_tried = (expr); !scimledger_tried) {              \
      return std::unexpected(std::move(scimledger_tried).error());        \
    }                                                                     \
  } while (false)

/// `SCIMLEDGER_TRY_ASSIGN(auto value, Compute());` declares `value`, or returns the error.
#define SCIMLEDGER_TRY_ASSIGN(declaration, expr) \
  SCIMLEDGER_TRY_ASSIGN_AT(SCIMLEDGER_CONCAT(scimledger_result_, __LINE__), declaration, expr)
#define SCIMLEDGER_TRY_ASSIGN_AT(result, declaration, expr)               \
  auto result = (expr);                                                   \
  if (!result) return std::unexpected(std::move(result).error());         \
  declaration = *std::move(result)

/// A programmer's error that would make the log wrong: stops the process, in every build.
/// A wrong log is worse than a stopped server.
#define SCIMLEDGER_INVARIANT(condition, what)                                              \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "scimledger: invariant broken: %s (%s:%d)\n", what, __FILE__,   \
                   __LINE__);                                                              \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)
