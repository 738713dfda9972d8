#include "api/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "api/request_headers.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kHeadersUsual = 6;

/// Keeps the request counted as in flight until its streamed body is finished or dropped: the
/// stream reads projections, which must not go away underneath.
BodySource HoldWhileStreaming(BodySource stream, InFlight::Token token) {
  // The token dies last.
  return [token = std::move(token), stream = std::move(stream)](std::string& out) mutable {
    return stream(out);
  };
}

/// RFC 7644 §3.8: application/json is honoured too.
void SettleMediaType(const Headers& asked, Headers& answered) {
  for (auto& [name, value] : answered) {
    if (name != "Content-Type" || value != kScimMediaType) continue;
    value = AcceptedMediaType(asked).value_or(kScimMediaType);
  }
}

}  // namespace

std::int64_t WallClockUs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string_view KnownMethod(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kKnown = {"GET",   "HEAD",   "POST",   "PUT",
                                                             "PATCH", "DELETE", "OPTIONS"};
  const auto found = std::find(kKnown.begin(), kKnown.end(), method);
  return found == kKnown.end() ? "OTHER" : *found;
}

Exchange::Exchange(HttpRequest incoming, HttpHandler::Respond respond, InFlight::Token token,
                   RequestLog* log)
    : request(std::move(incoming)),
      id(storage::RandomUuid()),
      respond_(std::move(respond)),
      token_(std::move(token)),
      log_(log) {}

Exchange::~Exchange() {
  if (!respond_) return;
  try {
    AnswerError(
        {500, ScimType::kNone,
         fmt::format("The server failed while it worked on this request. Whether anything was "
                     "changed is unknown: read the resource. The server's log has the request "
                     "under {}.",
                     id.ToString())});
  } catch (...) {
    // Out of memory while answering: the connection ends without an answer.
  }
}

void Exchange::Answer(HttpResponse response) {
  SettleMediaType(request.headers, response.headers);
  response.headers.emplace_back("X-Request-Id", id.ToString());
  if (sequence) response.headers.emplace_back("Ledger-Sequence", std::to_string(sequence->value));
  Note(response.status);
  if (response.stream) {
    response.stream = HoldWhileStreaming(std::move(response.stream), std::move(token_));
  }
  std::exchange(respond_, nullptr)(std::move(response));
}

void Exchange::AnswerError(const ScimError& error, Headers more) {
  if (on_refusal) on_refusal(*this, error);
  HttpResponse response = ErrorResponse(error);
  std::move(more.begin(), more.end(), std::back_inserter(response.headers));
  Answer(std::move(response));
}

void Exchange::Note(int status) {
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began_);
  if (metrics != nullptr) metrics->Note(status, duration);
  if (log_ == nullptr) return;
  log_->Write({.time_us = WallClockUs(),
               .request = id,
               .method = KnownMethod(request.method),
               .route = route,
               .status = status,
               .duration_us = duration.count(),
               .tenant = tenant == nullptr ? std::string_view() : tenant->name(),
               .credential = actor ? std::string_view(actor->id) : std::string_view(),
               .sequence = sequence});
}

HttpResponse JsonResponse(int status, std::string body, std::string_view media_type) {
  HttpResponse response;
  response.status = status;
  response.headers.reserve(kHeadersUsual);
  response.headers.emplace_back("Content-Type", media_type);
  response.body = std::move(body);
  return response;
}

}  // namespace scimledger::api
