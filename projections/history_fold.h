#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projections/administration.h"
#include "projections/history_reader.h"
#include "projections/lookup_attributes.h"

namespace scimledger::projections {

/// How far a history has come: stored with its rows, and what it must fit at the next start.
struct HistoryPosition {
  Uuid log_id;
  Sequence sequence;
  Uuid event;  ///< id of the event there
  std::uint32_t next_ordinal = 0;
  Hash numbering{};  ///< of the registry there (numbering.h)
};

/// Folds events into rows of the history, by the one Apply (I-3): the state before each comes with
/// it (Event::before), or is read back from the rows. Throws HistoryError. One thread.
class HistoryFold final : public AdministrationFold {
 public:
  /// Version of the rows and of the fold; another version on disk means rebuild.
  static constexpr std::uint8_t kVersion = 4;

  /// Which rows are kept apart (KeyValueStore::Open): versions of resources.
  static constexpr const char* kApart = "v";

  /// `store` must outlive it and be at `position`.
  HistoryFold(storage::KeyValueStore& store, const HistoryPosition& position);

  /// After it, Write must come before the position moves on for anybody. Events come in order.
  [[nodiscard]] storage::Result<void> Fold(const Event& event);
  /// Bytes that wait for Write.
  std::size_t pending_bytes() const {
    return batch_.bytes() + touched_.size() + created_.size() * sizeof(created_.front());
  }
  storage::KeyValueBatch& batch() { return batch_; }
  /// Writes what was folded, with the position.
  [[nodiscard]] storage::Result<void> Write();

  ResourcePtr FindResource(const ResourceId& id) const override;
  std::uint32_t next_ordinal() const override { return position_.next_ordinal; }
  void PutResource(const ResourcePtr& before, const ResourcePtr& after) override;
  void SetMember(const ResourceId& group, const ResourceId& member, bool is_member) override;
  void SetRegistry(RegistryPtr registry) override;

  static std::string EncodePosition(const HistoryPosition& position);
  /// nullopt: written by another version, or damaged.
  static std::optional<HistoryPosition> DecodePosition(std::string_view value);

 private:
  /// Rows kept in memory, so that what changes again soon is not read back.
  static constexpr std::size_t kRecentBytesMax = std::size_t{16} << 20U;
  static constexpr std::size_t kOrdinalsMax = 262'144;
  static constexpr std::size_t kGroupsMax = 65'536;
  /// A whole set is written when a reader would have to read more changes than this, or than an
  /// eighth of the set.
  static constexpr std::uint32_t kSetEvery = 1024;

  struct GroupState {
    std::uint32_t changes_since_set = 0;
    std::uint32_t size = 0;
  };

  std::optional<std::uint32_t> OrdinalOf(const ResourceId& id) const;
  void PutVersion(const Resource* before, const Resource* after);
  /// Nothing is written for a key that a resource holds: who looks for its holders asks the present
  /// directory too.
  void PutLostKeys(const Resource& before, const Resource* after);
  void PutMembers(const Event& event);
  GroupState& StateOf(std::uint32_t group);
  void PutCreated();
  void PutDueSets();
  void Remember(const ResourceId& id, const ResourcePtr& resource) const;
  void Forget();

  storage::KeyValueStore& store_;
  HistoryReader reader_;
  HistoryPosition position_;
  storage::KeyValueBatch batch_;
  /// Of what is written; anew for each batch.
  mutable std::optional<HistoryReader::Versions> versions_;
  std::string touched_;  ///< the row of kTouched that goes with the batch
  /// Whose rows of kId go with it.
  std::vector<std::pair<ResourceId, std::uint32_t>> created_;
  std::unique_ptr<LookupAttributes> lookups_;
  mutable boost::unordered_flat_map<ResourceId, ResourcePtr, UuidHash> recent_;
  mutable std::size_t recent_bytes_ = 0;
  mutable boost::unordered_flat_map<ResourceId, std::uint32_t, UuidHash> ordinals_;
  boost::unordered_flat_map<std::uint32_t, GroupState> groups_;
  std::set<std::uint32_t> due_sets_;
  const Event* folding_ = nullptr;         ///< while Apply runs
  std::vector<MembershipChange> members_;  ///< of the event being folded
};

}  // namespace scimledger::projections
