#include "api/event_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/event.h"

namespace scimledger::api {
namespace {

/// Events are stored forwards; going backwards reads windows of this many.
constexpr std::uint64_t kWindowEvents = 64;

/// Reads events with the names that actors have in one view.
class NamedEventReader {
 public:
  NamedEventReader(const storage::EventLog& log, const projections::DirectoryView& view,
                   std::string_view tenant, const EventTest& test)
      : log_(log), registry_(view.registry()), tenant_(tenant), test_(test) {
    for (Credential& credential : view.credentials()) {
      std::string id = credential.id.ToString();
      credentials_.emplace(std::move(id), std::move(credential));
    }
  }

  /// Visits first..last forwards until `visit` returns false.
  template <typename Visit>
  storage::Result<void> ForEach(Sequence first, Sequence last, const Visit& visit) const {
    SCIMLEDGER_TRY_ASSIGN(const auto reader, log_.Read(first, storage::ReadCheck::kTrust));
    for (Sequence at = first; at <= last; at = at.Next()) {
      SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
      if (!stored) break;
      // Ids and paths only grow, so the registry of the head reads every earlier event.
      SCIMLEDGER_TRY_ASSIGN(Event event, DecodeEvent(*registry_, *stored));
      if (!visit(std::move(event))) break;
    }
    return {};
  }

  /// The event's JSON. nullopt: it does not pass the test.
  std::optional<std::string> Show(const Event& event) const {
    const ActorNames actor = NamesOf(event.actor);
    if (test_ && !test_(*registry_, event, actor)) return std::nullopt;
    std::string json;
    AppendEventJson(*registry_, event, tenant_, actor.name, actor.role, json);
    return json;
  }

 private:
  ActorNames NamesOf(const Actor& actor) const {
    const auto credential = credentials_.find(actor.id);
    if (credential != credentials_.end()) {
      return {credential->second.name, ToString(credential->second.role)};
    }
    if (actor.method == AuthMethod::kLocal) return {{}, ToString(Role::kAdmin)};
    return {};
  }

  const storage::EventLog& log_;
  RegistryPtr registry_;
  std::string_view tenant_;
  const EventTest& test_;
  std::unordered_map<std::string, Credential> credentials_;
};

/// Looks at events one by one and hands on those that pass, until the page is full.
class PageFiller {
 public:
  PageFiller(const NamedEventReader& events, std::size_t limit,
             const std::function<void(const std::string&)>& visit)
      : events_(events), limit_(limit), visit_(visit) {}

  void Offer(const Event& event) {
    last_ = event.sequence;
    ++scanned_;
    const auto json = events_.Show(event);
    if (!json) return;
    visit_(*json);
    ++count_;
    bytes_ += json->size();
  }
  bool IsFull() const {
    return count_ >= limit_ || bytes_ >= kEventPageBytesMax || scanned_ >= kEventScanMax;
  }
  std::optional<Sequence> last() const { return last_; }

