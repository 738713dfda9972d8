#include "api/settings_endpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>
#include <vector>

#include "api/command_submission.h"
#include "engine/json.h"

namespace scimledger::api {
namespace {

std::string SettingsJson(const TenantSettings& settings) {
  std::string body = R"({"settings":[)";
  for (const SettingDefinition& definition : SettingDefinitions()) {
    if (body.back() == '}') body += ',';
    body += fmt::format(R"({{"name":"{}","value":"{}","default":"{}","values":["{}","{}"],)"
                        R"("description":)",
                        definition.name, settings.PositionOf(definition.setting), definition.usual,
                        definition.usual, definition.other);
    AppendJsonString(body, definition.description);
    body += '}';
  }
  body += "]}";
  return body;
}

Result<SettingChange> ReadChange(std::string_view name, simdjson::dom::element json) {
  const SettingDefinition* definition = FindSetting(name);
  if (definition == nullptr) {
    std::vector<std::string_view> names;
    for (const SettingDefinition& each : SettingDefinitions()) names.push_back(each.name);
    return Refuse(ScimType::kInvalidValue, fmt::format("There is no setting \"{}\"; there are {}.",
                                                       name, fmt::join(names, ", ")));
  }
  std::string_view value;
  if (json.get(value) == simdjson::SUCCESS) {
    if (value == definition->usual) return SettingChange{definition->setting, false};
    if (value == definition->other) return SettingChange{definition->setting, true};
  }
  return Refuse(ScimType::kInvalidValue, fmt::format("{} is \"{}\" or \"{}\".", definition->name,
                                                     definition->usual, definition->other));
}

Result<ChangeSettings> ReadChanges(std::string_view body) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(body));
  simdjson::dom::object object;
  if (json.root().get(object) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax,
                  R"(The body is an object of settings, such as {"ifMatch": "required"}.)");
  }
  ChangeSettings command;
  for (const auto& [name, value] : object) {
    SCIMLEDGER_TRY_ASSIGN(const SettingChange change, ReadChange(name, value));
    command.changes.push_back(change);
  }
  return command;
}

void AnswerSettings(Exchange& exchange) {
  const RegistryPtr registry = exchange.tenant->directory().current_registry();
  exchange.Answer(JsonResponse(200, SettingsJson(registry->settings()), kJsonMediaType));
}

void PatchSettings(ExchangePtr exchange, const Workers& workers) {
  auto command = ReadChanges(exchange->request.body);
  if (!command) return exchange->AnswerError(command.error());
  SubmitCommand(std::move(exchange), *std::move(command), workers,
                [](ExchangePtr done, const Outcome& /*outcome*/) { AnswerSettings(*done); });
}

}  // namespace

void AddSettingsEndpoints(Router& router, const Workers& workers) {
  const auto read = [](ExchangePtr exchange) { AnswerSettings(*exchange); };
  const auto patch = [&workers](ExchangePtr exchange) {
    PatchSettings(std::move(exchange), workers);
  };
  router.Add("/admin/v1/settings",
             {{"GET", Access::kAdminister, read}, {"PATCH", Access::kAdminister, patch}});
}

}  // namespace scimledger::api
