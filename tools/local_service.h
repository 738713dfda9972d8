#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "api/service.h"
#include "api/tenant_catalog.h"
#include "storage/data_directory.h"
#include "storage/log_store.h"

namespace scimledger::tools {

/// µs of the system's clock.
class SystemClock : public Clock {
 public:
  std::int64_t NowUs() override;
};

/// The whole product over one data directory without a listener: lock, log, tenant, service.
/// `serve` puts a server before it; other subcommands call it in their own process.
class LocalService {
 public:
  /// Opens everything, also what `replay --into` wrote; returns when the tenant is ready.
  /// kNotFound: there is none of that name. Shows on a terminal how far a longer start has come.
  [[nodiscard]] static storage::Result<std::unique_ptr<LocalService>> Open(
      const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
      const std::string& tenant);

  /// In two steps, for `serve`: first the lock and a service that says it is starting …
  [[nodiscard]] static storage::Result<std::unique_ptr<LocalService>> Lock(
      const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
      api::ServiceOptions options);
  /// … or the same over what `replay --into` wrote, and only over such a directory …
  [[nodiscard]] static storage::Result<std::unique_ptr<LocalService>> LockReplay(
      const std::filesystem::path& data, api::ServiceOptions options);
  /// … then the logs and the projections of one tenant, or the replay. Other tenants are loaded
  /// when they are asked for.
  [[nodiscard]] storage::Result<void> Load(const std::string& tenant, api::TenantOptions options);

  api::Service& service() { return *service_; }
  /// Only after Load.
  api::TenantCatalog& tenants() { return *tenants_; }
  const std::filesystem::path& data() const { return directory_->path(); }
  /// Answers what is in flight, stops the writer, snapshots and closes the log; keeps the lock.
  void Close();

 private:
  LocalService() = default;
  [[nodiscard]] storage::Result<void> LoadReplay(const std::string& tenant);
  std::unexpected<storage::Error> NoSuchTenant(const std::string& tenant) const;

  // In order of construction; destruction goes the other way.
  std::unique_ptr<storage::DataDirectory> directory_;
  bool is_replay_ = false;
  SystemClock clock_;
  std::unique_ptr<storage::LogStore> store_;
  std::unique_ptr<storage::PasswordStore> passwords_;
  std::unique_ptr<api::TenantCatalog> tenants_;
  std::unique_ptr<api::Service> service_;
};

}  // namespace scimledger::tools
