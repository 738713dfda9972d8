#include "api/http_session_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>

namespace scimledger::api {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage"},
};

constexpr std::size_t kHeadBytesUsual = 512;

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t before = out.size();
  const std::size_t value_at = before + name.size() + 2;
  const std::size_t end = value_at + value.size();
  // The size it is called with may be larger than the one asked for (libstdc++ 12).
  out.resize_and_overwrite(end + 2, [&](char* bytes, std::size_t /*size*/) {
    name.copy(bytes + before, name.size());
    std::memcpy(bytes + value_at - 2, ": ", 2);
    std::transform(value.begin(), value.end(), bytes + value_at,
                   [](char c) { return IsControl(c) ? ' ' : c; });
    std::memcpy(bytes + end, "\r\n", 2);
    return end + 2;
  });
}

void AppendNumber(std::string& out, std::uint64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

std::string_view FramingHeader(BodyFraming framing) {
  return framing == BodyFraming::kChunked ? "Transfer-Encoding: chunked\r\n" : "";
}

std::string_view Text(ConnectionHeader connection) {
  switch (connection) {
    case ConnectionHeader::kAbsent:
      return "";
    case ConnectionHeader::kClose:
      return "Connection: close\r\n";
    case ConnectionHeader::kKeepAlive:
      return "Connection: keep-alive\r\n";
  }
  return "";
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const auto* const found = std::ranges::find(kReasons, status, &Reason::status);
  return found == std::end(kReasons) ? "Unknown" : found->phrase;
}

void AppendResponseHead(std::string& out, const HttpResponse& response, BodyFraming framing,
                        ConnectionHeader connection, std::string_view date) {
  out.reserve(out.size() + kHeadBytesUsual + response.body.size());
  out += "HTTP/1.1 ";
  AppendNumber(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += ReasonPhrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) AppendHeader(out, name, value);
  AppendHeader(out, "Date", date);
  if (framing == BodyFraming::kLength) {
    out += "Content-Length: ";
    AppendNumber(out, response.body.size());
    out += "\r\n";
  }
  out += FramingHeader(framing);
  out += Text(connection);
  out += "\r\n";
}

void AppendChunk(std::string& out, std::string_view data) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", data.size());
  out += data;
  out += "\r\n";
}

std::string HttpDate(std::int64_t unix_seconds) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds instant{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

}  // namespace scimledger::api
