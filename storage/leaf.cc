#include "storage/leaf.h"

#include "storage/big_endian.h"
#include "storage/hash.h"
#include "storage/merkle_tree.h"
#include "storage/result.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kMagicAndVersion{"LDGLEAF\0", 8};

}  // namespace

Hash TenantTag(const Uuid& log_id) { return Sha256({log_id.AsBytes()}); }

std::string EncodeLeafRecord(const LeafFields& fields) {
  std::string record;
  record.reserve(kLeafRecordBytes);
  record += kMagicAndVersion;
  AppendBigEndian(record, fields.sequence.value);
  AppendBigEndian(record, static_cast<std::uint64_t>(fields.time_us));
  record += fields.event_id.AsBytes();
  record += AsBytes(fields.tenant_tag);
  record += AsBytes(Sha256({fields.header}));
  record += AsBytes(Sha256({fields.context}));
  record += AsBytes(Sha256({fields.body}));
  record += AsBytes(fields.previous_leaf_hash);
  SCIMLEDGER_INVARIANT(record.size() == kLeafRecordBytes, "a leaf record has its fixed size");
  return record;
}

Hash LeafHash(const LeafFields& fields) { return MerkleLeafHash(EncodeLeafRecord(fields)); }

}  // namespace scimledger::storage
