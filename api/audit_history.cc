#include "api/audit_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "api/audit_parameters.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// Where a page of a history ended. A later page must know which groups hold the resource by then
/// without reading the log again, so the cursor names the events that put it there:
/// `<last>[.<joined>]*`.
struct HistoryCursor {
  Sequence last;
  std::vector<Sequence> joined;
};

struct HistoryRequest {
  EventsRequest events;
  ResourceId id;
  std::string type;  ///< empty: any
  bool with_memberships = false;
  std::optional<HistoryCursor> after;
};

std::unexpected<ScimError> RefuseCursor() {
  return Refuse(ScimType::kInvalidValue, "The parameter after must be what `next` of a page said.");
}

Result<std::optional<HistoryCursor>> ReadCursor(const Target& target) {
  const std::string* const text = target.Find("after");
  if (text == nullptr || text->empty()) return std::optional<HistoryCursor>();
  HistoryCursor cursor;
  std::vector<Sequence> numbers;
  const char* at = text->data();
  const char* const end = at + text->size();
  for (;;) {
    Sequence number;
    const auto parsed = std::from_chars(at, end, number.value);
    if (parsed.ec != std::errc()) return RefuseCursor();
    numbers.push_back(number);
    if (parsed.ptr == end) break;
    if (*parsed.ptr != '.') return RefuseCursor();
    at = parsed.ptr + 1;
  }
  cursor.last = numbers.front();
  cursor.joined.assign(numbers.begin() + 1, numbers.end());
  for (const Sequence joined : cursor.joined) {
    if (joined.value == 0 || joined > cursor.last) return RefuseCursor();
  }
  return std::optional(std::move(cursor));
}

Result<bool> ReadFlag(const Target& target, std::string_view name) {
  const std::string* const text = target.Find(name);
  if (text == nullptr || text->empty() || EqualsIgnoreAsciiCase(*text, "false")) return false;
  if (EqualsIgnoreAsciiCase(*text, "true")) return true;
  return Refuse(ScimType::kInvalidValue,
                fmt::format("The parameter {} must be true or false.", name));
}

ScimError UnknownResource(const Exchange& exchange, std::string_view type) {
  return {404, ScimType::kNone,
          fmt::format("No event names a {} {}.", type.empty() ? "resource" : type,
                      exchange.path_values.front())};
}

Result<HistoryRequest> ReadHistoryRequest(const Exchange& exchange, std::string type) {
  HistoryRequest wanted;
  SCIMLEDGER_TRY_ASSIGN(wanted.events, ReadEventsRequest(exchange));
  SCIMLEDGER_TRY_ASSIGN(wanted.with_memberships, ReadFlag(exchange.target, "memberships"));
  SCIMLEDGER_TRY_ASSIGN(wanted.after, ReadCursor(exchange.target));
  if (wanted.with_memberships && wanted.events.is_descending) {
    return Refuse(ScimType::kInvalidValue,
                  "A history with memberships=true is told oldest first: leave out order=desc.");
  }
  const auto id = ResourceId::Parse(exchange.path_values.front());
  if (!id) return std::unexpected(UnknownResource(exchange, type));
  wanted.id = *id;
  wanted.type = std::move(type);
  return wanted;
}

