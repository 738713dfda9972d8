#include "api/backup_endpoint.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/log_proof.h"
#include "engine/json.h"
#include "storage/backup.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

/// What was asked for.
struct Wanted {
  std::filesystem::path to;
  bool has_keys = false;
};

Result<Wanted> ReadWanted(const Exchange& exchange) {
  // Names a directory on this machine: only for who is on it and may read our data anyway.
  if (exchange.request.transport == Transport::kNetwork) {
    return Refuse(403, ScimType::kNone, "Backups are made on the control socket only.");
  }
  Wanted wanted;
  const std::string* const to = exchange.target.Find("to");
  if (to != nullptr) wanted.to = *to;
  if (wanted.to.empty() || wanted.to.is_relative()) {
    return Refuse(ScimType::kInvalidValue, "The parameter to must be an absolute path.");
  }
  const std::string* const keys = exchange.target.Find("keys");
  if (keys == nullptr || *keys == "false") return wanted;
  if (*keys != "true") {
    return Refuse(ScimType::kInvalidValue, "The parameter keys must be true or false.");
  }
  wanted.has_keys = true;
  return wanted;
}

storage::Result<storage::BackupManifest> Backup(TenantCatalog& tenants, const Wanted& wanted,
                                                const BackupOptions& options) {
  SCIMLEDGER_TRY_ASSIGN(const auto target, storage::BackupDirectory::Begin(wanted.to));
  storage::BackupManifest manifest;
  manifest.time_us = tenants.NowUs();
  manifest.has_keys = wanted.has_keys && !options.keys.empty();
  SCIMLEDGER_TRY(tenants.CopyLogs(target.log()));
  if (manifest.has_keys) SCIMLEDGER_TRY(target.CopyKeys(options.keys));
  SCIMLEDGER_TRY_ASSIGN(manifest.logs,
                        ProveLogs(target.log(), [&](Sequence position, Sequence head) {
                          options.work->Report(position, head);
                        }));
  SCIMLEDGER_TRY(target.Finish(manifest, {}));
  return manifest;
}

std::string ToJson(const std::filesystem::path& to, const storage::BackupManifest& manifest) {
  std::string json = R"({"directory":)";
  AppendJsonString(json, ReadableText(to.string()));
  json += fmt::format(R"(,"keys":{},"logs":[)", manifest.has_keys);
  for (const storage::BackupLog& log : manifest.logs) {
    if (json.back() == '}') json += ',';
    json += fmt::format(R"({{"tenant":"{}","log":"{}","sequence":{},"digest":"{}"}})", log.tenant,
                        log.log_id.ToString(), log.sequence.value, storage::ToHex(log.digest));
  }
  return json + "]}";
}

void AnswerBackup(ExchangePtr exchange, const Wanted& wanted, const BackupOptions& options) {
  options.work->Begin(*exchange->tenant);
  const auto manifest = Backup(*options.tenants(), wanted, options);
  options.work->End();
  if (!manifest) {
    ScimError error = FailureOf("The backup was not made", manifest.error());
    if (manifest.error().code == storage::ErrorCode::kNoSpace) error.status = 507;
    return exchange->AnswerError(error);
  }
  exchange->Answer(JsonResponse(200, ToJson(wanted.to, *manifest), kJsonMediaType));
}

}  // namespace

void AddBackupEndpoint(Router& router, const Workers& workers, BackupOptions options) {
  const auto backup = [&workers, options = std::move(options)](ExchangePtr exchange) {
    auto wanted = ReadWanted(*exchange);
    if (!wanted) return exchange->AnswerError(wanted.error());
    workers.replays.Run(std::move(exchange),
                        [options, wanted = *std::move(wanted)](ExchangePtr waiting) {
                          AnswerBackup(std::move(waiting), wanted, options);
                        });
  };
  router.Add("/admin/v1/backup", {{"POST", Access::kAdminister, backup}});
}

}  // namespace scimledger::api
