#include "api/request_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "api/scim_response.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kUserAgentBytesMax = 512;
constexpr std::size_t kRequestIdBytesMax = 128;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes the text up to `separator` off the front.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return Trim(part);
}

bool IsJsonMediaType(std::string_view type) {
  return EqualsIgnoreAsciiCase(type, kScimMediaType) || EqualsIgnoreAsciiCase(type, kJsonMediaType);
}

/// How closely a range of Accept names a type of `application/`: 0 not at all, 3 by itself.
int Closeness(std::string_view range, std::string_view type) {
  if (EqualsIgnoreAsciiCase(range, type)) return 3;
  if (EqualsIgnoreAsciiCase(range, "application/*")) return 2;
  return range == "*/*" ? 1 : 0;
}

/// Whether the parameters of a media range leave it a weight above zero.
bool HasWeight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = TakeUntil(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    return parameter.find_first_of("123456789") != std::string_view::npos;
  }
  return true;
}

/// What Accept says of one media type: its closest range decides (RFC 9110 §12.5.1).
struct Admission {
  std::string_view type;
  int closeness = 0;
  bool is_admitted = false;

  void Read(std::string_view range, bool has_weight) {
    const int range_closeness = Closeness(range, type);
    if (range_closeness == 0 || range_closeness < closeness) return;
    is_admitted = has_weight || (is_admitted && range_closeness == closeness);
    closeness = range_closeness;
  }
};

/// Takes one entity tag (RFC 9110 §8.8.3) off the front; the opaque text. nullopt: not a tag.
std::optional<std::string_view> TakeEntityTag(std::string_view& rest) {
  if (rest.starts_with("W/") || rest.starts_with("w/")) rest.remove_prefix(2);
  if (!rest.starts_with('"')) return std::nullopt;
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view opaque = rest.substr(1, end - 1);
  rest = Trim(rest.substr(end + 1));
  return opaque;
}

/// All lines of a list-valued field as one list (RFC 9110 §5.3). nullopt: no such header.
std::optional<std::string> JoinedHeader(const Headers& headers, std::string_view name) {
  std::optional<std::string> joined;
  for (const auto& [key, value] : headers) {
    if (!EqualsIgnoreAsciiCase(key, name)) continue;
    if (joined) {
      *joined += ',';
      *joined += value;
    } else {
      joined = value;
    }
  }
  return joined;
}

/// The versions that a list of tags names. nullopt: not a list of tags.
std::optional<ExpectedVersion> ParseEntityTags(std::string_view text) {
  std::string_view rest = Trim(text);
  if (rest == "*") return ExpectedVersion{.any = true};
  ExpectedVersion expected;
  while (true) {
    const auto opaque = TakeEntityTag(rest);
    if (!opaque) return std::nullopt;
    std::uint64_t version = 0;
    const char* const end = opaque->data() + opaque->size();
    const auto parsed = std::from_chars(opaque->data(), end, version);
    if (parsed.ec == std::errc() && parsed.ptr == end) expected.versions.push_back(version);
    if (rest.empty()) return expected;
    if (!rest.starts_with(',')) return std::nullopt;
    rest = Trim(rest.substr(1));
  }
}

bool IsHostCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == ':' || c == '[' || c == ']' || c == '-' || c == '_';
}

/// Length of the UTF-8 sequence at the front, or 0: none, overlong, a surrogate, or out of range.
std::size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  return length;
}

/// Whether the sequence is a control character of ASCII or Latin-1 (U+0080 to U+009F).
bool IsControl(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

std::string CleanText(std::string_view text, std::size_t bytes_max) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sequence.size());
    if (length == 0 || IsControl(sequence)) continue;
    if (clean.size() + length > bytes_max) break;
    clean += sequence;
  }
  return clean;
}

}  // namespace

std::optional<std::string_view> AcceptedMediaType(const Headers& headers) {
  bool says_something = false;
  Admission scim{kScimMediaType};
  Admission json{kJsonMediaType};
  for (const auto& [name, value] : headers) {
    if (!EqualsIgnoreAsciiCase(name, "Accept")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view parameters = TakeUntil(rest, ',');
      if (parameters.empty()) continue;
      says_something = true;
      const std::string_view range = TakeUntil(parameters, ';');
      const bool has_weight = HasWeight(parameters);
      scim.Read(range, has_weight);
      json.Read(range, has_weight);
    }
  }
  if (scim.is_admitted || !says_something) return kScimMediaType;
  if (json.is_admitted) return kJsonMediaType;
  return std::nullopt;
}

