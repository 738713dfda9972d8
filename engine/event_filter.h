#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/event.h"
#include "engine/filter.h"

namespace scimledger {

/// What audit filters may ask of an event. The names are those of the event's JSON (DESIGN §8).
enum class EventAttribute : std::uint8_t {
  kSequence,
  kId,
  kTime,
  kKind,
  kResourceType,
  kResourceId,
  kResourceName,
  kVersionBefore,
  kVersionAfter,
  kTransaction,
  kCause,
  kActorId,
  kActorName,
  kActorRole,
  kActorMethod,
  kActorIssuer,
  kActorSubject,
  kClientAddress,
  kClientForwarded,
  kClientUserAgent,
  kClientRequestId,
  kPath,           ///< of any change
  kBefore,         ///< any simple value that any change replaced
  kAfter,          ///< any simple value that any change set
  kMember,         ///< any member added or removed
  kMemberAdded,    ///< spelled `members.added`
  kMemberRemoved,  ///< spelled `members.removed`
};
std::string_view ToString(EventAttribute attribute);

/// The credential's name and role, which events do not carry; empty where there is none.
struct ActorNames {
  std::string_view name;
  std::string_view role;
};

/// A SCIM filter (RFC 7644 §3.4.2.2) over events. Immutable; move-only.
struct EventFilter {
  /// A time operand stands for the instants first..last: a bare date is a whole UTC day.
  struct TimeSpan {
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
  };
  /// Texts are held as they compare: folded, unless the attribute is an id, a kind or a method.
  using Operand = std::variant<bool, std::int64_t, double, std::string, TimeSpan>;
  struct Compare {
    EventAttribute attribute{};
    CompareOperator op{};
    Operand operand;
  };
  struct Present {
    EventAttribute attribute{};
  };
  /// `changes[…]`: all inner terms hold for one and the same change.
  struct SameChange {
    std::unique_ptr<EventFilter> inner;
  };
  struct And {
    std::vector<EventFilter> terms;
  };
  struct Or {
    std::vector<EventFilter> terms;
  };
  struct Not {
    std::unique_ptr<EventFilter> term;
  };
  std::variant<Compare, Present, SameChange, And, Or, Not> node;
};

/// Looks every name up and types every operand. Errors, all 400 `invalidFilter`, name the
/// attribute: unknown attribute; an operand of the wrong type; a kind or a method that does not
/// exist; an operator that does not fit (ordering on ids and kinds, substrings of times and
/// numbers).
[[nodiscard]] Result<EventFilter> BindEventFilter(const FilterSyntax& syntax);

/// Exact evaluation. What has no value makes eq, co, sw, ew, pr and the orderings false and ne
/// true; what has several values (path, before, after, member) matches if one of them does, and
/// `ne` is the negation of `eq`. Names, addresses and changed values compare without regard to
/// letter case.
bool Matches(const SchemaRegistry& registry, const EventFilter& filter, const Event& event,
             const ActorNames& actor);

}  // namespace scimledger
