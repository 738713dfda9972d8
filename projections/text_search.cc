#include "projections/text_search.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scimledger::projections {
namespace {

#if defined(__x86_64__)

constexpr std::size_t kWide = 32;

/// Looks at the places from `from` on at which `kWide` whole places fit; `from` moves to where the
/// rest begins.
__attribute__((target("avx2"))) std::size_t FindWide(std::string_view text, std::string_view sought,
                                                     std::size_t& from) {
  const std::size_t last = sought.size() - 1;
  const __m256i first_byte = _mm256_set1_epi8(sought.front());
  const __m256i last_byte = _mm256_set1_epi8(sought.back());
  for (; from + last + kWide <= text.size(); from += kWide) {
    const char* place = text.data() + from;
    const __m256i firsts = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(place));
    const __m256i lasts = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(place + last));
    const __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(firsts, first_byte),
                                          _mm256_cmpeq_epi8(lasts, last_byte));
    auto hits = static_cast<std::uint32_t>(_mm256_movemask_epi8(both));
    for (; hits != 0; hits &= hits - 1) {
      const auto at = static_cast<std::size_t>(std::countr_zero(hits));
      if (std::memcmp(place + at, sought.data(), sought.size()) == 0) return from + at;
    }
  }
  return std::string_view::npos;
}

#endif

}  // namespace

std::size_t FindText(std::string_view text, std::string_view sought, std::size_t from) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) {
    const std::size_t found = FindWide(text, sought, from);
    if (found != std::string_view::npos) return found;
  }
#endif
  if (from > text.size()) return std::string_view::npos;
  const void* found = memmem(text.data() + from, text.size() - from, sought.data(), sought.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace scimledger::projections
