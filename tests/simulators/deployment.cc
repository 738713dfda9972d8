#include "tests/simulators/deployment.h"

#include <fmt/core.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace scimledger::simulators {
namespace {

constexpr const char* kScimRoot = "/scim/v2";

std::string Run(const std::vector<std::string>& arguments) {
  recovery::Finished finished = recovery::RunCommand(arguments);
  if (finished.exit_status != 0) {
    throw std::runtime_error(fmt::format("scimledger {} {} failed: {}", arguments.at(0),
                                         arguments.at(1), finished.output));
  }
  while (finished.output.ends_with('\n')) finished.output.pop_back();
  return finished.output;
}

std::filesystem::path MakeTemporaryDirectory() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "scimledger-simulator-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return pattern;
}

}  // namespace

Deployment::Deployment(std::vector<std::string> tenants, std::filesystem::path kept)
    : data_(std::move(kept)), is_kept_(!data_.empty()), tenants_(std::move(tenants)) {
  if (!is_kept_) data_ = MakeTemporaryDirectory();
  if (is_kept_ && !std::filesystem::create_directories(data_)) {
    throw std::runtime_error(data_.string() + " is there already");
  }
  const std::string data = data_.string();
  server_ = std::make_unique<recovery::ServerProcess>(data_);
  // Through the control socket of the running server.
  for (const std::string& tenant : tenants_) {
    if (tenant != "default") Run({"tenant", "create", tenant, "--data", data});
    Run({"schema", "add", SIMULATORS_EXTENSION, "--data", data, "--tenant", tenant});
    tokens_.push_back(Run({"token", "create", "--data", data, "--tenant", tenant, "--role",
                           "provisioner", "--name", "provisioning"}));
  }
}

Deployment::~Deployment() {
  server_.reset();
  if (is_kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(data_, ignored);
}

Access Deployment::AccessTo(std::size_t tenant) const {
  const bool is_in_path = tenant % 2 == 1;
  if (is_in_path) return PathOf(tenant, tenant);
  return {server_->url() + kScimRoot, tokens_.at(tenant)};
}

Access Deployment::PathOf(std::size_t tenant, std::size_t tenant_of_token) const {
  return {server_->url() + kScimRoot + "/t/" + tenants_.at(tenant), tokens_.at(tenant_of_token)};
}

void Deployment::StopAndVerifyReplay() {
  if (server_->Terminate() != 0) throw std::runtime_error("the server did not stop cleanly");
  for (const std::string& tenant : tenants_) {
    const std::string said =
        Run({"replay", "--verify", "--data", data_.string(), "--tenant", tenant});
    if (!said.ends_with("\nequal")) throw std::runtime_error("replay of " + tenant + ": " + said);
    if (tenants_.size() == 1) fmt::print("{}\n", said);
  }
  if (tenants_.size() > 1) fmt::print("replay: {} tenants, each equal\n", tenants_.size());
}

std::vector<std::string> TenantNames(const std::string& prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}-{:02}", prefix, i));
  return names;
}

}  // namespace scimledger::simulators
