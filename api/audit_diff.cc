#include "api/audit_diff.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "api/audit_parameters.h"
#include "engine/event.h"
#include "engine/net_changes.h"
#include "projections/event_candidates.h"

namespace scimledger::api {
namespace {

constexpr std::uint64_t kEventsMax = 5'000'000;
constexpr std::size_t kPartBytes = 64U << 10U;

/// The states between which to tell the difference, and of what.
struct DiffRequest {
  Sequence from;
  Sequence to;
  std::optional<ResourceId> resource;  ///< nullopt: of everything
};

/// The sequence that a moment stands for; `missing` if none was named.
Result<Sequence> ReadMoment(const Exchange& exchange, std::string_view name, DayEdge edge,
                            Sequence missing, Sequence head) {
  SCIMLEDGER_TRY_ASSIGN(const auto moment, ReadTimeParameter(exchange, name, edge));
  if (!moment) return missing;
  return ResolveMoment(exchange, name, *moment, head);
}

Result<DiffRequest> ReadDiffRequest(const Exchange& exchange, Sequence head) {
  DiffRequest wanted;
  SCIMLEDGER_TRY_ASSIGN(wanted.from,
                        ReadMoment(exchange, "from", DayEdge::kFirstInstant, Sequence{0}, head));
  SCIMLEDGER_TRY_ASSIGN(wanted.to, ReadMoment(exchange, "to", DayEdge::kLastInstant, head, head));
  if (wanted.from > wanted.to) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("from is sequence {}, which is after to, sequence {}.",
                              wanted.from.value, wanted.to.value));
  }
  if (wanted.to.value - wanted.from.value > kEventsMax) {
    return Refuse(ScimType::kTooMany,
                  fmt::format("There are {} events between the two moments; {} are the most: "
                              "choose moments closer to each other.",
                              wanted.to.value - wanted.from.value, kEventsMax));
  }
  if (exchange.path_values.empty()) return wanted;
  wanted.resource = ResourceId::Parse(exchange.path_values.front());
  if (wanted.resource) return wanted;
  return Refuse(404, ScimType::kNone,
                fmt::format("No event names a resource {}.", exchange.path_values.front()));
}

/// What happened to one resource, by its history.
storage::Result<NetChanges> FoldResource(const Tenant& tenant, const SchemaRegistry& registry,
                                         const DiffRequest& wanted) {
  NetChanges net;
  const auto events = projections::FindResourceEvents(tenant.history(), *wanted.resource, false);
  if (events == nullptr) return net;
  for (auto at = events->Next(wanted.from.Next(), wanted.to); at;
       at = events->Next(at->Next(), wanted.to)) {
    SCIMLEDGER_TRY_ASSIGN(const Event event, ReadEvent(tenant.log(), registry, *at));
    net.Add(event);
  }
  return net;
}

storage::Result<NetChanges> Fold(const Tenant& tenant, const SchemaRegistry& registry,
                                 const DiffRequest& wanted) {
  if (wanted.resource && HasHistory(tenant, wanted.to)) {
    return FoldResource(tenant, registry, wanted);
  }
  NetChanges net;
  SCIMLEDGER_TRY_ASSIGN(const auto reader,
                        tenant.log().Read(wanted.from.Next(), storage::ReadCheck::kTrust));
  for (Sequence at = wanted.from.Next(); at <= wanted.to; at = at.Next()) {
    SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
    if (!stored) break;
    SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(registry, *stored));
    if (!wanted.resource || event.resource == *wanted.resource) net.Add(event);
  }
  return net;
}

/// The answer's text in parts of some 64 KiB, each let go of when it is sent.
class DiffBody {
 public:
  DiffBody(const SchemaRegistry& registry, const NetChanges& net, const DiffRequest& wanted) {
    parts_.emplace_back(R"({"changes":[)");
    bool is_first = true;
    net.ForEach([&](const NetChange& change) {
      if (parts_.back().size() > kPartBytes) parts_.emplace_back();
      if (!std::exchange(is_first, false)) parts_.back() += ',';
      AppendNetChangeJson(registry, change, parts_.back());
    });
    parts_.back() +=
        fmt::format(R"(],"next":null,"from":{},"asOf":{}}})", wanted.from.value, wanted.to.value);
  }

  bool operator()(std::string& out) {
    out += std::exchange(parts_[next_], {});
    return ++next_ < parts_.size();
  }

 private:
  std::vector<std::string> parts_;
  std::size_t next_ = 0;
};

void AnswerDiff(ExchangePtr exchange, const DiffRequest& wanted) {
  const RegistryPtr registry = exchange->tenant->directory().current_registry();
  const auto net = Fold(*exchange->tenant, *registry, wanted);
  if (!net) return AnswerLogError(*exchange, net.error());
  exchange->sequence = wanted.to;
  HttpResponse response = JsonResponse(200, {}, kJsonMediaType);
  response.stream = DiffBody(*registry, *net, wanted);
  exchange->Answer(std::move(response));
}

}  // namespace

void AddDiffEndpoints(Router& router, const Workers& workers) {
  const auto diff = [&workers](ExchangePtr exchange) {
    const auto wanted = ReadDiffRequest(*exchange, exchange->tenant->directory().position());
    if (!wanted) return exchange->AnswerError(wanted.error());
    workers.queries.Run(std::move(exchange), [wanted = *wanted](ExchangePtr waiting) {
      AnswerDiff(std::move(waiting), wanted);
    });
  };
  router.Add("/audit/v1/diff", {{"GET", Access::kReadAudit, diff}});
  router.Add("/audit/v1/resources/{id}/diff", {{"GET", Access::kReadAudit, diff}});
}

}  // namespace scimledger::api
