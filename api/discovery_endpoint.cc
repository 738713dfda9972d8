#include "api/discovery_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/as_of.h"
#include "api/discovery_schemas.h"
#include "api/resource_answer.h"
#include "api/search_request.h"
#include "engine/bulk.h"
#include "engine/json.h"
#include "engine/password.h"
#include "engine/resource_writer.h"

namespace scimledger::api {
namespace {

// Every "supported" says what the routes and handlers do: change both together (checklist G13).
std::string ServiceProviderConfigJson(std::string_view base_url, bool keeps_passwords,
                                      const ServiceOptions& options) {
  std::string location;
  AppendJsonString(location, fmt::format("{}/ServiceProviderConfig", base_url));
  return fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],)"
      R"("patch":{{"supported":true}},)"
      R"("bulk":{{"supported":true,"maxOperations":{},"maxPayloadSize":{}}},)"
      R"("filter":{{"supported":true,"maxResults":{}}},)"
      R"("changePassword":{{"supported":{}}},)"
      R"("sort":{{"supported":true}},)"
      R"("etag":{{"supported":true}},)"
      R"("authenticationSchemes":[{{"type":"oauthbearertoken","name":"Bearer token",)"
      R"("description":"A token made by an administrator, sent as Authorization: Bearer.",)"
      R"("specUri":"https://www.rfc-editor.org/info/rfc6750","primary":true}},)"
      R"({{"type":"oauth2","name":"OAuth 2.0 client credentials",)"
      R"("description":"An access token of the token endpoint that )"
      R"(/.well-known/oauth-authorization-server names, sent as Authorization: Bearer.",)"
      R"("specUri":"https://www.rfc-editor.org/info/rfc6749"}}],)"
      R"("pagination":{{"cursor":true,"index":true,"defaultPaginationMethod":"index",)"
      R"("defaultPageSize":{},"maxPageSize":{},"cursorTimeout":{}}},)"
      R"("meta":{{"resourceType":"ServiceProviderConfig","location":{}}}}})",
      kBulkOperationsMax, options.body_bytes_max, options.page_max, keeps_passwords,
      std::min(options.page_default, options.page_max), options.page_max,
      options.cursor_timeout.count(), location);
}

/// Filters mean nothing here (RFC 7644 §4: 403); other parameters are ignored.
bool RefuseFilter(Exchange& exchange) {
  const std::string* const filter = exchange.target.Find("filter");
  if (filter == nullptr || filter->empty()) return false;
  exchange.AnswerError(
      {403, ScimType::kNone, "Discovery documents cannot be filtered: read them whole."});
  return true;
}

/// A list of JSON objects, all on one page.
std::string WholeList(const std::vector<std::string>& items) {
  std::string body;
  AppendListHead({.total = items.size(), .items = items.size(), .start_index = 1}, body);
  bool is_first = true;
  for (const std::string& item : items) {
    if (!std::exchange(is_first, false)) body += ',';
    body += item;
  }
  AppendListTail(body);
  return body;
}

std::vector<std::string> SchemasInForce(const Exchange& exchange) {
  std::vector<std::string> items;
  for (const Schema& schema : exchange.registry->schemas()) {
    AppendSchemaJson(*exchange.registry, schema, exchange.base_url, items.emplace_back());
  }
  return items;
}

void ListAllSchemas(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
  std::vector<std::string> items = SchemasInForce(*exchange);
  for (const DiscoverySchema& schema : DiscoverySchemas()) {
    AppendDiscoverySchemaJson(schema, exchange->base_url, items.emplace_back());
  }
  exchange->Answer(JsonResponse(200, WholeList(items), kScimMediaType));
}

void ListResourceTypes(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
  std::vector<std::string> items;
  for (const ResourceType& type : exchange->registry->resource_types()) {
    AppendResourceTypeJson(type, exchange->base_url, items.emplace_back());
  }
  exchange->Answer(JsonResponse(200, WholeList(items), kScimMediaType));
}

void ReadSchema(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
  const std::string& urn = exchange->path_values.front();
  std::string body;
  if (const Schema* const schema = exchange->registry->FindSchema(urn)) {
    AppendSchemaJson(*exchange->registry, *schema, exchange->base_url, body);
  } else if (const DiscoverySchema* const discovery = FindDiscoverySchema(urn)) {
    AppendDiscoverySchemaJson(*discovery, exchange->base_url, body);
  } else {
    return exchange->AnswerError(
        {404, ScimType::kNone,
         fmt::format("There is no schema {}: /Schemas lists those there are.", urn)});
  }
  exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

void ReadResourceType(ExchangePtr exchange) {
  if (RefuseFilter(*exchange)) return;
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
  const std::vector<std::string> items = SchemasInForce(*exchange);
  exchange->Answer(JsonResponse(200, WholeList(items), kScimMediaType));
}

void AddDiscoveryEndpoints(Router& router, const ServiceOptions& options, const Workers& workers) {
  const auto provider = [&options](ExchangePtr exchange) {
    if (RefuseFilter(*exchange)) return;
    std::string body =
        ServiceProviderConfigJson(exchange->base_url, KeepsPasswords(*exchange->registry), options);
    exchange->Answer(JsonResponse(200, std::move(body), kScimMediaType));
  };
  const auto reading = [&workers](void (*handle)(ExchangePtr)) {
    return [handle, &workers](ExchangePtr exchange) {
      AtAskedMoment(std::move(exchange), workers, handle);
    };
  };
  const auto searching = [&workers](void (*list)(ExchangePtr)) {
    return [list, &workers](ExchangePtr exchange) {
      AtAskedMoment(std::move(exchange), workers, [list](ExchangePtr at_moment) {
        const auto read = ReadSearchRequest(*at_moment);
        read ? list(std::move(at_moment)) : at_moment->AnswerError(read.error());
      });
    };
  };
  router.Add("/scim/v2/ServiceProviderConfig", {{"GET", Access::kOpen, provider}});
  router.Add("/scim/v2/Schemas/.search", {{"POST", Access::kReadScim, searching(ListAllSchemas)}});
  router.Add("/scim/v2/ResourceTypes/.search",
             {{"POST", Access::kReadScim, searching(ListResourceTypes)}});
  router.Add("/scim/v2/Schemas", {{"GET", Access::kReadScim, reading(ListAllSchemas)}});
  router.Add("/scim/v2/Schemas/{urn}", {{"GET", Access::kReadScim, reading(ReadSchema)}});
  router.Add("/scim/v2/ResourceTypes", {{"GET", Access::kReadScim, reading(ListResourceTypes)}});
  router.Add("/scim/v2/ResourceTypes/{name}",
             {{"GET", Access::kReadScim, reading(ReadResourceType)}});
}

}  // namespace scimledger::api
