#include "bench/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace scimledger::bench {
namespace {

struct Child {
  pid_t pid = -1;
  int output = -1;
};

Child Spawn(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    // A benchmark that is interrupted must not leave servers behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  return {pid, pipe_ends[0]};
}

std::string ReadOutput(int descriptor, char end) {
  std::string output;
  char c = 0;
  while (::read(descriptor, &c, 1) == 1) {
    output += c;
    if (c == end) break;
  }
  return output;
}

/// `ready http://127.0.0.1:41923/scim/v2`; 0: something else.
std::uint16_t PortOf(const std::string& line) {
  const auto colon = line.rfind(':');
  std::uint16_t port = 0;
  if (line.starts_with("ready http://") && colon != std::string::npos) {
    std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
  }
  return port;
}

}  // namespace

std::string RunProgram(const std::vector<std::string>& words) {
  const Child child = Spawn(words);
  std::string output = ReadOutput(child.output, '\0');
  ::close(child.output);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  throw std::runtime_error(words.front() + " " + words.at(1) + " failed: " + output);
}

ChildProcess::ChildProcess(const std::vector<std::string>& words) {
  const auto begin = std::chrono::steady_clock::now();
  const Child child = Spawn(words);
  pid_ = child.pid;
  output_ = child.output;
  port_ = PortOf(ReadOutput(output_, '\n'));
  seconds_to_ready_ =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::ifstream file("/proc/" + std::to_string(pid_) + "/schedstat");
  double running_ns = 0;
  double waiting_ns = 0;
  if (file >> running_ns >> waiting_ns) seconds_waited_ = waiting_ns / 1e9;
  if (port_ != 0) return;
  End(SIGKILL);
  ::close(output_);
  throw std::runtime_error(words.front() + " did not become ready");
}

ChildProcess::~ChildProcess() {
  Kill();
  ::close(output_);
}

double ChildProcess::CpuUs() const {
  double total = 0;
  const auto tasks = std::filesystem::path("/proc") / std::to_string(pid_) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream file(task.path() / "schedstat");
    double running_ns = 0;
    if (file >> running_ns) total += running_ns / 1000.0;
  }
  return total;
}

std::uint64_t ChildProcess::ResidentBytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  file >> virtual_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void ChildProcess::Kill() { End(SIGKILL); }

void ChildProcess::Terminate() { End(SIGTERM); }

void ChildProcess::End(int signal) {
  if (pid_ < 0) return;
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
}

}  // namespace scimledger::bench
