#pragma once

#include <filesystem>
#include <functional>

#include "tools/connection.h"
#include "tools/exit_code.h"

namespace CLI {
class App;
}

namespace scimledger::tools {

struct BackupOptions {
  std::filesystem::path to;
  bool with_keys = false;
};

struct RestoreOptions {
  std::filesystem::path from;
  std::filesystem::path data;
};

/// `backup --to DIR`: prints `backup <tenant> <64 hex> <sequence>` for each log: the digest of the
/// state that its copy gives.
[[nodiscard]] ExitCode Backup(const ConnectionOptions& connection, const BackupOptions& options);

/// `restore --from DIR --data DIR2`: prints `restored <tenant> <64 hex> <sequence>` for each log,
/// and `equal`; or `differs`, exit 1, if a log does not give the state that the backup names.
[[nodiscard]] ExitCode Restore(const RestoreOptions& options);

/// What `backup` and `restore` may be told.
struct BackupArguments {
  ConnectionOptions connection;
  BackupOptions backup;
  RestoreOptions restore;
};

/// Registers both; `run` is set to what was asked for. The referents must outlive parsing and
/// running.
void AddBackupCommands(CLI::App& app, BackupArguments& arguments, std::function<ExitCode()>& run);

}  // namespace scimledger::tools
