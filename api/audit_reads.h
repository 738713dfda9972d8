#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/exchange.h"
#include "api/tenant_catalog.h"
#include "storage/result.h"

namespace scimledger::api {

/// Who reads the audit trail (DESIGN §6): reads are gathered by tenant and credential, and a minute
/// after the first of them become one event, AuditRead, of the log that was read: how many, between
/// when, of what. What is not a minute old is kept in a file, every few seconds and at the end, so
/// that whoever opens the directory next goes on from there: an operator who asks ten times in a
/// row writes one event, not ten. Thread-safe.
class AuditReads {
 public:
  /// Empty `file`: nothing is recorded.
  explicit AuditReads(std::filesystem::path file);
  /// Records what is due and keeps the rest for the next one.
  ~AuditReads();
  AuditReads(const AuditReads&) = delete;
  AuditReads& operator=(const AuditReads&) = delete;

  /// Takes over what was kept, records what is due of it, and begins. `tenants` must outlive this.
  void Begin(TenantCatalog& tenants);
  /// Counts one read, of exchange.tenant by exchange.actor.
  void Note(const Exchange& exchange);
  /// Records everything, also what is not a minute old: for a server that ends.
  void RecordAll();

 private:
  /// Tenant and id of the actor.
  using Reader = std::pair<std::string, std::string>;
  struct Reads {
    Actor actor;
    ClientContext client;  ///< of the first one
    std::uint64_t count = 0;
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
    std::set<std::string, std::less<>> routes;
    std::set<std::string, std::less<>> addresses;
  };
  using Gathered = std::map<Reader, Reads>;

  void Flush(bool is_all);
  Gathered TakeDue(bool is_all);
  [[nodiscard]] storage::Result<void> Record(const Reader& reader, const Reads& reads) const;
  void PutBack(const Reader& reader, Reads reads);
  void Load();
  [[nodiscard]] storage::Result<void> Save();
  static std::string Line(const Reader& reader, const Reads& reads);

  const std::filesystem::path file_;
  TenantCatalog* tenants_ = nullptr;
  std::mutex mutex_;
  Gathered gathered_;
  std::uint64_t uncounted_ = 0;  ///< by readers beyond kReadersMax
  bool is_saved_ = true;
  std::mutex flushing_;
  std::condition_variable_any wake_;
  std::jthread recorder_;
};

}  // namespace scimledger::api
