#include "api/list_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>
#include <utility>

#include "api/list_cursor.h"
#include "engine/filter.h"
#include "engine/sort_key.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// nullptr: not given, or empty.
const std::string* FindText(const Target& target, std::string_view name) {
  const std::string* const text = target.Find(name);
  return text == nullptr || text->empty() ? nullptr : text;
}

/// A parameter that may be repeated, its values joined with commas. nullopt: not there, or all
/// empty.
std::optional<std::string> JoinedParameter(const Target& target, std::string_view name) {
  std::optional<std::string> joined;
  for (const Parameter& parameter : target.parameters) {
    if (parameter.value.empty() || !EqualsIgnoreAsciiCase(parameter.name, name)) continue;
    if (joined) {
      *joined += ',';
      *joined += parameter.value;
    } else {
      joined = parameter.value;
    }
  }
  return joined;
}

Result<std::int64_t> ReadInteger(const Target& target, std::string_view name, std::int64_t missing,
                                 ScimType wrong) {
  const std::string* const text = target.Find(name);
  if (text == nullptr) return missing;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  return Refuse(wrong,
                fmt::format("The parameter {} must be a whole number of at most 18 digits.", name));
}

Result<void> ReadPage(const Target& target, const ServiceOptions& options, bool by_cursor,
                      projections::Query& query) {
  const auto most = static_cast<std::int64_t>(options.page_max);
  SCIMLEDGER_TRY_ASSIGN(const std::int64_t start,
                        ReadInteger(target, "startIndex", 1, ScimType::kInvalidValue));
  SCIMLEDGER_TRY_ASSIGN(
      const std::int64_t count,
      ReadInteger(target, "count", static_cast<std::int64_t>(options.page_default),
                  by_cursor ? ScimType::kInvalidCount : ScimType::kInvalidValue));
  query.start_index = static_cast<std::uint64_t>(std::max<std::int64_t>(start, 1));
  query.count = static_cast<std::uint64_t>(std::clamp<std::int64_t>(count, 0, most));
  return {};
}

Result<projections::ListOrder> ReadSortOrder(const Target& target) {
  const std::string* const text = FindText(target, "sortOrder");
  if (text == nullptr || EqualsIgnoreAsciiCase(*text, "ascending")) {
    return projections::ListOrder::kAscending;
  }
  if (EqualsIgnoreAsciiCase(*text, "descending")) return projections::ListOrder::kDescending;
  return Refuse(ScimType::kInvalidValue, "sortOrder must be `ascending` or `descending`.");
}

/// At the root, an attribute that only other types have sorts nothing here.
Result<std::optional<AttributePath>> ReadSortBy(const Exchange& exchange, const ResourceType& type,
                                                const std::string& name) {
  const SchemaRegistry& registry = *exchange.registry;
  const auto types = TypesOf(exchange);
  const auto has_it = [&](const ResourceType& any) {
    return ResolvePath(registry, any, name).has_value();
  };
  const bool is_foreign = !has_it(type) && std::any_of(types.begin(), types.end(), has_it);
  if (is_foreign) return std::optional<AttributePath>();
  SCIMLEDGER_TRY_ASSIGN(const AttributePath path, BindSortBy(registry, type, name));
  return std::optional(path);
}

Result<void> ReadSort(const Exchange& exchange, projections::Query& query) {
  SCIMLEDGER_TRY_ASSIGN(const auto order, ReadSortOrder(exchange.target));
  const std::string* const name = FindText(exchange.target, "sortBy");
  if (name == nullptr) return {};
  query.order = order;
  for (projections::TypeQuery& part : query.types) {
    SCIMLEDGER_TRY_ASSIGN(part.sort_by,
                          ReadSortBy(exchange, exchange.registry->type(part.type), *name));
  }
  if (!projections::IsDeep(query) || projections::CanPageDeep(*exchange.registry, query)) return {};
  return std::unexpected(PageTooDeep());
}

Result<void> ReadFilter(const Exchange& exchange, projections::Query& query) {
  const std::string* const filter = FindText(exchange.target, "filter");
  if (filter == nullptr) return {};
  const SchemaRegistry& registry = *exchange.registry;
  const auto bind = exchange.type == nullptr ? BindFilterAcrossTypes : BindFilter;
  SCIMLEDGER_TRY_ASSIGN(const FilterSyntax syntax, ParseFilter(*filter));
  for (projections::TypeQuery& part : query.types) {
    SCIMLEDGER_TRY_ASSIGN(part.filter, bind(registry, registry.type(part.type), syntax));
  }
  return {};
}