Result<void> CheckAccept(const Headers& headers) {
  if (AcceptedMediaType(headers)) return {};
  return Refuse(406, ScimType::kNone,
                "Answers here are application/scim+json: name it, application/json or */* in "
                "Accept, or leave the header out.");
}

Result<void> CheckContentType(const HttpRequest& request) {
  if (request.body.empty()) return {};
  const auto coding = FindHeader(request.headers, "Content-Encoding");
  if (coding && !Trim(*coding).empty() && !EqualsIgnoreAsciiCase(Trim(*coding), "identity")) {
    return Refuse(415, ScimType::kNone,
                  "The body must be sent as it is: Content-Encoding (gzip and the like) is not "
                  "supported here.");
  }
  const auto header = FindHeader(request.headers, "Content-Type");
  if (!header) return {};
  std::string_view rest = *header;
  const std::string_view type = TakeUntil(rest, ';');
  if (type.empty() || IsJsonMediaType(type)) return {};
  return Refuse(415, ScimType::kNone,
                "The body must be JSON: send it with `Content-Type: application/scim+json` (or "
                "application/json).");
}

Result<std::string> OwnUrl(const HttpRequest& request, std::string_view public_url,
                           std::string_view scheme) {
  if (!public_url.empty()) return std::string(public_url);
  if (request.transport != Transport::kNetwork) return std::string("http://localhost");
  const auto host = FindHeader(request.headers, "Host");
  if (!host || host->empty() || !std::all_of(host->begin(), host->end(), IsHostCharacter)) {
    return Refuse(400, ScimType::kInvalidValue,
                  "The Host header must name a host and perhaps a port, such as "
                  "`scim.example.com:8080`.");
  }
  return fmt::format("{}://{}", scheme, *host);
}

Result<std::optional<ExpectedVersion>> ReadIfMatch(const Headers& headers) {
  const auto header = JoinedHeader(headers, "If-Match");
  if (!header) return std::optional<ExpectedVersion>();
  return ReadExpectedVersion(*header, "If-Match");
}

Result<ExpectedVersion> ReadExpectedVersion(std::string_view text, std::string_view what) {
  if (auto expected = ParseEntityTags(text)) return *std::move(expected);
  return Refuse(ScimType::kInvalidValue,
                fmt::format(R"({} must be `*` or a list of entity tags as the header ETag has )"
                            R"(them, such as `W/"3"`.)",
                            what));
}

Result<std::optional<ExpectedVersion>> ReadPreconditions(const Headers& headers) {
  const auto none_match = JoinedHeader(headers, "If-None-Match");
  if (!none_match) return ReadIfMatch(headers);
  ExpectedVersion both{.any = true, .is_if_match = false};
  if (const auto match = JoinedHeader(headers, "If-Match")) {
    SCIMLEDGER_TRY_ASSIGN(both, ReadExpectedVersion(*match, "If-Match"));
  }
  SCIMLEDGER_TRY_ASSIGN(ExpectedVersion excluded,
                        ReadExpectedVersion(*none_match, "If-None-Match"));
  both.excludes_any = excluded.any;
  both.excluded = std::move(excluded.versions);
  return std::optional(std::move(both));
}

bool HasVersion(const Headers& headers, std::uint64_t version) {
  const auto header = JoinedHeader(headers, "If-None-Match");
  if (!header) return false;
  const auto known = ParseEntityTags(*header);
  if (!known) return false;
  return known->any || std::find(known->versions.begin(), known->versions.end(), version) !=
                           known->versions.end();
}

ClientContext ReadClientContext(const HttpRequest& request) {
  static constexpr std::array<std::string_view, 3> kRequestIdHeaders = {
      "X-Request-Id", "client-request-id", "x-ms-client-request-id"};
  ClientContext client;
  client.address = request.peer_address;
  if (const auto agent = FindHeader(request.headers, "User-Agent")) {
    client.user_agent = CleanText(*agent, kUserAgentBytesMax);
  }
  for (const std::string_view name : kRequestIdHeaders) {
    const auto value = FindHeader(request.headers, name);
    if (!value) continue;
    client.request_id = CleanText(*value, kRequestIdBytesMax);
    break;
  }
  return client;
}

}  // namespace scimledger::api
