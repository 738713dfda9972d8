#include "projections/event_candidates.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "engine/text.h"
#include "projections/chunk_walk.h"
#include "projections/history_error.h"

namespace scimledger::projections {
namespace {

using Walks = std::vector<std::unique_ptr<ChunkWalk>>;

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

std::unique_ptr<ChunkWalk> WalkVersions(const HistoryReader& reader, std::uint32_t ordinal) {
  return WalkSequences([&reader, ordinal](Sequence first, Sequence last, bool is_descending,
                                          const std::function<bool(Sequence)>& visit) {
    reader.ForEachVersion(ordinal, first, last, is_descending, visit);
  });
}

std::unique_ptr<ChunkWalk> WalkMemberships(const HistoryReader& reader, std::uint32_t member) {
  return WalkSequences([&reader, member](Sequence first, Sequence last, bool is_descending,
                                         const std::function<bool(Sequence)>& visit) {
    reader.ForEachGroupsChange(
        member, first, last, is_descending,
        [&](Sequence sequence, std::uint32_t, bool) { return visit(sequence); });
  });
}

/// The newest event of each group that ever held the member: its end, or passed over by whoever
/// looks.
std::unique_ptr<ChunkWalk> WalkGroupEnds(const History& history, std::uint32_t member) {
  const HistoryReader& reader = history.reader();
  const Sequence last = history.position();
  std::set<std::uint32_t> groups;
  reader.ForEachGroupsChange(member, Sequence{1}, last, false,
                             [&](Sequence, std::uint32_t group, bool) {
                               groups.insert(group);
                               return true;
                             });
  std::set<Sequence> ends;
  for (const std::uint32_t group : groups) {
    reader.ForEachVersion(group, Sequence{1}, last, true, [&](Sequence sequence) {
      ends.insert(sequence);
      return false;
    });
  }
  return WalkSequences([ends = std::move(ends)](Sequence first, Sequence until, bool is_descending,
                                                const std::function<bool(Sequence)>& visit) {
    auto begin = ends.lower_bound(first);
    auto end = ends.upper_bound(until);
    while (begin != end) {
      if (!visit(is_descending ? *--end : *begin++)) return;
    }
  });
}

/// The walk over what may match an indexed filter (IsIndexed).
class FilterWalk {
 public:
  FilterWalk(const History& history, const storage::EventLog& log,
             const std::vector<Credential>& credentials)
      : history_(history), log_(log), credentials_(credentials) {}

  std::unique_ptr<ChunkWalk> Make(const EventFilter& filter) const {
    if (const auto* node = std::get_if<EventFilter::Compare>(&filter.node)) {
      return MakeCompare(*node);
    }
    if (const auto* node = std::get_if<EventFilter::SameChange>(&filter.node)) {
      return Make(*node->inner);
    }
    if (const auto* node = std::get_if<EventFilter::And>(&filter.node)) {
      return WalkAll(MakeAll(node->terms));
    }
    return WalkAny(MakeAll(std::get<EventFilter::Or>(filter.node).terms));
  }

 private:
  Walks MakeAll(const std::vector<EventFilter>& terms) const {
    Walks walks;
    for (const EventFilter& term : terms) {
      if (IsIndexed(term)) walks.push_back(Make(term));
    }
    return walks;
  }

  std::unique_ptr<ChunkWalk> MakeCompare(const EventFilter::Compare& compare) const {
    switch (compare.attribute) {
      case EventAttribute::kTime:
        return WalkRange(SequencesAt(compare));
      case EventAttribute::kSequence:
        return WalkRange(SequencesOf(compare));
      case EventAttribute::kMember:
      case EventAttribute::kMemberAdded:
      case EventAttribute::kMemberRemoved:
        return MakeMember(TextOf(compare));
      case EventAttribute::kActorName:
        return MakeActor(TextOf(compare));
      case EventAttribute::kResourceId:
        return MakeResource(TextOf(compare));
      default:
        return history_.WalkTerm(TermIndex::HashTerm(compare.attribute, TextOf(compare)));
    }
  }

  static const std::string& TextOf(const EventFilter::Compare& compare) {
    return std::get<std::string>(compare.operand);
  }

  /// Events carry the credential's id.
  std::unique_ptr<ChunkWalk> MakeActor(const std::string& name) const {
    Walks walks;
    for (const Credential& credential : credentials_) {
      if (FoldCase(credential.name) != name) continue;
      walks.push_back(history_.WalkTerm(
          TermIndex::HashTerm(EventAttribute::kActorId, credential.id.ToString())));
    }
    return WalkAny(std::move(walks));
  }