Result<bool> ReadExplain(const Exchange& exchange) {
  const std::string* const text = FindText(exchange.target, "explain");
  if (text == nullptr || EqualsIgnoreAsciiCase(*text, "false")) return false;
  if (!EqualsIgnoreAsciiCase(*text, "true")) {
    return Refuse(ScimType::kInvalidValue, "The parameter explain must be `true` or `false`.");
  }
  if (exchange.actor->role == Role::kAdmin) return true;
  return Refuse(403, ScimType::kNone,
                fmt::format("explain=true is for role admin, and this token's role is {}: leave "
                            "the parameter out, or ask an administrator.",
                            ToString(exchange.actor->role)));
}

/// Everything that must be the same on every page, but for the count, which has an error of its
/// own. Lengths first, so that no two requests give the same text.
std::string CursorContext(const Exchange& exchange) {
  std::string context = exchange.tenant->log().id().ToString();
  context += ToString(exchange.actor->role);
  context += exchange.type == nullptr ? "/" : exchange.type->endpoint;
  if (exchange.pinned) context += fmt::format("@{}", exchange.pinned->value);
  for (const char* name : {"filter", "sortBy", "sortOrder", "attributes", "excludedAttributes"}) {
    const std::string value = JoinedParameter(exchange.target, name).value_or("");
    fmt::format_to(std::back_inserter(context), " {}:{}", value.size(), value);
  }
  return context;
}

Result<void> ReadCursor(const Exchange& exchange, const ServiceOptions& options,
                        ListRequest& request) {
  const std::string* const text = exchange.target.Find("cursor");
  if (text == nullptr) return {};
  if (FindText(exchange.target, "startIndex") != nullptr) {
    return Refuse(ScimType::kInvalidValue,
                  "startIndex and cursor cannot be used together: send one of them.");
  }
  request.cursor_context = CursorContext(exchange);
  if (text->empty()) return {};
  auto cursor = OpenCursor(options.cursor_key, *text, *request.cursor_context);
  if (!cursor) {
    return Refuse(ScimType::kInvalidCursor,
                  "The cursor is not one that this server gave for this query: send nextCursor of "
                  "the page before as it was, and every other parameter as on the first page.");
  }
  if (cursor->expires_us <= exchange.tenant->NowUs()) {
    return Refuse(ScimType::kExpiredCursor,
                  fmt::format("A cursor is good for {} seconds: start again with an empty cursor.",
                              options.cursor_timeout.count()));
  }
  if (cursor->count != request.query.count) {
    return Refuse(ScimType::kInvalidCount,
                  fmt::format("The first page had a count of {}: send the same on every page.",
                              cursor->count));
  }
  request.query.after = std::move(cursor->position);
  request.total = cursor->total;
  return {};
}

}  // namespace

std::span<const ResourceType> TypesOf(const Exchange& exchange) {
  if (exchange.type == nullptr) return exchange.registry->resource_types();
  return {exchange.type, 1};
}

Result<AttributeSelection> ReadSelection(const Exchange& exchange,
                                         std::span<const AttributeId> supplied) {
  const auto attributes = JoinedParameter(exchange.target, "attributes");
  const auto excluded = JoinedParameter(exchange.target, "excludedAttributes");
  return AttributeSelection::Parse(*exchange.registry, TypesOf(exchange), attributes, excluded,
                                   supplied);
}

Result<ListRequest> ReadListRequest(const Exchange& exchange, const ServiceOptions& options) {
  ListRequest request;
  SCIMLEDGER_TRY_ASSIGN(request.selection, ReadSelection(exchange));
  for (const ResourceType& type : TypesOf(exchange))
    request.query.types.push_back({type.id, {}, {}});
  const bool by_cursor = exchange.target.Find("cursor") != nullptr;
  SCIMLEDGER_TRY(ReadPage(exchange.target, options, by_cursor, request.query));
  SCIMLEDGER_TRY(ReadFilter(exchange, request.query));
  SCIMLEDGER_TRY(ReadSort(exchange, request.query));
  SCIMLEDGER_TRY(ReadCursor(exchange, options, request));
  SCIMLEDGER_TRY_ASSIGN(request.explain, ReadExplain(exchange));
  return request;
}

ScimError PageTooDeep() {
  return {400, ScimType::kTooMany,
          fmt::format("A list sorted by this can be paged by startIndex up to resource {}: page by "
                      "cursor, or narrow the filter.",
                      projections::kSortedRowsMax)};
}

std::string NextCursor(const ListRequest& request, const projections::ListPosition& position,
                       std::uint64_t total, const Exchange& exchange,
                       const ServiceOptions& options) {
  const std::chrono::microseconds lifetime = options.cursor_timeout;
  return SealCursor(options.cursor_key,
                    {.position = position,
                     .count = request.query.count,
                     .total = total,
                     .expires_us = exchange.tenant->NowUs() + lifetime.count()},
                    *request.cursor_context);
}

}  // namespace scimledger::api
