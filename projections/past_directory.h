#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "projections/directory.h"
#include "projections/frozen_view.h"
#include "projections/history.h"
#include "projections/past_view.h"

namespace scimledger::projections {

/// A directory as it was at one sequence, for every query that the present one answers. Single
/// resources, keys and memberships are looked up in the history, at a cost that does not depend on
/// how long ago it is; rows that have not changed since are the present ones. Whole tables, for
/// filters and lists, are made when they are first asked for (past_rows.h), and kept.
///
/// Thread-safe. Throws HistoryError when the history cannot be read.
class PastDirectory final : public DirectoryReader {
 public:
  /// `live` must outlive it. `at` is before the log's head, and
  /// the history has come further than it.
  PastDirectory(std::shared_ptr<History> history, const DirectoryReader& live, Sequence at);

  Sequence position() const override;
  RegistryPtr current_registry() const override;
  std::shared_ptr<const DirectoryView> Freeze() const override;
  /// Waits until the history has come to the present sequence.
  std::shared_ptr<const FrozenView> FreezeRows() const override;
  bool has_rows() const override;
  std::shared_ptr<IndexSegment> segment() const override;
  /// False while the history lags behind the present: a key's holders need both at one sequence.
  bool looks_up_at_once() const override;
  FoundResource Find(const ResourceId& id) const override;
  std::shared_ptr<const LookupAttributes> lookups() const override;
  FoundResources LookUp(ResourceTypeId type, const EqualityKey& key) const override;
  std::optional<FoundResources> LookUpAny(std::optional<ResourceTypeId> type,
                                          std::span<const EqualityKey> keys,
                                          std::size_t hits_max) const override;
  std::size_t CountHits(const EqualityKey& key) const override;
  std::optional<Credential> FindCredentialBySecret(const Hash& secret_hash) const override;
  std::optional<Credential> FindCredentialById(const Uuid& id) const override;
  AttributeIndex& attribute_index() const override { return live_.attribute_index(); }

 private:
  /// Who may have held the key then; whoever asks checks the rows. nullopt: more than `count_max`
  /// hold it now.
  std::optional<std::vector<std::uint32_t>> OrdinalsOf(const EqualityKey& key,
                                                       std::size_t count_max) const;
  std::optional<std::vector<std::uint32_t>> HoldersOf(const EqualityKey& key,
                                                      std::size_t count_max) const;

  const DirectoryReader& live_;
  const std::shared_ptr<const PastView> view_;
};

}  // namespace scimledger::projections
