#include "api/history_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace scimledger::api {
namespace {

using projections::History;

constexpr std::string_view kName = "history";
/// Beyond this lag, writes are slowed.
constexpr std::uint64_t kLagMax = 100'000;
/// How long a batch waits for the history at most: a single write behind a bulk load notices it.
constexpr std::chrono::milliseconds kBatchWait{20};

/// Which time of making a directory is of: 0 of `history`, 3 of `history.3`. nullopt: of none that
/// is whole.
std::optional<std::uint64_t> GenerationOf(std::string_view name) {
  if (name == kName) return 0;
  const std::string prefix = std::string(kName) + '.';
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t generation = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), generation);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return generation;
}

std::filesystem::path PartialOf(std::filesystem::path directory) {
  directory += ".partial";
  return directory;
}

}  // namespace

storage::Error NoHistory() {
  return {storage::ErrorCode::kUnavailable,
          "the server keeps no history: it is switched off (setting history), or it could not be "
          "made at the start, as the server's output says"};
}

HistoryKeeper::HistoryKeeper(const storage::EventLog& log, Options options)
    : log_(log), options_(std::move(options)), generation_(FindGeneration()) {
  kept_ = Open(PathOf(generation_));
}

std::filesystem::path HistoryKeeper::PathOf(std::uint64_t generation) const {
  if (generation == 0) return options_.directory / kName;
  return options_.directory / fmt::format("{}.{}", kName, generation);
}

std::uint64_t HistoryKeeper::FindGeneration() const {
  std::vector<std::filesystem::path> all;
  std::uint64_t newest = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kName)) continue;
    all.push_back(entry.path());
    newest = std::max(newest, GenerationOf(name).value_or(0));
  }
  for (const std::filesystem::path& path : all) {
    if (path != PathOf(newest)) History::Remove(path);
  }
  return newest;
}

storage::Result<HistoryKeeper::Kept> HistoryKeeper::Open(
    const std::filesystem::path& directory) const {
  SCIMLEDGER_TRY_ASSIGN(auto opened,
                        History::Open(log_, {.directory = directory, .notice = options_.notice}));
  Kept kept;
  kept.is_discarded = std::make_shared<std::atomic<bool>>(false);
  kept.history = std::shared_ptr<History>(
      opened.release(), [directory, is_discarded = kept.is_discarded](History* history) {
        delete history;
        if (*is_discarded) History::Remove(directory);
      });
  return kept;
}

storage::Result<void> HistoryKeeper::BringToHead(History& history, const Progress& progress) const {
  const Sequence head = log_.head().sequence;
  const auto tell = [&](Sequence position) {
    if (progress) progress(position, head);
  };
  if (history.position() >= head) return {};
  SCIMLEDGER_TRY(history.WaitFor(head, std::chrono::steady_clock::time_point::max(), tell));
  tell(head);
  return {};
}

void HistoryKeeper::Finish(const Progress& progress) {
  const auto finish = [&]() -> storage::Result<void> {
    if (!kept_) return std::unexpected(kept_.error());
    return BringToHead(*kept_->history, progress);
  };
  auto finished = finish();
  if (!finished && finished.error().code == storage::ErrorCode::kUnavailable) {
    // A full disk, say: the present is served meanwhile, and the past as far as it has come.
    return Notice(fmt::format(
        "tenant {} is served before its history is there: questions about the past that it has not "
        "come to are answered with 503",
        options_.tenant));
  }
  if (!finished) {
    Notice(fmt::format("the history of tenant {} is made again: {}", options_.tenant,
                       finished.error().message));
    kept_ = Kept{};
    History::Remove(PathOf(generation_));
    kept_ = Open(PathOf(generation_));
    finished = finish();
  }
  if (finished) return;
  Notice(fmt::format("tenant {} has no history until the next start: {}", options_.tenant,
                     finished.error().message));
  kept_ = Kept{};
}

std::shared_ptr<History> HistoryKeeper::current() const {
  const std::lock_guard lock(mutex_);
  return kept_ ? kept_->history : nullptr;
}

std::uint64_t HistoryKeeper::rebuilds() const {
  const std::lock_guard lock(mutex_);
  return rebuilds_;
}

void HistoryKeeper::Offer(std::vector<Event> events, std::size_t bytes) const {
  if (const auto history = current()) history->Offer(std::move(events), bytes);
}

void HistoryKeeper::SlowDown() const {
  const auto history = current();
  const std::uint64_t head = log_.head().sequence.value;
  if (history == nullptr || head <= history->position().value + kLagMax) return;
  // Whether it came so far or not: the batch goes on.
  (void)history->WaitFor(Sequence{head - kLagMax}, std::chrono::steady_clock::now() + kBatchWait);
}

storage::Result<Sequence> HistoryKeeper::Rebuild(const Progress& progress) {
  const std::lock_guard one(rebuilding_);
  const std::filesystem::path directory = PathOf(generation_ + 1);
  const std::filesystem::path partial = PartialOf(directory);
  History::Remove(partial);
  // One that was finished, and could not be opened.
  History::Remove(directory);
  {
    SCIMLEDGER_TRY_ASSIGN(const Kept made, Open(partial));
    const auto come = BringToHead(*made.history, progress);
    if (!come) {
      *made.is_discarded = true;
      return std::unexpected(come.error());
    }
  }
  // Closed, it gets its name; what came meanwhile is little.
  std::error_code failed;
  std::filesystem::rename(partial, directory, failed);
  if (failed) {
    return storage::Fail(storage::ErrorCode::kIo,
                         fmt::format("cannot rename {}: {}", partial.string(), failed.message()));
  }
  SCIMLEDGER_TRY_ASSIGN(Kept made, Open(directory));
  SCIMLEDGER_TRY(BringToHead(*made.history, progress));
  const Sequence sequence = made.history->position();
  {
    const std::lock_guard lock(mutex_);
    if (kept_->history != nullptr) *kept_->is_discarded = true;
    std::swap(*kept_, made);
    ++generation_;
    ++rebuilds_;
  }
  // The old one goes here, or with its last reader.
  return sequence;
}

void HistoryKeeper::Notice(const std::string& line) const {
  if (options_.notice) options_.notice(line);
}

}  // namespace scimledger::api
