#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "api/long_work.h"
#include "api/router.h"
#include "api/tenant_catalog.h"
#include "api/worker_pool.h"

namespace scimledger::api {

struct BackupOptions {
  std::shared_ptr<LongWork> work;
  std::filesystem::path keys;  ///< DATA/keys; empty: there are none
  std::function<TenantCatalog*()> tenants;
};

/// POST /admin/v1/backup?to=DIR&keys=true|false: the logs of all tenants as they are at one moment,
/// while the server goes on, and DATA/keys where `keys` says so (storage/backup.h). Proved before
/// it counts: the copy is replayed with every hash checked. Only on this machine: on the control
/// socket. 400 for a directory that is not new or empty; 507 when the disk is full.
void AddBackupEndpoint(Router& router, const Workers& workers, BackupOptions options);

}  // namespace scimledger::api
