#include "projections/event_candidates.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/text.h"
#include "projections/history_error.h"

namespace scimledger::projections {
namespace {

/// A range of sequences; empty when first is after last.
struct SequenceRange {
  Sequence first{1};
  Sequence last{UINT64_MAX};
};

/// Whether the index narrows a filter at all.
bool IsIndexed(const EventFilter& filter) {
  if (const auto* node = std::get_if<EventFilter::Compare>(&filter.node)) {
    switch (node->attribute) {
      case EventAttribute::kTime:
      case EventAttribute::kSequence:
        return node->op != CompareOperator::kNe;
      case EventAttribute::kActorName:
      case EventAttribute::kMember:
      case EventAttribute::kMemberAdded:
      case EventAttribute::kMemberRemoved:
        return node->op == CompareOperator::kEq;
      default:
        return node->op == CompareOperator::kEq && HasTerms(node->attribute);
    }
  }
  if (const auto* node = std::get_if<EventFilter::SameChange>(&filter.node)) {
    return IsIndexed(*node->inner);
  }
  if (const auto* node = std::get_if<EventFilter::And>(&filter.node)) {
    return std::any_of(node->terms.begin(), node->terms.end(), IsIndexed);
  }
  if (const auto* node = std::get_if<EventFilter::Or>(&filter.node)) {
    return std::all_of(node->terms.begin(), node->terms.end(), IsIndexed);
  }
  return false;
}

/// Set algebra over the events of one chunk at a time: what may match.
class FilterCandidates final : public EventCandidates {
 public:
  FilterCandidates(const History& history, const storage::EventLog& log, const EventFilter& filter,
                   const std::vector<Credential>& credentials)
      : history_(history), log_(log), filter_(filter), credentials_(credentials) {}

  std::optional<Sequence> Next(Sequence from, Sequence last) override {
    for (Sequence at = from; at <= last; at = FirstOf(ChunkOf(at) + 1)) {
      const ChunkEvents& events = EventsOf(ChunkOf(at));
      for (std::size_t offset = OffsetOf(at); offset < kChunkEvents && events.any(); ++offset) {
        if (!events[offset]) continue;
        const Sequence found{FirstOf(ChunkOf(at)).value + offset};
        return found <= last ? std::optional(found) : std::nullopt;
      }
    }
    return std::nullopt;
  }

