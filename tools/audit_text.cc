#include "tools/audit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace scimledger::tools {
namespace {

constexpr std::size_t kTimeTextLength = 19;  // 2026-03-03T09:14:07

/// Bytes of the code point at the front; texts are valid UTF-8.
std::size_t LengthOfFirst(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return length;
}

std::uint32_t Decode(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  std::uint32_t code = first & (0xFFU >> (bytes.size() + 1));
  for (const char c : bytes.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

/// C0, DEL, C1, line and paragraph separators, and the marks of bidirectional text.
bool IsInvisible(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
         (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

}  // namespace

std::string TextAt(JsonElement object, std::string_view pointer) {
  JsonElement found;
  if (object.at_pointer(pointer).get(found) != simdjson::SUCCESS) return {};
  std::string_view text;
  return found.get(text) == simdjson::SUCCESS ? std::string(text)
                                              : std::string(simdjson::minify(found));
}

std::string VisibleText(std::string_view text) {
  std::string visible;
  while (!text.empty()) {
    const std::string_view first = text.substr(0, LengthOfFirst(text));
    const std::uint32_t code = Decode(first);
    if (!IsInvisible(code)) {
      visible += first;
    } else if (code < 0x80) {
      visible += fmt::format("\\x{:02x}", code);
    } else {
      visible += fmt::format("\\u{{{:04x}}}", code);
    }
    text.remove_prefix(first.size());
  }
  return visible;
}

std::string Shorten(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  std::size_t end_before_mark = 0;
  for (std::size_t count = 0; end < text.size(); ++count) {
    if (count + 1 == columns) end_before_mark = end;
    if (count == columns) return std::string(text.substr(0, end_before_mark)) + "…";
    end += LengthOfFirst(text.substr(end));
  }
  return std::string(text);
}

std::string ClientAddressOf(JsonElement event) {
  // The chain begins with the client.
  const std::string chain = TextAt(event, "/client/forwarded");
  return chain.empty() ? TextAt(event, "/client/address") : chain.substr(0, chain.find(','));
}

std::string ShowTime(std::string_view time) {
  if (time.size() < kTimeTextLength) return std::string(time);
  std::string shown(time.substr(0, kTimeTextLength));
  std::replace(shown.begin(), shown.end(), 'T', ' ');
  return shown + 'Z';
}

std::string ShowValue(JsonElement value) {
  return VisibleText(std::string(simdjson::minify(value)));
}

std::string ShowElement(JsonElement element) {
  simdjson::dom::object parts;
  JsonElement value;
  if (element.get(parts) != simdjson::SUCCESS || parts["value"].get(value) != simdjson::SUCCESS) {
    return ShowValue(element);
  }
  std::string also;
  for (const auto& [key, part] : parts) {
    bool flag = false;
    std::string_view text;
    const bool is_flag = part.get(flag) == simdjson::SUCCESS;
    if (key == "value" || key == "$ref" || (is_flag && !flag)) continue;
    if (!also.empty()) also += ", ";
    if (is_flag) {
      also += VisibleText(key);
    } else if (part.get(text) == simdjson::SUCCESS) {
      also += VisibleText(text);
    } else {
      also += VisibleText(key) + ' ' + ShowValue(part);
    }
  }
  return also.empty() ? ShowValue(value) : fmt::format("{} ({})", ShowValue(value), also);
}

std::string PlainName(std::string_view path) {
  const std::size_t colon = path.rfind(':');
  return std::string(colon == std::string_view::npos ? path : path.substr(colon + 1));
}

void PathNames::Learn(const std::vector<std::string>& paths) {
  for (const bool is_plain : {true, false}) {
    for (const std::string& path : paths) {
      if ((path.find(':') == std::string::npos) == is_plain) owners_.emplace(PlainName(path), path);
    }
  }
}

std::string PathNames::Show(const std::string& path) const {
  const std::string name = PlainName(path);
  const auto owner = owners_.find(name);
  const bool is_owner = owner != owners_.end() && owner->second == path;
  return VisibleText(is_owner ? name : path);
}

}  // namespace scimledger::tools
