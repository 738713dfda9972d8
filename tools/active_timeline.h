#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/audit_text.h"

namespace scimledger::tools {

/// A moment from which on a user was active, or was not.
struct ActiveChange {
  std::int64_t time_us = 0;
  bool is_active = false;
  bool is_deletion = false;
  std::string time;  ///< as recorded
  std::string sequence;
  std::string by;     ///< `entra-prod (bearer) from 10.2.3.4`
  std::string actor;  ///< name, else id
};

/// When one user was active: from its creation on until `active` became false or it was deleted.
class ActiveTimeline {
 public:
  /// An event of the user, in order; others than those about `active` and deletions do nothing.
  void Learn(JsonElement event);

  /// A user of whom no event is known counts as active.
  bool IsActiveAt(std::int64_t time_us) const;
  bool IsActiveAtTheEnd() const { return changes_.empty() || changes_.back().is_active; }
  /// What made the user inactive: the last such change if that was before, else the first one after
  /// `time_us`. nullptr: nothing did.
  const ActiveChange* DisabledAround(std::int64_t time_us) const;
  /// The first change after `time_us` that made the user active again. nullptr: none.
  const ActiveChange* EnabledAfter(std::int64_t time_us) const;

 private:
  std::vector<ActiveChange> changes_;
};

/// `1 d 2 h`, `3 h 5 min`, `12 min`, `40 s`: the two largest units; never negative.
std::string ShowDuration(std::int64_t duration_us);

}  // namespace scimledger::tools
