#include "api/audit_memberships.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/as_of.h"
#include "api/audit_parameters.h"
#include "api/event_page.h"
#include "api/history_keeper.h"
#include "engine/event.h"
#include "engine/json.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// How long a list waits for the history to come to its sequence.
constexpr std::chrono::seconds kWait{10};

enum class Side : std::uint8_t { kMembersOf, kGroupsOf };

/// Where a page begins (an ordinal, so that who leaves between two pages moves nobody else) and how
/// long it may be.
struct Window {
  std::uint64_t first = 0;
  std::size_t limit = 100;
};

Result<Window> ReadWindow(const Exchange& exchange) {
  Window window;
  SCIMLEDGER_TRY_ASSIGN(const EventsRequest events, ReadEventsRequest(exchange));
  window.limit = static_cast<std::size_t>(events.limit);
  SCIMLEDGER_TRY_ASSIGN(const auto after, ReadAfter(exchange));
  if (after) window.first = after->value;
  return window;
}

/// One resource's memberships at one sequence, and how to show the resources at their other ends.
struct MembershipList {
  Sequence sequence;
  std::shared_ptr<const projections::Administration> administration;  ///< of then
  std::vector<projections::Membership> memberships;
};

/// Shows memberships, each with the event by which it began. Events are read once.
class MembershipPage {
 public:
  MembershipPage(const Exchange& exchange, const MembershipList& list)
      : log_(exchange.tenant->log()),
        newest_(exchange.tenant->directory().current_registry()),
        list_(list) {
    for (Credential& credential : exchange.tenant->directory().Freeze()->credentials()) {
      names_.emplace(credential.id.ToString(), std::move(credential.name));
    }
  }

  storage::Result<void> Add(const Resource& other, Sequence since) {
    if (!items_.empty()) items_ += ',';
    items_ += R"({"id":")";
    other.id.AppendTo(items_);
    items_ += R"(","type":)";
    AppendJsonString(items_, list_.administration->registry->type(other.type).name);
    items_ += R"(,"name":)";
    AppendJsonString(items_, list_.administration->lookups->DisplayOf(other));
    SCIMLEDGER_TRY(AddBeginning(since));
    items_ += '}';
    return {};
  }

  const std::string& items() const { return items_; }

 private:
  struct Beginning {
    std::int64_t time_us = 0;
    std::string actor;
  };

  storage::Result<void> AddBeginning(Sequence since) {
    const auto [found, is_new] = beginnings_.try_emplace(since.value);
    if (is_new) {
      SCIMLEDGER_TRY_ASSIGN(const Event event, ReadEvent(log_, *newest_, since));
      found->second = {event.time_us, event.actor.id};
    }
    const Beginning& beginning = found->second;
    items_ += fmt::format(R"(,"since":"{}","by":)", FormatDateTime(beginning.time_us));
    const auto name = names_.find(beginning.actor);
    const bool has_name = name != names_.end() && !name->second.empty();
    AppendJsonString(items_, has_name ? name->second : beginning.actor);
    items_ += fmt::format(R"(,"event":{})", since.value);
    return {};
  }

  const storage::EventLog& log_;
  const RegistryPtr newest_;
  const MembershipList& list_;
  std::unordered_map<std::string, std::string> names_;
  std::unordered_map<std::uint64_t, Beginning> beginnings_;
  std::string items_;
};

/// Fills the page; returns where the next one begins.
storage::Result<std::optional<std::uint32_t>> FillPage(const projections::HistoryReader& history,
                                                       const MembershipList& list,
                                                       const Window& window, MembershipPage& page) {
  std::size_t count = 0;
  for (const projections::Membership& membership : list.memberships) {
    if (membership.ordinal < window.first) continue;
    const ResourcePtr other = history.ResourceAt(membership.ordinal, list.sequence);
    // Deleted, and still listed until its cascade is through.
    if (other == nullptr) continue;
    if (count++ == window.limit) return std::optional(membership.ordinal);
    SCIMLEDGER_TRY(page.Add(*other, membership.since));
  }
  return std::optional<std::uint32_t>();
}

/// Why the resource has no such list at that moment; nullopt: it has.
std::optional<ScimError> WhyNone(const Exchange& exchange, const ResourcePtr& resource,
                                 const SchemaRegistry& registry, Side side) {
  if (resource == nullptr) return NoResourceThen(exchange);
  const ResourceType& type = registry.type(resource->type);
  if (side == Side::kGroupsOf || type.reference_set) return std::nullopt;
  return ScimError{404, ScimType::kNone,
                   fmt::format("{} {} is no group: it has no members.", type.name,
                               exchange.path_values.front())};
}

void AnswerMemberships(ExchangePtr exchange, Side side, const Window& window) {
  if (exchange->tenant->is_replay()) {
    return exchange->AnswerError({403, ScimType::kNone,
                                  "This is a read-only replay: it does not hold by which events "
                                  "members joined. Ask the server, or the data directory that the "
                                  "log is in."});
  }
  const std::shared_ptr<projections::History> history = exchange->tenant->history();
  if (history == nullptr) return AnswerLogError(*exchange, NoHistory());
  MembershipList list;
  list.sequence = exchange->directory().position();
  exchange->sequence = list.sequence;
  const auto come = history->WaitFor(list.sequence, std::chrono::steady_clock::now() + kWait);
  if (!come) return AnswerLogError(*exchange, come.error());
  const projections::HistoryReader& reader = history->reader();
  list.administration = history->AdministrationAt(list.sequence);
  const auto id = ResourceId::Parse(exchange->path_values.front());
  const auto ordinal = id ? reader.OrdinalOf(*id) : std::nullopt;
  const ResourcePtr resource = ordinal ? reader.ResourceAt(*ordinal, list.sequence) : nullptr;
  if (const auto error = WhyNone(*exchange, resource, *list.administration->registry, side)) {
    return exchange->AnswerError(*error);
  }
  list.memberships = side == Side::kMembersOf ? reader.MembersAt(resource->ordinal, list.sequence)
                                              : reader.GroupsAt(resource->ordinal, list.sequence);
  MembershipPage page(*exchange, list);
  const auto next = FillPage(reader, list, window, page);
  if (!next) return AnswerLogError(*exchange, next.error());
  exchange->Answer(
      JsonResponse(200,
                   fmt::format(R"({{"{}":[{}],"next":{},"asOf":{}}})",
                               side == Side::kMembersOf ? "members" : "groups", page.items(),
                               *next ? fmt::format(R"("{}")", **next) : std::string("null"),
                               list.sequence.value),
                   kJsonMediaType));
}

}  // namespace

void AddMembershipEndpoints(Router& router, const Workers& workers) {
  const auto handler = [&workers](Side side) {
    return [&workers, side](ExchangePtr exchange) {
      const auto window = ReadWindow(*exchange);
      if (!window) return exchange->AnswerError(window.error());
      AtAskedMoment(
          std::move(exchange), workers, [&workers, side, window = *window](ExchangePtr at_moment) {
            workers.queries.Run(std::move(at_moment), [side, window](ExchangePtr waiting) {
              AnswerMemberships(std::move(waiting), side, window);
            });
          });
    };
  };
  router.Add("/audit/v1/groups/{id}/members",
             {{"GET", Access::kReadAudit, handler(Side::kMembersOf)}});
  for (const char* path : {"/audit/v1/users/{id}/groups", "/audit/v1/resources/{id}/groups"}) {
    router.Add(path, {{"GET", Access::kReadAudit, handler(Side::kGroupsOf)}});
  }
}

}  // namespace scimledger::api
