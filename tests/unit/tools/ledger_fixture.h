#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/service.h"
#include "api/tenant_catalog.h"
#include "storage/data_directory.h"
#include "storage/log_store.h"

namespace scimledger::tools {

/// Says what it is told to.
class SetClock final : public Clock {
 public:
  std::int64_t NowUs() override { return now_us_; }
  void Set(std::string_view time);

 private:
  std::int64_t now_us_ = 0;
};

/// What a command printed, and how it ended.
struct CommandResult {
  int code = 0;
  std::string out;
  std::string err;
};

/// A data directory whose history a test writes at times of its choice, and the command line over
/// it. Ids that the server drew are shown as the names the test gave them.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest();
  ~LedgerTest() override;

  /// Sends as the local administrator, or with `token` from 10.2.3.4; fails the test unless the
  /// status is 2xx. Opens the directory if need be.
  std::string Send(std::string_view time, std::string method, std::string target, std::string body,
                   const std::string& token = {}, const std::string& request_id = {});
  /// Makes a token; returns its secret, and calls its id `<name>`.
  std::string CreateToken(std::string_view time, const std::string& name, const std::string& role);
  /// POSTs a resource and calls its id `<name>`.
  std::string Create(std::string_view time, const std::string& name, std::string target,
                     std::string body, const std::string& token = {});
  /// The tenants of the directory, at that time.
  api::TenantCatalog& TenantsAt(std::string_view time);
  /// Lets go of the directory, so that commands may open it.
  void Close();

  api::Service& service();

  /// `scimledger ARGUMENTS… --data DIR`.
  CommandResult Run(std::vector<std::string> arguments);
  /// Without `--data`.
  CommandResult RunBare(std::vector<std::string> arguments);
  /// Ids by name, other ids as `<uuid>`.
  std::string Named(std::string text) const;
  std::string IdOf(const std::string& name) const { return ids_.at(name); }

  std::filesystem::path data_;

 private:
  void Open();

  SetClock clock_;
  std::map<std::string, std::string> ids_;
  std::unique_ptr<storage::DataDirectory> directory_;
  std::unique_ptr<storage::LogStore> store_;
  std::unique_ptr<api::TenantCatalog> tenants_;
  std::unique_ptr<api::Service> service_;
};

}  // namespace scimledger::tools
