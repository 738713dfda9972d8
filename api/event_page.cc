#include "api/event_page.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/event.h"

namespace scimledger::api {
namespace {

/// Events are stored forwards; going backwards reads windows of this many.
constexpr std::uint64_t kWindowEvents = 64;

/// Reads events as JSON, with the names that actors have in one view.
class EventJsonReader {
 public:
  EventJsonReader(const storage::EventLog& log, const projections::DirectoryView& view,
                  std::string_view tenant)
      : log_(log), registry_(view.registry()), tenant_(tenant) {
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
      SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(*registry_, *stored));
      if (!visit(event.sequence, ToJson(event))) break;
    }
    return {};
  }

 private:
  std::string ToJson(const Event& event) const {
    std::string json;
    const auto credential = credentials_.find(event.actor.id);
    if (credential != credentials_.end()) {
      AppendEventJson(*registry_, event, tenant_, credential->second.name,
                      ToString(credential->second.role), json);
    } else {
      const bool is_local = event.actor.method == AuthMethod::kLocal;
      AppendEventJson(*registry_, event, tenant_, {}, is_local ? ToString(Role::kAdmin) : "", json);
    }
    return json;
  }

  const storage::EventLog& log_;
  RegistryPtr registry_;
  std::string_view tenant_;
  std::unordered_map<std::string, Credential> credentials_;
};

/// Hands events on until the page is full.
class PageFiller {
 public:
  PageFiller(std::size_t limit, const std::function<void(const std::string&)>& visit)
      : limit_(limit), visit_(visit) {}

  void Add(Sequence sequence, const std::string& json) {
    visit_(json);
    last_ = sequence;
    ++count_;
    bytes_ += json.size();
  }
  bool IsFull() const { return count_ >= limit_ || bytes_ >= kEventPageBytesMax; }
  std::optional<Sequence> last() const { return last_; }

 private:
  std::size_t limit_;
  const std::function<void(const std::string&)>& visit_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::optional<Sequence> last_;
};

storage::Result<void> FillForwards(const EventJsonReader& events, const EventRange& range,
                                   PageFiller& page) {
  return events.ForEach(range.first, range.last, [&](Sequence sequence, const std::string& json) {
    page.Add(sequence, json);
    return !page.IsFull();
  });
}

storage::Result<void> FillBackwards(const EventJsonReader& events, const EventRange& range,
                                    PageFiller& page) {
  Sequence end = range.last;
  while (end >= range.first && !page.IsFull()) {
    const std::uint64_t window =
        std::min<std::uint64_t>(kWindowEvents, end.value - range.first.value + 1);
    const Sequence begin{end.value - window + 1};
    std::vector<std::pair<Sequence, std::string>> lines;
    SCIMLEDGER_TRY(events.ForEach(begin, end, [&](Sequence sequence, std::string json) {
      lines.emplace_back(sequence, std::move(json));
      return true;
    }));
    for (auto line = lines.rbegin(); line != lines.rend() && !page.IsFull(); ++line) {
      page.Add(line->first, line->second);
    }
    end = Sequence{begin.value - 1};
  }
  return {};
}

}  // namespace

storage::Result<std::optional<Sequence>> ReadEventPage(
    const storage::EventLog& log, const projections::DirectoryView& view, std::string_view tenant,
    const EventRange& range, const std::function<void(const std::string& json)>& visit) {
  EventRange within = range;
  within.first = std::max(range.first, Sequence{1});
  within.last = std::min(range.last, view.sequence());
  PageFiller page(range.limit, visit);
  if (within.first > within.last) return std::optional<Sequence>();
  const EventJsonReader events(log, view, tenant);
  SCIMLEDGER_TRY(range.is_descending ? FillBackwards(events, within, page)
                                     : FillForwards(events, within, page));
  const Sequence end = range.is_descending ? within.first : within.last;
  return page.last() == end ? std::optional<Sequence>() : page.last();
}

}  // namespace scimledger::api
