#include "api/schema_endpoint.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/command_submission.h"
#include "api/discovery_endpoint.h"
#include "engine/json.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kDefinitionsMax = 1000;

struct Definition {
  SchemaDefinition definition;
  bool is_resource_type = false;
  std::string id;  ///< URN of a schema, name of a resource type; for the answer
};

std::string TextMember(simdjson::dom::object object, std::string_view key) {
  std::string_view text;
  if (object.at_key(key).get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

Result<Definition> ReadDefinition(simdjson::dom::element element) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax,
                  "A definition must be a Schema or ResourceType object (RFC 7643 §6, §7).");
  }
  Definition definition;
  definition.definition.json = simdjson::minify(element);
  // Only a resource type has an endpoint (RFC 7643 §6).
  definition.is_resource_type = object.at_key("endpoint").error() == simdjson::SUCCESS;
  definition.id = TextMember(object, definition.is_resource_type ? "name" : "id");
  return definition;
}

Result<std::vector<Definition>> ReadDefinitions(std::string_view body) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(body));
  std::vector<simdjson::dom::element> elements;
  simdjson::dom::array list;
  if (json.root().get(list) == simdjson::SUCCESS ||
      json.root().at_key("Resources").get(list) == simdjson::SUCCESS) {
    elements.assign(list.begin(), list.end());
  } else {
    elements.push_back(json.root());
  }
  if (elements.empty() || elements.size() > kDefinitionsMax) {
    return Refuse(ScimType::kInvalidSyntax,
                  fmt::format("The body must hold from 1 to {} definitions.", kDefinitionsMax));
  }
  std::vector<Definition> definitions;
  for (const simdjson::dom::element element : elements) {
    SCIMLEDGER_TRY_ASSIGN(Definition definition, ReadDefinition(element));
    definitions.push_back(std::move(definition));
  }
  std::stable_partition(definitions.begin(), definitions.end(),
                        [](const Definition& each) { return !each.is_resource_type; });
  return definitions;
}

/// The definitions of one request on their way in, one command after the other.
struct Addition {
  std::vector<Definition> definitions;
  std::size_t next = 0;
  std::string added;
  std::string unchanged;
};

void Report(const Definition& definition, std::string& list) {
  if (!list.empty()) list += ',';
  list += fmt::format(R"({{"type":"{}","id":)",
                      definition.is_resource_type ? "ResourceType" : "Schema");
  AppendJsonString(list, definition.id);
  list += '}';
}

void AddNext(ExchangePtr exchange, Addition addition, const Workers& workers) {
  if (addition.next == addition.definitions.size()) {
    return exchange->Answer(JsonResponse(
        200,
        fmt::format(R"({{"added":[{}],"unchanged":[{}]}})", addition.added, addition.unchanged),
        kJsonMediaType));
  }
  // Event ids come from transaction and time, so each command is a transaction of its own.
  if (addition.next > 0) exchange->id = storage::RandomUuid();
  AddSchema command{addition.definitions[addition.next].definition};
  SubmitCommand(
      std::move(exchange), std::move(command), workers,
      [addition = std::move(addition), &workers](ExchangePtr done, const Outcome& outcome) mutable {
        Report(addition.definitions[addition.next],
               outcome.events > 0 ? addition.added : addition.unchanged);
        ++addition.next;
        AddNext(std::move(done), std::move(addition), workers);
      });
}

void AddSchemas(ExchangePtr exchange, const Workers& workers) {
  auto definitions = ReadDefinitions(exchange->request.body);
  if (!definitions) return exchange->AnswerError(definitions.error());
  Addition addition;
  addition.definitions = *std::move(definitions);
  AddNext(std::move(exchange), std::move(addition), workers);
}

}  // namespace

void AddSchemaEndpoints(Router& router, const Workers& workers) {
  const auto add = [&workers](ExchangePtr exchange) { AddSchemas(std::move(exchange), workers); };
  router.Add("/admin/v1/schemas",
             {{"GET", Access::kAdminister, ListSchemas}, {"POST", Access::kAdminister, add}});
}

}  // namespace scimledger::api
