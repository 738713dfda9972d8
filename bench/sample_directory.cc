#include "bench/sample_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/request_template.h"
#include "bench/sample_user.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "engine/writer_batch.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"

namespace scimledger::bench {
namespace {

constexpr std::int64_t kTimeUs = 1'772'000'000'000'000;
constexpr std::uint64_t kBatch = 1000;

}  // namespace

std::string SampleUserJson(std::uint64_t number) {
  std::string json(kSampleUser);
  const std::string digits = fmt::format("{:08}", number);
  for (auto at = json.find(kNumberPlace); at != std::string::npos; at = json.find(kNumberPlace)) {
    json.replace(at, kNumberPlace.size(), digits);
  }
  return json;
}

DecideTime SampleTime() { return {.now_us = kTimeUs, .clock_us = kTimeUs}; }

ResourceId SampleDirectory::IdOf(std::uint64_t number) {
  // Spread like random ids, so that hash maps meet what they meet in a server.
  ResourceId id;
  std::uint64_t bits = number * 0x9E3779B97F4A7C15U + 1;
  for (std::uint8_t& byte : id.bytes) {
    bits = (bits ^ (bits >> 29U)) * 0xBF58476D1CE4E5B9U;
    byte = static_cast<std::uint8_t>(bits >> 56U);
  }
  return id;
}

SampleDirectory::SampleDirectory(std::uint64_t users, Log log)
    : log_(log == Log::kKept ? storage::MakeMemoryEventLog(IdOf(1)) : nullptr) {
  for (std::uint64_t begin = 0; begin < users; begin += kBatch) {
    Create(begin, std::min(users, begin + kBatch));
  }
}

void SampleDirectory::Create(std::uint64_t begin, std::uint64_t end) {
  WriterBatch batch(*directory_, log_ ? log_->id() : Uuid{}, end - begin);
  for (std::uint64_t number = begin; number < end; ++number) {
    const auto done = [](const Result<Outcome>& outcome) {
      SCIMLEDGER_INVARIANT(outcome, outcome.error().detail.c_str());
    };
    batch.Take(MakeCreate(number), done, SampleTime());
  }
  if (log_) {
    const auto appended =
        log_->Append({storage::RandomUuid(), directory_->head(), batch.encoded()});
    SCIMLEDGER_INVARIANT(appended, appended.error().message.c_str());
  }
  directory_->Commit(batch.events());
  batch.AnswerAll();
}

Command SampleDirectory::MakeCreate(std::uint64_t number) const {
  const auto document = JsonDocument::Parse(SampleUserJson(number));
  SCIMLEDGER_INVARIANT(document, document.error().detail.c_str());
  auto draft = ParseResource(*registry_, user_type(), document->root());
  SCIMLEDGER_INVARIANT(draft, draft.error().detail.c_str());
  Command command;
  command.body = CreateResource{user_type().id, IdOf(number), *std::move(draft)};
  command.actor = {"0190aaaa-0000-7000-8000-000000000001", AuthMethod::kBearer, Role::kProvisioner};
  command.client = {"10.2.3.4", "", "identity-provider/1.0", "request-7"};
  command.transaction = IdOf(number + 1'000'000'000);
  command.registry = registry_;
  return command;
}

std::vector<storage::NewEvent> SampleDirectory::EncodedCreates(std::size_t count,
                                                               const Uuid& log_id) const {
  const auto empty = projections::Directory::Make();
  WriterBatch batch(*empty, log_id, count);
  for (std::uint64_t number = 0; number < count; ++number) {
    batch.Take(
        MakeCreate(number), [](const Result<Outcome>&) {}, SampleTime());
  }
  return {batch.encoded().begin(), batch.encoded().end()};
}

}  // namespace scimledger::bench
