#include "engine/group_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace scimledger {
namespace {

ScimError NeedsRefused(std::string_view name) {
  return {409, ScimType::kNone,
          fmt::format("It refers to {}, whose operation was not carried out", name)};
}

/// The server's fault and not the request's, so it is no conflict either: it may be sent again.
ScimError NeedsUnknown(std::string_view name, const ScimError& error) {
  return {error.status, ScimType::kNone,
          fmt::format("It refers to {}, whose operation failed: {}", name, error.detail)};
}

ScimError CycleRefused() {
  return {
      409, ScimType::kNone,
      "It and an operation that was not carried out refer to each other: neither is made alone"};
}

/// The operations of a unit, each once, in order.
std::vector<std::size_t> OperationsOf(const GroupUnit& unit) {
  std::vector<std::size_t> operations;
  for (const GroupCommand& command : unit.commands) operations.push_back(command.operation);
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  return operations;
}

}  // namespace

GroupRun::GroupRun(CommandGroup group, Writer::GroupDone done)
    : group_(std::move(group)),
      done_(std::move(done)),
      outcomes_(group_.operations),
      accepted_(group_.operations) {}

void GroupRun::DecideNext(WriterBatch& batch, DecideTime time) {
  if (HasRefusedEnough()) {
    // Refusals of a batch before: all that was decided is settled.
    next_ = group_.units.size();
    return done_(std::move(outcomes_));
  }
  GroupUnit& unit = group_.units[next_++];
  if (auto needs = CheckNeeds(unit); !needs) {
    return RefuseUnit(batch, unit, unit.commands.front().operation, std::move(needs).error());
  }
  for (const GroupCommand& command : unit.commands) {
    if (!command.body) return RefuseUnit(batch, unit, command.operation, command.body.error());
  }
  const std::size_t events_before = batch.events().size();
  std::vector<Command> commands = MakeCommands(unit);
  auto taken = batch.TakeTogether(commands, time);
  if (!taken) {
    const std::size_t culprit = unit.commands[taken.error().command].operation;
    return RefuseUnit(batch, unit, culprit, std::move(taken.error().error));
  }
  events_ += batch.events().size() - events_before;
  // The last command of an operation has its outcome.
  for (const std::size_t operation : OperationsOf(unit)) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < unit.commands.size(); ++i) {
      if (unit.commands[i].operation == operation) last = i;
    }
    accepted_[operation] = true;
    Answer(batch, operation, std::move((*taken)[last]));
  }
  unit.commands.clear();
}

Result<void> GroupRun::CheckNeeds(const GroupUnit& unit) const {
  for (const GroupUnit::Need& need : unit.needs) {
    if (accepted_[need.operation]) continue;
    const auto& outcome = outcomes_[need.operation];
    const bool is_settled = outcome && !*outcome;
    if (is_settled && outcome->error().status >= 500) {
      return std::unexpected(NeedsUnknown(need.name, outcome->error()));
    }
    return std::unexpected(NeedsRefused(need.name));
  }
  return {};
}

std::vector<Command> GroupRun::MakeCommands(GroupUnit& unit) const {
  std::vector<Command> commands;
  commands.reserve(unit.commands.size());
  for (GroupCommand& each : unit.commands) {
    Command& command = commands.emplace_back();
    command.body = *std::move(each.body);
    command.actor = group_.actor;
    command.client = group_.client;
    command.transaction = group_.transaction;
    command.registry = group_.registry;
    command.events_before = events_;
  }
  return commands;
}

void GroupRun::RefuseUnit(WriterBatch& batch, const GroupUnit& unit, std::size_t culprit,
                          ScimError error) {
  for (const std::size_t operation : OperationsOf(unit)) {
    ++refusals_;
    Answer(batch, operation, std::unexpected(operation == culprit ? error : CycleRefused()));
  }
  if (HasRefusedEnough()) next_ = group_.units.size();
}

bool GroupRun::HasRefusedEnough() const {
  return group_.refusals_max != 0 && refusals_ >= group_.refusals_max;
}

void GroupRun::Answer(WriterBatch& batch, std::size_t operation, Result<Outcome> outcome) {
  ++unsettled_;
  batch.Answer([self = shared_from_this(), operation](
                   Result<Outcome> settled) { self->Settle(operation, std::move(settled)); },
               std::move(outcome));
}

void GroupRun::Settle(std::size_t operation, Result<Outcome> outcome) {
  // Accepted, and then its batch could not be appended.
  if (accepted_[operation] && !outcome) ++refusals_;
  accepted_[operation] = outcome.has_value();
  outcomes_[operation] = std::move(outcome);
  --unsettled_;
  if (is_over() && unsettled_ == 0) done_(std::move(outcomes_));
}

void GroupRun::RefuseRest(const ScimError& error) {
  if (HasRefusedEnough()) next_ = group_.units.size();
  for (; next_ < group_.units.size(); ++next_) {
    for (const std::size_t operation : OperationsOf(group_.units[next_])) {
      outcomes_[operation] = std::unexpected(error);
    }
  }
  if (unsettled_ == 0) done_(std::move(outcomes_));
}

}  // namespace scimledger
