#include "tests/fuzz/mutator.h"

#include <array>

#include "tests/fuzz/dictionary.h"

namespace scimledger::fuzz {
namespace {

constexpr std::string_view kOpening = "\"[{(";

bool IsWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == ':' || c == '$' || c == '_';
}

/// Where the quoted text that begins at `at` ends.
std::size_t EndOfText(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t EndOfBrackets(std::string_view text, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '"') {
      i = EndOfText(text, i) - 1;
    } else if (kOpening.contains(text[i])) {
      ++depth;
    } else if ((text[i] == ']' || text[i] == '}' || text[i] == ')') && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t EndOfWord(std::string_view text, std::size_t at) {
  while (at < text.size() && IsWord(text[at])) ++at;
  return at;
}

}  // namespace

std::string Mutator::Next(std::span<const std::string> pool, std::size_t bytes_max) {
  std::string text = pool[Below(pool.size())];
  for (std::size_t changes = 1 + Below(4); changes > 0; --changes) {
    Change(text, pool[Below(pool.size())]);
    if (text.size() > bytes_max) text.resize(bytes_max);
  }
  return text;
}

std::string_view Mutator::Token() { return kDictionary[Below(kDictionary.size())]; }

Mutator::Term Mutator::AnyTerm(std::string_view text) {
  for (std::size_t at = Below(text.size()); at < text.size(); ++at) {
    if (text[at] == '"') return {at, EndOfText(text, at) - at};
    if (kOpening.contains(text[at])) return {at, EndOfBrackets(text, at) - at};
    if (IsWord(text[at])) return {at, EndOfWord(text, at) - at};
  }
  return {};
}

void Mutator::Change(std::string& text, std::string_view other) {
  if (Below(5) == 0) {
    ChangeBytes(text);
  } else {
    ChangeTerms(text, other);
  }
}

void Mutator::ChangeBytes(std::string& text) {
  const std::size_t at = Below(text.size());
  switch (Below(6)) {
    case 0:
      if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
      break;
    case 1:
      if (!text.empty()) text[at] = static_cast<char>(Below(256));
      break;
    case 2:
      text.erase(at, 1 + Below(16));
      break;
    case 3:
      text.insert(at, text.substr(at, 1 + Below(32)));
      break;
    case 4:
      if (Below(4) == 0) text.resize(at);
      break;
    default:
      text.insert(at, kBadBytes[Below(kBadBytes.size())]);
  }
}

void Mutator::ChangeTerms(std::string& text, std::string_view other) {
  const Term term = AnyTerm(text);
  const Term source = AnyTerm(other);
  const std::string own = text.substr(term.begin, term.size);
  switch (Below(8)) {
    case 0:
      text.replace(term.begin, term.size, Token());
      break;
    case 1:
      text.insert(Below(text.size() + 1), Token());
      break;
    case 2:
    case 3:
      text.replace(term.begin, term.size, other.substr(source.begin, source.size));
      break;
    case 4:
      text.insert(term.begin + term.size, (Below(2) == 0 ? "," : " and ") + own);
      break;
    case 5: {
      static constexpr std::array<std::array<std::string_view, 2>, 5> kAround{
          {{"[", "]"}, {"{\"value\":", "}"}, {"(", ")"}, {"not (", ")"}, {"\"", "\""}}};
      const auto& [before, after] = kAround[Below(kAround.size())];
      std::string nested = own;
      for (std::size_t i = 0, depth = Below(16) == 0 ? 40 : 1; i < depth; ++i) {
        nested.insert(0, before).append(after);
      }
      text.replace(term.begin, term.size, nested);
      break;
    }
    case 6:
      text.replace(term.begin, term.size, kValues[Below(kValues.size())]);
      break;
    default:
      text.erase(term.begin, term.size);
  }
}

}  // namespace scimledger::fuzz
