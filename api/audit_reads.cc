#include "api/audit_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stop_token>
#include <system_error>
#include <vector>

#include "api/fact_recorder.h"
#include "api/request_headers.h"
#include "api/trusted_proxies.h"
#include "engine/json.h"
#include "engine/text.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

constexpr std::chrono::seconds kFlushInterval{5};
constexpr std::int64_t kWindowUs = 60'000'000;
constexpr std::size_t kReadersMax = 10'000;
constexpr std::size_t kAddressesMax = 32;

std::string TextOf(simdjson::dom::element json, std::string_view key) {
  std::string_view text;
  return json[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::int64_t NumberOf(simdjson::dom::element json, std::string_view key) {
  std::int64_t number = 0;
  return json[key].get(number) == simdjson::SUCCESS ? number : 0;
}

std::string ListJson(const std::set<std::string, std::less<>>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    AppendJsonString(json, ReadableText(text));
  }
  return json + ']';
}

std::set<std::string, std::less<>> ListOf(simdjson::dom::element json, std::string_view key) {
  std::set<std::string, std::less<>> texts;
  simdjson::dom::array list;
  if (json[key].get(list) != simdjson::SUCCESS) return texts;
  for (const simdjson::dom::element each : list) {
    std::string_view text;
    if (each.get(text) == simdjson::SUCCESS) texts.emplace(text);
  }
  return texts;
}

void Warn(const storage::Result<void>& done) {
  if (!done) fmt::print(stderr, "scimledger: {}\n", done.error().message);
}

}  // namespace

AuditReads::AuditReads(std::filesystem::path file) : file_(std::move(file)) {}

AuditReads::~AuditReads() {
  recorder_ = {};
  if (tenants_ != nullptr) Flush(false);
}

void AuditReads::Begin(TenantCatalog& tenants) {
  if (file_.empty()) return;
  tenants_ = &tenants;
  Load();
  Flush(false);
  recorder_ = std::jthread([this](const std::stop_token& stop) {
    storage::NameThread("audit-reads");
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, kFlushInterval, [] { return false; }) &&
           !stop.stop_requested()) {
      lock.unlock();
      Flush(false);
      lock.lock();
    }
  });
}

void AuditReads::Note(const Exchange& exchange) {
  if (file_.empty() || !exchange.actor) return;
  const std::int64_t now_us = exchange.tenant->NowUs();
  const std::lock_guard lock(mutex_);
  const Reader reader{exchange.tenant->name(), exchange.actor->id};
  if (gathered_.size() >= kReadersMax && !gathered_.contains(reader)) {
    ++uncounted_;
    return;
  }
  Reads& reads = gathered_[reader];
  if (reads.count == 0) {
    reads.actor = *exchange.actor;
    reads.client = ReadClientContext(exchange.request);
    reads.first_us = now_us;
  }
  ++reads.count;
  reads.last_us = std::max(now_us, reads.first_us);
  reads.routes.insert(exchange.route);
  if (std::string address(ClientAddress(exchange.request));
      !address.empty() && reads.addresses.size() < kAddressesMax) {
    reads.addresses.insert(std::move(address));
  }
  is_saved_ = false;
}

void AuditReads::RecordAll() {
  if (tenants_ != nullptr) Flush(true);
}

void AuditReads::Flush(bool is_all) {
  const std::lock_guard flushing(flushing_);
  for (auto& [reader, reads] : TakeDue(is_all)) {
    const auto recorded = Record(reader, reads);
    Warn(recorded);
    if (!recorded) PutBack(reader, reads);
  }
  Warn(Save());
}

AuditReads::Gathered AuditReads::TakeDue(bool is_all) {
  const std::int64_t now_us = tenants_->NowUs();
  Gathered due;
  const std::lock_guard lock(mutex_);
  for (auto entry = gathered_.begin(); entry != gathered_.end();) {
    const auto next = std::next(entry);
    // A clock that was set back must not keep it for ever.
    const std::int64_t age_us = now_us - entry->second.first_us;
    if (is_all || age_us >= kWindowUs || age_us <= -kWindowUs) {
      due.insert(gathered_.extract(entry));
      is_saved_ = false;
    }
    entry = next;
  }
  if (uncounted_ > 0) {
    fmt::print(stderr, "scimledger: {} audit reads were not recorded: too many readers at once\n",
               std::exchange(uncounted_, 0));
  }
  return due;
}

