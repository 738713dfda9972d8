#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/writer_batch.h"
#include "projections/live_directory.h"
#include "projections/query.h"
#include "random_filters.h"
#include "tests/unit/engine/random_commands.h"

namespace scimledger::projections {

/// A directory under random commands about random schemas.
class RandomDirectory {
 public:
  explicit RandomDirectory(std::uint64_t seed)
      : commands_(seed, RandomCommands::Schemas::kRandom) {}

  void Change(int commands) {
    for (; commands > 0; --commands) {
      WriterBatch batch(*directory_, Uuid{});
      batch.Take(commands_.Next(), [](const Result<Outcome>&) {},
                 {.now_us = time_us_, .clock_us = time_us_});
      time_us_ += 1'000'000;
      directory_->Commit(batch.events());
      batch.AnswerAll();
      commands_.UseRegistry(directory_->current_registry());
    }
  }
  LiveDirectory& get() { return *directory_; }
  /// Goes on with another directory in the same state.
  void Replace(std::unique_ptr<LiveDirectory> directory) { directory_ = std::move(directory); }

 private:
  std::unique_ptr<LiveDirectory> directory_ = std::make_unique<LiveDirectory>();
  RandomCommands commands_;
  std::int64_t time_us_ = 1'790'000'000'000'000;
};

/// A query with random filter, order and page. nullopt: the filter cannot be bound.
inline std::optional<Query> RandomQuery(const DirectoryReader& directory, RandomFilters& random,
                                 std::string& text) {
  const auto view = directory.Freeze();
  const RegistryPtr registry = view->registry();
  const auto types = registry->resource_types();
  const ResourceType& type = types[random.Below(types.size())];
  const bool is_across = random.Below(4) == 0;
  text = random.Next(*view, type, 3);
  const auto syntax = ParseFilter(text);
  SCIMLEDGER_INVARIANT(syntax.has_value(), text.c_str());
  Query query;
  for (const ResourceType& any : types) {
    if (!is_across && any.id != type.id) continue;
    auto bound = is_across ? BindFilterAcrossTypes(*registry, any, *syntax)
                           : BindFilter(*registry, any, *syntax);
    if (!bound) return std::nullopt;
    query.types.push_back({any.id, *std::move(bound), std::nullopt});
  }
  if (random.Below(2) == 0) {
    const std::string path = random.Path(*registry, type);
    text += " by " + path;
    query.order = random.Below(2) == 0 ? ListOrder::kAscending : ListOrder::kDescending;
    for (TypeQuery& part : query.types) {
      const auto found = ResolvePath(*registry, registry->type(part.type), path);
      if (found && registry->attribute(found->sub.value_or(found->attribute)).type !=
                       AttributeType::kComplex) {
        part.sort_by = found;
      }
    }
    if (random.Below(3) == 0) {
      for (TypeQuery& part : query.types) part.filter.reset();
    }
  }
  query.start_index = 1 + random.Below(5);
  query.count = random.Below(8);
  return query;
}

}  // namespace scimledger::projections
