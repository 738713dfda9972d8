#include "tools/csv_reader.h"

#include <string_view>

namespace scimledger::tools {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kRecordBytesMax = 1U << 20U;

}  // namespace

std::expected<std::optional<std::vector<std::string>>, std::string> CsvReader::Next() {
  std::vector<std::string> record{""};
  bool is_quoted = false;
  bool has_bytes = false;
  std::size_t bytes = 0;
  line_ = next_line_;
  for (int c = in_.get(); c != std::istream::traits_type::eof(); c = in_.get()) {
    const char byte = static_cast<char>(c);
    if (byte == '\n') ++next_line_;
    if (++bytes > kRecordBytesMax) return std::unexpected("a record is longer than 1 MiB");
    std::string& cell = record.back();
    if (is_quoted && byte == '"' && in_.peek() == '"') {
      cell += static_cast<char>(in_.get());
    } else if (byte == '"' && (is_quoted || cell.empty())) {
      is_quoted = !is_quoted;
      has_bytes = true;
    } else if (is_quoted) {
      cell += byte;
    } else if (byte == ',') {
      record.emplace_back();
      has_bytes = true;
    } else if (byte == '\n') {
      if (has_bytes) return record;
      line_ = next_line_;
      bytes = 0;
    } else if (byte != '\r') {
      cell += byte;
      has_bytes = true;
      if (line_ == 1 && cell == kByteOrderMark) {
        cell.clear();
        has_bytes = record.size() > 1;
      }
    }
  }
  if (is_quoted) return std::unexpected("a quote is not closed");
  if (!has_bytes) return std::optional<std::vector<std::string>>();
  return record;
}

}  // namespace scimledger::tools
