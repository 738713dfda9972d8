#include "api/audit_resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "api/audit_parameters.h"
#include "engine/document.h"
#include "engine/json.h"
#include "engine/text.h"
#include "engine/unique_keys.h"
#include "projections/lookup_attributes.h"

namespace scimledger::api {
namespace {

struct Wanted {
  std::string name;
  std::string type;  ///< empty: any
  std::optional<Sequence> after;
};

/// The attributes of a type that people call its resources by.
std::vector<AttributeId> NamesOf(const SchemaRegistry& registry, const ResourceType& type) {
  std::vector<AttributeId> names;
  const auto add = [&](std::optional<AttributeId> attribute) {
    if (attribute && std::find(names.begin(), names.end(), *attribute) == names.end()) {
      names.push_back(*attribute);
    }
  };
  add(type.naming_attribute);
  add(registry.common().external_id);
  add(registry.FindAttribute(type, "displayName"));
  return names;
}

bool IsWanted(const Wanted& wanted, std::string_view type) {
  return wanted.type.empty() || EqualsIgnoreAsciiCase(wanted.type, type);
}

class CandidateList {
 public:
  void AddCurrent(const SchemaRegistry& registry, const Resource& resource) {
    const ResourceType& type = registry.type(resource.type);
    const auto name = type.naming_attribute
                          ? FindInDocument(resource.document, *type.naming_attribute)
                          : std::nullopt;
    const std::string* const text = name ? name->AsString() : nullptr;
    Add(type.name, resource.id, text == nullptr ? std::string_view() : *text);
    json_ += fmt::format(R"("created":"{}"}})", FormatDateTime(resource.created_us));
  }

  void AddDeleted(const Event& event) {
    Add(event.resource_type, event.resource, event.resource_name);
    json_ += fmt::format(R"("deleted":"{}","sequence":{}}})", FormatDateTime(event.time_us),
                         event.sequence.value);
  }

  bool empty() const { return json_.empty(); }
  const std::string& json() const { return json_; }

 private:
  void Add(std::string_view type, const ResourceId& id, std::string_view name) {
    json_ += json_.empty() ? R"({"type":)" : R"(,{"type":)";
    AppendJsonString(json_, type);
    json_ += fmt::format(R"(,"id":"{}","name":)", id.ToString());
    AppendJsonString(json_, name);
    json_ += ',';
  }

