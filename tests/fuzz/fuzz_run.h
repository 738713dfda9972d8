#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace scimledger::fuzz {

struct RunOptions {
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;    ///< inputs beyond the corpus; 0: as many as `seconds` allow
  double seconds = 0;        ///< 0: as many as `runs`
  bool limits_time = false;  ///< an input that takes kInputSecondsMax of processor time has failed
  std::filesystem::path corpus;          ///< has a folder for each target
  std::filesystem::path failures = ".";  ///< where failing inputs are saved
};

inline constexpr int kInputSecondsMax = 5;
inline constexpr std::size_t kInputBytesMax = 64U << 10U;

/// Runs the target in a process of its own over its corpus and then over what the seed makes of it,
/// and prints a line of what was done. False: an input failed; it was saved, and the line that
/// replays it printed.
bool Fuzz(const Target& target, const RunOptions& options);

/// The failing input's file again, in this process, of the target that its name says.
int Replay(const std::filesystem::path& file);

}  // namespace scimledger::fuzz
