#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/event.h"
#include "engine/resource.h"
#include "engine/schema.h"

namespace scimledger {

/// A key that at most one resource holds: attribute and comparison form of its value
/// (engine/unique_keys.h makes them).
struct UniqueKey {
  AttributeId attribute{};
  std::string key;
  friend auto operator<=>(const UniqueKey&, const UniqueKey&) = default;
};

/// State at the head, as decide asks for it: the engine's port. Not thread-safe; the writer's
/// thread is the only one to use it.
class State {
 public:
  virtual ~State() = default;
  virtual Sequence head() const = 0;
  virtual RegistryPtr registry() const = 0;
  /// nullptr: unknown or deleted.
  virtual ResourcePtr FindResource(const ResourceId& id) const = 0;
  virtual std::optional<ResourceId> FindByUniqueKey(const UniqueKey& key) const = 0;
  virtual bool IsMember(const ResourceId& group, const ResourceId& member) const = 0;
  /// In order of creation, until `visit` returns false.
  virtual void ForEachMember(const ResourceId& group,
                             const std::function<bool(const ResourceId&)>& visit) const = 0;
  /// Ids of the groups that hold `member` directly, in order of creation.
  virtual std::vector<ResourceId> GroupsHolding(const ResourceId& member) const = 0;
  virtual std::uint32_t next_ordinal() const = 0;
  virtual std::optional<Credential> FindCredential(const Uuid& id) const = 0;
};

/// State that events are folded into: the directory projection, and the writer's overlay over it.
class MutableState : public State {
 public:
  /// `before` is nullptr on create, `after` on delete. Keeps unique keys and other lookups in step.
  /// Deleting a resource drops its own member set; sets that hold it are changed by events of their
  /// own.
  virtual void PutResource(const ResourcePtr& before, const ResourcePtr& after) = 0;
  virtual void SetMember(const ResourceId& group, const ResourceId& member, bool is_member) = 0;
  virtual void SetRegistry(RegistryPtr registry) = 0;
  virtual void PutCredential(const Credential& credential) = 0;
  /// Moves the head; the last call of every fold.
  virtual void SetHead(Sequence head) = 0;
};

/// Folds one event (I-3: the only place that does). Uses `event.after` where decide left it, else
/// computes the row. kCorrupt: the event does not fit the state (wrong version before, unknown
/// resource); nothing was changed.
[[nodiscard]] storage::Result<void> Apply(MutableState& state, const Event& event);

}  // namespace scimledger
