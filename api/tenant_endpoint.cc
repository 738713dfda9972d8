#include "api/tenant_endpoint.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/command_submission.h"
#include "api/tenant_name.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

using CatalogSource = std::function<TenantCatalog*()>;

/// Only the operators' tenant knows of others (I-8).
Result<void> CheckIsSystem(const Exchange& exchange) {
  if (exchange.tenant->name() == kSystemTenant) return {};
  return Refuse(403, ScimType::kNone,
                "Tenants are administered through the tenant `system`: with `scimledger tenant` "
                "beside the data, or with a token made by `scimledger token create --tenant system "
                "--role admin`.");
}

void AppendTenant(const RecordedTenant& tenant, std::string& out) {
  out += fmt::format(R"({{"name":"{}")", tenant.name);
  if (tenant.created_us != 0) {
    out += fmt::format(R"(,"created":"{}")", FormatDateTime(tenant.created_us));
  }
  out += fmt::format(R"(,"path":"/scim/v2/t/{}"}})", tenant.name);
}

void ListTenants(ExchangePtr exchange) {
  if (const auto allowed = CheckIsSystem(*exchange); !allowed) {
    return exchange->AnswerError(allowed.error());
  }
  const auto view = exchange->tenant->directory().Freeze();
  exchange->sequence = view->sequence();
  std::string body = R"({"tenants":[)";
  AppendTenant({std::string(kDefaultTenant), 0}, body);
  for (const RecordedTenant& tenant : ListRecordedTenants(*view)) {
    body += ',';
    AppendTenant(tenant, body);
  }
  body += "]}";
  exchange->Answer(JsonResponse(200, std::move(body), kJsonMediaType));
}

Result<std::string> ReadName(std::string_view body) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(body));
  std::string_view name;
  if (json.root()["name"].get(name) != simdjson::SUCCESS || !IsTenantName(name)) {
    return Refuse(
        ScimType::kInvalidValue,
        "'name' must be 1 to 63 lower-case letters, digits and hyphens, with no hyphen at "
        "either end, such as \"acme\": it stands in URLs, tokens and commands.");
  }
  if (name == kDefaultTenant || name == kSystemTenant) {
    return Refuse(409, ScimType::kUniqueness,
                  fmt::format("The tenant `{}` is always there.", name));
  }
  return std::string(name);
}

Result<CommandBody> MakeCommand(const Exchange& exchange, const std::string& name) {
  const SchemaRegistry& registry = *exchange.registry;
  const ResourceType& type = *registry.FindTypeByName(kTenantType);
  const std::string resource =
      fmt::format(R"({{"schemas":["{}"],"name":"{}"}})", kTenantSchema, name);
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(resource));
  SCIMLEDGER_TRY_ASSIGN(ResourceDraft draft, ParseResource(registry, type, json.root()));
  return CreateResource{type.id, storage::RandomUuid(), std::move(draft)};
}

/// The record is durable: a log that is not made now is made when the tenant is first asked for.
void AnswerCreated(ExchangePtr exchange, const RecordedTenant& made, TenantCatalog& catalog) {
  catalog.Add(made.name);
  if (const auto loaded = catalog.Load(made.name); !loaded) {
    return exchange->AnswerError(
        {503, ScimType::kNone,
         fmt::format("The tenant is recorded, but its log could not be opened: {}.",
                     loaded.error().message)});
  }
  std::string body;
  AppendTenant(made, body);
  exchange->Answer(JsonResponse(201, std::move(body), kJsonMediaType));
}

void CreateTenant(ExchangePtr exchange, const Workers& workers, const CatalogSource& catalog) {
  if (const auto allowed = CheckIsSystem(*exchange); !allowed) {
    return exchange->AnswerError(allowed.error());
  }
  auto name = ReadName(exchange->request.body);
  if (!name) return exchange->AnswerError(name.error());
  auto command = MakeCommand(*exchange, *name);
  if (!command) return exchange->AnswerError(command.error());
  SubmitCommand(std::move(exchange), *std::move(command), workers,
                [name = *std::move(name), catalog = catalog(), &workers](ExchangePtr done,
                                                                         const Outcome& outcome) {
                  RecordedTenant made{name, outcome.resource->created_us};
                  workers.loads.Run(std::move(done),
                                    [made = std::move(made), catalog](ExchangePtr waiting) {
                                      AnswerCreated(std::move(waiting), made, *catalog);
                                    });
                });
}

}  // namespace

void AddTenantEndpoints(Router& router, const Workers& workers, CatalogSource catalog) {
  const auto create = [&workers, catalog = std::move(catalog)](ExchangePtr exchange) {
    CreateTenant(std::move(exchange), workers, catalog);
  };
  router.Add("/admin/v1/tenants",
             {{"GET", Access::kAdminister, ListTenants}, {"POST", Access::kAdminister, create}});
}

}  // namespace scimledger::api
