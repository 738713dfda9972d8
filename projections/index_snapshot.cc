#include "projections/index_snapshot.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "engine/ordered_key.h"
#include "projections/numbering.h"
#include "projections/snapshot_bytes.h"
#include "storage/hash.h"

// payload  = rules numbering types
// rules    = text                                 how keys are made (engine/ordered_key.h)
// numbering = hash                                of what attribute numbers mean
// types    = count *(type elements columns)
// elements = count *(attribute rows)              rows: by element its row
// columns  = count *(attribute has_sub sub kind slot_count text ends slot_ends slots has_ranks
//                    has_valued valued)           as in ColumnParts
// Ranks are made on loading.
namespace scimledger::projections {
namespace {

constexpr std::string_view kProjection = "attribute_index";
constexpr std::uint32_t kVersion = 0;

std::unexpected<storage::Error> Unfit(storage::ErrorCode code, std::string_view what) {
  return storage::Fail(code, fmt::format("attribute index: {}", what));
}
std::unexpected<storage::Error> Nonsense(std::string_view what) {
  return Unfit(storage::ErrorCode::kCorrupt, what);
}

void WriteColumn(const ColumnKey& key, const Column& column, SnapshotSink& sink) {
  const ColumnParts& parts = column.parts();
  sink.PutOrdinal(static_cast<std::uint32_t>(key.path.attribute));
  sink.PutByte(key.path.sub ? 1 : 0);
  sink.PutOrdinal(key.path.sub ? static_cast<std::uint32_t>(*key.path.sub) : 0);
  sink.PutByte(static_cast<std::uint8_t>(key.kind));
  sink.PutNumber(parts.slot_count);
  sink.PutText(parts.text);
  sink.PutOrdinals(parts.ends);
  sink.PutOrdinals(parts.slot_ends);
  sink.PutOrdinals(parts.slots);
  sink.PutByte(parts.ranks.empty() ? 0 : 1);
  sink.PutByte(parts.valued ? 1 : 0);
  if (parts.valued) sink.PutNumbers(parts.valued->words());
}

void WriteTypes(const IndexState& state, SnapshotSink& sink) {
  sink.PutNumber(state.types.size());
  for (const auto& [type, index] : state.types) {
    sink.PutByte(static_cast<std::uint8_t>(type));
    sink.PutNumber(index->elements().size());
    for (const auto& [attribute, rows] : index->elements()) {
      sink.PutOrdinal(static_cast<std::uint32_t>(attribute));
      sink.PutOrdinals(*rows);
    }
    sink.PutNumber(index->columns().size());
    for (const auto& [key, column] : index->columns()) WriteColumn(key, *column, sink);
  }
}

/// Reads the payload, believing none of it.
class IndexReader {
 public:
  explicit IndexReader(std::string_view payload) : source_(payload) {}

  storage::Result<StoredIndex> Read() {
    if (source_.TakeText() != OrderedKeyRules()) {
      return Unfit(storage::ErrorCode::kIncompatible,
                   "its keys were made by another version of this program or of its Unicode "
                   "library");
    }
    StoredIndex stored;
    stored.numbering = source_.TakeHash();
    for (std::uint64_t count = source_.TakeCount(17); count > 0; --count) {
      const auto type = static_cast<ResourceTypeId>(source_.TakeByte());
      SCIMLEDGER_TRY(ReadType(stored.types[type]));
    }
    if (!source_.ok() || source_.remaining() != 0) return Nonsense("it has not the right length");
    return stored;
  }

 private:
  /// nullopt: no attribute has such a number.
  std::optional<AttributeId> TakeAttribute() {
    const std::uint32_t number = source_.TakeOrdinal();
    const auto attribute = static_cast<AttributeId>(number);
    if (static_cast<std::uint32_t>(attribute) != number) return std::nullopt;
    return attribute;
  }

  storage::Result<void> ReadType(StoredIndex::Type& type) {
    for (std::uint64_t count = source_.TakeCount(12); count > 0; --count) {
      const auto attribute = TakeAttribute();
      ElementRows rows = source_.TakeOrdinals();
      if (!source_.ok() || !attribute) return Nonsense("elements do not fit");
      type.elements[*attribute] = std::move(rows);
    }
    for (std::uint64_t count = source_.TakeCount(52); count > 0; --count) {
      SCIMLEDGER_TRY(ReadColumn(type));
    }
    return {};
  }

