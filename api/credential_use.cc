#include "api/credential_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "engine/text.h"

namespace scimledger::api {

// One line for each: <credential id> <time>.
CredentialUse::CredentialUse(std::filesystem::path file) : file_(std::move(file)) {
  if (!file_.empty()) Load();
}

void CredentialUse::Load() {
  std::ifstream in(file_);
  std::string id_text;
  std::string time_text;
  while (in >> id_text >> time_text) {
    const auto id = Uuid::Parse(id_text);
    const auto time_us = ParseDateTime(time_text);
    if (!id || !time_us) return;
    PartOf(*id).used_us[*id] = *time_us;
  }
}

void CredentialUse::Note(const Uuid& credential, std::int64_t now_us) {
  Part& part = PartOf(credential);
  const std::lock_guard lock(part.mutex);
  std::int64_t& used_us = part.used_us[credential];
  used_us = std::max(used_us, now_us);
  part.is_changed = true;
}

std::optional<std::int64_t> CredentialUse::LastUsedUs(const Uuid& credential) const {
  const Part& part = PartOf(credential);
  const std::lock_guard lock(part.mutex);
  const auto found = part.used_us.find(credential);
  if (found == part.used_us.end()) return std::nullopt;
  return found->second;
}

storage::Result<void> CredentialUse::Save() {
  if (file_.empty()) return {};
  std::string text;
  bool is_changed = false;
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    is_changed = std::exchange(part.is_changed, false) || is_changed;
    for (const auto& [id, used_us] : part.used_us) {
      text += fmt::format("{} {}\n", id.ToString(), FormatDateTime(used_us));
    }
  }
  if (!is_changed) return {};
  const std::filesystem::path beside = file_.string() + ".new";
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  std::ofstream out(beside, std::ios::trunc);
  out << text;
  out.close();
  if (out) std::filesystem::rename(beside, file_, error);
  if (out && !error) return {};
  // To be tried again.
  const std::lock_guard lock(parts_[0].mutex);
  parts_[0].is_changed = true;
  return storage::Fail(storage::ErrorCode::kIo,
                       fmt::format("{} cannot be written", file_.string()));
}

}  // namespace scimledger::api
