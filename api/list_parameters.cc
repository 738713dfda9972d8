#include "api/list_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/filter.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// The integer value of a parameter, `missing` if it is not there.
Result<std::int64_t> ReadInteger(const Target& target, std::string_view name,
                                 std::int64_t missing) {
  const std::string* const text = target.Find(name);
  if (text == nullptr) return missing;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  return Refuse(ScimType::kInvalidValue,
                fmt::format("The parameter {} must be a whole number of at most 18 digits.", name));
}

}  // namespace

std::optional<std::string> JoinedParameter(const Target& target, std::string_view name) {
  std::optional<std::string> joined;
  for (const Parameter& parameter : target.parameters) {
    if (parameter.value.empty() || !EqualsIgnoreAsciiCase(parameter.name, name)) continue;
    joined = joined ? *joined + "," + parameter.value : parameter.value;
  }
  return joined;
}

Result<AttributeSelection> ReadSelection(const Exchange& exchange,
                                         std::span<const AttributeId> supplied) {
  const auto attributes = JoinedParameter(exchange.target, "attributes");
  const auto excluded = JoinedParameter(exchange.target, "excludedAttributes");
  return AttributeSelection::Parse(*exchange.registry, *exchange.type, attributes, excluded,
                                   supplied);
}

Result<Page> ReadPage(const Target& target, std::size_t count_default, std::size_t count_max) {
  SCIMLEDGER_TRY_ASSIGN(const std::int64_t start, ReadInteger(target, "startIndex", 1));
  SCIMLEDGER_TRY_ASSIGN(const std::int64_t count,
                        ReadInteger(target, "count", static_cast<std::int64_t>(count_default)));
  Page page;
  page.start_index = static_cast<std::uint64_t>(std::max<std::int64_t>(start, 1));
  page.count = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)),
                                       count_max);
  return page;
}

Result<projections::Query> ReadQuery(const Exchange& exchange, std::size_t count_default,
                                     std::size_t count_max) {
  SCIMLEDGER_TRY_ASSIGN(const Page page, ReadPage(exchange.target, count_default, count_max));
  projections::Query query;
  query.type = exchange.type->id;
  query.start_index = page.start_index;
  query.count = page.count;
  const std::string* const filter = exchange.target.Find("filter");
  if (filter == nullptr || filter->empty()) return query;
  SCIMLEDGER_TRY_ASSIGN(const FilterSyntax syntax, ParseFilter(*filter));
  SCIMLEDGER_TRY_ASSIGN(query.filter, BindFilter(*exchange.registry, *exchange.type, syntax));
  return query;
}

}  // namespace scimledger::api
