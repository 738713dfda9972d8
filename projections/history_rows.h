#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/resource.h"
#include "projections/key_index.h"
#include "storage/event_log.h"
#include "storage/identifiers.h"
#include "storage/key_value_store.h"

namespace scimledger::projections {

/// The rows of the history projection (README.md): keys in order, so that everything about one
/// resource, one group or one term lies together, oldest first. Integers are big-endian.
enum class HistoryRow : char {
  kPosition = 'p',  ///< one: see HistoryPosition
  kVersion = 'v',   ///< ordinal ‖ block → versions of the resource: version_block.h
  kId = 'i',        ///< resource id → ordinal
  /// key hash ‖ ordinal → nothing: the resource held the key and gave it up, or was deleted with
  /// it. Who holds it still has no row, so an answer needs the present directory and every row up
  /// to its sequence.
  kKey = 'k',
  kMembers = 'm',    ///< group ‖ sequence → what the event did to its members
  kMemberSet = 'M',  ///< group ‖ sequence → its members right after that event
  kGroups = 'g',     ///< member ‖ sequence ‖ group → whether it joined or left
  kTouched = 'l',    ///< first of some sequences → what each is about and when: see TouchedEvent
  kAdministration = 'r',  ///< sequence of an event on schemas, settings, credentials → the event
  kTerms = 't',  ///< bucket ‖ chunk → its terms, and which events have them: term_index.h
};

std::string HistoryKey(HistoryRow row, std::uint32_t owner, Sequence sequence);
std::string HistoryKey(HistoryRow row, Sequence sequence);
std::string IdKey(const ResourceId& id);
std::string KeyHashKey(KeyHash key, std::uint32_t ordinal);
std::string VersionKey(std::uint32_t ordinal, std::uint32_t block);
std::string GroupsKey(std::uint32_t member, Sequence sequence, std::uint32_t group);
std::string TermKey(std::uint32_t bucket, std::uint32_t chunk);

/// The sequence that a key of `row ‖ owner ‖ sequence` ends with. The caller knows its row.
Sequence SequenceOf(std::string_view key);
/// Whether the key is of that row and owner.
bool IsOf(std::string_view key, HistoryRow row, std::uint32_t owner);

std::string EncodeVersion(const Resource& resource);
/// Throws HistoryError for what is no version.
std::shared_ptr<Resource> DecodeVersion(std::uint32_t ordinal, std::string_view value);

/// An event as the log has it (LOG_FORMAT.md §2), in a row of kAdministration.
std::string EncodeStored(const storage::NewEvent& event);
storage::NewEvent DecodeStored(Sequence sequence, std::string_view value);

/// What one event of a row of kTouched was about. The row's events follow each other.
struct TouchedEvent {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::int64_t time_us = 0;       ///< recorded
  std::uint32_t ordinal = kNone;  ///< of the resource; kNone: it is about none
};
void AppendTouched(std::string& row, const TouchedEvent& event);
std::size_t CountTouched(std::string_view row);
/// `index` is below CountTouched.
TouchedEvent TouchedAt(std::string_view row, std::size_t index);

/// What one event did to one set.
struct MembershipChange {
  std::uint32_t ordinal = 0;
  bool is_added = false;
};

/// One member of a set, and the event that made it one.
struct Membership {
  std::uint32_t ordinal = 0;
  Sequence since;
  friend bool operator==(const Membership&, const Membership&) = default;
};

/// A row of kMembers: its changes, and how much a reader has to read since the last whole set.
struct MembersRow {
  std::uint32_t changes_since_set = 0;  ///< with its own
  std::uint32_t size = 0;               ///< of the set afterwards
  std::vector<MembershipChange> changes;
};
std::string EncodeMembers(const MembersRow& row);
MembersRow DecodeMembers(std::string_view value);
/// Ascending by ordinal.
std::string EncodeMemberSet(const std::vector<Membership>& set);
std::vector<Membership> DecodeMemberSet(std::string_view value);

}  // namespace scimledger::projections
