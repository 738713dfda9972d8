#include "api/audit_memberships.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/as_of.h"
#include "api/audit_parameters.h"
#include "engine/event.h"
#include "engine/json.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

enum class Side : std::uint8_t { kMembersOf, kGroupsOf };

/// The event by which a membership began.
struct Beginning {
  Sequence event;
  std::int64_t time_us = 0;
  std::string actor;
};
/// By the resource at the other end.
using Beginnings = std::unordered_map<ResourceId, Beginning, UuidHash>;

bool Contains(const std::vector<ResourceId>& ids, const ResourceId& id) {
  return std::ranges::find(ids, id) != ids.end();
}

/// One resource's memberships at one sequence.
struct MembershipQuery {
  Uuid log;
  Side side{};
  ResourceId resource;
  Sequence sequence;
  friend bool operator==(const MembershipQuery&, const MembershipQuery&) = default;
};

void Follow(const Event& event, const MembershipQuery& query, Beginnings& beginnings) {
  const auto begin = [&](const ResourceId& other) {
    beginnings[other] = {event.sequence, event.time_us, event.actor.id};
  };
  if (query.side == Side::kMembersOf) {
    if (event.resource != query.resource) return;
    for (const ResourceId& id : event.members_removed) beginnings.erase(id);
    for (const ResourceId& id : event.members_added) begin(id);
    return;
  }
  if (Contains(event.members_removed, query.resource)) beginnings.erase(event.resource);
  if (Contains(event.members_added, query.resource)) begin(event.resource);
}

storage::Result<Beginnings> ReadBeginnings(const storage::EventLog& log,
                                           const SchemaRegistry& registry,
                                           const MembershipQuery& query) {
  Beginnings beginnings;
  SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(Sequence{1}, storage::ReadCheck::kTrust));
  for (Sequence at{1}; at <= query.sequence; at = at.Next()) {
    SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
    if (!stored) break;
    SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(registry, *stored));
    Follow(event, query, beginnings);
  }
  return beginnings;
}

/// Keeps the last result: the pages of one list ask the same. Thread-safe.
class BeginningsCache {
 public:
  storage::Result<std::shared_ptr<const Beginnings>> Get(const storage::EventLog& log,
                                                         const SchemaRegistry& registry,
                                                         const MembershipQuery& query) {
    {
      const std::lock_guard lock(mutex_);
      if (last_ != nullptr && query_ == query) return last_;
    }
    SCIMLEDGER_TRY_ASSIGN(Beginnings read, ReadBeginnings(log, registry, query));
    auto shared = std::make_shared<const Beginnings>(std::move(read));
    const std::lock_guard lock(mutex_);
    query_ = query;
    last_ = shared;
    return shared;
  }

 private:
  std::mutex mutex_;
  MembershipQuery query_;
  std::shared_ptr<const Beginnings> last_;
};

/// Where a page begins and how long it may be.
struct Window {
  std::size_t index = 0;
  std::size_t limit = 100;
};

Result<Window> ReadWindow(const Exchange& exchange) {
  Window window;
  SCIMLEDGER_TRY_ASSIGN(const EventsRequest events, ReadEventsRequest(exchange));
  window.limit = static_cast<std::size_t>(events.limit);
  SCIMLEDGER_TRY_ASSIGN(const auto after, ReadAfter(exchange));
  if (after) window.index = static_cast<std::size_t>(after->value);
  return window;
}

class MembershipPage {
 public:
  MembershipPage(const Exchange& exchange, const Beginnings& beginnings)
      : beginnings_(beginnings), registry_(*exchange.registry) {
    for (Credential& credential : exchange.tenant->directory().Freeze()->credentials()) {
      names_.emplace(credential.id.ToString(), std::move(credential.name));
    }
  }

