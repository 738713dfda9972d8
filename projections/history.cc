#include "projections/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "projections/background_thread.h"
#include "projections/event_batches.h"
#include "projections/history_error.h"
#include "projections/numbering.h"
#include "storage/thread_name.h"

namespace scimledger::projections {
namespace {

/// Rows are written together up to this many bytes, so that folding many events costs few writes.
constexpr std::size_t kWriteBytes = std::size_t{4} << 20U;
/// How often the log is looked at after a nudge, and for how long. What comes in between is folded
/// together: a thread that wakes more often takes the caches from those that answer. Whoever waits
/// for the history wakes it.
constexpr std::chrono::milliseconds kPollEvery{100};
constexpr std::chrono::seconds kAwakeFor{10};
constexpr std::chrono::milliseconds kProgressEvery{200};
constexpr std::chrono::seconds kAsleepFor{60};
/// Between two tries after a failure that may pass.
constexpr std::chrono::milliseconds kPauseMin{100};
constexpr std::chrono::milliseconds kPauseMax{5'000};
constexpr std::size_t kAdministrationsMax = 4;
/// After so many at a time, what was folded is kept at once: they would be folded again by each
/// start after a crash.
constexpr std::uint64_t kKeepEvents = 50'000;
/// What is offered beyond this waits in the log instead.
constexpr std::size_t kOfferedEventsMax = 16'384;
constexpr std::size_t kOfferedBytesMax = std::size_t{16} << 20U;
static_assert(kKeepEvents > kOfferedEventsMax, "one look at what was offered flushes nothing");
/// After so long in trouble that may pass, nobody waits for it any more.
constexpr std::chrono::seconds kTroubleMax{3};
/// What a stop folds at most.
constexpr std::uint64_t kLastEvents = 5'000;

storage::Result<std::optional<HistoryPosition>> ReadPosition(const storage::KeyValueStore& store) {
  SCIMLEDGER_TRY_ASSIGN(const auto value,
                        store.Get(std::string(1, static_cast<char>(HistoryRow::kPosition))));
  if (!value) return std::nullopt;
  const auto position = HistoryFold::DecodePosition(*value);
  if (position) return position;
  return storage::Fail(storage::ErrorCode::kIncompatible, "another version wrote it");
}

/// Whether the rows were folded from this log. An event's id is random, so the one at the position
/// tells.
storage::Result<bool> Fits(const storage::EventLog& log, const HistoryPosition& position) {
  if (position.log_id != log.id() || position.sequence > log.head().sequence) return false;
  if (position.sequence == Sequence{0}) return true;
  SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(position.sequence, storage::ReadCheck::kTrust));
  SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
  return stored && stored->id == position.event;
}

storage::Result<bool> IsAtHead(const storage::EventLog& log, const HistoryPosition& position) {
  return position.log_id == log.id() && position.sequence == log.head().sequence;
}

/// A log that is being reopened, a full disk: they come back.
bool IsPassing(const storage::Error& error) {
  return error.code == storage::ErrorCode::kUnavailable ||
         error.code == storage::ErrorCode::kNoSpace || error.code == storage::ErrorCode::kIo;
}

/// About what decoded events take: what they changed is no more than their rows have.
std::size_t BytesOf(const std::vector<Event>& events) {
  constexpr std::size_t kEventBytes = 1'000;
  std::size_t bytes = 0;
  for (const Event& event : events) {
    bytes += kEventBytes + (event.members_added.size() + event.members_removed.size()) * 16;
    for (const ResourcePtr* row : {&event.before, &event.after}) {
      if (*row != nullptr) bytes += 2 * (*row)->document.size();
    }
  }
  return bytes;
}

HistoryPosition Beginning(const storage::EventLog& log) {
  HistoryPosition position;
  position.log_id = log.id();
  return position;
}

}  // namespace

void History::Remove(const std::filesystem::path& directory) {
  // Aside first: a kill in between must leave no part of it under its name.
  std::filesystem::path aside = directory;
  aside += ".old";
  std::error_code ignored;
  std::filesystem::remove_all(aside, ignored);
  std::filesystem::rename(directory, aside, ignored);
  std::filesystem::remove_all(aside, ignored);
}

storage::Result<std::unique_ptr<History>> History::Open(const storage::EventLog& log,
                                                        Options options) {
  const auto try_open = [&]() -> storage::Result<std::unique_ptr<History>> {
    SCIMLEDGER_TRY_ASSIGN(
        auto store,
        options.is_whole
            ? storage::KeyValueStore::OpenReadOnly(options.directory, HistoryFold::kApart)
            : storage::KeyValueStore::Open(options.directory, HistoryFold::kApart));
    SCIMLEDGER_TRY_ASSIGN(const auto position, ReadPosition(*store));
    // No position yet: it is new, or nothing of it survived.
    if (position) {
      SCIMLEDGER_TRY_ASSIGN(const bool fits,
                            options.is_whole ? IsAtHead(log, *position) : Fits(log, *position));
      if (!fits) return storage::Fail(storage::ErrorCode::kIncompatible, "it is of another log");
    }
    const HistoryPosition start = position.value_or(Beginning(log));
    std::unique_ptr<History> history(new History(log, options, std::move(store), start));
    SCIMLEDGER_TRY(history->Restore(start));
    return history;
  };
  auto opened = try_open();
  const bool is_useless = !opened && (opened.error().code == storage::ErrorCode::kCorrupt ||
                                      opened.error().code == storage::ErrorCode::kIncompatible);
  if (is_useless && !options.is_whole) {
    if (options.notice) {
      options.notice(fmt::format("the history in {} is not used and is made again: {}",
                                 options.directory.string(), opened.error().message));
    }
    Remove(options.directory);
    opened = try_open();
  }
  if (opened && !options.is_whole) {
    History& history = **opened;
    history.thread_ = std::thread([&history] { history.Follow(); });
  }
  return opened;
}

History::History(const storage::EventLog& log, Options options,
                 std::unique_ptr<storage::KeyValueStore> store, const HistoryPosition& position)
    : log_(log),
      options_(std::move(options)),
      store_(std::move(store)),
      reader_(*store_),
      fold_(*store_, position),
      position_(position.sequence.value),
      is_fed_(options_.is_fed) {}

History::~History() {
  is_stopping_ = true;
  { const std::lock_guard lock(mutex_); }
  nudged_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  // So that the next start finds it at the head; unless it is far behind and was being made again.
  const bool is_near = Target().value < position().value + kLastEvents;
  if (!failure_ && is_near) {
    is_stopping_ = false;
    try {
      (void)CatchUp();
    } catch (const std::exception&) {
      // The next start makes up for it.
    }
  }
  // What is not kept is folded again at the next start.
  (void)store_->Flush();
}

storage::Result<void> History::Restore(const HistoryPosition& position) {
  std::vector<storage::NewEvent> administration;
  try {
    administration = reader_.Administration(position.sequence);
  } catch (const HistoryError& error) {
    return storage::Fail(storage::ErrorCode::kCorrupt, error.what());
  }
  for (const storage::NewEvent& event : administration) administration_.push_back(event.sequence);
  SCIMLEDGER_TRY(fold_.Restore(administration));
  fold_.SetHead(position.sequence);
  const bool is_new = position.sequence == Sequence{0};
  if (!is_new && HashNumbering(*fold_.registry()) != position.numbering) {
    return storage::Fail(storage::ErrorCode::kIncompatible,
                         "it numbers attributes as another version did");
  }
  const std::uint32_t chunk = ChunkOf(position.sequence.Next());
  terms_.Open(chunk);
  if (options_.is_whole) return {};
  const Sequence before{FirstOf(chunk).value - 1};
  SCIMLEDGER_TRY_ASSIGN(
      const auto batches,
      ReadEventBatches(log_, fold_.registry(), before, position.sequence, DecodeFor::kIndexing));
  while (true) {
    SCIMLEDGER_TRY_ASSIGN(const std::vector<Event> batch, batches->Next());
    if (batch.empty()) return {};
    for (const Event& event : batch) terms_.Add(*fold_.registry(), event);
  }
}

void History::Nudge() {
  if (is_awake_.load(std::memory_order_relaxed) || is_awake_.exchange(true)) return;
  { const std::lock_guard lock(mutex_); }
  nudged_.notify_all();
}

storage::Result<void> History::WaitFor(Sequence sequence,
                                       std::chrono::steady_clock::time_point deadline,
                                       const std::function<void(Sequence)>& progress) {
  while (position() < sequence) {
    Nudge();
    {
      std::unique_lock lock(mutex_);
      ++waiting_;
      nudged_.notify_all();
      const auto until = std::min(deadline, std::chrono::steady_clock::now() + kProgressEvery);
      moved_.wait_until(lock, until, [&] { return failure_ || position() >= sequence; });
      --waiting_;
      if (failure_) return std::unexpected(*failure_);
      if (HasLongTrouble()) {
        return storage::Fail(storage::ErrorCode::kUnavailable, trouble_->message);
      }
    }
    if (position() >= sequence) break;
    if (progress) progress(position());
    if (std::chrono::steady_clock::now() >= deadline) {
      return storage::Fail(storage::ErrorCode::kUnavailable,
                           fmt::format("the history is at sequence {} and still on its way to {}",
                                       position().value, sequence.value));
    }
  }
  return {};
}

std::shared_ptr<const Administration> History::AdministrationAt(Sequence at) const {
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto end = std::upper_bound(administration_.begin(), administration_.end(), at);
    count = static_cast<std::size_t>(end - administration_.begin());
    const auto known = administrations_.find(count);
    if (known != administrations_.end()) return known->second;
  }
  AdministrationFold fold;
  Expect(fold.Restore(reader_.Administration(at)));
  auto made = std::make_shared<Administration>(fold.administration());
  made->lookups = std::make_shared<const LookupAttributes>(made->registry);
  const std::lock_guard lock(mutex_);
  if (administrations_.size() >= kAdministrationsMax) administrations_.clear();
  administrations_.emplace(count, made);
  return made;
}

