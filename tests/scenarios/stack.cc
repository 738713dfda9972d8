#include "tests/scenarios/stack.h"

#include <simdjson.h>

#include <cstdlib>
#include <future>
#include <stdexcept>
#include <utility>

namespace scimledger::scenarios {

Stack::Stack() {
  std::string pattern = (std::filesystem::temp_directory_path() / "scimledger-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  data_ = pattern;
  Open();
}

Stack::~Stack() {
  local_->Close();
  local_.reset();
  std::filesystem::remove_all(data_);
}

void Stack::Open() {
  auto local =
      tools::LocalService::Open(data_, storage::DataDirectory::IfMissing::kCreate, "default");
  if (!local) throw std::runtime_error("open: " + local.error().message);
  local_ = std::move(*local);
}

api::HttpResponse Stack::Send(api::HttpRequest request) {
  std::promise<api::HttpResponse> answered;
  local_->service().Handle(std::move(request), [&answered](api::HttpResponse response) {
    answered.set_value(std::move(response));
  });
  api::HttpResponse response = answered.get_future().get();
  if (response.stream) {
    while (response.stream(response.body)) {
    }
  }
  return response;
}

void Stack::Restart() {
  local_->Close();
  local_.reset();
  Open();
}

void Stack::Rebuild() {
  local_->Close();
  local_.reset();
  std::filesystem::remove_all(data_ / "projections");
  Open();
}

Stack::Digests Stack::Verify() {
  api::HttpRequest request;
  request.method = "POST";
  request.target = "/admin/v1/replay/verify";
  request.transport = api::Transport::kInProcess;
  const api::HttpResponse response = Send(std::move(request));
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.parse(response.body);
  return {std::string(root["live"].get_string().value()),
          std::string(root["replay"].get_string().value())};
}

}  // namespace scimledger::scenarios
