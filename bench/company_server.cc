#include "bench/company_server.h"

#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/request_template.h"

namespace scimledger::bench {

CompanyServer::CompanyServer(std::filesystem::path data) : data_(std::move(data)) {
  Start();
  admin_ = CreateToken("admin");
  empty_bytes_ = process_->ResidentBytes();
  load_ = std::make_unique<RealisticLoad>(process_->port(), CreateToken("provisioner"), 1);
}

void CompanyServer::Start() {
  const std::vector<std::string> words{SCIMLEDGER_BINARY, "serve",    "--data",
                                       data_.string(),    "--listen", "127.0.0.1:0"};
  process_ = std::make_unique<ChildProcess>(words);
}

void CompanyServer::Restart() {
  Start();
  load_->SetPort(process_->port());
}

std::string CompanyServer::CreateToken(const std::string& role) const {
  std::string token = RunProgram({SCIMLEDGER_BINARY, "token", "create", "--data", data_.string(),
                                  "--role", role, "--name", "bench-" + role});
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

LoadResult CompanyServer::Get(const std::function<std::string()>& target, std::size_t connections,
                              std::chrono::milliseconds duration) {
  Load load;
  load.port = process_->port();
  load.connections = connections;
  load.duration = duration;
  load.request = [&](std::size_t, std::string& text) {
    RequestTemplate("GET", target(), {}, load_->token()).Append(text, 0);
    return true;
  };
  LoadResult result = RunLoad(load);
  if (result.errors > 0) throw std::runtime_error(target() + ": " + result.first_error);
  return result;
}

std::string CompanyServer::GetOnce(const std::string& target, bool as_admin) {
  std::string body;
  Load load;
  load.port = process_->port();
  load.duration = std::chrono::hours(1);
  load.request = [&, sent = false](std::size_t, std::string& text) mutable {
    RequestTemplate("GET", target, {}, as_admin ? admin_ : load_->token()).Append(text, 0);
    return !std::exchange(sent, true);
  };
  load.answer = [&](std::size_t, int status, std::string_view answer) {
    if (status < 400) body = answer;
  };
  RunLoad(load);
  return body;
}

std::uint32_t CompanyServer::PickUser() {
  picks_ += 7919;
  return static_cast<std::uint32_t>(picks_ % load_->users().size());
}

std::string CompanyServer::IdOf(std::uint32_t user) const {
  const IdText& id = load_->users()[user];
  return std::string(id.data(), id.size());
}

}  // namespace scimledger::bench
