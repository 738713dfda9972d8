#include "projections/attribute_index.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/thread_name.h"

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
bool Knows(const FrozenView& base, const ColumnName& name) {
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

std::vector<ColumnName> IndexState::Names() const {
  std::vector<ColumnName> names;
  for (const auto& [type, index] : types) {
    for (const auto& [key, column] : index->columns()) names.emplace_back(type, key);
  }
  return names;
}

AttributeIndex::AttributeIndex(Freeze freeze) : freeze_(std::move(freeze)) { Configure({}); }

AttributeIndex::~AttributeIndex() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  options_.budget->Leave(*this);
  options_.budget->Charge(charged_bytes_, 0);
}

void AttributeIndex::Configure(const AttributeIndexOptions& options) {
  std::shared_ptr<IndexBudget> budget = options.budget;
  if (!budget) budget = std::make_shared<IndexBudget>();
  budget->Join(*this);
  std::shared_ptr<IndexBudget> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(options_, options).budget;
    options_.budget = budget;
    if (before) before->Charge(charged_bytes_, 0);
    budget->Charge(0, charged_bytes_);
  }
  if (before) before->Leave(*this);
}

std::shared_ptr<IndexBudget> AttributeIndex::budget() const {
  const std::lock_guard lock(mutex_);
  return options_.budget;
}

std::size_t AttributeIndex::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return charged_bytes_;
}

void AttributeIndex::Clear() {
  IndexStatePtr gone;  // let go of without the lock
  const std::lock_guard lock(mutex_);
  ++generation_;
  gone = Set(nullptr);
  refused_.clear();
  asked_.clear();
  is_renewal_asked_ = false;
  if (!gone || gone->base->contents().next_ordinal <= options_.rows_at_once) return;
  const std::vector<ColumnName> names = gone->Names();
  asked_.insert(names.begin(), names.end());
  StartThread();
  wake_.notify_all();
}

IndexStatePtr AttributeIndex::BringTo(const std::shared_ptr<const FrozenView>& view) {
  const std::lock_guard build_lock(build_mutex_);
  std::uint64_t generation = 0;
  IndexStatePtr before;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    before = state_;
  }
  if (!before || before->base->sequence() == view->sequence()) return before;
  const RowTable::Difference difference =
      view->contents().rows.DifferenceFrom(before->base->contents().rows);
  IndexState state{view, before->types};
  for (auto& [type, index] : state.types) index = index->At(view, difference.ordinals);
  // Another thread may have renewed it meanwhile: then nobody but the caller has a use for it.
  const bool is_younger = view->sequence() > before->base->sequence();
  if (is_younger) Publish(state, nullptr, generation);
  return std::make_shared<const IndexState>(std::move(state));
}

void AttributeIndex::Adopt(IndexState state) {
  const std::lock_guard build_lock(build_mutex_);
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    for (const ColumnName& name : state.Names()) last_used_[name] = Clock::now();
  }
  Publish(std::move(state), nullptr, generation);
}

void AttributeIndex::Expect(std::span<const ColumnName> names) {
  {
    const std::lock_guard lock(mutex_);
    for (const ColumnName& name : names) last_used_[name] = Clock::now();
  }
  if (!names.empty()) Ask(names, false);
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
    if (options_.budget->bytes_max() == 0) return nullptr;
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
  storage::NameThread("index");
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
  IndexStatePtr gone;
  const std::lock_guard lock(mutex_);
  if (state_ == state) gone = Set(nullptr);
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
  // Without columns there is no reason to keep a view.
  IndexStatePtr next;
  if (!state.types.empty()) next = std::make_shared<const IndexState>(std::move(state));
  IndexStatePtr replaced;  // let go of without the lock: views are large
  std::shared_ptr<IndexBudget> budget;
  std::chrono::milliseconds keep{};
  {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    replaced = Set(std::move(next));
    budget = options_.budget;
    keep = options_.keep;
    // Somebody has to see to it that a large base is let go.
    if (state_ && state_->base->contents().next_ordinal > options_.rows_at_once) StartThread();
  }
  if (budget->bytes_used() > budget->bytes_max()) budget->MakeRoom(*this, made, keep);
}

IndexStatePtr AttributeIndex::Set(IndexStatePtr state) {
  const std::size_t bytes = state ? state->memory_bytes() : 0;
  options_.budget->Charge(std::exchange(charged_bytes_, bytes), bytes);
  std::swap(state, state_);
  return state;
}

std::optional<ColumnUse> AttributeIndex::LeastRecentlyUsed() const {
  const std::lock_guard lock(mutex_);
  std::optional<ColumnUse> oldest;
  if (!state_) return oldest;
  for (const ColumnName& name : state_->Names()) {
    const auto use = last_used_.find(name);
    const Clock::time_point time = use == last_used_.end() ? Clock::time_point::min() : use->second;
    if (!oldest || time < oldest->time) oldest = ColumnUse{time, name};
  }
  return oldest;
}

IndexStatePtr AttributeIndex::Drop(const ColumnName& name,
                                   std::optional<Clock::time_point> refused_until) {
  const std::lock_guard lock(mutex_);
  if (refused_until) refused_[name] = *refused_until;
  if (!state_) return nullptr;
  IndexState state = *state_;
  Drop(state, name);
  return Set(state.types.empty() ? nullptr : std::make_shared<const IndexState>(std::move(state)));
}

void AttributeIndex::Drop(IndexState& state, const ColumnName& name) {
  const auto type = state.types.find(name.first);
  if (!state.Find(name.first, name.second)) return;
  type->second = type->second->Without(name.second);
  if (type->second->columns().empty()) state.types.erase(type);
}

}  // namespace scimledger::projections