void History::Follow() {
  storage::NameThread("history");
  YieldToOthers();
  std::chrono::milliseconds pause = kPauseMin;
  while (!is_stopping_) {
    storage::Result<void> caught_up;
    try {
      caught_up = CatchUp();
    } catch (const HistoryError& error) {
      return FailWith({error.code(), error.what()});
    } catch (const std::exception& error) {
      return FailWith({storage::ErrorCode::kIo, error.what()});
    }
    if (caught_up) {
      pause = kPauseMin;
      NoteTrouble(std::nullopt);
      if (!WaitForWork()) return;
      continue;
    }
    if (!IsPassing(caught_up.error())) return FailWith(caught_up.error());
    NoteTrouble(caught_up.error());
    std::unique_lock lock(mutex_);
    nudged_.wait_for(lock, pause, [this] { return is_stopping_.load(); });
    pause = std::min(2 * pause, kPauseMax);
  }
}

void History::NoteTrouble(const std::optional<storage::Error>& error) {
  std::string line;
  {
    const std::lock_guard lock(mutex_);
    if (error.has_value() == trouble_.has_value()) return;
    if (error) {
      trouble_ = {std::chrono::steady_clock::now(),
                  fmt::format("the history in {} cannot follow the log at the moment: {}",
                              options_.directory.string(), error->message)};
      line = trouble_->message;
    } else {
      trouble_.reset();
      line = fmt::format("the history in {} follows the log again", options_.directory.string());
    }
  }
  if (options_.notice) options_.notice(line);
}

