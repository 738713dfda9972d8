#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace scimledger::fuzz {

/// Makes inputs out of others: by bytes, by tokens of SCIM and JSON, and by whole JSON values or
/// bracketed terms. The same seed and the same pools give the same inputs.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// One of the pool with one to four changes, at most `bytes_max` long. The pool is not empty.
  std::string Next(std::span<const std::string> pool, std::size_t bytes_max);

 private:
  /// A JSON value or a term in brackets, as far as that can be told.
  struct Term {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  std::size_t Below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  std::string_view Token();
  Term AnyTerm(std::string_view text);
  void Change(std::string& text, std::string_view other);
  void ChangeBytes(std::string& text);
  void ChangeTerms(std::string& text, std::string_view other);

  std::mt19937_64 random_;
};

}  // namespace scimledger::fuzz
