#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/service.h"
#include "api/tenant.h"
#include "engine/writer.h"
#include "storage/event_log.h"

namespace scimledger::api {

/// A log that outlives its tenants: what a restart finds again.
class SurvivingLog final : public storage::EventLog {
 public:
  explicit SurvivingLog(std::shared_ptr<storage::EventLog> log) : log_(std::move(log)) {}
  Uuid id() const override { return log_->id(); }
  storage::LogHead head() const override { return log_->head(); }
  storage::Result<storage::LogHead> Append(const storage::Batch& batch) override {
    return log_->Append(batch);
  }
  storage::Result<storage::LogHead> Reopen() override { return log_->Reopen(); }
  storage::Result<std::unique_ptr<storage::EventReader>> Read(
      Sequence from, storage::ReadCheck check) const override {
    return log_->Read(from, check);
  }
  storage::Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    return log_->SequenceAt(time_us);
  }

 private:
  std::shared_ptr<storage::EventLog> log_;
};

/// Moves on by a second each time it is asked, so that recorded times are known and apart.
class SteppingClock final : public Clock {
 public:
  static constexpr std::int64_t kStartUs = 1'795'000'000'000'000;  // 2026-11-18T11:06:40Z
  std::int64_t NowUs() override { return now_us_ += 1'000'000; }
  void Advance(std::chrono::seconds by) { now_us_ += by.count() * 1'000'000; }

 private:
  std::atomic<std::int64_t> now_us_{kStartUs};
};

/// An answer with its streamed body read to the end.
struct Answer {
  int status = 0;
  Headers headers;
  std::string body;

  std::string Header(std::string_view name) const;
  /// The string value of a member that occurs once in the body, by its name.
  std::string Text(std::string_view member) const;
};

/// Sends the request and waits for the answer.
Answer Send(HttpHandler& handler, HttpRequest request);

/// A service over one tenant with an in-memory log and projections in a directory of the test's
/// own.
class ServiceTest : public testing::Test {
 protected:
  ServiceTest();
  ~ServiceTest() override;

  void Start();  ///< opens the tenant over what log and projections hold now
  void Stop();   ///< drains and ends service and tenant
  void Restart() {
    Stop();
    Start();
  }

  /// A request from the network with the token, `Host: scim.example` and JSON content.
  static HttpRequest Request(std::string method, std::string target, std::string body = {},
                             std::string token = {});
  /// As the control socket's admin.
  Answer Local(std::string method, std::string target, std::string body = {});
  /// From the network with a token of that role.
  Answer As(Role role, std::string method, std::string target, std::string body = {},
            Headers more = {});
  Answer Network(HttpRequest request) { return Send(*service_, std::move(request)); }

  const std::string& TokenOf(Role role);
  std::string CreateUser(std::string_view user_name);  ///< returns its id
  std::filesystem::path SnapshotFile() const;

  ServiceOptions service_options_;
  TenantOptions tenant_options_;
  std::mutex notices_mutex_;
  std::vector<std::string> notices_;  ///< told on any thread, read when nothing runs
  std::filesystem::path directory_;
  std::shared_ptr<storage::EventLog> log_;
  SteppingClock clock_;
  std::unique_ptr<TenantCatalog> tenants_;
  Tenant* tenant_ = nullptr;
  std::unique_ptr<Service> service_;

 private:
  std::vector<std::pair<Role, std::string>> tokens_;
};

/// Whether the answer is a SCIM error of that status and scimType ("" for none) with a detail.
testing::AssertionResult IsScimError(const Answer& answer, int status,
                                     std::string_view scim_type = "");

}  // namespace scimledger::api
