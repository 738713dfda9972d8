#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/state.h"
#include "engine/work_budget.h"

namespace scimledger {

/// Of one resource's stored values, members not counted: what every change of it reads and writes.
inline constexpr std::size_t kResourceBytesMax = 1U << 20U;

/// The refusals that several commands share. All are pure.

/// The row a command names. 404: unknown, deleted or of another type.
[[nodiscard]] Result<ResourcePtr> FindTarget(const State& state, const ResourceType& type,
                                             const ResourceId& id);

/// If-Match (RFC 7644 §3.14). 412 naming both versions; 428 where the tenant requires it.
[[nodiscard]] Result<void> CheckExpected(const SchemaRegistry& registry, const Resource& resource,
                                         const std::optional<ExpectedVersion>& expected);

/// If-Match and If-None-Match, also of a read. 412 naming the versions.
[[nodiscard]] Result<void> CheckVersion(const Resource& resource, const ExpectedVersion& expected);

/// 409 `uniqueness` where another resource holds one of the row's keys; the detail names attribute
/// and value.
[[nodiscard]] Result<void> CheckUniqueKeys(const State& state, const Resource& row);

/// 413 where a document grew beyond kResourceBytesMax.
[[nodiscard]] Result<void> CheckSize(std::size_t bytes_before, std::size_t bytes_after);

/// The ids of a reference set as they were sent. 400 `invalidValue` naming those (at most 20) that
/// are unknown or of a type the attribute does not take; 413 beyond the budget.
[[nodiscard]] Result<std::vector<ResourceId>> ResolveMembers(const State& state,
                                                             AttributeId reference_set,
                                                             std::span<const std::string> sent,
                                                             WorkBudget& work);

/// 400 `invalidValue` where the change from `before` to `after` took a required attribute or part
/// away, or brought in an extension or an element without one. What was missing before stays
/// allowed: a schema that grew a required attribute must not lock old resources.
[[nodiscard]] Result<void> CheckRequired(const SchemaRegistry& registry, const ResourceType& type,
                                         const AttributeMap& before, const AttributeMap& after);

}  // namespace scimledger
