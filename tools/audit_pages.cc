#include "tools/audit_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr std::uint64_t kPageMax = 1000;

}  // namespace

void AddParameter(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  target += fmt::format("{}{}={}", target.find('?') == std::string::npos ? '?' : '&', name,
                        EncodeParameter(value));
}

AuditPages::AuditPages(Connection& connection, std::string target, std::string key,
                       std::uint64_t limit)
    : connection_(connection), target_(std::move(target)), key_(std::move(key)) {
  if (limit > 0) remaining_ = limit;
}

AuditPages AuditPages::AsOf(Connection& connection, std::string target, std::string key,
                            std::string moment) {
  AuditPages pages(connection, std::move(target), std::move(key), 0);
  pages.moment_ = std::move(moment);
  return pages;
}

std::string AuditPages::NextTarget() const {
  std::string target = target_;
  AddParameter(target, "limit",
               fmt::format("{}", std::min(remaining_.value_or(kPageMax), kPageMax)));
  AddParameter(target, "after", after_);
  if (moment_) {
    AddParameter(target, "asOf", after_.empty() ? *moment_ : fmt::format("{}", as_of_));
    return target;
  }
  // What is written while pages are fetched belongs to a later list.
  const bool is_bounded =
      target_.find("&until=") != std::string::npos || target_.find("?until=") != std::string::npos;
  if (!after_.empty() && !is_bounded) AddParameter(target, "until", fmt::format("{}", as_of_));
  return target;
}

ExitCode AuditPages::ForEach(const std::function<ExitCode(const AuditPage&)>& visit) {
  for (;;) {
    const auto page = Next();
    if (!page) return page.error();
    if (!*page) return ExitCode::kDone;
    if (const ExitCode code = visit(**page); code != ExitCode::kDone) return code;
  }
}

std::expected<std::optional<AuditPage>, ExitCode> AuditPages::Next() {
  if (is_over_ || remaining_ == 0) return std::optional<AuditPage>();
  const auto response = Ask(connection_, "GET", NextTarget());
  if (!response) return std::unexpected(response.error());
  auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array items;
  std::uint64_t as_of = 0;
  if (!document || document->root()[key_].get(items) != simdjson::SUCCESS ||
      document->root()["asOf"].get(as_of) != simdjson::SUCCESS) {
    return std::unexpected(
        Report(ExitCode::kIo, fmt::format("the answer is not a page of {}", key_)));
  }
  if (after_.empty()) as_of_ = as_of;
  std::string_view next;
  is_over_ = document->root()["next"].get(next) != simdjson::SUCCESS;
  after_ = next;
  if (remaining_) *remaining_ -= std::min<std::uint64_t>(*remaining_, items.size());
  return AuditPage{*std::move(document), items, as_of_};
}

}  // namespace scimledger::tools
