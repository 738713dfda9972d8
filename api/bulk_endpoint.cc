#include "api/bulk_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "api/command_submission.h"
#include "api/request_headers.h"
#include "engine/bulk.h"
#include "engine/password_reference.h"
#include "engine/resource_writer.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

/// Hashed one after the other, by one thread: about a second.
constexpr std::size_t kBulkPasswordsMax = 32;
/// One Bulk must not displace the other refused requests.
constexpr std::size_t kNotedRefusalsMax = 20;

/// The status the operation would have had as a request of its own.
int StatusOf(const SchemaRegistry& registry, const BulkOperation& operation) {
  switch (operation.method) {
    case BulkMethod::kPost:
      return 201;
    case BulkMethod::kPut:
      return 200;
    case BulkMethod::kPatch:
      return registry.type(*operation.type).reference_set ? 204 : 200;
    case BulkMethod::kDelete:
      return 204;
  }
  return 200;
}

/// Of the resource; of what was sent where no resource can be told from it.
std::string LocationOf(const Exchange& exchange, const BulkOperation& operation) {
  if (operation.type && operation.id != ResourceId{}) {
    return fmt::format("{}{}/{}", exchange.base_url,
                       exchange.registry->type(*operation.type).endpoint, operation.id.ToString());
  }
  if (operation.path.starts_with(exchange.base_url)) return operation.path;
  const bool has_slash = operation.path.starts_with('/');
  return fmt::format("{}{}{}", exchange.base_url, has_slash ? "" : "/", operation.path);
}

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
  AppendJsonString(out, text);
}

void AppendResult(const Exchange& exchange, const BulkOperation& operation,
                  const Result<Outcome>& outcome, std::string& out) {
  out += '{';
  if (!operation.method_text.empty()) AppendMember("method", operation.method_text, out);
  if (!operation.bulk_id.empty()) AppendMember("bulkId", operation.bulk_id, out);
  if (outcome && outcome->resource) {
    AppendMember("version", FormatETag(outcome->resource->version), out);
  }
  const bool is_failed_post = !outcome && EqualsIgnoreAsciiCase(operation.method_text, "POST");
  if (!is_failed_post && !operation.path.empty()) {
    AppendMember("location", LocationOf(exchange, operation), out);
  }
  if (outcome) {
    AppendMember("status", std::to_string(StatusOf(*exchange.registry, operation)), out);
  } else {
    AppendMember("status", std::to_string(outcome.error().status), out);
    out += R"(,"response":)" + ErrorResponse(outcome.error()).body;
  }
  out += '}';
}

/// What the whole request failed of: nothing could be written.
const ScimError* FailureOfAll(const GroupOutcomes& outcomes) {
  const auto failed = [](const std::optional<Result<Outcome>>& outcome) {
    return outcome && !*outcome &&
           (outcome->error().status >= 500 || outcome->error().status == 403);
  };
  if (outcomes.empty() || !std::all_of(outcomes.begin(), outcomes.end(), failed)) return nullptr;
  return &outcomes.front()->error();
}

/// Tells of operations that were refused as if each were a request, of many only how many.
void NoteRefusals(const Exchange& exchange, const GroupOutcomes& outcomes) {
  if (!exchange.on_refusal) return;
  std::size_t count = 0;
  for (const auto& outcome : outcomes) {
    const bool is_refused = outcome && !*outcome && outcome->error().status < 500;
    if (is_refused && ++count <= kNotedRefusalsMax) exchange.on_refusal(exchange, outcome->error());
  }
  if (count <= kNotedRefusalsMax) return;
  exchange.on_refusal(exchange, {400, ScimType::kNone,
                                 fmt::format("{} more operations of this Bulk were refused.",
                                             count - kNotedRefusalsMax)});
}

void AnswerBulk(Exchange& exchange, const BulkRequest& request, const GroupOutcomes& outcomes) {
  exchange.sequence = exchange.tenant->directory().position();
  if (const ScimError* error = FailureOfAll(outcomes)) return exchange.AnswerError(*error);
  NoteRefusals(exchange, outcomes);
  Sequence last;
  std::string body =
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[)";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i]) continue;
    if (body.back() == '}') body += ',';
    AppendResult(exchange, request.operations[i], *outcomes[i], body);
    if (*outcomes[i]) last = std::max(last, (*outcomes[i])->sequence);
  }
  body += "]}";
  if (last != Sequence{}) exchange.sequence = last;
  exchange.Answer(JsonResponse(200, std::move(body), kScimMediaType));
}

