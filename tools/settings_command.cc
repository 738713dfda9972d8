#include "tools/settings_command.h"

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr const char* kSettings = "/admin/v1/settings";

std::string TextMember(simdjson::dom::element setting, std::string_view key) {
  std::string_view text;
  if (setting[key].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

Result<simdjson::dom::array> SettingsIn(const JsonDocument& document) {
  simdjson::dom::array list;
  if (document.root()["settings"].get(list) == simdjson::SUCCESS) return list;
  return Refuse(ScimType::kNone, "the answer is not a list of settings");
}

}  // namespace

ExitCode ListSettings(const ConnectionOptions& options, Format format) {
  const auto response = Ask(options, "GET", kSettings);
  if (!response) return response.error();
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  if (!document) return Report(ExitCode::kIo, "the answer is not JSON");
  const auto settings = SettingsIn(*document);
  if (!settings) return Report(ExitCode::kIo, settings.error().detail);
  const std::vector<std::string> header{"SETTING", "VALUE", "DEFAULT", "MEANING"};
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element setting : *settings) {
    if (format == Format::kJsonLines) fmt::print("{}\n", simdjson::minify(setting));
    rows.push_back({TextMember(setting, "name"), TextMember(setting, "value"),
                    TextMember(setting, "default"), TextMember(setting, "description")});
  }
  if (format == Format::kTable) fmt::print("{}", RenderTable(header, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(header, rows));
  return ExitCode::kDone;
}

ExitCode GetSetting(const ConnectionOptions& options, const std::string& name) {
  const auto response = Ask(options, "GET", kSettings);
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  if (!document) return Report(ExitCode::kIo, "the answer is not JSON");
  const auto settings = SettingsIn(*document);
  if (!settings) return Report(ExitCode::kIo, settings.error().detail);
  for (const simdjson::dom::element setting : *settings) {
    if (TextMember(setting, "name") != name) continue;
    fmt::print("{}\n", TextMember(setting, "value"));
    return ExitCode::kDone;
  }
  return Report(ExitCode::kMisuse,
                fmt::format("there is no setting `{}`: `scimledger config list` shows them", name));
}

ExitCode SetSetting(const ConnectionOptions& options, const std::string& name,
                    const std::string& value) {
  std::string body = "{";
  AppendJsonString(body, name);
  body += ':';
  AppendJsonString(body, value);
  body += '}';
  const auto response = Ask(options, "PATCH", kSettings, std::move(body));
  return response ? ExitCode::kDone : response.error();
}

}  // namespace scimledger::tools
