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

void OrdinalSet::AddAll(const OrdinalSet& other) {
  if (many_ != nullptr && other.many_ != nullptr) {
    *many_ |= *other.many_;
    return;
  }
  other.Any([this](std::uint32_t ordinal) {
    Add(ordinal);
    return false;
  });
}

void OrdinalSet::RemoveAll(const OrdinalSet& other) {
  if (many_ != nullptr && other.many_ != nullptr) {
    *many_ -= *other.many_;
    return;
  }
  other.Any([this](std::uint32_t ordinal) {
    Remove(ordinal);
    return false;
  });
}

std::size_t OrdinalSet::size() const {
  return many_ != nullptr ? static_cast<std::size_t>(many_->cardinality()) : few_.size();
}

bool OrdinalSet::AnyFrom(std::size_t index, const std::function<bool(std::uint32_t)>& visit) const {
  if (index >= size()) return false;
  if (many_ == nullptr) return AnyAtLeast(few_[index], visit);
  std::uint32_t first = 0;
  return many_->select(static_cast<std::uint32_t>(index), &first) && AnyAtLeast(first, visit);
}

bool OrdinalSet::AnyAtLeast(std::uint32_t ordinal,
                            const std::function<bool(std::uint32_t)>& visit) const {
  if (many_ == nullptr) {
    return std::any_of(std::lower_bound(few_.begin(), few_.end(), ordinal), few_.end(), visit);
  }
  auto at = many_->begin();
  at.equalorlarger(ordinal);
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
