#include "tools/list_output.h"

#include <fmt/format.h>

#include <utility>

namespace scimledger::tools {
namespace {

constexpr std::size_t kRowsTogether = 1000;

}  // namespace

ListOutput::ListOutput(ListShape shape, Format format)
    : shape_(std::move(shape)), format_(format) {}

void ListOutput::Add(ListEntry entry) {
  if (format_ == Format::kJson) {
    fmt::print("{}{}", count_ == 0 ? fmt::format("{{\"{}\":[", shape_.key) : ",", entry.json);
  }
  if (format_ == Format::kJsonLines) fmt::print("{}\n", entry.json);
  if (format_ == Format::kTable) rows_.push_back(std::move(entry.row));
  if (format_ == Format::kCsv) rows_.push_back(std::move(entry.record));
  ++count_;
  if (rows_.size() >= kRowsTogether) PrintRows();
}

void ListOutput::End(const std::string& rest) {
  if (format_ == Format::kJson) {
    fmt::print("{}],{}}}\n", count_ == 0 ? fmt::format("{{\"{}\":[", shape_.key) : "", rest);
  }
  if (format_ == Format::kTable && count_ == 0) fmt::print("{}\n", shape_.nothing);
  if (format_ == Format::kCsv || !rows_.empty()) PrintRows();
}

void ListOutput::PrintRows() {
  if (has_header_ && rows_.empty()) return;
  std::string text =
      format_ == Format::kCsv ? RenderCsv(shape_.fields, rows_) : RenderTable(shape_.header, rows_);
  if (has_header_) text.erase(0, text.find('\n') + 1);
  fmt::print("{}", text);
  has_header_ = true;
  rows_.clear();
}

}  // namespace scimledger::tools
