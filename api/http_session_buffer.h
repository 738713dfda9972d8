#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace scimledger::api {

/// Bytes received and not yet used up. Grows only as far as unused bytes and the next read need,
/// and gives memory back when it runs empty.
class ReceiveBuffer {
 public:
  std::string_view unused() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void Use(std::size_t count) { begin_ += count; }

  /// Room for the next read, at least `size` bytes; valid until the next call of anything here.
  std::span<char> Room(std::size_t size) {
    if (begin_ == end_) {
      begin_ = end_ = 0;
      if (bytes_.size() > 4 * size) bytes_ = std::vector<char>();
    }
    if (bytes_.size() - end_ < size) {
      if (begin_ > 0) std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (bytes_.size() - end_ < size) bytes_.resize(end_ + size);
    }
    return std::span(bytes_).subspan(end_);
  }
  void Filled(std::size_t count) { end_ += count; }

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace scimledger::api
