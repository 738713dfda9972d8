#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/state.h"
#include "projections/lookup_attributes.h"
#include "storage/event_log.h"

namespace scimledger::projections {

/// Whether Administration depends on events of this kind.
bool IsAdministration(EventKind kind);

/// What the events on schemas, settings and credentials make.
struct Administration {
  RegistryPtr registry;
  std::map<Uuid, Credential> credentials;
  std::shared_ptr<const LookupAttributes> lookups;  ///< of the registry; who shows it makes them
};

/// Folds such events, by the one Apply, over nothing else; and is what folds of more than that are
/// made from.
class AdministrationFold : public MutableState {
 public:
  AdministrationFold();

  /// Folds all such events up to some sequence, ascending.
  [[nodiscard]] storage::Result<void> Restore(std::span<const storage::NewEvent> events);
  const Administration& administration() const { return administration_; }

  Sequence head() const override { return head_; }
  RegistryPtr registry() const override { return administration_.registry; }
  ResourcePtr FindResource(const ResourceId&) const override { return nullptr; }
  std::optional<ResourceId> FindByUniqueKey(const UniqueKey&) const override {
    return std::nullopt;
  }
  bool IsMember(const ResourceId&, const ResourceId&) const override { return false; }
  void ForEachMember(const ResourceId&,
                     const std::function<bool(const ResourceId&)>&) const override {}
  std::vector<ResourceId> GroupsHolding(const ResourceId&) const override { return {}; }
  std::uint32_t next_ordinal() const override { return 0; }
  std::optional<Credential> FindCredential(const Uuid& id) const override;

  void PutResource(const ResourcePtr&, const ResourcePtr&) override {}
  void SetMember(const ResourceId&, const ResourceId&, bool) override {}
  void SetRegistry(RegistryPtr registry) override {
    administration_.registry = std::move(registry);
  }
  void PutCredential(const Credential& credential) override;
  void SetHead(Sequence head) override { head_ = head; }

 private:
  Administration administration_;
  Sequence head_;
};

}  // namespace scimledger::projections