Result<BulkRequest> Read(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(exchange.request.body));
  BulkEdge edge;
  edge.new_id = storage::RandomUuid;
  edge.read_version = [](std::string_view text) { return ReadExpectedVersion(text, "'version'"); };
  edge.base_url = exchange.base_url;
  return ParseBulk(*exchange.registry, json.root(), edge);
}

/// The hash of each operation that supplied a password.
using KeptPasswords = std::map<std::size_t, KeptPassword>;

std::size_t CountPasswords(BulkRequest& request) {
  return static_cast<std::size_t>(
      std::ranges::count_if(request.operations, [](BulkOperation& operation) {
        return operation.body && FindSuppliedPassword(*operation.body) != nullptr;
      }));
}

Result<KeptPasswords> KeepPasswords(Tenant& tenant, BulkRequest& request) {
  KeptPasswords all;
  for (std::size_t i = 0; i < request.operations.size(); ++i) {
    Result<CommandBody>& body = request.operations[i].body;
    if (!body) continue;
    auto kept = KeepPassword(tenant, *body);
    if (!kept) {
      // Nothing was submitted yet.
      for (auto& [operation, earlier] : all) earlier.Settle();
      return std::unexpected(kept.error());
    }
    if (*kept) all.emplace(i, **std::move(kept));
  }
  return all;
}

void SettlePasswords(Tenant& tenant, const BulkRequest& request, const GroupOutcomes& outcomes,
                     KeptPasswords& kept) {
  for (auto& [operation, password] : kept) {
    // What the group ended before was not decided.
    if (!outcomes[operation] || IsCertain(*outcomes[operation])) password.Settle();
  }
  TenantPasswords* const passwords = tenant.passwords();
  if (passwords == nullptr) return;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const bool is_done = outcomes[i] && *outcomes[i] && !kept.contains(i);
    if (is_done) passwords->Reconsider(request.operations[i].id);
  }
}

void SubmitBulk(ExchangePtr exchange, std::shared_ptr<BulkRequest> request, KeptPasswords kept,
                const Workers& workers) {
  CommandGroup group = PlanBulk(*exchange->registry, *request);
  group.actor = *exchange->actor;
  group.client = ReadClientContext(exchange->request);
  group.transaction = exchange->id;
  group.registry = exchange->registry;
  Tenant& tenant = *exchange->tenant;
  tenant.SubmitGroup(
      std::move(group), [exchange = std::move(exchange), request, kept = std::move(kept),
                         &answers = workers.answers](GroupOutcomes outcomes) mutable {
        SettlePasswords(*exchange->tenant, *request, outcomes, kept);
        answers.Run(std::move(exchange),
                    [request = std::move(request), outcomes = std::move(outcomes)](
                        ExchangePtr waiting) { AnswerBulk(*waiting, *request, outcomes); });
      });
}

void RunBulk(ExchangePtr exchange, const Workers& workers) {
  auto read = Read(*exchange);
  if (!read) return exchange->AnswerError(read.error());
  // The body is parsed: its memory need not wait for the disk.
  std::string().swap(exchange->request.body);
  auto request = std::make_shared<BulkRequest>(*std::move(read));
  const std::size_t passwords = CountPasswords(*request);
  if (passwords == 0) return SubmitBulk(std::move(exchange), std::move(request), {}, workers);
  if (passwords > kBulkPasswordsMax) {
    return exchange->AnswerError(
        {413, ScimType::kNone,
         fmt::format("{} operations of this Bulk supply a password, and one Bulk may have {} "
                     "hashed: nothing was changed. Send several requests.",
                     passwords, kBulkPasswordsMax)});
  }
  workers.passwords.Run(
      std::move(exchange), [request = std::move(request), &workers](ExchangePtr taken) mutable {
        auto kept = KeepPasswords(*taken->tenant, *request);
        if (!kept) return taken->AnswerError(kept.error());
        SubmitBulk(std::move(taken), std::move(request), *std::move(kept), workers);
      });
}

void PostBulk(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers) {
  if (exchange->request.body.size() > options.body_bytes_max) {
    return exchange->AnswerError(
        {413, ScimType::kNone,
         fmt::format("The request has {} bytes; maxPayloadSize is {}: send several requests.",
                     exchange->request.body.size(), options.body_bytes_max)});
  }
  workers.queries.Run(std::move(exchange),
                      [&workers](ExchangePtr taken) { RunBulk(std::move(taken), workers); });
}

}  // namespace

void AddBulkEndpoint(Router& router, const ServiceOptions& options, const Workers& workers) {
  const auto post = [&options, &workers](ExchangePtr exchange) {
    PostBulk(std::move(exchange), options, workers);
  };
  router.Add("/scim/v2/Bulk", {{"POST", Access::kWriteScim, post}});
}

}  // namespace scimledger::api
