#include "projections/attribute_index.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace scimledger::projections {
namespace {

/// Columns that one query may have made; more attributes in one filter are checked row by row.
constexpr std::size_t kColumnsPerQueryMax = 32;
/// How often the thread looks whether a base has fallen behind that no query asks for.
constexpr std::chrono::seconds kLookAround{1};
/// After renewing, the thread rests for so many times as long.
constexpr int kRestAfterRenewal = 4;
/// A node to compare costs about a quarter of a changed row to evaluate.
constexpr std::size_t kLeavesPerChange = 4;
/// Columns that nobody used for so many times `keep` are not renewed.
constexpr int kKeepsUntilDropped = 10;

/// Whether the view's registry has the column's attributes: a schema may be younger than the base.
bool Knows(const FrozenView& base, const AttributeIndex::ColumnName& name) {
  const RegistryPtr registry = base.registry();
  const AttributePath& path = name.second.path;
  const auto knows = [&](AttributeId id) {
    return static_cast<std::size_t>(id) < registry->attribute_count();
  };
  return static_cast<std::size_t>(name.first) < registry->resource_types().size() &&
         knows(path.attribute) && (!path.sub || knows(*path.sub));
}

}  // namespace

std::size_t IndexState::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [type, index] : types) bytes += index->memory_bytes();
  return bytes;
}

ColumnPtr IndexState::Find(ResourceTypeId type, const ColumnKey& key) const {
  const auto found = types.find(type);
  return found == types.end() ? nullptr : found->second->Find(key);
}

AttributeIndex::AttributeIndex(Freeze freeze) : freeze_(std::move(freeze)) {}

AttributeIndex::~AttributeIndex() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AttributeIndex::Configure(const AttributeIndexOptions& options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
}

std::size_t AttributeIndex::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return state_ ? state_->memory_bytes() : 0;
}

void AttributeIndex::Clear() {
  IndexStatePtr gone;  // let go of without the lock
  const std::lock_guard lock(mutex_);
  ++generation_;
  std::swap(gone, state_);
  refused_.clear();
  asked_.clear();
  is_renewal_asked_ = false;
}

bool AttributeIndex::CanBuildAtOnce(const ColumnName& name, const IndexState* state) const {
  const std::size_t rows = state != nullptr ? state->base->resource_count(name.first)
                                            : freeze_()->resource_count(name.first);
  // Another base for its sake moves every column.
  const bool needs_base = state != nullptr && !Knows(*state->base, name);
  const std::size_t all = needs_base ? state->base->contents().next_ordinal : rows;
  const std::lock_guard lock(mutex_);
  return all <= options_.rows_at_once;
}

IndexStatePtr AttributeIndex::Acquire(std::span<const ColumnName> wanted) {
  std::vector<ColumnName> missing;
  IndexStatePtr state;
  {
    const std::lock_guard lock(mutex_);
    if (options_.memory_max_bytes == 0) return nullptr;
    state = state_;
    const Clock::time_point now = Clock::now();
    for (const ColumnName& name : wanted) {
      last_used_[name] = now;
      if (state && state->Find(name.first, name.second)) continue;
      const auto refused = refused_.find(name);
      if (refused != refused_.end() && now < refused->second) continue;
      if (missing.size() < kColumnsPerQueryMax) missing.push_back(name);
    }
  }
  if (missing.empty()) return state;
  std::vector<ColumnName> later;
  const std::unique_lock build_lock(build_mutex_, std::try_to_lock);
  for (const ColumnName& name : missing) {
    if (build_lock && CanBuildAtOnce(name, state.get())) {
      Build(name);
    } else {
      later.push_back(name);
    }
  }
  if (!later.empty()) Ask(later, false);
  const std::lock_guard lock(mutex_);
  return state_;
}

