#include "tools/audit_resource.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "engine/text.h"
#include "tools/audit_conditions.h"
#include "tools/audit_pages.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

/// `user:jane` → {"User", "jane"}.
std::pair<std::string, std::string> SplitPrefix(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kPrefixes = {
      {{"user:", "User"}, {"group:", "Group"}}};
  for (const auto& [prefix, type] : kPrefixes) {
    const bool has_prefix =
        text.size() > prefix.size() && EqualsIgnoreAsciiCase(text.substr(0, prefix.size()), prefix);
    if (has_prefix) return {std::string(type), text.substr(prefix.size())};
  }
  return {{}, text};
}

void PrintCandidates(const std::vector<NamedResource>& candidates) {
  for (const NamedResource& candidate : candidates) {
    fmt::print(stderr, "  {}  {}  {}  {} {}\n", VisibleText(candidate.type), candidate.id,
               VisibleText(candidate.name), candidate.deleted.empty() ? "created" : "deleted",
               ShowTime(candidate.deleted.empty() ? candidate.created : candidate.deleted));
  }
}

ExitCode ReportAmbiguous(const std::string& text, const std::vector<NamedResource>& candidates) {
  const ExitCode code = Report(
      ExitCode::kMisuse, fmt::format("{} resources are or were called '{}'; name one by its id:",
                                     candidates.size(), VisibleText(text)));
  PrintCandidates(candidates);
  return code;
}

}  // namespace

std::expected<NamedResource, ExitCode> ResolveResource(Connection& connection,
                                                       const std::string& text) {
  const auto [type, name] = SplitPrefix(text);
  std::string target = "/audit/v1/resolve";
  AddParameter(target, "name", name);
  AddParameter(target, "type", type);
  AuditPages pages(connection, target, "candidates", 0);
  std::vector<NamedResource> candidates;
  const ExitCode code = pages.ForEach([&candidates](const AuditPage& page) {
    for (const JsonElement found : page.items) {
      candidates.push_back({TextAt(found, "/type"), TextAt(found, "/id"), TextAt(found, "/name"),
                            TextAt(found, "/created"), TextAt(found, "/deleted")});
    }
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return std::unexpected(code);
  if (candidates.empty()) {
    return std::unexpected(Report(
        ExitCode::kFinding,
        fmt::format(
            "no {}, current or deleted, has the id, userName, externalId or displayName '{}'",
            type.empty() ? "resource" : AsciiLower(type), VisibleText(name))));
  }
  if (candidates.size() > 1) return std::unexpected(ReportAmbiguous(text, candidates));
  return candidates.front();
}

std::expected<std::string, ExitCode> ResolveToken(Connection& connection,
                                                  const std::string& text) {
  Conditions conditions;
  conditions.AddKinds({"CredentialCreated"});
  conditions.Add(fmt::format("resource.id eq {0} or resource.name eq {0}", FilterText(text)));
  std::string target = "/audit/v1/events";
  AddParameter(target, "filter", conditions.text());
  AuditPages pages(connection, target, "events", 0);
  std::vector<NamedResource> candidates;
  const ExitCode code = pages.ForEach([&candidates](const AuditPage& page) {
    for (const JsonElement event : page.items) {
      candidates.push_back({"token", TextAt(event, "/resource/id"),
                            TextAt(event, "/resource/name"), TextAt(event, "/time"), {}});
    }
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return std::unexpected(code);
  if (candidates.empty()) {
    return std::unexpected(
        Report(ExitCode::kFinding, fmt::format("no token, in force or revoked, has the id or name '{}'",
                                               VisibleText(text))));
  }
  if (candidates.size() == 1) return candidates.front().id;
  const ExitCode ambiguous =
      Report(ExitCode::kMisuse, fmt::format("{} tokens are or were called '{}'; name one by its id:",
                                            candidates.size(), VisibleText(text)));
  PrintCandidates(candidates);
  return std::unexpected(ambiguous);
}

std::string ResourceNames::NameOf(const std::string& id) {
  const auto [entry, is_new] = by_id_.try_emplace(id);
  if (!is_new) return entry->second;
  std::string target = "/audit/v1/resolve";
  AddParameter(target, "id", id);
  const auto response = Ask(connection_, "GET", target);
  const auto document = response ? JsonDocument::Parse(response->body)
                                 : Result<JsonDocument>(std::unexpected(ScimError{}));
  if (document) entry->second = TextAt(document->root(), "/candidates/0/name");
  return entry->second;
}

std::string ResourceNames::NameAt(const std::string& sequence) {
  const auto [entry, is_new] = by_sequence_.try_emplace(sequence);
  if (!is_new) return entry->second;
  std::string target = "/audit/v1/events?limit=1";
  AddParameter(target, "since", sequence);
  AddParameter(target, "until", sequence);
  const auto response = Ask(connection_, "GET", target);
  const auto document = response ? JsonDocument::Parse(response->body)
                                 : Result<JsonDocument>(std::unexpected(ScimError{}));
  if (document) entry->second = TextAt(document->root(), "/events/0/resource/name");
  return entry->second;
}

}  // namespace scimledger::tools
