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

/// Goes on with the exchange where its answer is sent; never on the writer's thread, but for a
/// client that has gone: then there is only a rest to clear away.
void Resume(ExchangePtr exchange, WorkerPool& answers, WorkerPool::Work work) {
  const auto run = exchange->request.run_on_connection;
  if (!run) return answers.Run(std::move(exchange), std::move(work));
  ConnectionTask task = [exchange = std::move(exchange), work = std::move(work)]() mutable {
    RunGuarded(std::move(exchange), work);
  };
  if (!run(task)) task();
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
  tenant.Submit(std::move(command),
                [exchange = std::move(exchange), &answers = workers.answers,
                 accepted = std::move(accepted)](Result<Outcome> outcome) mutable {
                  Resume(std::move(exchange), answers,
                         [outcome = std::move(outcome),
                          accepted = std::move(accepted)](ExchangePtr waiting) mutable {
                           Finish(std::move(waiting), std::move(outcome), accepted);
                         });
                });
}

}  // namespace scimledger::api
