#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "engine/scim_error.h"
#include "projections/directory.h"
#include "storage/password_store.h"

namespace scimledger::api {

class TenantPasswords;

/// A hash that is on disk before the command that refers to it is submitted. Whoever has it tells
/// what became of the command; else the hash stays until the next start looks for it.
class KeptPassword {
 public:
  KeptPassword(TenantPasswords& passwords, const storage::PasswordKey& key);
  KeptPassword(KeptPassword&& other) noexcept;
  KeptPassword& operator=(KeptPassword&&) = delete;
  ~KeptPassword();

  const Uuid& reference() const { return key_.reference; }
  /// The command was decided, and the directory shows it: accepted or refused for certain.
  void Settle();

 private:
  TenantPasswords* passwords_;
  storage::PasswordKey key_;
};

/// The hashes of one tenant's passwords. A hash is stored under a random reference before its
/// command is submitted, and it counts for as long as the user's row holds that reference
/// (engine/password_reference.h): so the log decides which counts, after a crash too, and nothing
/// here has to be kept in step with it. What no row refers to and no command on its way may come to
/// refer to is deleted, by a thread of its own; at the start all hashes are looked at. Thread-safe.
class TenantPasswords {
 public:
  /// `store` and `directory` must outlive this; the directory is at the log's head. `notice` is
  /// told what goes wrong in the background. Where the tenant does not keep passwords, hashes that
  /// are left are deleted at once.
  TenantPasswords(storage::PasswordStore& store, const Uuid& log,
                  const projections::Directory& directory,
                  std::function<void(const std::string& line)> notice);
  ~TenantPasswords();
  TenantPasswords(const TenantPasswords&) = delete;
  TenantPasswords& operator=(const TenantPasswords&) = delete;

  /// Hashes and stores; takes some 30 ms and kHashMemoryKib. 503, 507: nothing was stored.
  [[nodiscard]] Result<KeptPassword> Keep(const ResourceId& resource, std::string_view prepared);

  /// Whether it is the password in force of the user with that userName, who is active. Takes as
  /// long for a user who is not there. 503: it cannot be told now.
  [[nodiscard]] Result<bool> Matches(std::string_view user_name, std::string_view password);

  /// Has what the resource's row no longer refers to deleted, soon. Costs nothing in a tenant that
  /// has no hashes.
  void Reconsider(const ResourceId& resource);

  /// Deletes all hashes. To be called when the tenant stopped keeping them, before another command
  /// is decided. If it fails it is tried again before anything else is done here.
  void DropAll();

 private:
  friend class KeptPassword;
  void End(const storage::PasswordKey& key, bool is_certain);
  [[nodiscard]] Result<void> DropLeft();
  [[nodiscard]] Result<std::optional<std::string>> FindHash(std::string_view user_name);
  void StartSweeping();
  void SweepUntil(const std::stop_token& stop);
  [[nodiscard]] storage::Result<void> Sweep(const std::optional<Uuid>& resource,
                                            const std::stop_token& stop);
  bool IsStale(const storage::PasswordKey& key);
  void Notice(const storage::Error& error) const;

  storage::PasswordStore& store_;
  const Uuid log_;
  const projections::Directory& directory_;
  const std::function<void(const std::string& line)> notice_;

  std::atomic<bool> is_in_use_{false};  ///< there may be hashes
  std::atomic<bool> must_drop_{false};  ///< DropAll failed
  std::mutex mutex_;
  std::unordered_set<Uuid, UuidHash> on_their_way_;  ///< references; guarded by mutex_
  std::deque<Uuid> doubtful_;      ///< of those: their command's outcome is unknown
  std::set<ResourceId> to_sweep_;  ///< guarded by mutex_
  bool sweeps_all_ = false;        ///< guarded by mutex_
  std::condition_variable_any wake_;
  std::jthread sweeper_;  ///< ended first
};

}  // namespace scimledger::api
