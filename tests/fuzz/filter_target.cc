#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/event_filter.h"
#include "engine/patch_path.h"
#include "projections/live_directory.h"
#include "projections/query.h"
#include "projections/view_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/world.h"

namespace scimledger::fuzz {
namespace {

const projections::LiveDirectory& Directory() {
  static const projections::LiveDirectory& directory = [] -> projections::LiveDirectory& {
    static projections::LiveDirectory made;
    made.SetRegistry(World().registry());
    made.Commit(WorldEvents());
    return made;
  }();
  return directory;
}

/// Rows that the plain evaluator accepts, in order of creation.
std::vector<ResourceId> Scan(const projections::DirectoryView& view, ResourceTypeId type,
                             const Filter& filter) {
  std::vector<ResourceId> ids;
  projections::ViewReader reader(view, type, kBaseUrl);
  view.ForEachResource(type, [&](const ResourcePtr& row) {
    reader.Show(*row);
    if (Matches(*view.registry(), filter, reader)) ids.push_back(row->id);
    return true;
  });
  return ids;
}

std::vector<ResourceId> Query(ResourceTypeId type, Filter filter) {
  projections::Query query;
  query.types.push_back({type, std::move(filter), std::nullopt});
  std::vector<ResourceId> ids;
  for (const ResourcePtr& row : projections::Run(Directory(), query, kBaseUrl).page) {
    ids.push_back(row->id);
  }
  return ids;
}

using Bind = Result<Filter> (*)(const SchemaRegistry&, const ResourceType&, const FilterSyntax&);

/// The filter and what is printed of it mean the same, and an index finds what a scan finds.
void CheckMeaning(const ResourceType& type, const FilterSyntax& syntax, const FilterSyntax& printed,
                  Bind bind) {
  const SchemaRegistry& registry = *World().registry();
  auto filter = bind(registry, type, syntax);
  const auto other = bind(registry, type, printed);
  SCIMLEDGER_INVARIANT(filter.has_value() == other.has_value(), "print keeps what binds");
  if (!filter) {
    SCIMLEDGER_INVARIANT(filter.error().scim_type == ScimType::kInvalidFilter,
                         "a filter that does not bind is invalidFilter");
    return;
  }
  const auto view = Directory().Freeze();
  const std::vector<ResourceId> scanned = Scan(*view, type.id, *filter);
  SCIMLEDGER_INVARIANT(scanned == Scan(*view, type.id, *other), "print keeps the meaning");
  SCIMLEDGER_INVARIANT(scanned == Query(type.id, *std::move(filter)),
                       "a query finds what a scan does");
}

bool FuzzAsFilter(std::string_view text) {
  const auto syntax = ParseFilter(text);
  if (!syntax) {
    SCIMLEDGER_INVARIANT(syntax.error().scim_type == ScimType::kInvalidFilter,
                         "what is no filter is invalidFilter");
    return false;
  }
  const std::string printed = ToString(*syntax);
  if (printed.size() > kFilterBytesMax) return true;
  const auto again = ParseFilter(printed);
  SCIMLEDGER_INVARIANT(again, ("what is printed parses: " + printed).c_str());
  SCIMLEDGER_INVARIANT(ToString(*again) == printed, "what is printed prints alike");
  const SchemaRegistry& registry = *World().registry();
  for (const ResourceType& type : registry.resource_types()) {
    CheckMeaning(type, *syntax, *again, BindFilter);
    CheckMeaning(type, *syntax, *again, BindFilterAcrossTypes);
  }
  const auto emails = ResolvePath(registry, *registry.FindTypeByName("User"), "emails");
  (void)BindElementFilter(registry, emails->attribute, *syntax);
  SCIMLEDGER_INVARIANT(BindEventFilter(*syntax).has_value() == BindEventFilter(*again).has_value(),
                       "print keeps what binds to events");
  return true;
}

}  // namespace

int FuzzFilter(Input input) {
  const std::string_view text = TextOf(input);
  const SchemaRegistry& registry = *World().registry();
  bool is_accepted = FuzzAsFilter(text);
  for (const ResourceType& type : registry.resource_types()) {
    const auto path = ParsePatchPath(registry, type, text);
    is_accepted = path.has_value() || is_accepted;
    SCIMLEDGER_INVARIANT(path || path.error().scim_type == ScimType::kInvalidPath ||
                             path.error().scim_type == ScimType::kInvalidFilter,
                         "a bad path is invalidPath or invalidFilter");
    (void)ResolvePath(registry, type, text);
    (void)ResolveSchemaPath(registry, type, text);
    (void)AttributeSelection::Parse(registry, {&type, 1}, text, std::nullopt);
  }
  return is_accepted ? 1 : 0;
}

}  // namespace scimledger::fuzz
