#include "api/replay_endpoint.h"

#include <fmt/format.h>

#include <utility>

#include "storage/hash.h"

namespace scimledger::api {
namespace {

void VerifyReplay(ExchangePtr exchange) {
  const auto verification = exchange->tenant->VerifyReplay([](Sequence, Sequence) {});
  if (!verification) {
    return exchange->AnswerError(
        {500, ScimType::kNone,
         fmt::format("The log cannot be replayed: {}", verification.error().message)});
  }
  exchange->sequence = verification->sequence;
  exchange->Answer(JsonResponse(
      200,
      fmt::format(R"({{"live":"{}","replay":"{}","sequence":{},"equal":{}}})",
                  storage::ToHex(verification->live), storage::ToHex(verification->replayed),
                  verification->sequence.value, verification->live == verification->replayed),
      kJsonMediaType));
}

}  // namespace

void AddReplayEndpoints(Router& router, const Workers& workers) {
  const auto verify = [&workers](ExchangePtr exchange) {
    workers.replays.Run(std::move(exchange), VerifyReplay);
  };
  router.Add("/admin/v1/replay/verify", {{"POST", Access::kAdminister, verify}});
}

}  // namespace scimledger::api