void History::FailWith(storage::Error error) {
  error.message = fmt::format("the history in {} does not follow the log any more: {}",
                              options_.directory.string(), error.message);
  if (options_.notice) options_.notice(error.message);
  {
    const std::lock_guard lock(offers_mutex_);
    takes_offers_ = false;
    offered_.clear();
  }
  taken_.notify_all();
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }
  moved_.notify_all();
}

bool History::HasWork() {
  if (!is_fed_) return Target() > position();
  const std::lock_guard lock(offers_mutex_);
  return !offered_.empty();
}

/// False: it is to stop.
bool History::WaitForWork() {
  const auto asleep_at = std::chrono::steady_clock::now() + kAwakeFor;
  std::unique_lock lock(mutex_);
  // Events one by one cost many times what they cost together; whoever waits ends the pause.
  nudged_.wait_for(lock, kPollEvery, [this] { return is_stopping_ || waiting_ > 0 || is_fed_; });
  const auto has_work = [this] { return is_stopping_ || HasWork(); };
  while (!has_work()) {
    if (std::chrono::steady_clock::now() < asleep_at) {
      nudged_.wait_for(lock, kPollEvery);
      continue;
    }
    is_awake_ = false;
    // The log may have grown without an offer, after a failed append: kAsleepFor at most.
    nudged_.wait_for(lock, kAsleepFor, [&] { return is_awake_ || has_work(); });
    is_awake_ = true;
    break;
  }
  return !is_stopping_;
}

void History::Offer(std::vector<Event> events, std::size_t bytes) {
  // What an event replaced would be gone without it; the row that it made is the directory's own.
  for (const Event& event : events) {
    if (event.before != nullptr) bytes += event.before->document.size();
  }
  {
    const std::lock_guard lock(offers_mutex_);
    const bool fits = offered_events_ + events.size() <= kOfferedEventsMax &&
                      offered_bytes_ + bytes <= kOfferedBytesMax;
    const bool is_known = events.empty() || events.back().sequence <= position();
    if (fits && !is_known && takes_offers_) {
      offered_events_ += events.size();
      offered_bytes_ += bytes;
      offered_.push_back(std::move(events));
    }
  }
  Nudge();
}