  std::optional<Sequence> Previous(Sequence from, Sequence first) override {
    for (Sequence at = from; at >= first && at.value > 0;
         at = Sequence{FirstOf(ChunkOf(at)).value - 1}) {
      const ChunkEvents& events = EventsOf(ChunkOf(at));
      for (std::size_t offset = OffsetOf(at) + 1; offset > 0 && events.any(); --offset) {
        if (!events[offset - 1]) continue;
        const Sequence found{FirstOf(ChunkOf(at)).value + offset - 1};
        return found >= first ? std::optional(found) : std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  const ChunkEvents& EventsOf(std::uint32_t chunk) {
    if (chunk_ != chunk) {
      events_ = Find(filter_, chunk);
      chunk_ = chunk;
    }
    return events_;
  }

  ChunkEvents Find(const EventFilter& filter, std::uint32_t chunk) {
    if (!IsIndexed(filter)) return ChunkEvents().set();
    if (const auto* node = std::get_if<EventFilter::Compare>(&filter.node)) {
      return FindCompare(*node, chunk);
    }
    if (const auto* node = std::get_if<EventFilter::SameChange>(&filter.node)) {
      return Find(*node->inner, chunk);
    }
    ChunkEvents events;
    if (const auto* node = std::get_if<EventFilter::And>(&filter.node)) {
      events.set();
      for (const EventFilter& term : node->terms) {
        if (events.any()) events &= Find(term, chunk);
      }
    } else if (const auto* either = std::get_if<EventFilter::Or>(&filter.node)) {
      for (const EventFilter& term : either->terms) events |= Find(term, chunk);
    }
    return events;
  }

  ChunkEvents FindCompare(const EventFilter::Compare& compare, std::uint32_t chunk) {
    switch (compare.attribute) {
      case EventAttribute::kTime:
      case EventAttribute::kSequence:
        return FindRange(RangeOf(compare), chunk);
      case EventAttribute::kMember:
      case EventAttribute::kMemberAdded:
      case EventAttribute::kMemberRemoved:
        return FindMember(TextOf(compare), chunk);
      case EventAttribute::kActorName:
        return FindActor(TextOf(compare), chunk);
      case EventAttribute::kResourceId:
        return FindResource(TextOf(compare), chunk);
      default:
        return FindTerm(compare.attribute, TextOf(compare), chunk);
    }
  }

  static const std::string& TextOf(const EventFilter::Compare& compare) {
    return std::get<std::string>(compare.operand);
  }

  ChunkEvents FindTerm(EventAttribute attribute, std::string_view comparable,
                       std::uint32_t chunk) const {
    return history_.FindTerm(TermIndex::HashTerm(attribute, comparable), chunk);
  }

  /// Events carry the credential's id.
  ChunkEvents FindActor(const std::string& name, std::uint32_t chunk) const {
    ChunkEvents events;
    for (const Credential& credential : credentials_) {
      if (FoldCase(credential.name) != name) continue;
      events |= FindTerm(EventAttribute::kActorId, credential.id.ToString(), chunk);
    }
    return events;
  }

  static SequenceRange RangeOfChunk(std::uint32_t chunk) {
    return {FirstOf(chunk), Sequence{FirstOf(chunk + 1).value - 1}};
  }

  ChunkEvents FindResource(const std::string& text, std::uint32_t chunk) {
    ChunkEvents events = FindTerm(EventAttribute::kResourceId, text, chunk);
    const SequenceRange range = RangeOfChunk(chunk);
    if (const auto ordinal = OrdinalOf(text)) {
      history_.reader().ForEachVersion(*ordinal, range.first, range.last, false,
                                       [&](Sequence sequence) {
                                         events.set(OffsetOf(sequence));
                                         return true;
                                       });
    }
    return events;
  }

  ChunkEvents FindMember(const std::string& text, std::uint32_t chunk) {
    ChunkEvents events;
    const SequenceRange range = RangeOfChunk(chunk);
    if (const auto ordinal = OrdinalOf(text)) {
      history_.reader().ForEachGroupsChange(
          *ordinal, range.first, range.last,
          [&](Sequence sequence, std::uint32_t, bool) { events.set(OffsetOf(sequence)); });
    }
    return events;
  }

  std::optional<std::uint32_t> OrdinalOf(const std::string& text) {
    const auto [known, is_new] = ordinals_.try_emplace(text);
    if (is_new) {
      const auto id = ResourceId::Parse(text);
      if (id) known->second = history_.reader().OrdinalOf(*id);
    }
    return known->second;
  }

  static ChunkEvents FindRange(const SequenceRange& range, std::uint32_t chunk) {
    ChunkEvents events;
    const SequenceRange whole = RangeOfChunk(chunk);
    const Sequence first = std::max(range.first, whole.first);
    const Sequence last = std::min(range.last, whole.last);
    for (Sequence at = first; at <= last; at = at.Next()) events.set(OffsetOf(at));
    return events;
  }

  const SequenceRange& RangeOf(const EventFilter::Compare& compare) {
    const auto [known, is_new] = ranges_.try_emplace(&compare);
    if (is_new) {
      known->second = compare.attribute == EventAttribute::kSequence ? SequencesOf(compare)
                                                                     : SequencesAt(compare);
    }
    return known->second;
  }

  static SequenceRange SequencesOf(const EventFilter::Compare& compare) {
    const std::int64_t operand = std::get<std::int64_t>(compare.operand);
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(operand, 0));
    switch (compare.op) {
      case CompareOperator::kGt:
        return {Sequence{operand < 0 ? 1 : value + 1}, SequenceRange().last};
      case CompareOperator::kGe:
        return {Sequence{std::max<std::uint64_t>(value, 1)}, SequenceRange().last};
      case CompareOperator::kLt:
        return {Sequence{1}, Sequence{value == 0 ? 0 : value - 1}};
      case CompareOperator::kLe:
        return {Sequence{1}, Sequence{value}};
      case CompareOperator::kEq:
        return {Sequence{std::max<std::uint64_t>(value, 1)}, Sequence{value}};
      default:
        return {};
    }
  }

  /// Recorded times never decrease (I-2), so each comparison is a range.
  SequenceRange SequencesAt(const EventFilter::Compare& compare) const {
    const auto& span = std::get<EventFilter::TimeSpan>(compare.operand);
    const auto last_at = [&](std::int64_t time_us) { return Expect(log_.SequenceAt(time_us)); };
    switch (compare.op) {
      case CompareOperator::kGt:
        return {last_at(span.last_us).Next(), SequenceRange().last};
      case CompareOperator::kGe:
        return {last_at(span.first_us - 1).Next(), SequenceRange().last};
      case CompareOperator::kLt:
        return {Sequence{1}, last_at(span.first_us - 1)};
      case CompareOperator::kLe:
        return {Sequence{1}, last_at(span.last_us)};
      case CompareOperator::kEq:
        return {last_at(span.first_us - 1).Next(), last_at(span.last_us)};
      default:
        return {};
    }
  }

  const History& history_;
  const storage::EventLog& log_;
  const EventFilter& filter_;
  const std::vector<Credential>& credentials_;
  std::optional<std::uint32_t> chunk_;
  ChunkEvents events_;  ///< of chunk_
  std::map<std::string, std::optional<std::uint32_t>> ordinals_;
  std::map<const EventFilter::Compare*, SequenceRange> ranges_;
};

class ListedCandidates final : public EventCandidates {
 public:
  explicit ListedCandidates(std::set<Sequence> sequences) : sequences_(std::move(sequences)) {}

  std::optional<Sequence> Next(Sequence from, Sequence last) override {
    const auto found = sequences_.lower_bound(from);
    if (found == sequences_.end() || *found > last) return std::nullopt;
    return *found;
  }
  std::optional<Sequence> Previous(Sequence from, Sequence first) override {
    const auto beyond = sequences_.upper_bound(from);
    if (beyond == sequences_.begin() || *std::prev(beyond) < first) return std::nullopt;
    return *std::prev(beyond);
  }

 private:
  const std::set<Sequence> sequences_;
};

}  // namespace

std::unique_ptr<EventCandidates> FindCandidates(const History& history,
                                                const storage::EventLog& log,
                                                const EventFilter& filter,
                                                const std::vector<Credential>& credentials) {
  if (!IsIndexed(filter)) return nullptr;
  return std::make_unique<FilterCandidates>(history, log, filter, credentials);
}

std::unique_ptr<EventCandidates> FindResourceEvents(const History& history, const ResourceId& id,
                                                    bool memberships) {
  const HistoryReader& reader = history.reader();
  const Sequence last = history.position();
  std::set<Sequence> sequences;
  const auto add = [&](Sequence sequence) {
    sequences.insert(sequence);
    return true;
  };
  if (const auto ordinal = reader.OrdinalOf(id)) {
    reader.ForEachVersion(*ordinal, Sequence{1}, last, false, add);
    std::set<std::uint32_t> groups;
    if (memberships) {
      reader.ForEachGroupsChange(*ordinal, Sequence{1}, last,
                                 [&](Sequence sequence, std::uint32_t group, bool) {
                                   sequences.insert(sequence);
                                   groups.insert(group);
                                 });
    }
    for (const std::uint32_t group : groups) {
      // Its newest event is its end, or is passed over by whoever looks.
      reader.ForEachVersion(group, Sequence{1}, last, true, [&](Sequence sequence) {
        sequences.insert(sequence);
        return false;
      });
    }
    return std::make_unique<ListedCandidates>(std::move(sequences));
  }
  // Events about none share the id that is all zero: nothing finds them by it.
  if (id == ResourceId{}) return nullptr;
  // No resource of SCIM: a credential, whose few events are found by its id.
  for (std::uint32_t chunk = 0; FirstOf(chunk) <= last; ++chunk) {
    const ChunkEvents events =
        history.FindTerm(TermIndex::HashTerm(EventAttribute::kResourceId, id.ToString()), chunk);
    for (std::size_t offset = 0; events.any() && offset < kChunkEvents; ++offset) {
      if (events[offset]) sequences.insert(Sequence{FirstOf(chunk).value + offset});
    }
  }
  return std::make_unique<ListedCandidates>(std::move(sequences));
}

}  // namespace scimledger::projections
