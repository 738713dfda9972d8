#include "api/discovery_endpoint.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "api/resource_answer.h"
#include "engine/json.h"
#include "engine/resource_writer.h"

namespace scimledger::api {
namespace {

// Every "supported" says what the routes and handlers do: change both together (checklist G13).
std::string ServiceProviderConfigJson(std::string_view base_url, std::size_t results_max) {
  std::string location;
  AppendJsonString(location, fmt::format("{}/ServiceProviderConfig", base_url));
  return fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],)"
      R"("patch":{{"supported":true}},)"
      R"("bulk":{{"supported":false,"maxOperations":0,"maxPayloadSize":0}},)"
      R"("filter":{{"supported":true,"maxResults":{}}},)"
      R"("changePassword":{{"supported":false}},)"
      R"("sort":{{"supported":false}},)"
      R"("etag":{{"supported":true}},)"
      R"("authenticationSchemes":[{{"type":"oauthbearertoken","name":"Bearer token",)"
      R"("description":"A token made by an administrator, sent as Authorization: Bearer.",)"
      R"("specUri":"https://www.rfc-editor.org/info/rfc6750","primary":true}}],)"
      R"("meta":{{"resourceType":"ServiceProviderConfig","location":{}}}}})",
      results_max, location);
}

/// Filters mean nothing here (RFC 7644 §4: 403); other parameters are ignored.
bool RefuseFilter(Exchange& exchange) {
  const std::string* const filter = exchange.target.Find("filter");
  if (filter == nullptr || filter->empty()) return false;
  exchange.AnswerError({403, ScimType::kNone,
                        "Schemas and resource types cannot be filtered: read the whole list."});
  return true;
}

/// A list of all of `items`, written by `append`.
template <typename Items, typename Append>
std::string WholeList(const Items& items, const Append& append) {
  std::string body;
  AppendListHead(items.size(), 1, items.size(), body);
  bool is_first = true;
  for (const auto& item : items) {
    if (!std::exchange(is_first, false)) body += ',';
    append(item, body);
  }
  AppendListTail(body);
  return body;
}

void ListResourceTypes(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
  std::string body =
      WholeList(exchange->registry->resource_types(), [&](const ResourceType& type, auto& out) {
        AppendResourceTypeJson(type, exchange->base_url, out);
      });
  exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

void ReadSchema(ExchangePtr exchange) {
  const std::string& urn = exchange->path_values.front();
  const Schema* const schema = exchange->registry->FindSchema(urn);
  if (schema == nullptr) {
    return exchange->AnswerError(
        {404, ScimType::kNone,
         fmt::format("There is no schema {}: /Schemas lists those there are.", urn)});
  }
  std::string body;
  AppendSchemaJson(*exchange->registry, *schema, exchange->base_url, body);
  exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

void ReadResourceType(ExchangePtr exchange) {
  const std::string& name = exchange->path_values.front();
  const ResourceType* const type = exchange->registry->FindTypeByName(name);
  if (type == nullptr) {
    return exchange->AnswerError(
        {404, ScimType::kNone,
         fmt::format("There is no resource type {}: /ResourceTypes lists those there are.", name)});
  }
  std::string body;
  AppendResourceTypeJson(*type, exchange->base_url, body);
  exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

}  // namespace

void ListSchemas(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
  const SchemaRegistry& registry = *exchange->registry;
  std::string body = WholeList(registry.schemas(), [&](const Schema& schema, auto& out) {
    AppendSchemaJson(registry, schema, exchange->base_url, out);
  });
  exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

void AddDiscoveryEndpoints(Router& router, const ServiceOptions& options) {
  const auto provider = [&options](ExchangePtr exchange) {
    std::string body = ServiceProviderConfigJson(exchange->base_url, options.page_max);
    exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
  };
  router.Add("/scim/v2/ServiceProviderConfig", {{"GET", Access::kOpen, provider}});
  router.Add("/scim/v2/Schemas", {{"GET", Access::kReadScim, ListSchemas}});
  router.Add("/scim/v2/Schemas/{urn}", {{"GET", Access::kReadScim, ReadSchema}});
  router.Add("/scim/v2/ResourceTypes", {{"GET", Access::kReadScim, ListResourceTypes}});
  router.Add("/scim/v2/ResourceTypes/{name}", {{"GET", Access::kReadScim, ReadResourceType}});
}

}  // namespace scimledger::api
