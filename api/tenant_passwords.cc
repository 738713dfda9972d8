#include "api/tenant_passwords.h"

#include <fmt/format.h>

#include <utility>

#include "api/password_hash.h"
#include "engine/document.h"
#include "engine/password_reference.h"
#include "engine/unique_keys.h"
#include "storage/hash.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

/// Of commands whose outcome stayed unknown. The hash of an older one may be deleted: its command
/// has long been either in the log or lost.
constexpr std::size_t kDoubtfulMax = 10'000;
/// Deleted with one write.
constexpr std::size_t kStaleMax = 1'000;

ScimError NotNow(const storage::Error& error) {
  const bool is_full = error.code == storage::ErrorCode::kNoSpace;
  return {is_full ? 507 : 503, ScimType::kNone,
          "The passwords kept of this tenant cannot be read or written now: nothing was changed. "
          "The server's own log says why."};
}

/// Compared with where there is no user: of no password that anybody knows, and as costly.
std::string HashOfNobody() {
  constexpr std::string_view kSaltAndHash =
      "$c2NpbWxlZGdlci1ub2JvZA$bm9ib2R5LWhhcy10aGlzLXBhc3N3b3JkLW5vYm9keTE";
  return fmt::format("$argon2id$v=19$m={},t={},p={}{}", kHashMemoryKib, kHashPasses, kHashLanes,
                     kSaltAndHash);
}

/// nullptr: there is none, or it is not active.
ResourcePtr FindActiveUser(const projections::Directory& directory, std::string_view user_name) {
  const RegistryPtr registry = directory.current_registry();
  const ResourceType* const type = registry->FindTypeByName("User");
  const auto name = registry->FindAttribute(*type, "userName");
  const auto active = registry->FindAttribute(*type, "active");
  projections::EqualityKey key;
  key.kind = projections::EqualityKey::Kind::kAttribute;
  key.path.attribute = *name;
  key.key = ComparisonKey(registry->attribute(*name), user_name);
  const auto found = directory.LookUp(type->id, key);
  if (found.resources.size() != 1) return nullptr;
  const auto value = FindInDocument(found.resources.front()->document, *active);
  const bool* const is_active = value ? value->AsBool() : nullptr;
  return is_active != nullptr && *is_active ? found.resources.front() : nullptr;
}

}  // namespace

KeptPassword::KeptPassword(TenantPasswords& passwords, const storage::PasswordKey& key)
    : passwords_(&passwords), key_(key) {}

KeptPassword::KeptPassword(KeptPassword&& other) noexcept
    : passwords_(std::exchange(other.passwords_, nullptr)), key_(other.key_) {}

KeptPassword::~KeptPassword() {
  if (passwords_ != nullptr) passwords_->End(key_, false);
}

void KeptPassword::Settle() {
  if (passwords_ != nullptr) std::exchange(passwords_, nullptr)->End(key_, true);
}

TenantPasswords::TenantPasswords(storage::PasswordStore& store, const Uuid& log,
                                 const projections::Directory& directory,
                                 std::function<void(const std::string& line)> notice)
    : store_(store), log_(log), directory_(directory), notice_(std::move(notice)) {
  if (!store_.exists()) return;
  if (KeepsPasswords(*directory_.current_registry())) {
    is_in_use_ = true;
    sweeps_all_ = true;
    StartSweeping();
    return;
  }
  const auto walked = store_.ForEach(log_, std::nullopt, [this](const storage::PasswordKey&) {
    must_drop_ = true;
    return false;
  });
  if (!walked) Notice(walked.error());
  (void)DropLeft();
}

TenantPasswords::~TenantPasswords() = default;

Result<KeptPassword> TenantPasswords::Keep(const ResourceId& resource, std::string_view prepared) {
  SCIMLEDGER_TRY(DropLeft());
  SCIMLEDGER_TRY_ASSIGN(const std::string hash, HashPassword(prepared));
  const storage::PasswordKey key{resource, storage::RandomUuid()};
  is_in_use_ = true;
  {
    const std::scoped_lock lock(mutex_);
    on_their_way_.insert(key.reference);
    StartSweeping();
  }
  KeptPassword kept(*this, key);
  if (const auto put = store_.Put(log_, key, hash); !put) {
    Notice(put.error());
    kept.Settle();
    return std::unexpected(NotNow(put.error()));
  }
  // DropAll comes after the setting: either it found this hash, or we find the setting changed.
  if (KeepsPasswords(*directory_.current_registry())) return kept;
  kept.Settle();
  return Refuse(503, ScimType::kNone,
                "The setting `passwords` was changed meanwhile: nothing was changed. Repeat the "
                "request.");
}

