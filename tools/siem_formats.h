#pragma once

#include <string>

#include "tools/audit_text.h"

namespace scimledger::tools {

/// The version of the Open Cybersecurity Schema Framework that OcsfOf speaks, and that of the
/// Elastic Common Schema that EcsOf does. docs/audit-formats.md tells the mapping.
inline constexpr const char* kOcsfVersion = "1.9.0";
inline constexpr const char* kEcsVersion = "8.17.0";

/// An event (DESIGN §8) as one OCSF event, a line without its end: User Management (3007) for
/// users, Group Management (3006) for groups, Entity Management (3004) for all others.
std::string OcsfOf(JsonElement event);

/// An event as one ECS document, a line without its end.
std::string EcsOf(JsonElement event);

}  // namespace scimledger::tools
