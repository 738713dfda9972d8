#include "projections/snapshot_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace scimledger::projections {
namespace {

constexpr std::size_t kFlushBytes = 256 * 1024;

template <typename Number>
std::string_view BytesOf(std::span<const Number> numbers) {
  static_assert(std::endian::native == std::endian::little, "arrays are stored as they lie");
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

template <typename Number>
std::vector<Number> NumbersIn(std::string_view bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

}  // namespace

void SnapshotSink::Put(std::uint64_t number, int bytes) {
  for (; bytes > 0; --bytes, number >>= 8U) pending_.push_back(static_cast<char>(number & 0xFFU));
  if (pending_.size() >= kFlushBytes) Flush();
}

void SnapshotSink::PutBytes(std::string_view bytes) {
  pending_.append(bytes);
  if (pending_.size() >= kFlushBytes) Flush();
}

void SnapshotSink::PutText(std::string_view text) {
  PutNumber(text.size());
  PutBytes(text);
}

void SnapshotSink::PutNumbers(std::span<const std::uint64_t> numbers) {
  PutNumber(numbers.size());
  PutBytes(BytesOf(numbers));
}

void SnapshotSink::PutOrdinals(std::span<const std::uint32_t> ordinals) {
  PutNumber(ordinals.size());
  PutBytes(BytesOf(ordinals));
}

void SnapshotSink::Flush() {
  if (status_) status_ = writer_.Append(pending_);
  pending_.clear();
}

storage::Result<void> SnapshotSink::Finish() {
  Flush();
  return status_;
}

std::string_view SnapshotSource::TakeBytes(std::uint64_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
  rest_.remove_prefix(taken.size());
  return taken;
}

std::uint64_t SnapshotSource::Take(std::size_t bytes) {
  const std::string_view taken = TakeBytes(bytes);
  std::uint64_t number = 0;
  for (auto byte = taken.rbegin(); byte != taken.rend(); ++byte) {
    number = (number << 8U) | static_cast<std::uint8_t>(*byte);
  }
  return number;
}

Uuid SnapshotSource::TakeUuid() {
  return Uuid::FromBytes(TakeBytes(sizeof(Uuid::bytes))).value_or(Uuid());
}

Hash SnapshotSource::TakeHash() {
  Hash hash{};
  const std::string_view taken = TakeBytes(hash.size());
  std::copy(taken.begin(), taken.end(), hash.begin());
  return hash;
}

std::string_view SnapshotSource::TakeText() { return TakeBytes(TakeNumber()); }

std::vector<std::uint64_t> SnapshotSource::TakeNumbers() {
  return NumbersIn<std::uint64_t>(TakeBytes(TakeCount(8) * 8));
}

std::vector<std::uint32_t> SnapshotSource::TakeOrdinals() {
  return NumbersIn<std::uint32_t>(TakeBytes(TakeCount(4) * 4));
}

std::uint64_t SnapshotSource::TakeCount(std::size_t bytes_each) {
  const std::uint64_t count = TakeNumber();
  if (count <= rest_.size() / bytes_each) return count;
  ok_ = false;
  return 0;
}

}  // namespace scimledger::projections
