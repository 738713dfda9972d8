#include "tools/active_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/text.h"
#include "tools/audit_story.h"

namespace scimledger::tools {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

}  // namespace

void ActiveTimeline::Learn(JsonElement event) {
  ActiveChange change;
  change.is_deletion = TextAt(event, "/kind") == "ResourceDeleted";
  bool is_of_active = change.is_deletion;
  simdjson::dom::array list;
  if (!change.is_deletion && event["changes"].get(list) == simdjson::SUCCESS) {
    for (const JsonElement each : list) {
      if (TextAt(each, "/path") != "active") continue;
      is_of_active = true;
      change.is_active = TextAt(each, "/after") != "false";
    }
  }
  if (!is_of_active) return;
  change.time = TextAt(event, "/time");
  change.time_us = ParseDateTime(change.time).value_or(0);
  change.sequence = TextAt(event, "/sequence");
  change.by = DescribeActor(event);
  change.actor = TextAt(event, "/actor/name");
  if (change.actor.empty()) change.actor = TextAt(event, "/actor/id");
  changes_.push_back(std::move(change));
}

bool ActiveTimeline::IsActiveAt(std::int64_t time_us) const {
  bool is_active = true;
  for (const ActiveChange& change : changes_) {
    if (change.time_us <= time_us) is_active = change.is_active;
  }
  return is_active;
}

const ActiveChange* ActiveTimeline::DisabledAround(std::int64_t time_us) const {
  const ActiveChange* disabled = nullptr;
  for (const ActiveChange& change : changes_) {
    if (change.time_us <= time_us) {
      if (change.is_active) {
        disabled = nullptr;
      } else if (disabled == nullptr) {
        disabled = &change;
      }
    } else if (disabled == nullptr && !change.is_active) {
      return &change;
    }
  }
  return disabled;
}

const ActiveChange* ActiveTimeline::EnabledAfter(std::int64_t time_us) const {
  const auto found = std::ranges::find_if(changes_, [time_us](const ActiveChange& change) {
    return change.time_us > time_us && change.is_active;
  });
  return found == changes_.end() ? nullptr : &*found;
}

std::string ShowDuration(std::int64_t duration_us) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 4> kUnits = {
      {{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}}};
  std::int64_t seconds = std::max<std::int64_t>(duration_us, 0) / kSecondUs;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto& [size, name] = kUnits[i];
    if (seconds < size && i + 1 < kUnits.size()) continue;
    std::string shown = fmt::format("{} {}", seconds / size, name);
    if (i + 1 == kUnits.size()) return shown;
    const std::int64_t rest = seconds % size / kUnits[i + 1].first;
    return rest == 0 ? shown : fmt::format("{} {} {}", shown, rest, kUnits[i + 1].second);
  }
  return {};
}

}  // namespace scimledger::tools