storage::Result<void> AuditReads::Record(const Reader& reader, const Reads& reads) const {
  SCIMLEDGER_TRY_ASSIGN(Tenant* const tenant, tenants_->Load(reader.first));
  std::vector<Fact> facts{{"count", {}, fmt::format("{}", reads.count)},
                          {"first", {}, FactText(FormatDateTime(reads.first_us))},
                          {"last", {}, FactText(FormatDateTime(reads.last_us))},
                          {"routes", {}, ListJson(reads.routes)}};
  if (reads.addresses.size() > 1) facts.push_back({"addresses", {}, ListJson(reads.addresses)});
  return RecordInLog(*tenant, {EventKind::kAuditRead, "audit trail", std::move(facts)}, reads.actor,
                     reads.client);
}

void AuditReads::PutBack(const Reader& reader, Reads reads) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = gathered_.try_emplace(reader, reads);
  is_saved_ = false;
  if (is_new) return;
  Reads& later = entry->second;
  reads.count += later.count;
  reads.last_us = std::max(reads.last_us, later.last_us);
  reads.routes.merge(later.routes);
  reads.addresses.merge(later.addresses);
  later = std::move(reads);
}

std::string AuditReads::Line(const Reader& reader, const Reads& reads) {
  std::string line =
      fmt::format(R"({{"count":{},"first":{},"last":{},"method":{},"routes":{},"addresses":{})",
                  reads.count, reads.first_us, reads.last_us, static_cast<int>(reads.actor.method),
                  ListJson(reads.routes), ListJson(reads.addresses));
  const std::pair<std::string_view, std::string_view> texts[] = {
      {"tenant", reader.first},
      {"actor", reader.second},
      {"issuer", reads.actor.issuer},
      {"subject", reads.actor.subject},
      {"address", reads.client.address},
      {"forwarded", reads.client.forwarded},
      {"userAgent", reads.client.user_agent},
      {"requestId", reads.client.request_id}};
  for (const auto& [key, text] : texts) {
    line += fmt::format(",\"{}\":", key);
    AppendJsonString(line, ReadableText(text));
  }
  return line + "}\n";
}

/// What cannot be read, because a crash cut it off, is left out.
void AuditReads::Load() {
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);) {
    const auto document = JsonDocument::Parse(line);
    if (!document) continue;
    const simdjson::dom::element json = document->root();
    const std::int64_t method = NumberOf(json, "method");
    Reads reads;
    reads.actor = {TextOf(json, "actor"), static_cast<AuthMethod>(method), Role::kAuditor,
                   TextOf(json, "issuer"), TextOf(json, "subject")};
    reads.client = {TextOf(json, "address"), TextOf(json, "forwarded"), TextOf(json, "userAgent"),
                    TextOf(json, "requestId")};
    reads.count = static_cast<std::uint64_t>(NumberOf(json, "count"));
    reads.first_us = NumberOf(json, "first");
    reads.last_us = NumberOf(json, "last");
    reads.routes = ListOf(json, "routes");
    reads.addresses = ListOf(json, "addresses");
    const bool is_whole = reads.count > 0 && !reads.actor.id.empty() &&
                          method >= static_cast<int>(AuthMethod::kBearer) &&
                          method <= static_cast<int>(AuthMethod::kJwt);
    const Reader reader{TextOf(json, "tenant"), reads.actor.id};
    if (is_whole && tenants_->Has(reader.first)) PutBack(reader, std::move(reads));
  }
}

/// Whole or not at all; not synced: a power failure may take the last seconds.
storage::Result<void> AuditReads::Save() {
  std::string lines;
  {
    const std::lock_guard lock(mutex_);
    if (is_saved_) return {};
    for (const auto& [reader, reads] : gathered_) lines += Line(reader, reads);
    is_saved_ = true;
  }
  std::error_code error;
  if (lines.empty()) {
    std::filesystem::remove(file_, error);
    return {};
  }
  std::filesystem::create_directories(file_.parent_path(), error);
  const std::filesystem::path partial = file_.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << lines;
  out.close();
  if (out) std::filesystem::rename(partial, file_, error);
  if (out && !error) return {};
  return storage::Fail(storage::ErrorCode::kIo,
                       fmt::format("{} cannot be written", file_.string()));
}

}  // namespace scimledger::api
