#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "api/http.h"
#include "api/time_argument.h"
#include "tools/audit_resource.h"
#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// Says early and by the option's own name what the server would say of its parameter.
[[nodiscard]] std::expected<api::TimeArgument, ExitCode> CheckTime(std::string_view option,
                                                                   const std::string& text,
                                                                   api::DayEdge edge);

/// A moment as the server is to take it: one instant, whatever the two clocks say. Empty: not
/// given.
[[nodiscard]] std::expected<std::string, ExitCode> ReadMoment(std::string_view option,
                                                              const std::string& text,
                                                              api::DayEdge edge);

/// `24h`, `7d`, `30m`, `45s` in µs.
[[nodiscard]] std::expected<std::int64_t, ExitCode> ReadDuration(std::string_view option,
                                                                 const std::string& text);

/// When the event at that sequence was recorded; empty: there is none.
[[nodiscard]] std::expected<std::string, ExitCode> TimeOf(Connection& connection,
                                                          std::uint64_t sequence);

/// What the answer is true for.
std::uint64_t SequenceOf(const api::HttpResponse& response);

/// `User jane (…), as of 2026-03-03 09:14:07Z, sequence 41` and an empty line.
std::string Headline(const NamedResource& resource, const std::string& time,
                     std::uint64_t sequence);

}  // namespace scimledger::tools
