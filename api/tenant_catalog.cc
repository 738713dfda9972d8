#include "api/tenant_catalog.h"

#include <array>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "api/tenant_name.h"
#include "engine/document.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

/// What the system tenant's log says of a tenant. Its name never changes: the log is kept by it.
constexpr std::array<std::string_view, 2> kDefinitions = {
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id":"urn:scimledger:scim:schemas:Tenant","name":"Tenant",
        "description":"A customer with a log of its own","attributes":[
        {"name":"name","type":"string","required":true,"mutability":"immutable",
         "uniqueness":"server","description":"Name in URLs, tokens and commands"}]})",
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "name":"Tenant","endpoint":"/Tenants","description":"Tenants of this server",
        "schema":"urn:scimledger:scim:schemas:Tenant"})"};

storage::Result<void> AddDefinition(Tenant& system, std::string_view json) {
  Command command;
  command.body = AddSchema{SchemaDefinition{std::string(json)}};
  command.actor = {"server", AuthMethod::kLocal, Role::kAdmin};
  command.transaction = storage::RandomUuid();
  command.registry = system.directory().current_registry();
  std::promise<Result<Outcome>> done;
  system.Submit(std::move(command),
                [&done](Result<Outcome> outcome) { done.set_value(std::move(outcome)); });
  const auto outcome = done.get_future().get();
  if (outcome) return {};
  return storage::Fail(storage::ErrorCode::kIo, "the system tenant: " + outcome.error().detail);
}

class OneTenantCatalog final : public TenantCatalog {
 public:
  explicit OneTenantCatalog(std::unique_ptr<Tenant> tenant) : tenant_(std::move(tenant)) {}

  std::string_view default_name() const override { return tenant_->name(); }
  std::int64_t NowUs() const override { return tenant_->NowUs(); }
  bool Has(std::string_view name) const override { return name == tenant_->name(); }
  Tenant* FindLoaded(std::string_view name) const override {
    return Has(name) ? tenant_.get() : nullptr;
  }
  storage::Result<Tenant*> Load(std::string_view name) override {
    if (Tenant* const found = FindLoaded(name)) return found;
    return storage::Fail(storage::ErrorCode::kNotFound, "there is no such tenant");
  }
  void Add(std::string_view /*name*/) override {}
  std::vector<const Tenant*> loaded() const override { return {tenant_.get()}; }
  storage::Result<void> CopyLogs(const std::filesystem::path& /*target*/) override {
    return storage::Fail(storage::ErrorCode::kNotFound, "this is a replay: it has no log");
  }
  void Stop() override { tenant_->Stop(); }

 private:
  std::unique_ptr<Tenant> tenant_;
};

class LogCatalog final : public TenantCatalog {
 public:
  LogCatalog(storage::LogStore& store, Clock& clock, TenantOptions options)
      : store_(store), clock_(clock), options_(std::move(options)) {
    names_.insert({std::string(kDefaultTenant), std::string(kSystemTenant)});
  }

  /// Reads from the system tenant's log which others there are.
  storage::Result<void> Open() {
    SCIMLEDGER_TRY_ASSIGN(Tenant* const system, Load(kSystemTenant));
    if (system->directory().current_registry()->FindTypeByName(kTenantType) == nullptr) {
      for (const std::string_view json : kDefinitions) SCIMLEDGER_TRY(AddDefinition(*system, json));
    }
    const auto view = system->directory().Freeze();
    for (RecordedTenant& tenant : ListRecordedTenants(*view)) {
      names_.insert(std::move(tenant.name));
    }
    return {};
  }

  std::string_view default_name() const override { return kDefaultTenant; }
  std::int64_t NowUs() const override { return clock_.NowUs(); }

  bool Has(std::string_view name) const override {
    const std::shared_lock lock(mutex_);
    return names_.contains(name);
  }

  Tenant* FindLoaded(std::string_view name) const override {
    const std::shared_lock lock(mutex_);
    const auto found = tenants_.find(name);
    return found == tenants_.end() ? nullptr : found->second.get();
  }

  storage::Result<Tenant*> Load(std::string_view name) override {
    const std::lock_guard loading(loading_);
    if (Tenant* const found = FindLoaded(name)) return found;
    if (!Has(name)) {
      return storage::Fail(storage::ErrorCode::kNotFound,
                           "no tenant named '" + std::string(name) + "'");
    }
    SCIMLEDGER_TRY_ASSIGN(auto log, store_.OpenLog(name));
    TenantOptions options = options_;
    options.name = name;
    // Only the default tenant's start is waited for by somebody who watches.
    if (name != kDefaultTenant) options.progress = nullptr;
    SCIMLEDGER_TRY_ASSIGN(auto tenant, Tenant::Open(std::move(log), clock_, std::move(options)));
    const std::lock_guard lock(mutex_);
    return tenants_.emplace(name, std::move(tenant)).first->second.get();
  }

  void Add(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    names_.emplace(name);
  }

  std::vector<const Tenant*> loaded() const override {
    const std::shared_lock lock(mutex_);
    std::vector<const Tenant*> all;
    for (const auto& [name, tenant] : tenants_) all.push_back(tenant.get());
    return all;
  }

  storage::Result<void> CopyLogs(const std::filesystem::path& target) override {
    return store_.CopyTo(target);
  }

  void Stop() override {
    const std::lock_guard loading(loading_);
    for (const auto& [name, tenant] : tenants_) tenant->Stop();
  }

 private:
  storage::LogStore& store_;
  Clock& clock_;
  const TenantOptions options_;
  std::mutex loading_;
  mutable std::shared_mutex mutex_;
  std::set<std::string, std::less<>> names_;
  std::map<std::string, std::unique_ptr<Tenant>, std::less<>> tenants_;
};

}  // namespace

std::vector<RecordedTenant> ListRecordedTenants(const projections::DirectoryView& system) {
  const RegistryPtr registry = system.registry();
  const ResourceType* const type = registry->FindTypeByName(kTenantType);
  const auto name = registry->FindInSchema(kTenantSchema, "name");
  std::vector<RecordedTenant> tenants;
  if (type == nullptr || !name) return tenants;
  system.ForEachResource(type->id, [&](const ResourcePtr& row) {
    const auto value = FindInDocument(row->document, *name);
    const std::string* const text = value ? value->AsString() : nullptr;
    if (text != nullptr) tenants.push_back({*text, row->created_us});
    return true;
  });
  return tenants;
}

std::unique_ptr<TenantCatalog> MakeCatalogOf(std::unique_ptr<Tenant> tenant) {
  return std::make_unique<OneTenantCatalog>(std::move(tenant));
}

storage::Result<std::unique_ptr<TenantCatalog>> OpenCatalog(storage::LogStore& store, Clock& clock,
                                                            TenantOptions options) {
  auto catalog = std::make_unique<LogCatalog>(store, clock, std::move(options));
  SCIMLEDGER_TRY(catalog->Open());
  return catalog;
}

}  // namespace scimledger::api
