#include "tests/recovery/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace scimledger::recovery {
namespace {

struct Child {
  pid_t pid;
  int output;
};

Child Spawn(const std::vector<std::string>& arguments, const std::filesystem::path& errors) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  std::vector<std::string> words{SCIMLEDGER_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    const int kept = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::getenv("RECOVERY_STDERR") == nullptr) ::dup2(kept, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  return {pid, pipe_ends[0]};
}

/// Reads until `end` was seen, or to the end of the output.
std::string ReadOutput(int descriptor, char end) {
  std::string output;
  char c = 0;
  while (::read(descriptor, &c, 1) == 1) {
    output += c;
    if (c == end) break;
  }
  return output;
}

}  // namespace

Finished RunCommand(const std::vector<std::string>& arguments,
                    const std::filesystem::path& errors) {
  return RunningCommand(arguments, errors).Finish();
}

RunningCommand::RunningCommand(const std::vector<std::string>& arguments,
                               const std::filesystem::path& errors) {
  const Child child = Spawn(arguments, errors);
  pid_ = child.pid;
  output_ = child.output;
}

RunningCommand::~RunningCommand() {
  if (pid_ >= 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
}

void RunningCommand::Signal(int signal) { ::kill(pid_, signal); }

std::string RunningCommand::ReadLine() { return ReadOutput(output_, '\n'); }

Finished RunningCommand::Finish() {
  Finished finished;
  finished.output = ReadOutput(output_, '\0');
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFEXITED(status)) finished.exit_status = WEXITSTATUS(status);
  return finished;
}

ServerProcess::ServerProcess(const std::filesystem::path& data,
                             const std::vector<std::string>& arguments,
                             const std::filesystem::path& errors) {
  std::vector<std::string> words{"serve", "--data", data.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Child child = Spawn(words, errors);
  pid_ = child.pid;
  output_ = child.output;
  const std::string line = ReadOutput(output_, '\n');
  const std::string prefix = "ready ";
  const std::string suffix = "/scim/v2\n";
  if (!line.starts_with(prefix) || !line.ends_with(suffix)) {
    throw std::runtime_error("the server did not become ready; exit status " +
                             std::to_string(Wait()));
  }
  url_ = line.substr(prefix.size(), line.size() - prefix.size() - suffix.size());
}

ServerProcess::~ServerProcess() {
  Kill();
  ::close(output_);
}

std::unique_ptr<api::HttpClient> ServerProcess::Connect() const {
  auto client = api::HttpClient::ForUrl(url_, std::chrono::seconds(30));
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

void ServerProcess::Signal(int signal) { ::kill(pid_, signal); }

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  Wait();
}

int ServerProcess::Terminate() {
  ::kill(pid_, SIGTERM);
  return Wait();
}

int ServerProcess::Wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace scimledger::recovery