storage::Result<void> History::Feed(std::vector<Event> events) {
  const std::size_t bytes = BytesOf(events);
  const auto has_room = [&] {
    return !takes_offers_ || offered_.empty() || offered_bytes_ + bytes <= kOfferedBytesMax;
  };
  for (bool is_taken = false; !is_taken;) {
    {
      std::unique_lock lock(offers_mutex_);
      is_taken = taken_.wait_for(lock, kProgressEvery, has_room);
      if (is_taken && takes_offers_) {
        offered_.push_back(std::move(events));
        offered_bytes_ += bytes;
      }
    }
    const std::lock_guard lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    if (HasLongTrouble()) {
      return storage::Fail(storage::ErrorCode::kUnavailable, trouble_->message);
    }
    nudged_.notify_all();
  }
  return {};
}

bool History::HasLongTrouble() const {
  return trouble_ && std::chrono::steady_clock::now() >= trouble_->since + kTroubleMax;
}

storage::Result<void> History::Flush() { return store_->Flush(); }

void History::EndFeed() {
  is_fed_ = false;
  Nudge();
}

storage::Result<void> History::CatchUp() {
  const std::uint64_t before = position().value;
  std::vector<std::vector<Event>> offered;
  {
    const std::lock_guard lock(offers_mutex_);
    offered.swap(offered_);
    offered_events_ = 0;
    offered_bytes_ = 0;
  }
  taken_.notify_all();
  // What an earlier try folded and could not write.
  SCIMLEDGER_TRY(WriteFolded());
  if (!offered.empty()) {
    SCIMLEDGER_TRY(FoldOffered(std::move(offered)));
  } else if (!is_fed_) {
    SCIMLEDGER_TRY(FoldFromLog(Target()));
  }
  SCIMLEDGER_TRY(WriteFolded());
  if (position().value - before < kKeepEvents) return {};
  return store_->Flush();
}

storage::Result<void> History::FoldOffered(std::vector<std::vector<Event>> batches) {
  for (std::vector<Event>& batch : batches) {
    const Sequence first = batch.front().sequence;
    if (first > fold_.head().Next()) SCIMLEDGER_TRY(FoldFromLog(Sequence{first.value - 1}));
    for (const Event& event : batch) {
      // The log may have been read beyond it meanwhile, or, while stopping, not up to it.
      if (event.sequence == fold_.head().Next()) SCIMLEDGER_TRY(FoldOne(event));
    }
    batch.clear();
  }
  return {};
}

storage::Result<void> History::FoldFromLog(Sequence until) {
  if (until <= fold_.head()) return {};
  SCIMLEDGER_TRY_ASSIGN(const auto batches, ReadEventBatches(log_, fold_.registry(), fold_.head(),
                                                             until, DecodeFor::kIndexing));
  while (!is_stopping_) {
    const auto batch = batches->Next();
    if (!batch) {
      // The next try begins after what was folded.
      SCIMLEDGER_TRY(WriteFolded());
      return std::unexpected(batch.error());
    }
    if (batch->empty()) break;
    for (const Event& event : *batch) SCIMLEDGER_TRY(FoldOne(event));
  }
  return {};
}

storage::Result<void> History::FoldOne(const Event& event) {
  const RegistryPtr registry = fold_.registry();
  SCIMLEDGER_TRY(fold_.Fold(event));
  terms_.Add(*registry, event);
  if (IsAdministration(event.kind)) {
    const std::lock_guard lock(mutex_);
    administration_.push_back(event.sequence);
  }
  const bool is_last_of_chunk = OffsetOf(event.sequence) == kChunkEvents - 1;
  if (is_last_of_chunk) terms_.WriteTo(fold_.batch());
  if (!is_last_of_chunk && fold_.pending_bytes() < kWriteBytes) return {};
  return WriteFolded();
}

storage::Result<void> History::WriteFolded() {
  if (fold_.head() == position()) return {};
  SCIMLEDGER_TRY(fold_.Write());
  // The chunk's rows are among those written.
  if (OffsetOf(fold_.head()) == kChunkEvents - 1) terms_.Open(ChunkOf(fold_.head().Next()));
  {
    const std::lock_guard lock(mutex_);
    position_.store(fold_.head().value, std::memory_order_release);
  }
  moved_.notify_all();
  return {};
}

}  // namespace scimledger::projections
