#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/scim_error.h"

namespace scimledger {

inline constexpr std::size_t kJsonDepthMax = 32;

/// A request body parsed as JSON: valid UTF-8, one value and nothing after it, no depth beyond
/// kJsonDepthMax, no duplicate keys, no NUL and no lone surrogates in strings, no number outside
/// 64-bit integers and finite doubles. Errors: 400 `invalidSyntax` saying what and where.
class JsonDocument {
 public:
  [[nodiscard]] static Result<JsonDocument> Parse(std::string_view text);
  /// Lives as long as this object, also when it is moved.
  simdjson::dom::element root() const { return root_; }

 private:
  /// Gives a parser back, for later documents of the thread.
  struct ReturnParser {
    void operator()(simdjson::dom::parser* parser) const noexcept;
  };
  static std::unique_ptr<simdjson::dom::parser, ReturnParser> TakeParser();

  std::unique_ptr<simdjson::dom::parser, ReturnParser> parser_;
  simdjson::dom::element root_;
};

/// Appends a JSON string literal with its quotes.
void AppendJsonString(std::string& out, std::string_view text);
/// The text itself if it is UTF-8, else with U+FFFD for each byte beyond ASCII: what came in a URL
/// or a header may be anything, and JSON must be UTF-8.
std::string ReadableText(std::string_view text);
void AppendJsonInteger(std::string& out, std::int64_t number);
/// The shortest text that reads back as the same double; never an exponentless giant.
void AppendJsonDecimal(std::string& out, double number);

}  // namespace scimledger
