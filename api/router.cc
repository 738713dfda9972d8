#include "api/router.h"

#include <algorithm>
#include <utility>

namespace scimledger::api {
namespace {

constexpr std::string_view kEndpointSegment = "{endpoint}";

std::vector<std::string> SplitPattern(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

/// Whether one segment of the path fits one of the pattern; notes what it stood for.
bool MatchSegment(const std::string& pattern, const std::string& segment,
                  const SchemaRegistry* registry, Router::Match& match) {
  if (!pattern.starts_with('{')) return pattern == segment;
  if (pattern != kEndpointSegment) {
    match.values.push_back(segment);
    return true;
  }
  if (registry == nullptr) return false;
  match.type = registry->FindTypeByEndpoint("/" + segment);
  return match.type != nullptr;
}

}  // namespace

const Operation* Route::Find(std::string_view method) const {
  if (method == "HEAD") method = "GET";
  const auto found =
      std::find_if(operations.begin(), operations.end(),
                   [&](const Operation& operation) { return operation.method == method; });
  return found == operations.end() ? nullptr : &*found;
}

std::string Route::AllowedMethods() const {
  std::string allowed;
  for (const Operation& operation : operations) {
    if (!allowed.empty()) allowed += ", ";
    allowed += operation.method;
    if (operation.method == "GET") allowed += ", HEAD";
  }
  return allowed;
}

bool Route::IsOpen() const {
  return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return operation.access == Access::kProcess || operation.access == Access::kOpen;
  });
}

void Router::Add(std::string pattern, std::vector<Operation> operations) {
  std::vector<std::string> segments = SplitPattern(pattern);
  std::vector<std::unique_ptr<RequestMetrics>> metrics;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    metrics.push_back(std::make_unique<RequestMetrics>());
  }
  routes_.push_back(
      {std::move(pattern), std::move(segments), std::move(operations), std::move(metrics)});
}

std::optional<Router::Match> Router::Find(std::span<const std::string> segments,
                                          const SchemaRegistry* registry) const {
  for (const Route& route : routes_) {
    if (route.segments.size() != segments.size()) continue;
    Match match;
    match.route = &route;
    const bool fits = std::equal(route.segments.begin(), route.segments.end(), segments.begin(),
                                 [&](const std::string& pattern, const std::string& segment) {
                                   return MatchSegment(pattern, segment, registry, match);
                                 });
    if (fits) return match;
  }
  return std::nullopt;
}

}  // namespace scimledger::api
