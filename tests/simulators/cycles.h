#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "tests/simulators/source_directory.h"

namespace scimledger::simulators {

struct CycleOptions {
  SourceDirectory::Size size;
  std::size_t connections = 4;  ///< of Entra
  std::uint64_t seed = 1;
  std::filesystem::path folder;  ///< of the steps and names
  std::filesystem::path kept{};  ///< data directory that stays; empty: none does
};

/// Whole cycles of one client against a server of their own; README.md tells what each proves.
/// They throw std::runtime_error at the first answer or state that is not as it should be.
void CheckEntra(const CycleOptions& options);
void CheckOkta(const CycleOptions& options);
/// Entra's cycles in two tenants at once, which begin with the same people.
void CheckTwoTenants(const CycleOptions& options);

}  // namespace scimledger::simulators