bool Contains(const std::vector<ResourceId>& ids, const ResourceId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Tells the events of one resource's history from the others, and follows on the way which groups
/// hold the resource: the event that deletes a group does not list its members.
class HistoryTest {
 public:
  HistoryTest(const HistoryRequest& wanted, Sequence first) : wanted_(wanted), first_(first) {}

  /// Takes up where an earlier page ended.
  storage::Result<void> Resume(const storage::EventLog& log, const SchemaRegistry& registry) {
    if (!wanted_.after) return {};
    for (const Sequence joined : wanted_.after->joined) {
      SCIMLEDGER_TRY_ASSIGN(const Event event, ReadEvent(log, registry, joined));
      if (Contains(event.members_added, wanted_.id)) holders_[event.resource] = joined;
    }
    return {};
  }

  bool operator()(const SchemaRegistry& registry, const Event& event, const ActorNames& actor) {
    const bool is_own = event.resource == wanted_.id &&
                        (wanted_.type.empty() || event.resource_type == wanted_.type);
    has_own_ = has_own_ || is_own;
    const bool is_membership = wanted_.with_memberships && Follow(event);
    if (!is_own && !is_membership) return false;
    if (event.sequence < first_) return false;
    return !wanted_.events.filter || Matches(registry, *wanted_.events.filter, event, actor);
  }

  bool has_own() const { return has_own_; }

  std::string CursorAt(Sequence last) const {
    std::string cursor = fmt::format("{}", last.value);
    for (const auto& [holder, joined] : holders_) cursor += fmt::format(".{}", joined.value);
    return cursor;
  }

 private:
  /// Whether the event changed which groups hold the resource.
  bool Follow(const Event& event) {
    if (event.kind == EventKind::kResourceDeleted) return holders_.erase(event.resource) > 0;
    if (Contains(event.members_removed, wanted_.id)) {
      holders_.erase(event.resource);
      return true;
    }
    if (!Contains(event.members_added, wanted_.id)) return false;
    holders_[event.resource] = event.sequence;
    return true;
  }

  const HistoryRequest& wanted_;
  Sequence first_;
  std::map<ResourceId, Sequence> holders_;
  bool has_own_ = false;
};

struct HistoryPage {
  std::string events;
  std::optional<std::string> next;
  bool has_own = false;
};

storage::Result<HistoryPage> ReadPage(const Exchange& exchange, const HistoryRequest& wanted,
                                      const projections::DirectoryView& view) {
  const storage::EventLog& log = exchange.tenant->log();
  const auto after = wanted.after ? std::optional(wanted.after->last) : std::nullopt;
  SCIMLEDGER_TRY_ASSIGN(EventRange range, ResolveRange(log, wanted.events, after, view.sequence()));
  HistoryTest test(wanted, range.first);
  // Who held the resource before `since` is known only from the events before it.
  if (wanted.with_memberships) range.first = after.value_or(Sequence{0}).Next();
  SCIMLEDGER_TRY(test.Resume(log, *view.registry()));
  HistoryPage page;
  const auto append = [&](const std::string& json) {
    if (!page.events.empty()) page.events += ',';
    page.events += json;
  };
  std::unique_ptr<projections::EventCandidates> candidates;
  if (HasHistory(*exchange.tenant, view.sequence())) {
    candidates = projections::FindResourceEvents(exchange.tenant->history(), wanted.id,
                                                 wanted.with_memberships);
  }
  SCIMLEDGER_TRY_ASSIGN(const auto next, ReadEventPage(log, view, exchange.tenant->name(), range,
                                                       std::ref(test), candidates.get(), append));
  if (next) page.next = test.CursorAt(*next);
  page.has_own = test.has_own();
  return page;
}

/// Whether an answer without events can be trusted to mean that there is no such resource.
bool SawWholeLog(const HistoryRequest& wanted, const HistoryPage& page) {
  return !wanted.events.since && !wanted.events.until && !wanted.after && !page.next;
}

void AnswerHistory(ExchangePtr exchange, const HistoryRequest& wanted) {
  const auto found = exchange->tenant->directory().Find(wanted.id);
  const projections::DirectoryView& view = *found.view;
  exchange->sequence = view.sequence();
  const bool is_of_other_type = found.resource != nullptr && !wanted.type.empty() &&
                                view.registry()->type(found.resource->type).name != wanted.type;
  if (is_of_other_type) return exchange->AnswerError(UnknownResource(*exchange, wanted.type));
  const auto page = ReadPage(*exchange, wanted, view);
  if (!page) return AnswerLogError(*exchange, page.error());
  if (found.resource == nullptr && !page->has_own && SawWholeLog(wanted, *page)) {
    return exchange->AnswerError(UnknownResource(*exchange, wanted.type));
  }
  const std::string next = page->next ? '"' + *page->next + '"' : std::string("null");
  exchange->Answer(JsonResponse(200,
                                fmt::format(R"({{"events":[{}],"next":{},"asOf":{}}})",
                                            page->events, next, view.sequence().value),
                                kJsonMediaType));
}

}  // namespace

void AddHistoryEndpoints(Router& router, const Workers& workers) {
  for (const auto& [segment, type] :
       {std::pair{"users", "User"}, {"groups", "Group"}, {"resources", ""}}) {
    const auto history = [&workers, type = std::string(type)](ExchangePtr exchange) {
      auto wanted = ReadHistoryRequest(*exchange, type);
      if (!wanted) return exchange->AnswerError(wanted.error());
      workers.queries.Run(std::move(exchange), [wanted = *std::move(wanted)](ExchangePtr waiting) {
        AnswerHistory(std::move(waiting), wanted);
      });
    };
    router.Add(fmt::format("/audit/v1/{}/{{id}}/history", segment),
               {{"GET", Access::kReadAudit, history}});
  }
}

}  // namespace scimledger::api
