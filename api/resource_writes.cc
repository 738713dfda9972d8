#include "api/resource_writes.h"

#include <utility>

#include "api/command_submission.h"
#include "api/list_parameters.h"
#include "api/request_headers.h"
#include "api/resource_answer.h"
#include "api/resource_reads.h"
#include "engine/json.h"
#include "engine/patch.h"
#include "engine/resource_writer.h"
#include "engine/supplied_attributes.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

/// A command and how its answer looks.
struct Write {
  CommandBody body;
  AttributeSelection selection;
  int status = 200;
};

Result<ResourceDraft> ReadDraft(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(exchange.request.body));
  return ParseResource(*exchange.registry, *exchange.type, json.root());
}

Result<AttributeSelection> ReadSelectionOf(const Exchange& exchange, const ResourceDraft& draft) {
  return ReadSelection(exchange, SuppliedOnRequest(*exchange.registry, *exchange.type, draft));
}

Result<Write> ReadPost(const Exchange& exchange) {
  Write write;
  write.status = 201;
  SCIMLEDGER_TRY_ASSIGN(ResourceDraft draft, ReadDraft(exchange));
  SCIMLEDGER_TRY_ASSIGN(write.selection, ReadSelectionOf(exchange, draft));
  write.body = CreateResource{exchange.type->id, storage::RandomUuid(), std::move(draft)};
  return write;
}

Result<Write> ReadPut(const Exchange& exchange) {
  Write write;
  SCIMLEDGER_TRY_ASSIGN(const ResourceId id, ReadResourceId(exchange));
  SCIMLEDGER_TRY_ASSIGN(auto expected, ReadPreconditions(exchange.request.headers));
  SCIMLEDGER_TRY_ASSIGN(ResourceDraft draft, ReadDraft(exchange));
  SCIMLEDGER_TRY_ASSIGN(write.selection, ReadSelectionOf(exchange, draft));
  write.body = ReplaceResource{exchange.type->id, id, std::move(draft), std::move(expected)};
  return write;
}

Result<Write> ReadPatch(const Exchange& exchange) {
  Write write;
  SCIMLEDGER_TRY_ASSIGN(const ResourceId id, ReadResourceId(exchange));
  SCIMLEDGER_TRY_ASSIGN(auto expected, ReadPreconditions(exchange.request.headers));
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(exchange.request.body));
  SCIMLEDGER_TRY_ASSIGN(Patch patch, ParsePatch(*exchange.registry, *exchange.type, json.root()));
  SCIMLEDGER_TRY_ASSIGN(write.selection,
                        ReadSelection(exchange, SuppliedOnRequest(*exchange.registry, patch)));
  write.body = PatchResource{exchange.type->id, id, std::move(patch), std::move(expected)};
  // RFC 7644 §3.5.2: a body is due when `attributes` was given. Else a group answers without one:
  // nobody who adds a member wants the other hundred thousand back.
  if (exchange.type->reference_set && !write.selection.is_explicit()) write.status = 204;
  return write;
}

Result<Write> ReadDelete(const Exchange& exchange) {
  Write write;
  write.status = 204;
  SCIMLEDGER_TRY_ASSIGN(const ResourceId id, ReadResourceId(exchange));
  SCIMLEDGER_TRY_ASSIGN(auto expected, ReadPreconditions(exchange.request.headers));
  write.body = DeleteResource{exchange.type->id, id, std::move(expected)};
  return write;
}

HttpResponse NoContent(const ResourcePtr& resource) {
  HttpResponse response;
  response.status = 204;
  if (resource) response.headers.emplace_back("ETag", FormatETag(resource->version));
  return response;
}

void SubmitWrite(ExchangePtr exchange, Result<Write> write, const Workers& workers) {
  if (!write) return exchange->AnswerError(write.error());
  SubmitCommand(std::move(exchange), std::move(write->body), workers,
                [status = write->status, selection = std::move(write->selection)](
                    ExchangePtr done, Outcome outcome) mutable {
                  if (status == 204) return done->Answer(NoContent(outcome.resource));
                  auto view = done->tenant->directory().Freeze();
                  Presentation presentation{std::move(selection), done->base_url};
                  done->Answer(ResourceResponse(status, std::move(outcome.resource),
                                                std::move(view), std::move(presentation)));
                });
}

}  // namespace

void PostResource(ExchangePtr exchange, const Workers& workers) {
  auto write = ReadPost(*exchange);
  SubmitWrite(std::move(exchange), std::move(write), workers);
}

void PutResource(ExchangePtr exchange, const Workers& workers) {
  auto write = ReadPut(*exchange);
  SubmitWrite(std::move(exchange), std::move(write), workers);
}

void PatchOneResource(ExchangePtr exchange, const Workers& workers) {
  auto write = ReadPatch(*exchange);
  SubmitWrite(std::move(exchange), std::move(write), workers);
}

void DeleteOneResource(ExchangePtr exchange, const Workers& workers) {
  auto write = ReadDelete(*exchange);
  SubmitWrite(std::move(exchange), std::move(write), workers);
}

}  // namespace scimledger::api
