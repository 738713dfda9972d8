#include "api/replay_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "api/replay_export.h"
#include "api/time_argument.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kFailed = "The log cannot be replayed";

/// What POST /admin/v1/replay asks for.
struct Wanted {
  std::optional<TimeArgument> until;  ///< nullopt: the head
  std::filesystem::path into;         ///< empty: nothing is written
};

Result<Wanted> ReadWanted(const Exchange& exchange) {
  Wanted wanted;
  if (const std::string* const until = exchange.target.Find("until")) {
    // A `+02:00` that was not escaped arrives as a blank: no form of a time has one otherwise.
    std::string unescaped = *until;
    std::replace(unescaped.begin(), unescaped.end(), ' ', '+');
    SCIMLEDGER_TRY_ASSIGN(wanted.until, ParseTimeArgument("until", unescaped, DayEdge::kLastInstant,
                                                          exchange.tenant->NowUs()));
  }
  const std::string* const into = exchange.target.Find("into");
  if (into == nullptr) return wanted;
  // Names a directory on this machine: only for who is on it and may read our data anyway.
  if (exchange.request.transport == Transport::kNetwork) {
    return Refuse(403, ScimType::kNone,
                  "The parameter into is accepted on the control socket only.");
  }
  wanted.into = *into;
  if (wanted.into.is_relative()) {
    return Refuse(ScimType::kInvalidValue, "The parameter into must be an absolute path.");
  }
  return wanted;
}

storage::Result<Sequence> ResolveUntil(const storage::EventLog& log, const Wanted& wanted) {
  const Sequence head = log.head().sequence;
  if (!wanted.until) return head;
  SCIMLEDGER_TRY_ASSIGN(const Sequence until, LastSequence(log, *wanted.until));
  if (until <= head) return until;
  return storage::Fail(
      storage::ErrorCode::kInvalid,
      fmt::format("sequence {} is beyond the log's head {}", until.value, head.value));
}

/// Recorded time and leaf hash of one event.
storage::Result<void> Describe(const storage::EventLog& log, storage::Manifest& manifest) {
  if (manifest.sequence == Sequence{0}) return {};
  SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(manifest.sequence, storage::ReadCheck::kTrust));
  SCIMLEDGER_TRY_ASSIGN(const auto event, reader->Next());
  if (!event) {
    return storage::Fail(storage::ErrorCode::kCorrupt,
                         fmt::format("the log has no event {}", manifest.sequence.value));
  }
  manifest.time_us = event->time_us;
  manifest.leaf_hash = event->leaf_hash;
  return {};
}

storage::Result<storage::Manifest> Replay(const Tenant& tenant, const Wanted& wanted,
                                          LongWork& work) {
  const storage::EventLog& log = tenant.log();
  if (!wanted.into.empty()) SCIMLEDGER_TRY(CheckMayHoldReplay(wanted.into));
  SCIMLEDGER_TRY_ASSIGN(const Sequence until, ResolveUntil(log, wanted));
  std::unique_ptr<projections::History> history;
  if (!wanted.into.empty()) {
    SCIMLEDGER_TRY_ASSIGN(history, BeginHistory(log, until, wanted.into));
  }
  // Both at once; the slower one tells how far the work has come.
  const auto report = [&](Sequence position) {
    work.Report(history != nullptr ? std::min(position, history->position()) : position, until);
  };
  SCIMLEDGER_TRY_ASSIGN(
      const auto directory,
      ReplayResuming(log, until, wanted.into, kResumeInterval, history.get(), report));
  if (history != nullptr) {
    SCIMLEDGER_TRY(history->WaitFor(until, std::chrono::steady_clock::time_point::max(), report));
  }
  const auto view = directory->Freeze();
  storage::Manifest manifest{
      tenant.name(), log.id(), view->sequence(), 0, {}, projections::StateDigest(*view)};
  SCIMLEDGER_TRY(Describe(log, manifest));
  if (!wanted.into.empty()) {
    SCIMLEDGER_TRY(WriteReplay(*view, std::move(history), manifest, wanted.into));
  }
  return manifest;
}

void AnswerReplay(ExchangePtr exchange, const Wanted& wanted, LongWork& work) {
  work.Begin(*exchange->tenant);
  const auto manifest = Replay(*exchange->tenant, wanted, work);
  work.End();
  if (!manifest) return exchange->AnswerError(FailureOf(kFailed, manifest.error()));
  exchange->sequence = manifest->sequence;
  std::string body = fmt::format(R"({{"replay":"{}","sequence":{})",
                                 storage::ToHex(manifest->digest), manifest->sequence.value);
  if (manifest->sequence > Sequence{0}) {
    body += fmt::format(R"(,"time":"{}")", FormatDateTime(manifest->time_us));
  }
  exchange->Answer(JsonResponse(200, body + '}', kJsonMediaType));
}

void VerifyReplay(ExchangePtr exchange, LongWork& work) {
  work.Begin(*exchange->tenant);
  const auto verification = exchange->tenant->VerifyReplay(
      [&work](Sequence position, Sequence head) { work.Report(position, head); });
  work.End();
  if (!verification) return exchange->AnswerError(FailureOf(kFailed, verification.error()));
  exchange->sequence = verification->sequence;
  exchange->Answer(JsonResponse(
      200,
      fmt::format(R"({{"live":"{}","replay":"{}","sequence":{},"equal":{}}})",
                  storage::ToHex(verification->live), storage::ToHex(verification->replayed),
                  verification->sequence.value, verification->live == verification->replayed),
      kJsonMediaType));
}

void AnswerProgress(ExchangePtr exchange, const LongWork& work) {
  const auto progress = work.progress(*exchange->tenant);
  exchange->Answer(JsonResponse(200,
                                progress
                                    ? fmt::format(R"({{"position":{},"head":{}}})",
                                                  progress->position.value, progress->head.value)
                                    : std::string(R"({"position":null,"head":null})"),
                                kJsonMediaType));
}

}  // namespace

void AddReplayEndpoints(Router& router, const Workers& workers, std::shared_ptr<LongWork> work) {
  const auto verify = [&workers, work](ExchangePtr exchange) {
    workers.replays.Run(std::move(exchange),
                        [work](ExchangePtr waiting) { VerifyReplay(std::move(waiting), *work); });
  };
  const auto replay = [&workers, work](ExchangePtr exchange) {
    auto wanted = ReadWanted(*exchange);
    if (!wanted) return exchange->AnswerError(wanted.error());
    workers.replays.Run(std::move(exchange),
                        [work, wanted = *std::move(wanted)](ExchangePtr waiting) {
                          AnswerReplay(std::move(waiting), wanted, *work);
                        });
  };
  const auto progress = [work](ExchangePtr exchange) {
    AnswerProgress(std::move(exchange), *work);
  };
  router.Add("/admin/v1/replay",
             {{"GET", Access::kAdminister, progress}, {"POST", Access::kAdminister, replay}});
  router.Add("/admin/v1/replay/verify", {{"POST", Access::kAdminister, verify}});
}

}  // namespace scimledger::api
