#include "tools/backup_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include "api/log_proof.h"
#include "engine/json.h"
#include "storage/backup.h"
#include "storage/hash.h"
#include "tools/audit_text.h"
#include "tools/command_options.h"
#include "tools/progress_line.h"
#include "tools/request.h"
#include "tools/watched_request.h"

namespace scimledger::tools {
namespace {

constexpr const char* kPartialLog = "log.partial";

/// kInvalid unless `data` is missing or an empty directory.
storage::Result<void> CheckTarget(const std::filesystem::path& data) {
  std::error_code error;
  const auto status = std::filesystem::status(data, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  const bool is_empty_directory =
      std::filesystem::is_directory(status) && std::filesystem::is_empty(data, error) && !error;
  if (is_empty_directory) return {};
  return storage::Fail(
      storage::ErrorCode::kInvalid,
      fmt::format("{} is not empty: a backup is restored into a new directory", data.string()));
}

void PrintLog(std::string_view what, const storage::BackupLog& log) {
  fmt::print("{} {} {} {}\n", what, log.tenant, storage::ToHex(log.digest), log.sequence.value);
}

bool IsSame(const storage::BackupLog& a, const storage::BackupLog& b) {
  return a.tenant == b.tenant && a.log_id == b.log_id && a.sequence == b.sequence &&
         a.leaf_hash == b.leaf_hash && a.digest == b.digest;
}

bool AreSame(const std::vector<storage::BackupLog>& a, const std::vector<storage::BackupLog>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), IsSame);
}

/// The logs as they are in the copy; it gets its name only if they are what the backup says.
storage::Result<std::vector<storage::BackupLog>> CopyAndProve(
    const RestoreOptions& options, const storage::BackupManifest& manifest) {
  {
    ProgressLine line("copying", "bytes");
    SCIMLEDGER_TRY(storage::CopyFromBackup(options.from, manifest, options.data, kPartialLog,
                                           [&line](std::uint64_t done, std::uint64_t all) {
                                             line.Show({done, all});
                                           }));
  }
  ProgressLine line("replaying");
  SCIMLEDGER_TRY_ASSIGN(auto logs, api::ProveLogs(options.data / kPartialLog,
                                                  [&line](Sequence position, Sequence head) {
                                                    line.Show({position.value, head.value});
                                                  }));
  if (AreSame(logs, manifest.logs)) {
    SCIMLEDGER_TRY(storage::FinishCopy(options.data, kPartialLog));
  }
  return logs;
}

}  // namespace

ExitCode Backup(const ConnectionOptions& connection, const BackupOptions& options) {
  // The server resolves nothing against its own working directory.
  const std::string to = std::filesystem::absolute(options.to).lexically_normal().string();
  const auto response =
      AskAndWatch(connection, "proving the copy",
                  fmt::format("/admin/v1/backup?to={}&keys={}", EncodeParameter(to),
                              options.with_keys ? "true" : "false"));
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array logs;
  if (!document || document->root()["logs"].get(logs) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a backup");
  }
  for (const JsonElement log : logs) {
    fmt::print("backup {} {} {}\n", TextAt(log, "/tenant"), TextAt(log, "/digest"),
               TextAt(log, "/sequence"));
  }
  std::fflush(stdout);
  fmt::print(stderr, "scimledger: the logs of all tenants are in {}; {}\n", to,
             options.with_keys ? "so are the keys: keep it as secret as the data directory"
                               : "the keys are not (--with-keys): keep a copy of them elsewhere");
  return ExitCode::kDone;
}

ExitCode Restore(const RestoreOptions& options) {
  const auto manifest = storage::ReadBackupManifest(options.from);
  if (!manifest) return Report(manifest.error());
  if (const auto target = CheckTarget(options.data); !target) return Report(target.error());
  const auto logs = CopyAndProve(options, *manifest);
  if (!logs) return Report(logs.error());
  for (const storage::BackupLog& log : *logs) PrintLog("restored", log);
  if (!AreSame(*logs, manifest->logs)) {
    fmt::print("differs\n");
    for (const storage::BackupLog& log : manifest->logs) PrintLog("backup", log);
    return ExitCode::kFinding;
  }
  fmt::print("equal\n");
  std::fflush(stdout);
  if (!manifest->has_keys) {
    fmt::print(stderr,
               "scimledger: the backup has no keys. Put those of the server that it is of into "
               "{}, or new ones\nare made: then tokens of tenants other than default, access "
               "tokens and cursors given out before are void\n",
               (options.data / "keys").string());
  }
  return ExitCode::kDone;
}

void AddBackupCommands(CLI::App& app, BackupArguments& arguments, std::function<ExitCode()>& run) {
  CLI::App& backup = AddCommand(app, run, "backup", "Copy the logs of all tenants, online",
                                [&] { return Backup(arguments.connection, arguments.backup); });
  backup.add_option("--data", arguments.connection.data, "Data directory (its server goes on)")
      ->required();
  backup.add_option("--to", arguments.backup.to, "A new or empty directory on this machine")
      ->required();
  backup.add_flag("--with-keys", arguments.backup.with_keys,
                  "Also the keys: without them tokens of tenants other than default do not work");
  backup.footer(
      "The copy is of one moment, holds the log of every tenant and nothing that comes back by "
      "replay,\n"
      "and counts only once it was replayed with every hash checked. It prints for each log the "
      "digest\n"
      "of its state. Killed at any moment it leaves a directory that says it is INCOMPLETE, which "
      "the\n"
      "next backup may use. Refused requests and last uses (DATA/access) are not in it.\n\n"
      "  scimledger backup --data data --to /backups/2026-03-03");
  CLI::App& restore = AddCommand(app, run, "restore", "Make a data directory of a backup",
                                 [&] { return Restore(arguments.restore); });
  restore.add_option("--from", arguments.restore.from, "What `backup --to` wrote")->required();
  restore.add_option("--data", arguments.restore.data, "A new or empty directory")->required();
  restore.footer(
      "Every file is checked against its hash, then every log is replayed: it must give the digest "
      "that\n"
      "the backup names. A damaged backup is refused (exit 3), and so is a directory that has "
      "anything\n"
      "in it (exit 2).\n\n"
      "  scimledger restore --from /backups/2026-03-03 --data data2");
}

}  // namespace scimledger::tools
