#include "tools/local_service.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "api/replayed_tenant.h"
#include "api/tenant_name.h"
#include "storage/manifest.h"
#include "tools/progress_line.h"

namespace scimledger::tools {

std::int64_t SystemClock::NowUs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

storage::Result<std::unique_ptr<LocalService>> LocalService::Lock(
    const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
    api::ServiceOptions options) {
  std::unique_ptr<LocalService> local(new LocalService);
  SCIMLEDGER_TRY_ASSIGN(local->directory_, storage::DataDirectory::Open(data, if_missing));
  SCIMLEDGER_TRY_ASSIGN(options.cursor_key,
                        storage::SecretKey::LoadOrMake(local->directory_->keys() / "cursor"));
  SCIMLEDGER_TRY_ASSIGN(
      options.authentication.access_token_key,
      storage::SecretKey::LoadOrMake(local->directory_->keys() / "access_tokens"));
  options.access.directory = local->directory_->access();
  options.keys = local->directory_->keys();
  local->service_ = api::Service::Make(std::move(options));
  return local;
}

storage::Result<std::unique_ptr<LocalService>> LocalService::LockReplay(
    const std::filesystem::path& data, api::ServiceOptions options) {
  std::unique_ptr<LocalService> local(new LocalService);
  SCIMLEDGER_TRY_ASSIGN(local->directory_, storage::DataDirectory::OpenReplay(data));
  local->is_replay_ = true;
  local->service_ = api::Service::Make(std::move(options));
  return local;
}

std::unexpected<storage::Error> LocalService::NoSuchTenant(const std::string& tenant) const {
  return storage::Fail(storage::ErrorCode::kNotFound,
                       "no tenant named '" + tenant + "' in " + directory_->path().string());
}

storage::Result<void> LocalService::LoadReplay(const std::string& tenant) {
  SCIMLEDGER_TRY_ASSIGN(const auto manifest, storage::ReadManifest(directory_->path()));
  // It holds one tenant: who names none means that one.
  if (tenant != manifest.tenant && tenant != api::kDefaultTenant) return NoSuchTenant(tenant);
  SCIMLEDGER_TRY_ASSIGN(auto replayed,
                        api::OpenReplayedTenant(manifest, directory_->projections(), clock_));
  tenants_ = api::MakeCatalogOf(std::move(replayed));
  service_->Attach(*tenants_);
  return {};
}

storage::Result<void> LocalService::Load(const std::string& tenant, api::TenantOptions options) {
  if (is_replay_) return LoadReplay(tenant);
  storage::LogStoreOptions store_options;
  // The directory was accepted when it was locked, so a log that is not there yet is a new one.
  store_options.create_if_missing = true;
  SCIMLEDGER_TRY_ASSIGN(store_, storage::LogStore::Open(directory_->log(), store_options));
  options.projections = directory_->projections();
  passwords_ = std::make_unique<storage::PasswordStore>(directory_->passwords());
  options.passwords = passwords_.get();
  SCIMLEDGER_TRY_ASSIGN(tenants_, api::OpenCatalog(*store_, clock_, std::move(options)));
  if (!tenants_->Has(tenant)) return NoSuchTenant(tenant);
  SCIMLEDGER_TRY(tenants_->Load(tenant));
  service_->Attach(*tenants_);
  return {};
}

storage::Result<std::unique_ptr<LocalService>> LocalService::Open(
    const std::filesystem::path& data, storage::DataDirectory::IfMissing if_missing,
    const std::string& tenant) {
  api::ServiceOptions options;
  options.log_requests = false;
  auto local = storage::HasManifest(data) ? LockReplay(data, std::move(options))
                                          : Lock(data, if_missing, std::move(options));
  if (!local) return local;
  std::optional<ProgressLine> line;
  std::string shown;
  api::TenantOptions tenant_options;
  tenant_options.progress = [&](std::string_view what, Sequence position, Sequence head) {
    if (position >= head) return;
    if (shown != what) line.emplace(shown = what);
    line->Show({position.value, head.value});
  };
  SCIMLEDGER_TRY((*local)->Load(tenant, std::move(tenant_options)));
  return local;
}

void LocalService::Close() {
  service_->Drain();
  service_.reset();
  if (tenants_) tenants_->Stop();
  tenants_.reset();
  passwords_.reset();
  store_.reset();
}

}  // namespace scimledger::tools
