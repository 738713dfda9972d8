#include "tools/local_service.h"

#include <chrono>
#include <utility>

namespace scimledger::tools {
namespace {

constexpr const char* kDefaultTenant = "default";

}  // namespace

std::int64_t SystemClock::NowUs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

storage::Result<std::unique_ptr<LocalService>> LocalService::Lock(
    const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
    api::ServiceOptions options) {
  std::unique_ptr<LocalService> local(new LocalService);
  SCIMLEDGER_TRY_ASSIGN(local->directory_, storage::DataDirectory::Open(data, if_missing));
  local->service_ = api::Service::Make(std::move(options));
  return local;
}

storage::Result<void> LocalService::Load(const std::string& tenant, api::TenantOptions options) {
  if (tenant != kDefaultTenant) {
    return storage::Fail(storage::ErrorCode::kNotFound,
                         "no tenant named '" + tenant + "' in " + directory_->path().string());
  }
  storage::LogStoreOptions store_options;
  // The directory was accepted when it was locked, so a log that is not there yet is a new one.
  store_options.create_if_missing = true;
  SCIMLEDGER_TRY_ASSIGN(store_, storage::LogStore::Open(directory_->log(), store_options));
  SCIMLEDGER_TRY_ASSIGN(auto log, store_->OpenLog(tenant));
  options.name = tenant;
  options.projections = directory_->projections();
  SCIMLEDGER_TRY_ASSIGN(tenant_, api::Tenant::Open(std::move(log), clock_, std::move(options)));
  service_->Attach(*tenant_);
  return {};
}

storage::Result<std::unique_ptr<LocalService>> LocalService::Open(
    const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
    const std::string& tenant) {
  api::ServiceOptions options;
  options.log_requests = false;
  SCIMLEDGER_TRY_ASSIGN(auto local, Lock(data, if_missing, std::move(options)));
  SCIMLEDGER_TRY(local->Load(tenant, {}));
  return local;
}

void LocalService::Close() {
  service_->Drain();
  service_.reset();
  if (tenant_) tenant_->Stop();
  tenant_.reset();
  store_.reset();
}

}  // namespace scimledger::tools
