#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/filter.h"
#include "engine/resource.h"
#include "engine/schema.h"
#include "projections/key_index.h"

namespace scimledger::projections {

/// What one registry has the directory look up by hash, and what rows are called. Immutable.
class LookupAttributes {
 public:
  explicit LookupAttributes(RegistryPtr registry);

  const RegistryPtr& registry() const { return registry_; }
  /// Paths whose equality the key index answers.
  bool IsKeyed(const AttributePath& path) const;
  /// `value` of a reference set: memberships answer it.
  bool IsMemberValue(const AttributePath& path) const;
  bool IsId(const AttributePath& path) const;
  /// Any of these: the directory answers its equality without an index or a scan.
  bool Answers(const AttributePath& path) const;

  /// Every key of the row: unique ones and looked-up ones, sorted, each once.
  std::vector<KeyHash> KeysOf(const Resource& row) const;
  /// Whether one of the row's values at a keyed path has this comparison form.
  bool Holds(const Resource& row, const AttributePath& path, std::string_view key) const;
  /// ReferencedResource::display: displayName, else the naming attribute's value; may be empty.
  std::string DisplayOf(const Resource& row) const;

 private:
  struct TypeNames {
    std::optional<AttributeId> display;
    std::optional<AttributeId> naming;
  };
  void AddType(const ResourceType& type);
  void AddPath(const ResourceType& type, std::string_view name);
  void FindUnkeyedUnique();

  RegistryPtr registry_;
  std::vector<AttributePath> keyed_;  ///< sorted by attribute
  std::vector<TypeNames> names_;      ///< by type
  bool has_unkeyed_unique_ = false;   ///< some unique attribute is not among `keyed_`
};

}  // namespace scimledger::projections
