#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::bench {

/// Stands for a number of eight digits in a target or a body.
inline constexpr std::string_view kNumberPlace = "########";
/// Stands for a resource id.
inline constexpr std::string_view kIdPlace = "@@@@@@@@-@@@@-@@@@-@@@@-@@@@@@@@@@@@";

/// A resource's id as requests carry it.
using IdText = std::array<char, 36>;

/// One HTTP/1.1 request with places for a number and an id. Filling it in is a copy, so that the
/// load generator costs little next to the server it measures.
class RequestTemplate {
 public:
  /// `token` empty: no Authorization header; `body` empty: none.
  RequestTemplate(std::string_view method, std::string_view target, std::string_view body,
                  std::string_view token);

  /// Appends the request with every place of its kind filled; `number` is below 10^8.
  void Append(std::string& out, std::uint64_t number, const IdText& id = {}) const;

 private:
  std::string text_;
  std::vector<std::size_t> numbers_;
  std::vector<std::size_t> ids_;
};

}  // namespace scimledger::bench
