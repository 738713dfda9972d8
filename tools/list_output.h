#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/output.h"

namespace scimledger::tools {

/// How a list that is not one of events looks.
struct ListShape {
  std::string key;                  ///< of the list in json
  std::vector<std::string> header;  ///< of the table
  std::vector<std::string> fields;  ///< of csv
  std::string nothing;              ///< what the table says of an empty list
};

/// One entry in each form; only the one that is printed need be made well.
struct ListEntry {
  std::vector<std::string> row;     ///< of the table
  std::vector<std::string> record;  ///< of csv
  std::string json;                 ///< one object
};

/// Prints a list as it comes, so that memory stays small: json, jsonl at once, rows of the table
/// and of csv a thousand at a time.
class ListOutput {
 public:
  ListOutput(ListShape shape, Format format);

  void Add(ListEntry entry);
  /// After the last entry. `rest`: members of the json object besides the list, `"asOf":41`.
  void End(const std::string& rest);
  std::uint64_t count() const { return count_; }

 private:
  void PrintRows();

  const ListShape shape_;
  const Format format_;
  std::vector<std::vector<std::string>> rows_;
  bool has_header_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace scimledger::tools
