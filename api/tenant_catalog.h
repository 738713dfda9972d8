#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/tenant.h"
#include "storage/log_store.h"

namespace scimledger::api {

/// The tenants of one server by name. A tenant, once loaded, stays until the catalog's end.
/// Thread-safe.
class TenantCatalog {
 public:
  virtual ~TenantCatalog() = default;

  /// The tenant of requests that name none.
  virtual std::string_view default_name() const = 0;
  /// The clock of the tenants (Tenant::NowUs).
  virtual std::int64_t NowUs() const = 0;
  virtual bool Has(std::string_view name) const = 0;
  /// nullptr: there is none, or it was not asked for yet.
  virtual Tenant* FindLoaded(std::string_view name) const = 0;
  /// Loads it if nobody has yet: takes as long as the replay of what its snapshot lacks. kNotFound:
  /// there is none. Else as Tenant::Open.
  [[nodiscard]] virtual storage::Result<Tenant*> Load(std::string_view name) = 0;
  /// Tells that the system tenant has recorded a new one.
  virtual void Add(std::string_view name) = 0;
  virtual std::vector<const Tenant*> loaded() const = 0;
  /// Copies the logs of all tenants, loaded or not (storage/log_store.h, CopyTo). kNotFound: there
  /// are none, this is a replay.
  [[nodiscard]] virtual storage::Result<void> CopyLogs(const std::filesystem::path& target) = 0;
  /// Stops the writers after what is queued, then snapshots.
  virtual void Stop() = 0;
};

/// Of a server with one tenant that is there already: a replay's.
std::unique_ptr<TenantCatalog> MakeCatalogOf(std::unique_ptr<Tenant> tenant);

/// Of the logs in a store, which must outlive the catalog: the tenants `default` and `system`,
/// which are always there, and those that the system tenant's log records. Opens the system tenant;
/// the others are loaded when asked for. `options`: of every tenant, but for the name.
[[nodiscard]] storage::Result<std::unique_ptr<TenantCatalog>> OpenCatalog(storage::LogStore& store,
                                                                          Clock& clock,
                                                                          TenantOptions options);

/// The schema of tenants as resources of the system tenant, and the name of their type.
inline constexpr std::string_view kTenantType = "Tenant";
inline constexpr std::string_view kTenantSchema = "urn:scimledger:scim:schemas:Tenant";

/// One tenant as the system tenant records it.
struct RecordedTenant {
  std::string name;
  std::int64_t created_us = 0;
};
/// In order of creation. `system`: of the system tenant; none of any other.
std::vector<RecordedTenant> ListRecordedTenants(const projections::DirectoryView& system);

}  // namespace scimledger::api