 private:
  const NamedEventReader& events_;
  std::size_t limit_;
  const std::function<void(const std::string&)>& visit_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t scanned_ = 0;
  std::optional<Sequence> last_;
};

storage::Result<void> FillForwards(const NamedEventReader& events, const EventRange& range,
                                   PageFiller& page) {
  return events.ForEach(range.first, range.last, [&](const Event& event) {
    page.Offer(event);
    return !page.IsFull();
  });
}

storage::Result<void> FillBackwards(const NamedEventReader& events, const EventRange& range,
                                    PageFiller& page) {
  Sequence end = range.last;
  while (end >= range.first && !page.IsFull()) {
    const std::uint64_t window =
        std::min<std::uint64_t>(kWindowEvents, end.value - range.first.value + 1);
    const Sequence begin{end.value - window + 1};
    std::vector<Event> decoded;
    SCIMLEDGER_TRY(events.ForEach(begin, end, [&](Event event) {
      decoded.push_back(std::move(event));
      return true;
    }));
    for (auto event = decoded.rbegin(); event != decoded.rend() && !page.IsFull(); ++event) {
      page.Offer(*event);
    }
    end = Sequence{begin.value - 1};
  }
  return {};
}

std::unexpected<storage::Error> NoEvent(Sequence sequence) {
  return storage::Fail(storage::ErrorCode::kCorrupt,
                       fmt::format("the log has no event {}", sequence.value));
}

/// Candidates no further apart than this are read by one reader, over what is between them.
constexpr std::uint64_t kGapEvents = 64;

storage::Result<std::optional<Sequence>> FillForwardsFrom(const NamedEventReader& events,
                                                          const EventRange& range,
                                                          projections::EventCandidates& candidates,
                                                          PageFiller& page) {
  auto next = candidates.Next(range.first, range.last);
  while (next && !page.IsFull()) {
    const Sequence begin = *next;
    SCIMLEDGER_TRY(events.ForEach(begin, range.last, [&](const Event& event) {
      if (event.sequence < *next) return true;
      page.Offer(event);
      next = candidates.Next(event.sequence.Next(), range.last);
      return next && next->value - event.sequence.value <= kGapEvents && !page.IsFull();
    }));
    if (next == begin) return NoEvent(begin);
  }
  return next ? page.last() : std::nullopt;
}

storage::Result<std::optional<Sequence>> FillBackwardsFrom(const NamedEventReader& events,
                                                           const EventRange& range,
                                                           projections::EventCandidates& candidates,
                                                           PageFiller& page) {
  const auto before = [&](Sequence at) -> std::optional<Sequence> {
    if (at <= range.first) return std::nullopt;
    return candidates.Previous(Sequence{at.value - 1}, range.first);
  };
  auto next = candidates.Previous(range.last, range.first);
  while (next && !page.IsFull()) {
    const Sequence end = *next;
    std::vector<Sequence> window;  // descending
    for (; next && end.value - next->value < kGapEvents; next = before(*next)) {
      window.push_back(*next);
    }
    std::vector<Event> decoded;
    SCIMLEDGER_TRY(events.ForEach(window.back(), end, [&](Event event) {
      if (event.sequence == window[window.size() - 1 - decoded.size()]) {
        decoded.push_back(std::move(event));
      }
      return decoded.size() < window.size();
    }));
    if (decoded.size() < window.size()) return NoEvent(window.back());
    for (; !decoded.empty() && !page.IsFull(); decoded.pop_back()) page.Offer(decoded.back());
    if (!decoded.empty()) next = decoded.back().sequence;
  }
  return next ? page.last() : std::nullopt;
}

}  // namespace

storage::Result<std::optional<Sequence>> ReadEventPage(
    const storage::EventLog& log, const projections::DirectoryView& view, std::string_view tenant,
    const EventRange& range, const EventTest& test, projections::EventCandidates* candidates,
    const std::function<void(const std::string& json)>& visit) {
  EventRange within = range;
  within.first = std::max(range.first, Sequence{1});
  within.last = std::min(range.last, view.sequence());
  if (within.first > within.last) return std::optional<Sequence>();
  const NamedEventReader events(log, view, tenant, test);
  PageFiller page(events, range.limit, visit);
  if (candidates != nullptr) {
    return within.is_descending ? FillBackwardsFrom(events, within, *candidates, page)
                                : FillForwardsFrom(events, within, *candidates, page);
  }
  SCIMLEDGER_TRY(range.is_descending ? FillBackwards(events, within, page)
                                     : FillForwards(events, within, page));
  const Sequence end = range.is_descending ? within.first : within.last;
  return page.last() == end ? std::optional<Sequence>() : page.last();
}

storage::Result<Event> ReadEvent(const storage::EventLog& log, const SchemaRegistry& registry,
                                 Sequence sequence) {
  SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(sequence, storage::ReadCheck::kTrust));
  SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
  if (!stored) return NoEvent(sequence);
  return DecodeEvent(registry, *stored);
}

}  // namespace scimledger::api