void AttributeIndex::WaitFor(std::span<const ColumnName> wanted, Clock::time_point deadline) {
  Acquire(wanted);
  // Until some day, not forever: the clock's last moment overflows on its way to the system.
  const Clock::time_point latest = std::min(deadline, Clock::now() + std::chrono::hours(1));
  std::unique_lock lock(mutex_);
  idle_.wait_until(lock, latest, [&] {
    return is_ending_ || std::none_of(wanted.begin(), wanted.end(),
                                      [this](const auto& name) { return asked_.contains(name); });
  });
}

bool AttributeIndex::IsDue(const IndexState& state, const RowTable::Difference& difference) const {
  const std::lock_guard lock(mutex_);
  const std::size_t rows = state.base->contents().next_ordinal;
  const std::size_t most = std::max(options_.changes_min, rows / options_.rows_per_change);
  return difference.ordinals.size() > most || difference.leaves > most * kLeavesPerChange;
}

void AttributeIndex::Report(const IndexState& state, const RowTable::Difference& difference) {
  if (!IsDue(state, difference)) return;
  bool is_small = false;
  {
    const std::lock_guard lock(mutex_);
    is_small = state.base->contents().next_ordinal <= options_.rows_at_once &&
               difference.ordinals.size() <= options_.rows_at_once;
  }
  if (!is_small) return Ask({}, true);
  const std::unique_lock build_lock(build_mutex_, std::try_to_lock);
  if (build_lock) Renew();
}

void AttributeIndex::Ask(std::span<const ColumnName> names, bool renew) {
  {
    const std::lock_guard lock(mutex_);
    asked_.insert(names.begin(), names.end());
    is_renewal_asked_ = is_renewal_asked_ || renew;
    StartThread();
  }
  wake_.notify_all();
}

void AttributeIndex::StartThread() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
}

void AttributeIndex::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return asked_.empty() && !is_renewal_asked_ && !is_working_; });
}

void AttributeIndex::Work() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    const auto has_work = [this] {
      const bool may_renew = is_renewal_asked_ && Clock::now() >= next_renewal_;
      return is_ending_ || !asked_.empty() || may_renew;
    };
    if (is_renewal_asked_ && asked_.empty()) {
      wake_.wait_until(lock, next_renewal_, has_work);
    } else {
      wake_.wait_for(lock, kLookAround, has_work);
    }
    if (is_ending_) break;
    is_working_ = true;
    WorkOnce(lock);
    is_working_ = false;
    idle_.notify_all();
  }
}

void AttributeIndex::WorkOnce(std::unique_lock<std::mutex>& lock) {
  const bool renews = is_renewal_asked_ && Clock::now() >= next_renewal_;
  if (!renews && !asked_.empty()) {
    const ColumnName name = *asked_.begin();
    lock.unlock();
    {
      const std::lock_guard build_lock(build_mutex_);
      Build(name);
    }
    lock.lock();
    asked_.erase(name);
    return;
  }
  lock.unlock();
  if (renews) {
    const Clock::time_point begin = Clock::now();
    {
      const std::lock_guard build_lock(build_mutex_);
      Renew();
    }
    const Clock::time_point end = Clock::now();
    lock.lock();
    is_renewal_asked_ = false;
    next_renewal_ = end + kRestAfterRenewal * (end - begin);
    return;
  }
  LookAround();
  lock.lock();
}

void AttributeIndex::LookAround() {
  IndexStatePtr state;
  bool is_used = false;
  {
    const std::lock_guard lock(mutex_);
    state = state_;
    const Clock::time_point now = Clock::now();
    is_used = std::any_of(last_used_.begin(), last_used_.end(),
                          [&](const auto& use) { return now - use.second < options_.keep; });
  }
  if (!state) return;
  const auto view = freeze_();
  if (view->sequence() == state->base->sequence()) return;
  if (!IsDue(*state, view->contents().rows.DifferenceFrom(state->base->contents().rows))) return;
  // What has changed since is kept twice for as long as the base stays.
  if (is_used) return Ask({}, true);
  const std::lock_guard lock(mutex_);
  if (state_ == state) state_.reset();
}

