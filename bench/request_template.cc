#include "bench/request_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace scimledger::bench {
namespace {

std::vector<std::size_t> PlacesOf(std::string_view text, std::string_view place) {
  std::vector<std::size_t> places;
  for (auto at = text.find(place); at != std::string_view::npos; at = text.find(place, at + 1)) {
    places.push_back(at);
  }
  return places;
}

}  // namespace

RequestTemplate::RequestTemplate(std::string_view method, std::string_view target,
                                 std::string_view body, std::string_view token) {
  text_ = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n", method, target);
  if (!token.empty()) text_ += fmt::format("Authorization: Bearer {}\r\n", token);
  if (!body.empty()) {
    text_ +=
        fmt::format("Content-Type: application/scim+json\r\nContent-Length: {}\r\n", body.size());
  }
  text_ += "\r\n";
  text_ += body;
  numbers_ = PlacesOf(text_, kNumberPlace);
  ids_ = PlacesOf(text_, kIdPlace);
}

void RequestTemplate::Append(std::string& out, std::uint64_t number, const IdText& id) const {
  const std::size_t begin = out.size();
  out += text_;
  std::array<char, kNumberPlace.size()> digits{};
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number /= 10) {
    *digit = static_cast<char>('0' + number % 10);
  }
  for (const std::size_t at : numbers_) std::copy(digits.begin(), digits.end(), &out[begin + at]);
  for (const std::size_t at : ids_) std::copy(id.begin(), id.end(), &out[begin + at]);
}

}  // namespace scimledger::bench
