#include "storage/log_keys.h"

#include "storage/big_endian.h"

namespace scimledger::storage {
namespace {

constexpr char kStoreKind = 0x00;
constexpr char kTenantKind = 0x01;
constexpr char kEventKind = 0x01;
constexpr char kBatchKind = 0x02;
constexpr char kFrontierKind = 0x03;

std::string Prefix(const Uuid& log_id, char kind) {
  std::string key(log_id.AsBytes());
  key += kind;
  return key;
}

std::string WithSequence(std::string prefix, Sequence sequence) {
  AppendBigEndian(prefix, sequence.value);
  return prefix;
}

}  // namespace

bool IsInEvents(std::string_view key) {
  constexpr std::size_t kIdBytes = 16;
  if (key.size() <= kIdBytes) return false;
  const bool is_store = key.substr(0, kIdBytes) == Uuid{}.AsBytes();
  return key[kIdBytes] == (is_store ? kStoreKind : kEventKind);
}

std::string StoreKey() { return Prefix(Uuid{}, kStoreKind); }

std::string TenantKey(std::string_view tenant) {
  return Prefix(Uuid{}, kTenantKind).append(tenant);
}

std::string EventKeyPrefix(const Uuid& log_id) { return Prefix(log_id, kEventKind); }

std::string BatchKeyPrefix(const Uuid& log_id) { return Prefix(log_id, kBatchKind); }

std::string EventKey(const Uuid& log_id, Sequence sequence) {
  return WithSequence(EventKeyPrefix(log_id), sequence);
}

std::string BatchKey(const Uuid& log_id, Sequence last) {
  return WithSequence(BatchKeyPrefix(log_id), last);
}

std::string FrontierKey(const Uuid& log_id) { return Prefix(log_id, kFrontierKind); }

}  // namespace scimledger::storage
