#include "projections/ordinal_set.h"

#include <algorithm>
#include <roaring/roaring.hh>
#include <utility>

namespace scimledger::projections {
namespace {

constexpr std::size_t kFewMax = 64;

}  // namespace

OrdinalSet::OrdinalSet() = default;
OrdinalSet::OrdinalSet(const OrdinalSet& other)
    : few_(other.few_),
      many_(other.many_ == nullptr ? nullptr : std::make_unique<Roaring>(*other.many_)) {}
OrdinalSet::OrdinalSet(OrdinalSet&& other) noexcept = default;
OrdinalSet& OrdinalSet::operator=(OrdinalSet other) noexcept {
  few_ = std::move(other.few_);
  many_ = std::move(other.many_);
  return *this;
}
OrdinalSet::~OrdinalSet() = default;

bool OrdinalSet::Contains(std::uint32_t ordinal) const {
  if (many_ != nullptr) return many_->contains(ordinal);
  return std::binary_search(few_.begin(), few_.end(), ordinal);
}

bool OrdinalSet::Add(std::uint32_t ordinal) {
  if (many_ != nullptr) return many_->addChecked(ordinal);
  const auto at = std::lower_bound(few_.begin(), few_.end(), ordinal);
  if (at != few_.end() && *at == ordinal) return false;
  if (few_.size() < kFewMax) {
    few_.insert(at, ordinal);
    return true;
  }
  many_ = std::make_unique<Roaring>(few_.size(), few_.data());
  many_->add(ordinal);
  few_ = {};
  return true;
}

bool OrdinalSet::Remove(std::uint32_t ordinal) {
  if (many_ != nullptr) return many_->removeChecked(ordinal);
  const auto at = std::lower_bound(few_.begin(), few_.end(), ordinal);
  if (at == few_.end() || *at != ordinal) return false;
  few_.erase(at);
  return true;
}

std::size_t OrdinalSet::size() const {
  return many_ != nullptr ? static_cast<std::size_t>(many_->cardinality()) : few_.size();
}

bool OrdinalSet::AnyFrom(std::size_t index, const std::function<bool(std::uint32_t)>& visit) const {
  if (many_ == nullptr) {
    for (; index < few_.size(); ++index) {
      if (visit(few_[index])) return true;
    }
    return false;
  }
  std::uint32_t first = 0;
  if (index >= size() || !many_->select(static_cast<std::uint32_t>(index), &first)) return false;
  auto at = many_->begin();
  at.equalorlarger(first);
  for (; at != many_->end(); ++at) {
    if (visit(*at)) return true;
  }
  return false;
}

void OrdinalSet::AppendTo(std::vector<std::uint32_t>& out) const {
  if (many_ == nullptr) {
    out.insert(out.end(), few_.begin(), few_.end());
    return;
  }
  const std::size_t before = out.size();
  out.resize(before + size());
  many_->toUint32Array(out.data() + before);
}

}  // namespace scimledger::projections
