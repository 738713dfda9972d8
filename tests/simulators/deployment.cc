#include "tests/simulators/deployment.h"

#include <fmt/core.h>

#include <cstdlib>
#include <stdexcept>

namespace scimledger::simulators {
namespace {

std::string Run(const std::vector<std::string>& arguments) {
  recovery::Finished finished = recovery::RunCommand(arguments);
  if (finished.exit_status != 0) {
    throw std::runtime_error(fmt::format("scimledger {} {} failed: {}", arguments.at(0),
                                         arguments.at(1), finished.output));
  }
  while (finished.output.ends_with('\n')) finished.output.pop_back();
  return finished.output;
}

}  // namespace

Deployment::Deployment(std::size_t tokens) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "scimledger-simulator-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  data_ = pattern;
  server_ = std::make_unique<recovery::ServerProcess>(data_);
  // Through the control socket of the running server.
  Run({"schema", "add", SIMULATORS_EXTENSION, "--data", pattern});
  for (std::size_t i = 0; i < tokens; ++i) {
    tokens_.push_back(Run({"token", "create", "--data", pattern, "--role", "provisioner", "--name",
                           fmt::format("job-{}", i)}));
  }
}

Deployment::~Deployment() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(data_, ignored);
}

void Deployment::StopAndVerifyReplay() {
  if (server_->Terminate() != 0) throw std::runtime_error("the server did not stop cleanly");
  fmt::print("{}\n", Run({"replay", "--verify", "--data", data_.string()}));
}

}  // namespace scimledger::simulators
