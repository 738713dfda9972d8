#include "api/denied_endpoint.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "api/audit_parameters.h"
#include "engine/json.h"

namespace scimledger::api {
namespace {

/// What was asked for; sequences mean nothing here.
struct DeniedRequest {
  std::int64_t since_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();
  std::size_t limit = 0;
};

Result<std::optional<std::int64_t>> ReadTime(const Exchange& exchange, std::string_view name,
                                             DayEdge edge) {
  SCIMLEDGER_TRY_ASSIGN(const auto time, ReadTimeParameter(exchange, name, edge));
  if (!time) return std::optional<std::int64_t>();
  if (const auto* instant = std::get_if<Instant>(&*time)) return std::optional(instant->time_us);
  return Refuse(ScimType::kInvalidValue,
                std::string(name) +
                    " must be a time here: refused requests are not in the log and have no "
                    "sequence.");
}

Result<DeniedRequest> ReadDeniedRequest(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const EventsRequest events, ReadEventsRequest(exchange));
  DeniedRequest request;
  request.limit = static_cast<std::size_t>(events.limit);
  SCIMLEDGER_TRY_ASSIGN(const auto since, ReadTime(exchange, "since", DayEdge::kFirstInstant));
  SCIMLEDGER_TRY_ASSIGN(const auto until, ReadTime(exchange, "until", DayEdge::kLastInstant));
  if (since) request.since_us = *since;
  if (until) request.until_us = *until;
  return request;
}

/// Lines name credentials by id; people know them by name.
class NamedLines {
 public:
  explicit NamedLines(const projections::DirectoryView& view) {
    for (const Credential& credential : view.credentials()) {
      names_[credential.id.ToString()] = credential.name;
    }
  }

  void Append(std::string_view line, std::string& out) const {
    constexpr std::string_view kKey = R"("credential":")";
    const std::size_t at = line.find(kKey);
    const std::string_view rest =
        at == std::string_view::npos ? std::string_view() : line.substr(at + kKey.size());
    const auto name = names_.find(std::string(rest.substr(0, rest.find('"'))));
    out += line;
    if (name == names_.end()) return;
    out.back() = ',';
    out += R"("credentialName":)";
    AppendJsonString(out, name->second);
    out += '}';
  }

 private:
  std::map<std::string, std::string> names_;
};

void ListDenied(ExchangePtr exchange, const DeniedRequest& request, DeniedLog& denied) {
  std::deque<std::string> latest;
  const auto read =
      denied.ForEach(exchange->tenant->name(), [&](std::int64_t time_us, std::string_view line) {
        if (time_us < request.since_us || time_us > request.until_us) return true;
        latest.emplace_front(line);
        if (latest.size() > request.limit) latest.pop_back();
        return true;
      });
  if (!read) return AnswerLogError(*exchange, read.error());
  const NamedLines lines(*exchange->tenant->directory().Freeze());
  std::string body = R"({"denied":[)";
  for (const std::string& line : latest) {
    if (body.back() == '}') body += ',';
    lines.Append(line, body);
  }
  body += "]}";
  exchange->Answer(JsonResponse(200, std::move(body), kJsonMediaType));
}

}  // namespace

void AddDeniedEndpoint(Router& router, const Workers& workers, DeniedLog& denied) {
  const auto list = [&workers, &denied](ExchangePtr exchange) {
    auto request = ReadDeniedRequest(*exchange);
    if (!request) return exchange->AnswerError(request.error());
    workers.queries.Run(std::move(exchange), [request = *request, &denied](ExchangePtr waiting) {
      ListDenied(std::move(waiting), request, denied);
    });
  };
  router.Add("/audit/v1/denied", {{"GET", Access::kReadAudit, list}});
}

}  // namespace scimledger::api