  storage::Result<void> ReadColumn(StoredIndex::Type& type) {
    const auto attribute = TakeAttribute();
    const bool has_sub = source_.TakeByte() != 0;
    const auto sub = TakeAttribute();
    const std::uint8_t kind = source_.TakeByte();
    const bool is_kind = kind <= static_cast<std::uint8_t>(ColumnKey::Kind::kForemost);
    if (!source_.ok() || !attribute || !sub || !is_kind) return Nonsense("a column has no name");
    ColumnKey key{{*attribute, std::nullopt}, static_cast<ColumnKey::Kind>(kind)};
    if (has_sub) key.path.sub = sub;
    StoredColumn& column = type.columns[key];
    ColumnParts& parts = column.parts;
    parts.slot_count = source_.TakeNumber();
    parts.text = source_.TakeText();
    parts.ends = source_.TakeOrdinals();
    parts.slot_ends = source_.TakeOrdinals();
    parts.slots = source_.TakeOrdinals();
    column.has_ranks = source_.TakeByte() != 0;
    if (source_.TakeByte() != 0) {
      parts.valued = BitSet::FromWords(parts.slot_count, source_.TakeNumbers());
      if (!parts.valued) return Nonsense("a column's set of values does not fit");
    }
    if (!source_.ok() || !IsSound(column)) return Nonsense("a column does not fit together");
    return {};
  }

  SnapshotSource source_;
};

/// Whether attributes of these numbers exist and may have columns of the type.
bool AreKnown(const SchemaRegistry& registry, const std::map<ResourceTypeId, StoredIndex::Type>& all) {
  const auto knows = [&](AttributeId id) {
    return static_cast<std::size_t>(id) < registry.attribute_count();
  };
  for (const auto& [type, stored] : all) {
    if (static_cast<std::size_t>(type) >= registry.resource_types().size()) return false;
    for (const auto& [attribute, rows] : stored.elements) {
      if (!knows(attribute)) return false;
    }
    for (const auto& [key, column] : stored.columns) {
      if (!knows(key.path.attribute) || (key.path.sub && !knows(*key.path.sub))) return false;
      if (!HasColumn(registry, key.path)) return false;
    }
  }
  return true;
}

std::vector<ColumnName> NamesOf(const StoredIndex& stored) {
  std::vector<ColumnName> names;
  for (const auto& [type, index] : stored.types) {
    for (const auto& [key, column] : index.columns) names.emplace_back(type, key);
  }
  return names;
}

}  // namespace

storage::Result<void> WriteIndexSnapshot(const IndexState& state, Uuid log_id,
                                         const Hash& leaf_hash, const std::filesystem::path& file) {
  const storage::SnapshotInfo info{std::string(kProjection), kVersion, log_id,
                                   state.base->sequence(), leaf_hash};
  SCIMLEDGER_TRY_ASSIGN(const auto writer, storage::SnapshotWriter::Create(file, info));
  SnapshotSink sink(*writer);
  sink.PutText(OrderedKeyRules());
  sink.PutBytes(storage::AsBytes(HashNumbering(*state.base->registry())));
  WriteTypes(state, sink);
  SCIMLEDGER_TRY(sink.Finish());
  return writer->Commit();
}

storage::Result<StoredIndex> ReadIndexSnapshot(const std::filesystem::path& file) {
  SCIMLEDGER_TRY_ASSIGN(const auto reader, storage::SnapshotReader::Open(file));
  if (reader->info().projection != kProjection || reader->info().version != kVersion) {
    return Unfit(storage::ErrorCode::kIncompatible,
                 fmt::format("a snapshot of {} version {}, not of {} version {}",
                             reader->info().projection, reader->info().version, kProjection,
                             kVersion));
  }
  SCIMLEDGER_TRY_ASSIGN(StoredIndex stored, IndexReader(reader->payload()).Read());
  stored.info = reader->info();
  return stored;
}

storage::Result<std::vector<ColumnName>> AdoptIndex(const Directory& directory,
                                                    StoredIndex stored) {
  const auto view = std::dynamic_pointer_cast<const FrozenView>(directory.Freeze());
  const RegistryPtr registry = view->registry();
  if (stored.numbering != HashNumbering(*registry)) {
    return Unfit(storage::ErrorCode::kIncompatible, "its attributes are numbered otherwise");
  }
  if (!AreKnown(*registry, stored.types)) return Nonsense("it has columns that cannot be");
  if (stored.info.sequence != view->sequence()) return NamesOf(stored);
  IndexState state{view, {}};
  for (auto& [type, parts] : stored.types) {
    state.types[type] =
        TypeIndex::Restore(view, type, std::move(parts.elements), std::move(parts.columns));
    if (state.types[type] == nullptr) return Nonsense("its columns are not of these resources");
  }
  directory.attribute_index().Adopt(std::move(state));
  return std::vector<ColumnName>();
}

}  // namespace scimledger::projections