Result<bool> TenantPasswords::Matches(std::string_view user_name, std::string_view password) {
  SCIMLEDGER_TRY(DropLeft());
  const auto prepared = PreparePassword(password);
  if (!prepared) return false;
  SCIMLEDGER_TRY_ASSIGN(const auto hash, FindHash(user_name));
  SCIMLEDGER_TRY_ASSIGN(const bool matches,
                        MatchesPassword(*prepared, hash.value_or(HashOfNobody())));
  return hash && matches;
}

/// Asks the store for nobody's, too, so that both take the same way.
Result<std::optional<std::string>> TenantPasswords::FindHash(std::string_view user_name) {
  const ResourcePtr user = FindActiveUser(directory_, user_name);
  const auto reference =
      user != nullptr ? PasswordReferenceOf(*directory_.current_registry(), *user) : std::nullopt;
  const storage::PasswordKey key{user != nullptr ? user->id : Uuid(), reference.value_or(Uuid())};
  auto hash = store_.Get(log_, key);
  if (hash) return *std::move(hash);
  Notice(hash.error());
  return std::unexpected(NotNow(hash.error()));
}

void TenantPasswords::Reconsider(const ResourceId& resource) {
  if (!is_in_use_) return;
  {
    const std::scoped_lock lock(mutex_);
    to_sweep_.insert(resource);
  }
  wake_.notify_one();
}

void TenantPasswords::DropAll() {
  if (!is_in_use_) return;
  must_drop_ = true;
  (void)DropLeft();
}

Result<void> TenantPasswords::DropLeft() {
  if (!must_drop_) return {};
  if (const auto cleared = store_.Clear(log_); !cleared) {
    Notice(cleared.error());
    return std::unexpected(NotNow(cleared.error()));
  }
  must_drop_ = false;
  return {};
}

void TenantPasswords::End(const storage::PasswordKey& key, bool is_certain) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_certain) {
      on_their_way_.erase(key.reference);
    } else {
      doubtful_.push_back(key.reference);
      if (doubtful_.size() > kDoubtfulMax) {
        on_their_way_.erase(doubtful_.front());
        doubtful_.pop_front();
      }
    }
  }
  if (is_certain) Reconsider(key.resource);
}

/// With mutex_, or before anybody else knows this.
void TenantPasswords::StartSweeping() {
  if (sweeper_.joinable()) return;
  sweeper_ = std::jthread([this](const std::stop_token& stop) { SweepUntil(stop); });
}

void TenantPasswords::SweepUntil(const std::stop_token& stop) {
  storage::NameThread("password-sweep");
  while (true) {
    std::set<ResourceId> resources;
    bool all = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return sweeps_all_ || !to_sweep_.empty(); });
      if (stop.stop_requested()) return;
      std::swap(resources, to_sweep_);
      std::swap(all, sweeps_all_);
    }
    if (all) {
      if (const auto swept = Sweep(std::nullopt, stop); !swept) Notice(swept.error());
    }
    for (const ResourceId& resource : resources) {
      // What is left at a stop, or after an error, the next start finds.
      if (stop.stop_requested()) return;
      if (const auto swept = Sweep(resource, stop); !swept) Notice(swept.error());
    }
  }
}

storage::Result<void> TenantPasswords::Sweep(const std::optional<Uuid>& resource,
                                             const std::stop_token& stop) {
  std::vector<storage::PasswordKey> stale;
  storage::Result<void> removed;
  const auto remove = [&] {
    removed = store_.Remove(log_, stale);
    stale.clear();
    return removed.has_value();
  };
  SCIMLEDGER_TRY(store_.ForEach(log_, resource, [&](const storage::PasswordKey& key) {
    if (IsStale(key)) stale.push_back(key);
    return !stop.stop_requested() && (stale.size() < kStaleMax || remove());
  }));
  if (removed) remove();
  return removed;
}

/// The hash was read from the store before this. If its command is not on its way any more, the
/// directory shows what became of it: so this order of looking never takes a hash that counts.
bool TenantPasswords::IsStale(const storage::PasswordKey& key) {
  {
    const std::scoped_lock lock(mutex_);
    if (on_their_way_.contains(key.reference)) return false;
  }
  const auto found = directory_.Find(key.resource);
  return found.resource == nullptr ||
         PasswordReferenceOf(*found.view->registry(), *found.resource) != key.reference;
}

void TenantPasswords::Notice(const storage::Error& error) const {
  if (notice_) notice_("passwords: " + error.message);
}

}  // namespace scimledger::api
