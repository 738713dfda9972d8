#pragma once

#include <map>
#include <optional>
#include <string>

namespace scimledger::scenarios {

/// Names bound by `<id:name>`.
using Bindings = std::map<std::string, std::string>;

/// Replaces every `<name>` that is bound.
std::string Substitute(const std::string& text, const Bindings& bindings);

/// Compares one text with an expectation that may hold placeholders; binds. nullopt: they match.
std::optional<std::string> MatchText(const std::string& expected, const std::string& actual,
                                     Bindings& bindings);

/// Compares JSON as README.md says; nullopt: it matches, else where and how it differs.
std::optional<std::string> MatchJson(const std::string& expected, const std::string& actual,
                                     Bindings& bindings);

}  // namespace scimledger::scenarios
