#pragma once

#include <cstddef>
#include <expected>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace scimledger::tools {

/// Reads comma-separated values (RFC 4180): quoted cells may hold commas, line ends and doubled
/// quotes. A byte order mark in front is passed over, and lines without anything are too.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in) : in_(in) {}

  /// The next record; nullopt: there are no more. The error says what is wrong, without the line.
  [[nodiscard]] std::expected<std::optional<std::vector<std::string>>, std::string> Next();
  /// Where the last record began, from 1.
  std::size_t line() const { return line_; }

 private:
  std::istream& in_;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

}  // namespace scimledger::tools
