#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/exit_code.h"

namespace scimledger::tools {

/// A string literal of a filter.
std::string FilterText(std::string_view text);

/// What an event must fulfil, as the filter that /audit/v1/events takes: all conditions must hold.
class Conditions {
 public:
  void Add(const std::string& condition);
  /// Changes of the attribute itself, its parts, or an extension's attribute by its plain name.
  void AddPath(const std::string& path);
  void AddKinds(const std::vector<std::string>& kinds);
  /// Of a client at that address, whatever proxies were before it.
  void AddAddress(const std::string& address);
  /// Empty: none.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Whether an event's path is what AddPath asks for.
bool IsPathOf(std::string_view path, std::string_view wanted);

/// kDone: both are times, or not given. Else reported, by the options' names.
[[nodiscard]] ExitCode CheckWindow(const std::string& since, const std::string& until);

}  // namespace scimledger::tools