  std::unique_ptr<ChunkWalk> MakeResource(const std::string& text) const {
    if (const auto ordinal = OrdinalOf(text)) return WalkVersions(history_.reader(), *ordinal);
    return history_.WalkTerm(TermIndex::HashTerm(EventAttribute::kResourceId, text));
  }

  std::unique_ptr<ChunkWalk> MakeMember(const std::string& text) const {
    if (const auto ordinal = OrdinalOf(text)) {
      return WalkMemberships(history_.reader(), *ordinal);
    }
    return WalkAny(Walks());
  }

  std::optional<std::uint32_t> OrdinalOf(const std::string& text) const {
    const auto id = ResourceId::Parse(text);
    return id ? history_.reader().OrdinalOf(*id) : std::nullopt;
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
  const std::vector<Credential>& credentials_;
};

class WalkedCandidates final : public EventCandidates {
 public:
  WalkedCandidates(std::shared_ptr<const History> history, std::unique_ptr<ChunkWalk> walk)
      : history_(std::move(history)), walk_(std::move(walk)) {}

  std::optional<Sequence> Next(Sequence from, Sequence last) override {
    std::size_t offset = OffsetOf(from);
    auto chunk = std::optional(ChunkOf(from));
    while ((chunk = MoveForwards(*chunk))) {
      if (*chunk != ChunkOf(from)) offset = 0;
      if (FirstOf(*chunk) > last) return std::nullopt;
      while (offset < kChunkEvents && !events_[offset]) ++offset;
      if (offset < kChunkEvents) {
        const Sequence found{FirstOf(*chunk).value + offset};
        return found <= last ? std::optional(found) : std::nullopt;
      }
      chunk = *chunk + 1;
    }
    return std::nullopt;
  }

  std::optional<Sequence> Previous(Sequence from, Sequence first) override {
    std::size_t beyond = OffsetOf(from) + 1;
    auto chunk = std::optional(ChunkOf(from));
    while ((chunk = MoveBackwards(*chunk))) {
      if (*chunk != ChunkOf(from)) beyond = kChunkEvents;
      if (LastOf(*chunk) < first) return std::nullopt;
      while (beyond > 0 && !events_[beyond - 1]) --beyond;
      if (beyond > 0) {
        const Sequence found{FirstOf(*chunk).value + beyond - 1};
        return found >= first ? std::optional(found) : std::nullopt;
      }
      if (*chunk == 0) return std::nullopt;
      chunk = *chunk - 1;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::uint32_t> MoveForwards(std::uint32_t chunk) {
    return chunk_ == chunk ? chunk_ : Keep(walk_->AtOrAfter(chunk));
  }
  std::optional<std::uint32_t> MoveBackwards(std::uint32_t chunk) {
    return chunk_ == chunk ? chunk_ : Keep(walk_->AtOrBefore(chunk));
  }
  std::optional<std::uint32_t> Keep(std::optional<std::uint32_t> found) {
    chunk_ = found;
    if (found) events_ = walk_->events();
    return found;
  }

  const std::shared_ptr<const History> history_;  ///< what the walk is over
  const std::unique_ptr<ChunkWalk> walk_;
  std::optional<std::uint32_t> chunk_;
  ChunkEvents events_;  ///< of chunk_
};

}  // namespace

std::unique_ptr<EventCandidates> FindCandidates(std::shared_ptr<const History> history,
                                                const storage::EventLog& log,
                                                const EventFilter& filter,
                                                const std::vector<Credential>& credentials) {
  if (!IsIndexed(filter)) return nullptr;
  auto walk = FilterWalk(*history, log, credentials).Make(filter);
  return std::make_unique<WalkedCandidates>(std::move(history), std::move(walk));
}

std::unique_ptr<EventCandidates> FindResourceEvents(std::shared_ptr<const History> history,
                                                    const ResourceId& id, bool memberships) {
  const HistoryReader& reader = history->reader();
  Walks walks;
  if (const auto ordinal = reader.OrdinalOf(id)) {
    walks.push_back(WalkVersions(reader, *ordinal));
    if (memberships) {
      walks.push_back(WalkMemberships(reader, *ordinal));
      walks.push_back(WalkGroupEnds(*history, *ordinal));
    }
  } else if (id != ResourceId{}) {
    // No resource of SCIM: a credential, whose few events are found by its id.
    walks.push_back(
        history->WalkTerm(TermIndex::HashTerm(EventAttribute::kResourceId, id.ToString())));
  } else {
    // Events about none share the id that is all zero: nothing finds them by it.
    return nullptr;
  }
  auto walk = WalkAny(std::move(walks));
  return std::make_unique<WalkedCandidates>(std::move(history), std::move(walk));
}

}  // namespace scimledger::projections
