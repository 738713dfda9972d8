#include "api/command_submission.h"

#include <utility>

#include "api/request_headers.h"

namespace scimledger::api {
namespace {

void Finish(ExchangePtr exchange, Result<Outcome> outcome, Accepted& accepted) {
  if (!outcome) {
    // What refused it is visible at this position at the latest.
    exchange->sequence = exchange->tenant->directory().position();
    return exchange->AnswerError(outcome.error());
  }
  exchange->sequence = outcome->sequence;
  accepted(std::move(exchange), *std::move(outcome));
}

}  // namespace

void SubmitCommand(ExchangePtr exchange, CommandBody body, const Workers& workers,
                   Accepted accepted) {
  Command command;
  command.body = std::move(body);
  command.actor = *exchange->actor;
  command.client = ReadClientContext(exchange->request);
  command.transaction = exchange->id;
  command.registry = exchange->registry;
  // The body is parsed: its memory need not wait for the disk.
  std::string().swap(exchange->request.body);
  Tenant& tenant = *exchange->tenant;
  tenant.Submit(std::move(command), [exchange = std::move(exchange), &answers = workers.answers,
                                     accepted =
                                         std::move(accepted)](Result<Outcome> outcome) mutable {
    answers.Run(std::move(exchange), [outcome = std::move(outcome),
                                      accepted = std::move(accepted)](ExchangePtr waiting) mutable {
      Finish(std::move(waiting), std::move(outcome), accepted);
    });
  });
}

}  // namespace scimledger::api
