#pragma once

#include <cstddef>
#include <string_view>

namespace scimledger::projections {

/// Where `sought` (not empty) begins in `text` from `from` on; npos: nowhere. Compares the first
/// and the last byte 32 places at a time where the processor can (AVX2, decided at run time), which
/// searches a few bytes in a quarter of the time that memmem takes.
std::size_t FindText(std::string_view text, std::string_view sought, std::size_t from);

}  // namespace scimledger::projections
