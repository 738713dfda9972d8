#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/patch.h"
#include "engine/state.h"
#include "engine/work_budget.h"

namespace scimledger {

/// What the operations of one patch do to a reference set. The set itself is asked member by
/// member, so that the cost follows the patch (I-9); only replace, and removal of all or by a
/// filter that does not name ids, walk the whole set.
class PatchMembers {
 public:
  /// `set` is the reference-set attribute, `group` the resource that has it. `work` must outlive
  /// it.
  PatchMembers(const State& state, const SchemaRegistry& registry, const Attribute& set,
               const ResourceId& group, WorkBudget& work);

  /// Errors: 400 `invalidValue` naming the ids that are no resource of an allowed type. When the
  /// budget is spent the effect is unspecified.
  [[nodiscard]] Result<void> Apply(const PatchOperation& operation);
  /// Appends the net effect: a member added and removed again is in neither list.
  void AppendTo(PatchEffect& effect) const;

 private:
  struct Membership {
    bool before = false;
    bool now = false;
  };

  /// The ids an element must have for a filter to match it.
  struct CandidateIds {
    std::vector<std::string> ids;
    bool are_all = true;  ///< every one of them matches, as far as its spelling goes
  };
  static std::optional<CandidateIds> FindCandidates(const Filter& filter, AttributeId value_part);

  Membership& Touch(const ResourceId& id);
  Result<void> Add(const std::vector<std::string>& ids);
  void Remove(const std::vector<std::string>& ids);
  Result<void> Replace(const std::vector<std::string>& ids);
  void RemoveAll();
  void RemoveMatching(const Filter& filter);
  void RemoveNamed(const Filter& filter, const CandidateIds& candidates);
  std::vector<ResourceId> CurrentMembers() const;
  bool IsAllowed(const ResourceId& id) const;
  bool Matches(const Filter& filter, const ResourceId& id) const;
  std::unexpected<ScimError> RefuseUnknown(const std::vector<std::string>& ids) const;

  const State& state_;
  const SchemaRegistry& registry_;
  const Attribute& set_;
  const ResourceId& group_;
  WorkBudget& work_;
  std::optional<std::vector<ResourceTypeId>> allowed_types_;  ///< nullopt: any
  std::unordered_map<ResourceId, Membership, UuidHash> touched_;
  std::vector<ResourceId> order_;  ///< of touched_
};

}  // namespace scimledger
