#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace scimledger::bench {

/// Runs a program to its end and returns what it printed on stdout. Throws std::runtime_error if it
/// does not exit with 0.
std::string RunProgram(const std::vector<std::string>& words);

/// A server that prints `ready http://127.0.0.1:<port>…` when it answers. Killed with the object.
class ChildProcess {
 public:
  /// Starts it and waits for the line. Throws std::runtime_error if it ends before.
  explicit ChildProcess(const std::vector<std::string>& words);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  std::uint16_t port() const { return port_; }
  double seconds_to_ready() const { return seconds_to_ready_; }
  /// How much of that its first thread waited for a processor that others had.
  double seconds_waited() const { return seconds_waited_; }
  /// CPU time of all its threads until now.
  double CpuUs() const;
  std::uint64_t ResidentBytes() const;

  void Kill();       ///< SIGKILL
  void Terminate();  ///< SIGTERM; returns when it has ended

 private:
  void End(int signal);

  pid_t pid_ = -1;
  int output_ = -1;
  std::uint16_t port_ = 0;
  double seconds_to_ready_ = 0;
  double seconds_waited_ = 0;
};

}  // namespace scimledger::bench
