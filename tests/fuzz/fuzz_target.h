#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace scimledger::fuzz {

using Input = std::span<const std::uint8_t>;

inline std::string_view TextOf(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// Each reads one input and aborts (SCIMLEDGER_INVARIANT) when a promise is broken. 1: the input got
// past parsing, so that its relatives are worth trying; 0: it was refused.

/// Bodies of POST: parse, decide, write, and read again.
int FuzzJson(Input input);
/// Filters and PATCH paths: parse, bind, print, parse again; evaluator against the query.
int FuzzFilter(Input input);
/// PATCH bodies against a resource that the input chooses.
int FuzzPatch(Input input);
/// Bulk bodies: parse, plan, and decide in the planned order.
int FuzzBulk(Input input);
/// Cursors: nothing opens but what was sealed.
int FuzzCursor(Input input);
/// JWTs, key sets and requests to the token endpoint: refused in plain words, and never verified.
int FuzzToken(Input input);

struct Target {
  std::string_view name;  ///< also its folder in corpus/
  int (*run)(Input);
};
inline constexpr std::array<Target, 6> kTargets{{{"json", FuzzJson},
                                                 {"filter", FuzzFilter},
                                                 {"patch", FuzzPatch},
                                                 {"bulk", FuzzBulk},
                                                 {"cursor", FuzzCursor},
                                                 {"token", FuzzToken}}};

}  // namespace scimledger::fuzz
