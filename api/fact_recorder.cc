#include "api/fact_recorder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <future>
#include <utility>

#include "engine/json.h"
#include "storage/hash.h"

namespace scimledger::api {

storage::Result<void> RecordInLog(Tenant& tenant, RecordFacts facts, Actor actor,
                                  ClientContext client) {
  Command command;
  command.body = std::move(facts);
  command.actor = std::move(actor);
  command.client = std::move(client);
  command.transaction = storage::RandomUuid();
  command.registry = tenant.directory().current_registry();
  std::promise<Result<Outcome>> done;
  tenant.Submit(std::move(command),
                [&done](Result<Outcome> outcome) { done.set_value(std::move(outcome)); });
  const auto outcome = done.get_future().get();
  if (outcome) return {};
  return storage::Fail(storage::ErrorCode::kIo,
                       fmt::format("the log of tenant {} lacks a record: {}", tenant.name(),
                                   outcome.error().detail));
}

Actor ProcessActor() {
  return {fmt::format("local:{}", ::getuid()), AuthMethod::kLocal, Role::kAdmin};
}

std::string FactText(std::string_view text) {
  std::string json;
  AppendJsonString(json, text);
  return json;
}

}  // namespace scimledger::api
