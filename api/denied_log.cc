#include "api/denied_log.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kKindsMax = 1000;
constexpr std::size_t kDetailBytesMax = 300;
constexpr std::string_view kTimeKey = R"({"time":")";

void AppendText(std::string& line, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  line += ",\"";
  line += key;
  line += "\":";
  AppendJsonString(line, ReadableText(text));
}

/// The time of a line of ours about the tenant; nullopt: not one, or cut off by a crash or a full
/// disk.
std::optional<std::int64_t> TimeOf(std::string_view line, std::string_view tenant) {
  const auto document = JsonDocument::Parse(line);
  std::string_view time;
  std::string_view of_tenant;
  if (!document || document->root()["time"].get(time) != simdjson::SUCCESS ||
      document->root()["tenant"].get(of_tenant) != simdjson::SUCCESS || of_tenant != tenant) {
    return std::nullopt;
  }
  return ParseDateTime(time);
}

/// At most `bytes_max` bytes, whole characters.
void CutText(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U) {
    --bytes_max;
  }
  text.resize(bytes_max);
}

bool EndsInLineEnd(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() == 0) return true;
  in.seekg(-1, std::ios::end);
  return in.get() == '\n';
}

/// One line of JSON without the line end.
std::string FormatDenied(const DeniedAttempt& attempt) {
  std::string line(kTimeKey);
  AppendDateTime(attempt.time_us, line);
  line += fmt::format(R"(","status":{})", attempt.status);
  if (attempt.count > 1) line += fmt::format(R"(,"count":{})", attempt.count);
  line += fmt::format(R"(,"request":"{}")", attempt.request.ToString());
  AppendText(line, "tenant", attempt.tenant);
  AppendText(line, "credential", attempt.credential);
  AppendText(line, "address", attempt.address);
  AppendText(line, "method", attempt.method);
  AppendText(line, "route", attempt.route);
  AppendText(line, "detail", attempt.detail);
  line += '}';
  return line;
}

}  // namespace

DeniedLog::DeniedLog(std::filesystem::path directory, std::uint64_t bytes_max)
    : directory_(std::move(directory)), file_bytes_max_(bytes_max / 2) {}

void DeniedLog::Record(DeniedAttempt attempt) {
  if (directory_.empty()) return;
  CutText(attempt.detail, kDetailBytesMax);
  Kind kind{attempt.status, attempt.tenant, attempt.credential, attempt.address,
            attempt.method, attempt.route,  attempt.detail};
  // Whoever has no credential must not displace those who have one by trying many paths.
  if (attempt.credential.empty()) {
    kind = {attempt.status, attempt.tenant, {}, attempt.address, {}, {}, {}};
  }
  const std::lock_guard lock(mutex_);
  const auto known = gathered_.find(kind);
  if (known != gathered_.end()) {
    ++known->second.count;
  } else if (gathered_.size() < kKindsMax) {
    gathered_.emplace(std::move(kind), std::move(attempt));
  } else {
    ++uncounted_[attempt.tenant];
  }
}

storage::Result<void> DeniedLog::Flush() {
  std::map<Kind, DeniedAttempt> gathered;
  std::map<std::string, std::uint64_t> uncounted;
  // Before the others are let in again: so lines come in order of being gathered.
  const std::lock_guard file_lock(file_mutex_);
  {
    const std::lock_guard lock(mutex_);
    gathered.swap(gathered_);
    uncounted.swap(uncounted_);
  }
  std::multimap<std::int64_t, std::string> by_time;
  for (const auto& [kind, attempt] : gathered) {
    by_time.emplace(attempt.time_us, FormatDenied(attempt));
  }
  std::string lines;
  for (const auto& [time_us, line] : by_time) lines += line + '\n';
  for (const auto& [tenant, count] : uncounted) {
    DeniedAttempt others;
    others.time_us = by_time.rbegin()->first;
    others.tenant = tenant;
    others.count = count;
    others.detail = "more kinds of refused requests than are told apart";
    lines += FormatDenied(others) + '\n';
  }
  return lines.empty() ? storage::Result<void>() : Append(lines);
}

storage::Result<void> DeniedLog::Append(const std::string& lines) {
  const std::filesystem::path newer = directory_ / "denied.jsonl";
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const auto size = std::filesystem::file_size(newer, error);
  if (!error && size + lines.size() > file_bytes_max_) {
    std::filesystem::rename(newer, directory_ / "denied.1.jsonl", error);
    if (error) {
      return storage::Fail(storage::ErrorCode::kIo,
                           fmt::format("{}: {}", newer.string(), error.message()));
    }
  }
  // A line that was cut off must not spoil the next one.
  const bool is_whole = EndsInLineEnd(newer);
  std::ofstream out(newer, std::ios::app);
  if (!is_whole) out << '\n';
  out << lines;
  out.flush();
  if (out) return {};
  return storage::Fail(storage::ErrorCode::kIo,
                       fmt::format("{} cannot be written", newer.string()));
}

storage::Result<void> DeniedLog::ForEach(
    std::string_view tenant,
    const std::function<bool(std::int64_t time_us, std::string_view line)>& visit) {
  // What is on the disk can be read though it is full.
  if (const auto flushed = Flush(); !flushed) {
    fmt::print(stderr, "scimledger: {}\n", flushed.error().message);
  }
  const std::lock_guard file_lock(file_mutex_);
  for (const char* name : {"denied.1.jsonl", "denied.jsonl"}) {
    std::ifstream in(directory_ / name);
    for (std::string line; std::getline(in, line);) {
      const auto time_us = TimeOf(line, tenant);
      if (time_us && !visit(*time_us, line)) return {};
    }
  }
  return {};
}

}  // namespace scimledger::api
