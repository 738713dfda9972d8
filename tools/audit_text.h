#pragma once

#include <simdjson.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::tools {

using JsonElement = simdjson::dom::element;

/// The text at a JSON pointer; what is not a string as JSON; "" if nothing is there.
std::string TextAt(JsonElement object, std::string_view pointer);

/// Control characters, and those that turn the direction of what follows, written out as `\x1b` or
/// `\u{202e}`, so that stored data cannot steer a terminal or fool its reader. Other UTF-8 is kept.
std::string VisibleText(std::string_view text);

/// Where the event's client was: what trusted proxies said, else the peer's address; "" for local.
std::string ClientAddressOf(JsonElement event);

/// At most `columns` code points; a longer text ends with `…`.
std::string Shorten(std::string_view text, std::size_t columns);

/// `2026-03-03 09:14:07Z` of `2026-03-03T09:14:07.123456Z`.
std::string ShowTime(std::string_view time);

/// A value as JSON, made visible; one element of a multi-valued attribute as its value with what
/// else it says: `"jane@example.com" (work, primary)`.
std::string ShowValue(JsonElement value);
std::string ShowElement(JsonElement element);

/// Attribute paths as people read them: an extension's attribute by its plain name, unless another
/// path has that name already. The first one to be learnt keeps the name.
class PathNames {
 public:
  /// Plain paths before those of extensions: to be told of all paths of a page before any is shown.
  void Learn(const std::vector<std::string>& paths);
  std::string Show(const std::string& path) const;

 private:
  std::map<std::string, std::string> owners_;  ///< short name → path
};

/// `urn:…:User:department` → `department`.
std::string PlainName(std::string_view path);

}  // namespace scimledger::tools
