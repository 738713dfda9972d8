#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/http_client.h"

namespace scimledger::recovery {

/// Runs the real binary to its end. `output`: what it printed on stdout. What goes to stderr is
/// added to the file `errors`.
struct Finished {
  int exit_status = -1;  ///< -1: ended by a signal
  std::string output;
};
Finished RunCommand(const std::vector<std::string>& arguments,
                    const std::filesystem::path& errors = "/dev/null");

/// The same while it runs.
class RunningCommand {
 public:
  explicit RunningCommand(const std::vector<std::string>& arguments,
                          const std::filesystem::path& errors = "/dev/null");
  ~RunningCommand();
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  void Signal(int signal);
  /// The next line that it prints; "" at the end.
  std::string ReadLine();
  /// Waits until it ends. `output`: what no ReadLine took. Once.
  Finished Finish();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

/// `scimledger serve` as a process of its own, on any free port. Killed when the object goes.
class ServerProcess {
 public:
  /// Starts it and waits for the `ready` line. Throws std::runtime_error if it ends before.
  explicit ServerProcess(const std::filesystem::path& data,
                         const std::vector<std::string>& arguments = {"--listen", "127.0.0.1:0"},
                         const std::filesystem::path& errors = "/dev/null");
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }  ///< `http://127.0.0.1:<port>`
  void Signal(int signal);
  std::unique_ptr<api::HttpClient> Connect() const;
  /// SIGKILL, and waits until the process is gone.
  void Kill();
  /// SIGTERM; the exit status.
  int Terminate();

 private:
  int Wait();

  pid_t pid_ = -1;
  int output_ = -1;
  std::string url_;
};

}  // namespace scimledger::recovery