void AttributeIndex::Build(const ColumnName& name) {
  IndexState state;
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    if (state_) state = *state_;
  }
  if (!state.base) state.base = freeze_();
  if (!Knows(*state.base, name)) {
    Renew();
    const std::lock_guard lock(mutex_);
    if (!state_ || generation != generation_ || !Knows(*state_->base, name)) return;
    state = *state_;
  }
  TypeIndexPtr& type = state.types[name.first];
  if (!type) type = std::make_shared<const TypeIndex>(state.base, name.first);
  if (type->Find(name.second)) return;
  if (TypeIndexPtr with = type->With(name.second)) {
    type = std::move(with);
    return Publish(std::move(state), &name, generation);
  }
  const std::lock_guard lock(mutex_);
  refused_[name] = Clock::time_point::max();
}

void AttributeIndex::Renew() {
  IndexStatePtr before;
  std::map<ColumnName, Clock::time_point> last_used;
  std::chrono::milliseconds keep{};
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    before = state_;
    last_used = last_used_;
    keep = options_.keep;
  }
  if (!before) return;
  IndexState state{freeze_(), before->types};
  if (state.base->sequence() == before->base->sequence()) return;
  const Clock::time_point oldest = Clock::now() - kKeepsUntilDropped * keep;
  for (const auto& [name, time] : last_used) {
    if (time < oldest) Drop(state, name);
  }
  const RowTable::Difference difference =
      state.base->contents().rows.DifferenceFrom(before->base->contents().rows);
  for (auto& [type, index] : state.types) index = index->At(state.base, difference.ordinals);
  Publish(std::move(state), nullptr, generation);
}

void AttributeIndex::Publish(IndexState state, const ColumnName* made, std::uint64_t generation) {
  IndexStatePtr replaced;  // let go of without the lock: views are large
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return;
  MakeRoom(state, made);
  // Without columns there is no reason to keep a view.
  replaced = state.types.empty() ? nullptr : std::make_shared<const IndexState>(std::move(state));
  std::swap(state_, replaced);
  // Somebody has to see to it that a large base is let go.
  if (state_ && state_->base->contents().next_ordinal > options_.rows_at_once) StartThread();
}

void AttributeIndex::MakeRoom(IndexState& state, const ColumnName* made) {
  const Clock::time_point now = Clock::now();
  while (state.memory_bytes() > options_.memory_max_bytes) {
    const std::optional<ColumnName> oldest = LeastRecentlyUsed(state);
    if (!oldest) return;
    const bool is_in_use = made != nullptr && now - last_used_[*oldest] < options_.keep;
    const ColumnName gone = is_in_use ? *made : *oldest;
    if (is_in_use) refused_[gone] = now + options_.keep;
    Drop(state, gone);
    if (is_in_use) return;
  }
}

std::optional<AttributeIndex::ColumnName> AttributeIndex::LeastRecentlyUsed(
    const IndexState& state) const {
  std::optional<ColumnName> oldest;
  Clock::time_point oldest_use = Clock::time_point::max();
  for (const auto& [type, index] : state.types) {
    for (const auto& [key, column] : index->columns()) {
      const auto use = last_used_.find({type, key});
      const Clock::time_point time =
          use == last_used_.end() ? Clock::time_point::min() : use->second;
      if (time >= oldest_use) continue;
      oldest_use = time;
      oldest = ColumnName{type, key};
    }
  }
  return oldest;
}

void AttributeIndex::Drop(IndexState& state, const ColumnName& name) {
  const auto type = state.types.find(name.first);
  if (!state.Find(name.first, name.second)) return;
  type->second = type->second->Without(name.second);
  if (type->second->columns().empty()) state.types.erase(type);
}

}  // namespace scimledger::projections