  void Add(const ReferencedResource& other) {
    if (!items_.empty()) items_ += ',';
    items_ += R"({"id":")";
    other.id.AppendTo(items_);
    items_ += R"(","type":)";
    AppendJsonString(items_, registry_.type(other.type).name);
    items_ += R"(,"name":)";
    AppendJsonString(items_, other.display);
    if (const auto begin = beginnings_.find(other.id); begin != beginnings_.end()) {
      AddBeginning(begin->second);
    }
    items_ += '}';
  }

  const std::string& items() const { return items_; }

 private:
  void AddBeginning(const Beginning& beginning) {
    items_ += fmt::format(R"(,"since":"{}","by":)", FormatDateTime(beginning.time_us));
    const auto name = names_.find(beginning.actor);
    const bool has_name = name != names_.end() && !name->second.empty();
    AppendJsonString(items_, has_name ? name->second : beginning.actor);
    items_ += fmt::format(R"(,"event":{})", beginning.event.value);
  }

  const Beginnings& beginnings_;
  const SchemaRegistry& registry_;
  std::unordered_map<std::string, std::string> names_;
  std::string items_;
};

/// Fills the page; returns where the next one begins.
std::optional<std::size_t> FillPage(const projections::FoundResource& found, Side side,
                                    const Window& window, MembershipPage& page) {
  std::size_t count = 0;
  if (side == Side::kMembersOf) {
    return found.view->VisitMembers(*found.resource, window.index,
                                    [&](const ReferencedResource& member) {
                                      page.Add(member);
                                      return ++count < window.limit;
                                    });
  }
  std::size_t index = 0;
  bool goes_on = false;
  found.view->ForEachGroup(*found.resource, [&](const ReferencedResource& group) {
    if (index++ < window.index) return;
    if (count == window.limit) {
      goes_on = true;
      return;
    }
    page.Add(group);
    ++count;
  });
  return goes_on ? std::optional(window.index + count) : std::nullopt;
}

/// Why the resource has no such list at that moment; nullopt: it has.
std::optional<ScimError> WhyNone(const Exchange& exchange, const projections::FoundResource& found,
                                 Side side) {
  if (found.resource == nullptr) return NoResourceThen(exchange);
  const ResourceType& type = found.view->registry()->type(found.resource->type);
  if (side == Side::kGroupsOf || type.reference_set) return std::nullopt;
  return ScimError{404, ScimType::kNone,
                   fmt::format("{} {} is no group: it has no members.", type.name,
                               exchange.path_values.front())};
}

void AnswerMemberships(ExchangePtr exchange, Side side, const Window& window,
                       BeginningsCache& cache) {
  const auto id = ResourceId::Parse(exchange->path_values.front());
  const auto found =
      id ? exchange->directory().Find(*id) : projections::FoundResource{nullptr, nullptr};
  if (found.view) exchange->sequence = found.view->sequence();
  if (const auto error = WhyNone(*exchange, found, side)) return exchange->AnswerError(*error);
  const RegistryPtr newest = exchange->tenant->directory().current_registry();
  const storage::EventLog& log = exchange->tenant->log();
  const auto beginnings =
      cache.Get(log, *newest, {log.id(), side, found.resource->id, found.view->sequence()});
  if (!beginnings) return AnswerLogError(*exchange, beginnings.error());
  exchange->registry = found.view->registry();
  MembershipPage page(*exchange, **beginnings);
  const auto next = FillPage(found, side, window, page);
  exchange->Answer(
      JsonResponse(200,
                   fmt::format(R"({{"{}":[{}],"next":{},"asOf":{}}})",
                               side == Side::kMembersOf ? "members" : "groups", page.items(),
                               next ? fmt::format(R"("{}")", *next) : std::string("null"),
                               found.view->sequence().value),
                   kJsonMediaType));
}

}  // namespace

void AddMembershipEndpoints(Router& router, const Workers& workers) {
  const auto cache = std::make_shared<BeginningsCache>();
  const auto handler = [&workers, cache](Side side) {
    return [&workers, cache, side](ExchangePtr exchange) {
      const auto window = ReadWindow(*exchange);
      if (!window) return exchange->AnswerError(window.error());
      AtAskedMoment(std::move(exchange), workers,
                    [&workers, cache, side, window = *window](ExchangePtr at_moment) {
                      workers.queries.Run(
                          std::move(at_moment), [cache, side, window](ExchangePtr waiting) {
                            AnswerMemberships(std::move(waiting), side, window, *cache);
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
