#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "projections/history_rows.h"

namespace scimledger::projections {

/// What the history projection knows of any moment up to its position: rows are only ever added,
/// so that what is true as of a sequence stays readable while later ones arrive. Every call throws
/// HistoryError when the store cannot be read. Thread-safe.
class HistoryReader {
 public:
  explicit HistoryReader(const storage::KeyValueStore& store) : store_(store) {}

  /// nullopt: no resource ever had this id.
  std::optional<std::uint32_t> OrdinalOf(const ResourceId& id) const;
  /// The resource as of `at`. nullptr: not created yet, or deleted. One seek, whatever happened
  /// before or since.
  ResourcePtr ResourceAt(std::uint32_t ordinal, Sequence at) const;
  /// The same of many resources, as far as the history was when this was made. One thread.
  class Versions {
   public:
    explicit Versions(const storage::KeyValueStore& store) : cursor_(store.ScanPrefix()) {}
    ResourcePtr At(std::uint32_t ordinal, Sequence at);

   private:
    const std::unique_ptr<storage::KeyValueCursor> cursor_;
  };
  /// The resources as of `at`, in the order of the ordinals, which ascend; nullptr as ResourceAt.
  /// Where they lie close together it reads on, row by row, instead of seeking each.
  std::vector<ResourcePtr> ResourcesAt(std::span<const std::uint32_t> ordinals, Sequence at) const;
  /// The first resources that held the key and gave it up, or were deleted with it, in order of
  /// creation; whoever asks checks them.
  std::vector<std::uint32_t> PastHoldersOf(KeyHash key, std::size_t count_max) const;

  /// Members of a group as of `at`, ascending. Costs the newest whole set before it and at most
  /// what it takes to make the next one (history_fold.h).
  std::vector<Membership> MembersAt(std::uint32_t group, Sequence at) const;
  /// Groups that held the member as of `at`, deleted ones among them, ascending. Costs the member's
  /// joins and leaves until then.
  std::vector<Membership> GroupsAt(std::uint32_t member, Sequence at) const;
  /// How a set's newest row stands; zero of one that never had members.
  MembersRow LastMembersRow(std::uint32_t group) const;

  /// Visits what happened to the group's members in (after, until], oldest first.
  void ForEachMembersChange(
      std::uint32_t group, Sequence after, Sequence until,
      const std::function<void(Sequence, const std::vector<MembershipChange>&)>& visit) const;
  /// Visits the events about resources in (after, until], oldest first.
  void ForEachTouched(Sequence after, Sequence until,
                      const std::function<void(Sequence, std::uint32_t ordinal)>& visit) const;
  /// Events about the resource in [first, last], in that order or the other, until `visit` returns
  /// false.
  void ForEachVersion(std::uint32_t ordinal, Sequence first, Sequence last, bool is_descending,
                      const std::function<bool(Sequence)>& visit) const;
  /// Events by which the member joined or left a group, in [first, last], in that order or the
  /// other, until `visit` returns false.
  void ForEachGroupsChange(
      std::uint32_t member, Sequence first, Sequence last, bool is_descending,
      const std::function<bool(Sequence, std::uint32_t group, bool joined)>& visit) const;
  /// Recorded time of an event.
  std::int64_t TimeOf(Sequence sequence) const;
  /// The last event recorded at or before the time, of those up to `head`; 0: none.
  Sequence SequenceAt(std::int64_t time_us, Sequence head) const;
  /// The events on schemas, settings and credentials up to `until`, ascending.
  std::vector<storage::NewEvent> Administration(Sequence until) const;

 private:
  const storage::KeyValueStore& store_;
};

}  // namespace scimledger::projections