  std::string json_;
};

void AddCurrent(const projections::Directory& directory, const Wanted& wanted,
                CandidateList& candidates) {
  const auto lookups = directory.lookups();
  const RegistryPtr registry = lookups->registry();
  std::vector<ResourceId> seen;
  for (const ResourceType& type : registry->resource_types()) {
    if (!IsWanted(wanted, type.name)) continue;
    std::vector<projections::EqualityKey> keys;
    for (const AttributeId id : NamesOf(*registry, type)) {
      const AttributePath path{id, std::nullopt};
      if (!lookups->Answers(path)) continue;
      keys.push_back({projections::EqualityKey::Kind::kAttribute, path,
                      ComparisonKey(registry->attribute(id), wanted.name)});
    }
    const auto found = directory.LookUpAny(type.id, keys, std::numeric_limits<std::size_t>::max());
    for (const ResourcePtr& resource : found->resources) {
      if (std::find(seen.begin(), seen.end(), resource->id) != seen.end()) continue;
      seen.push_back(resource->id);
      candidates.AddCurrent(*registry, *resource);
    }
  }
}

bool WasCalled(const SchemaRegistry& registry, const Event& event, const Wanted& wanted) {
  if (event.resource.ToString() == wanted.name) return true;
  const ResourceType* const type = registry.FindTypeByName(event.resource_type);
  if (type == nullptr) return false;
  const std::vector<AttributeId> names = NamesOf(registry, *type);
  return std::any_of(
      event.changes.begin(), event.changes.end(), [&](const AttributeChange& change) {
        if (std::find(names.begin(), names.end(), change.attribute) == names.end()) return false;
        const Attribute& attribute = registry.attribute(change.attribute);
        const std::string* const text = change.before.AsString();
        return text != nullptr &&
               ComparisonKey(attribute, *text) == ComparisonKey(attribute, wanted.name);
      });
}

storage::Result<std::optional<Sequence>> AddDeleted(const Exchange& exchange, const Wanted& wanted,
                                                    const projections::DirectoryView& view,
                                                    CandidateList& candidates) {
  EventRange range;
  range.first = wanted.after.value_or(Sequence{0}).Next();
  range.last = view.sequence();
  range.limit = kEventScanMax;
  const auto collect = [&](const SchemaRegistry& registry, const Event& event, const ActorNames&) {
    const bool is_candidate = event.kind == EventKind::kResourceDeleted &&
                              IsWanted(wanted, event.resource_type) &&
                              WasCalled(registry, event, wanted);
    if (is_candidate) candidates.AddDeleted(event);
    return false;
  };
  const storage::EventLog& log = exchange.tenant->log();
  const EventFilter deletes{
      EventFilter::Compare{EventAttribute::kKind, CompareOperator::kEq,
                           std::string(ToString(EventKind::kResourceDeleted))}};
  std::unique_ptr<projections::EventCandidates> events;
  if (HasHistory(*exchange.tenant, view.sequence())) {
    static const std::vector<Credential> kNobody;
    events = projections::FindCandidates(exchange.tenant->history(), log, deletes, kNobody);
  }
  return ReadEventPage(log, view, exchange.tenant->name(), range, collect, events.get(),
                       [](const std::string&) {});
}

void AnswerCandidates(ExchangePtr exchange, const CandidateList& candidates,
                      std::optional<Sequence> next) {
  const std::string cursor = next ? fmt::format("\"{}\"", next->value) : std::string("null");
  exchange->Answer(JsonResponse(200,
                                fmt::format(R"({{"candidates":[{}],"next":{},"asOf":{}}})",
                                            candidates.json(), cursor, exchange->sequence->value),
                                kJsonMediaType));
}

void Resolve(ExchangePtr exchange, const Wanted& wanted) {
  const projections::Directory& directory = exchange->tenant->directory();
  CandidateList candidates;
  // Before the view is taken: what is deleted meanwhile is then found at least once.
  if (!wanted.after) AddCurrent(directory, wanted, candidates);
  const auto view = directory.Freeze();
  exchange->sequence = view->sequence();
  const auto next = AddDeleted(*exchange, wanted, *view, candidates);
  // A directory that was replayed elsewhere has no log: it knows the current ones.
  if (!next && next.error().code == storage::ErrorCode::kNotFound) {
    return AnswerCandidates(std::move(exchange), candidates, std::nullopt);
  }
  if (!next) return AnswerLogError(*exchange, next.error());
  AnswerCandidates(std::move(exchange), candidates, *next);
}

/// The current resource with that id, which no name can be mistaken for. nullopt: there is none.
std::optional<projections::FoundResource> FindById(const Exchange& exchange, const Wanted& wanted) {
  const auto id = ResourceId::Parse(wanted.name);
  if (!id) return std::nullopt;
  auto found = exchange.tenant->directory().Find(*id);
  if (found.resource == nullptr) return std::nullopt;
  const std::string& type = found.view->registry()->type(found.resource->type).name;
  if (!IsWanted(wanted, type)) return std::nullopt;
  return found;
}

}  // namespace

void AddResolveEndpoints(Router& router, const Workers& workers) {
  const auto resolve = [&workers](ExchangePtr exchange) {
    const auto after = ReadAfter(*exchange);
    if (!after) return exchange->AnswerError(after.error());
    const std::string* const id = exchange->target.Find("id");
    const std::string* const name = id == nullptr ? exchange->target.Find("name") : id;
    if (name == nullptr || name->empty()) {
      return exchange->AnswerError({400, ScimType::kInvalidValue,
                                    "Say which resource: name= takes an id, userName, externalId "
                                    "or displayName."});
    }
    const std::string* const type = exchange->target.Find("type");
    Wanted wanted{*name, type == nullptr ? std::string() : *type, *after};
    CandidateList candidates;
    if (const auto found = FindById(*exchange, wanted)) {
      exchange->sequence = found->view->sequence();
      candidates.AddCurrent(*found->view->registry(), *found->resource);
    }
    if (id != nullptr || !candidates.empty()) {
      return AnswerCandidates(std::move(exchange), candidates, std::nullopt);
    }
    workers.queries.Run(std::move(exchange), [wanted = std::move(wanted)](ExchangePtr waiting) {
      Resolve(std::move(waiting), wanted);
    });
  };
  router.Add("/audit/v1/resolve", {{"GET", Access::kReadAudit, resolve}});
}

}  // namespace scimledger::api
