#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulators/fields.h"
#include "tests/simulators/script.h"

namespace scimledger::simulators {

/// The value at a path of the forms `a`, `a.b`, `a[type eq "x"].b`, `urn:…:a` or `urn:…:a.b`, as
/// text.
std::optional<std::string> ReadAttribute(simdjson::dom::element resource, std::string_view path);

/// One attribute that is not as the source has it. Empty: no value.
struct Difference {
  std::string path;
  std::string before;  ///< what GET returned
  std::string after;   ///< what the source says
};
std::vector<Difference> Compare(const Mapping& mapping, const Fields& source,
                                simdjson::dom::element resource);

/// Values of a resource at paths that are in no mapping, beside what a server adds by itself.
std::vector<std::string> Unmapped(const Mapping& mapping, simdjson::dom::element resource);

}  // namespace scimledger::simulators
