#include "api/denied_endpoint.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "api/audit_parameters.h"
#include "engine/json.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// What was asked for; sequences mean nothing here.
struct DeniedRequest {
  std::int64_t since_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();
  std::string actor;   ///< empty: any
  std::string status;  ///< empty: any
  std::size_t limit = 0;
  bool is_ascending = false;
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

Result<std::string> ReadStatus(const Exchange& exchange) {
  const std::string* const status = exchange.target.Find("status");
  if (status == nullptr || status->empty()) return std::string();
  const bool is_status = status->size() == 3 && status->front() == '4' &&
                         status->find_first_not_of("0123456789") == std::string::npos;
  if (is_status) return *status;
  return Refuse(ScimType::kInvalidValue, "status must be an HTTP status from 400 to 499.");
}

Result<DeniedRequest> ReadDeniedRequest(const Exchange& exchange) {
  const std::string* const filter = exchange.target.Find("filter");
  if (filter != nullptr && !filter->empty()) {
    return Refuse(ScimType::kInvalidFilter,
                  "Refused requests take no filter: narrow them with since, until, actor, status "
                  "and limit.");
  }
  SCIMLEDGER_TRY_ASSIGN(const EventsRequest events, ReadEventsRequest(exchange));
  DeniedRequest request;
  request.limit = static_cast<std::size_t>(events.limit);
  const std::string* const order = exchange.target.Find("order");
  request.is_ascending = order != nullptr && !order->empty() && !events.is_descending;
  SCIMLEDGER_TRY_ASSIGN(const auto since, ReadTime(exchange, "since", DayEdge::kFirstInstant));
  SCIMLEDGER_TRY_ASSIGN(const auto until, ReadTime(exchange, "until", DayEdge::kLastInstant));
  if (since) request.since_us = *since;
  if (until) request.until_us = *until;
  if (const std::string* const actor = exchange.target.Find("actor")) request.actor = *actor;
  SCIMLEDGER_TRY_ASSIGN(request.status, ReadStatus(exchange));
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
    const auto name = names_.find(std::string(ValueOf(line, R"("credential":")")));
    out += line;
    if (name == names_.end()) return;
    out.back() = ',';
    out += R"("credentialName":)";
    AppendJsonString(out, name->second);
    out += '}';
  }

  bool Passes(std::string_view line, const DeniedRequest& request) const {
    const bool has_status =
        request.status.empty() || line.contains(",\"status\":" + request.status + ",");
    if (!has_status || request.actor.empty()) return has_status;
    const std::string id(ValueOf(line, R"("credential":")"));
    const auto name = names_.find(id);
    return EqualsIgnoreAsciiCase(id, request.actor) ||
           (name != names_.end() && FoldCase(name->second) == FoldCase(request.actor));
  }

 private:
  /// Of a line of ours: what follows the first such key. What a client sent stands behind them.
  static std::string_view ValueOf(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = line.substr(at + key.size());
    return rest.substr(0, rest.find('"'));
  }

  std::map<std::string, std::string> names_;
};

void ListDenied(ExchangePtr exchange, const DeniedRequest& request, DeniedLog& denied) {
  const NamedLines lines(*exchange->tenant->directory().Freeze());
  std::deque<std::string> chosen;
  const auto read =
      denied.ForEach(exchange->tenant->name(), [&](std::int64_t time_us, std::string_view line) {
        if (time_us < request.since_us || time_us > request.until_us) return true;
        if (!lines.Passes(line, request)) return true;
        if (request.is_ascending) {
          chosen.emplace_back(line);
          return chosen.size() < request.limit;
        }
        chosen.emplace_front(line);
        if (chosen.size() > request.limit) chosen.pop_back();
        return true;
      });
  if (!read) return AnswerLogError(*exchange, read.error());
  std::string body = R"({"denied":[)";
  for (const std::string& line : chosen) {
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
