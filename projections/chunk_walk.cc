#include "projections/chunk_walk.h"

#include <algorithm>
#include <utility>

namespace scimledger::projections {
namespace {

class RangeWalk final : public ChunkWalk {
 public:
  explicit RangeWalk(const SequenceRange& range) : range_(range) {
    range_.first = std::max(range_.first, Sequence{1});
  }

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) override {
    if (IsEmpty() || FirstOf(chunk) > range_.last) return std::nullopt;
    return chunk_ = std::max(chunk, ChunkOf(range_.first));
  }
  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) override {
    if (IsEmpty() || LastOf(chunk) < range_.first) return std::nullopt;
    return chunk_ = range_.last < FirstOf(chunk) ? ChunkOf(range_.last) : chunk;
  }
  ChunkEvents events() override {
    ChunkEvents events;
    const Sequence last = std::min(range_.last, LastOf(chunk_));
    for (Sequence at = std::max(range_.first, FirstOf(chunk_)); at <= last; at = at.Next()) {
      events.set(OffsetOf(at));
    }
    return events;
  }

 private:
  bool IsEmpty() const { return range_.first > range_.last; }

  SequenceRange range_;
  std::uint32_t chunk_ = 0;
};

class SequencesWalk final : public ChunkWalk {
 public:
  explicit SequencesWalk(SequenceSource source) : source_(std::move(source)) {}

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) override {
    return FirstIn(FirstOf(chunk), SequenceRange().last, false);
  }
  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) override {
    return FirstIn(Sequence{1}, LastOf(chunk), true);
  }
  ChunkEvents events() override {
    ChunkEvents events;
    source_(FirstOf(chunk_), LastOf(chunk_), false, [&](Sequence sequence) {
      events.set(OffsetOf(sequence));
      return true;
    });
    return events;
  }

 private:
  std::optional<std::uint32_t> FirstIn(Sequence first, Sequence last, bool is_descending) {
    std::optional<std::uint32_t> chunk;
    source_(first, last, is_descending, [&](Sequence sequence) {
      chunk = chunk_ = ChunkOf(sequence);
      return false;
    });
    return chunk;
  }

  const SequenceSource source_;
  std::uint32_t chunk_ = 0;
};

using Walks = std::vector<std::unique_ptr<ChunkWalk>>;

/// Each in turn goes on to where the one before it is, so that the rarest sets the pace.
class AndWalk final : public ChunkWalk {
 public:
  explicit AndWalk(Walks walks) : walks_(std::move(walks)) {}

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) override {
    return Agree(chunk, &ChunkWalk::AtOrAfter);
  }
  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) override {
    return Agree(chunk, &ChunkWalk::AtOrBefore);
  }
  ChunkEvents events() override {
    ChunkEvents events;
    events.set();
    for (const auto& walk : walks_) events &= walk->events();
    return events;
  }

 private:
  std::optional<std::uint32_t> Agree(
      std::uint32_t chunk, std::optional<std::uint32_t> (ChunkWalk::*move)(std::uint32_t)) {
    std::size_t agreed = 0;
    for (std::size_t at = 0; agreed < walks_.size(); at = (at + 1) % walks_.size()) {
      const auto found = (walks_[at].get()->*move)(chunk);
      if (!found) return std::nullopt;
      agreed = *found == chunk ? agreed + 1 : 1;
      chunk = *found;
    }
    return chunk;
  }

  const Walks walks_;
};

/// A walk that remembers what it answered: others are at other places meanwhile, and asking a walk
/// again where it already looked ahead would read the same rows again for each of their steps.
class RememberedWalk {
 public:
  explicit RememberedWalk(std::unique_ptr<ChunkWalk> walk) : walk_(std::move(walk)) {}

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) {
    const bool is_known =
        is_forwards_ && asked_ && *asked_ <= chunk && (!found_ || *found_ >= chunk);
    if (!is_known) Remember(true, chunk, walk_->AtOrAfter(chunk));
    return found_;
  }
  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) {
    const bool is_known =
        !is_forwards_ && asked_ && *asked_ >= chunk && (!found_ || *found_ <= chunk);
    if (!is_known) Remember(false, chunk, walk_->AtOrBefore(chunk));
    return found_;
  }
  std::optional<std::uint32_t> found() const { return found_; }
  ChunkEvents events() { return walk_->events(); }

 private:
  void Remember(bool is_forwards, std::uint32_t asked, std::optional<std::uint32_t> found) {
    is_forwards_ = is_forwards;
    asked_ = asked;
    found_ = found;
  }

  std::unique_ptr<ChunkWalk> walk_;
  bool is_forwards_ = true;
  std::optional<std::uint32_t> asked_;
  std::optional<std::uint32_t> found_;
};

class OrWalk final : public ChunkWalk {
 public:
  explicit OrWalk(Walks walks) {
    for (auto& walk : walks) walks_.emplace_back(std::move(walk));
  }

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) override {
    chunk_.reset();
    for (RememberedWalk& walk : walks_) {
      const auto found = walk.AtOrAfter(chunk);
      if (found && (!chunk_ || *found < *chunk_)) chunk_ = found;
    }
    return chunk_;
  }
  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) override {
    chunk_.reset();
    for (RememberedWalk& walk : walks_) {
      const auto found = walk.AtOrBefore(chunk);
      if (found && (!chunk_ || *found > *chunk_)) chunk_ = found;
    }
    return chunk_;
  }
  ChunkEvents events() override {
    ChunkEvents events;
    for (RememberedWalk& walk : walks_) {
      if (walk.found() == chunk_) events |= walk.events();
    }
    return events;
  }

 private:
  std::vector<RememberedWalk> walks_;
  std::optional<std::uint32_t> chunk_;
};

}  // namespace

std::unique_ptr<ChunkWalk> WalkRange(const SequenceRange& range) {
  return std::make_unique<RangeWalk>(range);
}

std::unique_ptr<ChunkWalk> WalkSequences(SequenceSource source) {
  return std::make_unique<SequencesWalk>(std::move(source));
}

std::unique_ptr<ChunkWalk> WalkAll(Walks walks) {
  return std::make_unique<AndWalk>(std::move(walks));
}

std::unique_ptr<ChunkWalk> WalkAny(Walks walks) {
  return std::make_unique<OrWalk>(std::move(walks));
}

}  // namespace scimledger::projections
