#include "api/command_submission.h"

#include <utility>

#include "api/request_headers.h"
#include "engine/password_reference.h"

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

/// Who was deleted, or whose password was taken away, has a hash that nobody needs.
void ReconsiderPasswords(Tenant& tenant, const ResourceId& target) {
  if (TenantPasswords* const passwords = tenant.passwords()) passwords->Reconsider(target);
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

/// The command with its password replaced.
void Submit(ExchangePtr exchange, CommandBody body, std::optional<KeptPassword> kept,
            const Workers& workers, Accepted accepted) {
  const std::optional<ResourceId> target = TargetOf(body);
  Command command;
  command.body = std::move(body);
  command.actor = *exchange->actor;
  command.client = ReadClientContext(exchange->request);
  command.transaction = exchange->id;
  command.registry = exchange->registry;
  Tenant& tenant = *exchange->tenant;
  tenant.Submit(std::move(command), [exchange = std::move(exchange), kept = std::move(kept), target,
                                     &answers = workers.answers, accepted = std::move(accepted)](
                                        Result<Outcome> outcome) mutable {
    if (kept && IsCertain(outcome)) kept->Settle();
    if (!kept && target && outcome) ReconsiderPasswords(*exchange->tenant, *target);
    Resume(std::move(exchange), answers,
           [outcome = std::move(outcome),
            accepted = std::move(accepted)](ExchangePtr waiting) mutable {
             Finish(std::move(waiting), std::move(outcome), accepted);
           });
  });
}

}  // namespace

void SubmitCommand(ExchangePtr exchange, CommandBody body, const Workers& workers,
                   Accepted accepted) {
  // The body is parsed: its memory need not wait for the disk.
  std::string().swap(exchange->request.body);
  if (FindSuppliedPassword(body) == nullptr) {
    return Submit(std::move(exchange), std::move(body), std::nullopt, workers, std::move(accepted));
  }
  workers.passwords.Run(
      std::move(exchange), [body = std::move(body), &workers,
                            accepted = std::move(accepted)](ExchangePtr taken) mutable {
        auto kept = KeepPassword(*taken->tenant, body);
        if (!kept) return taken->AnswerError(kept.error());
        Submit(std::move(taken), std::move(body), *std::move(kept), workers, std::move(accepted));
      });
}

Result<std::optional<KeptPassword>> KeepPassword(Tenant& tenant, CommandBody& body) {
  const SuppliedPassword* const password = FindSuppliedPassword(body);
  if (password == nullptr) return std::nullopt;
  TenantPasswords* const passwords = tenant.passwords();
  // A replay: it refuses every command.
  if (passwords == nullptr) return std::nullopt;
  SCIMLEDGER_TRY_ASSIGN(KeptPassword kept, passwords->Keep(*TargetOf(body), password->text));
  ReferToPassword(kept.reference(), body);
  return kept;
}

bool IsCertain(const Result<Outcome>& outcome) { return outcome || outcome.error().status < 500; }

}  // namespace scimledger::api
