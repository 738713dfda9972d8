#include "tests/unit/tools/ledger_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <utility>

#include "engine/text.h"
#include "tools/command_line.h"

namespace scimledger::tools {
namespace {

namespace fs = std::filesystem;

/// Sends what is written to a stream to a file, as long as it lives.
class Diversion {
 public:
  Diversion(std::FILE* stream, fs::path file) : stream_(stream), file_(std::move(file)) {
    std::fflush(stream_);
    saved_ = ::dup(::fileno(stream_));
    const int target = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(target, ::fileno(stream_));
    ::close(target);
  }
  ~Diversion() { End(); }
  Diversion(const Diversion&) = delete;
  Diversion& operator=(const Diversion&) = delete;

  std::string End() {
    if (saved_ < 0) return {};
    std::fflush(stream_);
    ::dup2(saved_, ::fileno(stream_));
    ::close(std::exchange(saved_, -1));
    std::ifstream stream(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::FILE* stream_;
  fs::path file_;
  int saved_;
};

std::string TextIn(const std::string& json, std::string_view key) {
  simdjson::dom::parser parser;
  return std::string(parser.parse(json)[key].get_string().value());
}

}  // namespace

void SetClock::Set(std::string_view time) {
  const auto us = ParseDateTime(time);
  if (!us) throw std::invalid_argument(std::string(time));
  now_us_ = *us;
}

LedgerTest::LedgerTest() {
  std::string pattern = (fs::temp_directory_path() / "scimledger-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  data_ = fs::path(pattern) / "data";
}

LedgerTest::~LedgerTest() {
  Close();
  fs::remove_all(data_.parent_path());
}

void LedgerTest::Open() {
  auto directory = storage::DataDirectory::Open(data_, storage::DataDirectory::IfMissing::kCreate);
  ASSERT_TRUE(directory) << directory.error().message;
  directory_ = *std::move(directory);
  auto store = storage::LogStore::Open(directory_->log(), {.create_if_missing = true});
  ASSERT_TRUE(store) << store.error().message;
  store_ = *std::move(store);
  api::TenantOptions options;
  options.projections = directory_->projections();
  auto tenants = api::OpenCatalog(*store_, clock_, std::move(options));
  ASSERT_TRUE(tenants) << tenants.error().message;
  tenants_ = *std::move(tenants);
  ASSERT_TRUE(tenants_->Load("default"));
  api::ServiceOptions service_options;
  service_options.log_requests = false;
  service_ = api::Service::Make(service_options);
  service_->Attach(*tenants_);
}

void LedgerTest::Close() {
  if (service_) service_->Drain();
  service_.reset();
  tenants_.reset();
  store_.reset();
  directory_.reset();
}

api::Service& LedgerTest::service() {
  if (!service_) Open();
  return *service_;
}

std::string LedgerTest::Send(std::string_view time, std::string method, std::string target,
                             std::string body, const std::string& token,
                             const std::string& request_id) {
  clock_.Set(time);
  api::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.headers = {{"Host", "scim.example"}, {"Content-Type", "application/scim+json"}};
  if (!request_id.empty()) request.headers.emplace_back("client-request-id", request_id);
  request.transport = api::Transport::kInProcess;
  if (!token.empty()) {
    request.transport = api::Transport::kNetwork;
    request.peer_address = "10.2.3.4";
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  std::promise<api::HttpResponse> answered;
  service().Handle(std::move(request), [&answered](api::HttpResponse response) {
    answered.set_value(std::move(response));
  });
  api::HttpResponse response = answered.get_future().get();
  while (response.stream && response.stream(response.body)) {
  }
  EXPECT_EQ(response.status / 100, 2) << response.body;
  return response.body;
}

api::TenantCatalog& LedgerTest::TenantsAt(std::string_view time) {
  clock_.Set(time);
  service();
  return *tenants_;
}

std::string LedgerTest::CreateToken(std::string_view time, const std::string& name,
                                    const std::string& role) {
  const std::string answer = Send(time, "POST", "/admin/v1/tokens",
                                  fmt::format(R"({{"name":"{}","role":"{}"}})", name, role));
  ids_[name] = TextIn(answer, "id");
  return TextIn(answer, "secret");
}

std::string LedgerTest::Create(std::string_view time, const std::string& name, std::string target,
                               std::string body, const std::string& token) {
  const std::string id =
      TextIn(Send(time, "POST", std::move(target), std::move(body), token), "id");
  ids_[name] = id;
  return id;
}

CommandResult LedgerTest::Run(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--data", data_.string()});
  return RunBare(std::move(arguments));
}

CommandResult LedgerTest::RunBare(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"scimledger"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  CommandResult result;
  Diversion out(stdout, data_.parent_path() / "out");
  Diversion err(stderr, data_.parent_path() / "err");
  result.code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
  result.err = Named(err.End());
  result.out = Named(out.End());
  return result;
}

std::string LedgerTest::Named(std::string text) const {
  for (const auto& [name, id] : ids_) {
    for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id)) {
      text.replace(at, id.size(), "<" + name + ">");
    }
  }
  for (std::size_t at = text.find(data_.string()); at != std::string::npos;
       at = text.find(data_.string())) {
    text.replace(at, data_.string().size(), "<data>");
  }
  static const std::regex kUuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  return std::regex_replace(text, kUuid, "<uuid>");
}

}  // namespace scimledger::tools
