#include <fmt/format.h>

#include <utility>

#include "projections/frozen_view.h"
#include "projections/live_directory.h"
#include "projections/numbering.h"
#include "projections/snapshot_bytes.h"
#include "storage/hash.h"

// payload     = schemas settings registry credentials rows departed sets
// schemas     = count *text                       definitions added, in order
// settings    = count *(name)                     switches not in their default position
// registry    = hash                              of what attribute numbers mean
// credentials = count *(id name role secret_hash suffix created expires revoked)
// rows        = next_ordinal count *(ordinal type id version created modified document)
// departed    = count *(ordinal id)
// sets        = count *(group_ordinal count *ordinal)
// Ordinals ascend everywhere. Hash indexes are rebuilt on loading.
namespace scimledger::projections {
namespace {

constexpr std::string_view kProjection = "directory";

std::unexpected<storage::Error> Nonsense(std::string_view what) {
  return storage::Fail(storage::ErrorCode::kCorrupt,
                       fmt::format("directory snapshot: {}; delete it and replay", what));
}

bool IsRole(Role role) { return role >= Role::kProvisioner && role <= Role::kAdmin; }

class ContentsWriter {
 public:
  ContentsWriter(const DirectoryContents& contents, SnapshotSink& sink)
      : contents_(contents), sink_(sink) {}

  void Write() {
    WriteRegistry();
    WriteCredentials();
    WriteRows();
    WriteDeparted();
    WriteSets();
  }

 private:
  void WriteRegistry() {
    const SchemaRegistry& registry = *contents_.lookups->registry();
    sink_.PutNumber(registry.added().size());
    for (const SchemaDefinition& definition : registry.added()) sink_.PutText(definition.json);
    WriteSettings(registry.settings());
    sink_.PutBytes(storage::AsBytes(HashNumbering(registry)));
  }

  void WriteSettings(const TenantSettings& settings) {
    std::vector<std::string_view> changed;
    for (const SettingDefinition& definition : SettingDefinitions()) {
      if (settings.IsChanged(definition.setting)) changed.push_back(definition.name);
    }
    sink_.PutNumber(changed.size());
    for (const std::string_view name : changed) sink_.PutText(name);
  }

  void WriteCredentials() {
    sink_.PutNumber(contents_.credentials ? contents_.credentials->size() : 0);
    if (!contents_.credentials) return;
    for (const auto& [id, credential] : *contents_.credentials) {
      sink_.PutBytes(id.AsBytes());
      sink_.PutText(credential.name);
      sink_.PutByte(static_cast<std::uint8_t>(credential.role));
      sink_.PutBytes(storage::AsBytes(credential.secret_hash));
      sink_.PutText(credential.secret_suffix);
      sink_.PutSigned(credential.created_us);
      sink_.PutSigned(credential.expires_us);
      sink_.PutSigned(credential.revoked_us);
    }
  }

  template <typename Visit>
  void ForEachRow(const Visit& visit) const {
    for (std::uint32_t ordinal = 0; ordinal < contents_.next_ordinal; ++ordinal) {
      const Row* row = contents_.rows.Find(ordinal);
      if (row != nullptr && row->resource != nullptr) visit(ordinal, *row);
    }
  }

  void WriteRows() {
    sink_.PutOrdinal(contents_.next_ordinal);
    std::uint64_t count = 0;
    for (const auto& ordinals : contents_.by_type) count += ordinals ? ordinals->size() : 0;
    sink_.PutNumber(count);
    ForEachRow([&](std::uint32_t ordinal, const Row& row) {
      const Resource& resource = *row.resource;
      sink_.PutOrdinal(ordinal);
      sink_.PutByte(static_cast<std::uint8_t>(resource.type));
      sink_.PutBytes(resource.id.AsBytes());
      sink_.PutNumber(resource.version);
      sink_.PutSigned(resource.created_us);
      sink_.PutSigned(resource.last_modified_us);
      sink_.PutText(resource.document);
    });
  }

  void WriteDeparted() {
    sink_.PutNumber(contents_.departed ? contents_.departed->size() : 0);
    if (!contents_.departed) return;
    for (const auto& [ordinal, id] : *contents_.departed) {
      sink_.PutOrdinal(ordinal);
      sink_.PutBytes(id.AsBytes());
    }
  }

  void WriteSets() {
    std::uint64_t count = 0;
    ForEachRow([&](std::uint32_t, const Row& row) {
      if (row.members) ++count;
    });
    sink_.PutNumber(count);
    ForEachRow([&](std::uint32_t ordinal, const Row& row) {
      if (!row.members) return;
      sink_.PutOrdinal(ordinal);
      sink_.PutNumber(row.members->size());
      row.members->Any([&](std::uint32_t member) {
        sink_.PutOrdinal(member);
        return false;
      });
    });
  }

  const DirectoryContents& contents_;
  SnapshotSink& sink_;
};

/// Reads the payload, believing none of it: a snapshot whose checksum matches may still have been
/// written by a defective program.
class ContentsReader {
 public:
  explicit ContentsReader(std::string_view payload) : source_(payload) {}

  storage::Result<std::unique_ptr<Directory>> Read(Sequence head) {
    contents_.head = head;
    SCIMLEDGER_TRY(ReadRegistry());
    SCIMLEDGER_TRY(ReadCredentials());
    SCIMLEDGER_TRY(ReadRows());
    SCIMLEDGER_TRY(ReadDeparted());
    SCIMLEDGER_TRY(ReadSets());
    if (!source_.ok() || source_.remaining() != 0) return Nonsense("it has not the right length");
    return std::make_unique<LiveDirectory>(std::move(contents_), std::move(ids_));
  }

 private:
  storage::Result<void> ReadRegistry() {
    RegistryPtr registry = SchemaRegistry::BuiltIn();
    for (std::uint64_t count = source_.TakeCount(8); count > 0; --count) {
      auto extended = registry->WithRecorded({std::string(source_.TakeText())});
      if (!source_.ok()) return Nonsense("a schema is cut off");
      if (!extended) return Incompatible(extended.error().detail);
      registry = *std::move(extended);
    }
    SCIMLEDGER_TRY_ASSIGN(const TenantSettings settings, ReadSettings());
    if (settings != registry->settings()) registry = registry->WithSettings(settings);
    const Hash numbering = source_.TakeHash();
    if (!source_.ok()) return Nonsense("the schemas are cut off");
    if (numbering != HashNumbering(*registry)) {
      return Incompatible("its attributes are numbered otherwise");
    }
    contents_.lookups = std::make_shared<const LookupAttributes>(std::move(registry));
    contents_.by_type.resize(contents_.lookups->registry()->resource_types().size());
    return {};
  }

  storage::Result<TenantSettings> ReadSettings() {
    TenantSettings settings;
    for (std::uint64_t count = source_.TakeCount(8); count > 0; --count) {
      const SettingDefinition* definition = FindSetting(source_.TakeText());
      if (!source_.ok()) return Nonsense("a setting is cut off");
      if (definition == nullptr) return Incompatible("it has a setting of another version");
      settings.Set(definition->setting, true);
    }
    return settings;
  }

  static std::unexpected<storage::Error> Incompatible(std::string_view why) {
    return storage::Fail(storage::ErrorCode::kIncompatible,
                         fmt::format("directory snapshot of another version ({}); delete it and "
                                     "replay",
                                     why));
  }

  storage::Result<void> ReadCredentials() {
    for (std::uint64_t count = source_.TakeCount(89); count > 0; --count) {
      Credential credential;
      credential.id = source_.TakeUuid();
      credential.name = source_.TakeText();
      credential.role = static_cast<Role>(source_.TakeByte());
      credential.secret_hash = source_.TakeHash();
      credential.secret_suffix = source_.TakeText();
      credential.created_us = source_.TakeSigned();
      credential.expires_us = source_.TakeSigned();
      credential.revoked_us = source_.TakeSigned();
      if (!source_.ok() || !IsRole(credential.role)) {
        return Nonsense("a credential is cut off or has no role");
      }
      const Uuid id = credential.id;
      if (!contents_.credentials.Mutable().emplace(id, std::move(credential)).second) {
        return Nonsense("a credential is there twice");
      }
    }
    return {};
  }

  storage::Result<void> ReadRows() {
    contents_.next_ordinal = source_.TakeOrdinal();
    const std::uint64_t count = source_.TakeCount(53);
    ids_->Reserve(static_cast<std::size_t>(count));
    std::uint32_t lowest = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
      auto row = std::make_shared<Resource>();
      row->ordinal = source_.TakeOrdinal();
      row->type = static_cast<ResourceTypeId>(source_.TakeByte());
      row->id = source_.TakeUuid();
      row->version = source_.TakeNumber();
      row->created_us = source_.TakeSigned();
      row->last_modified_us = source_.TakeSigned();
      row->document = source_.TakeText();
      const auto type = static_cast<std::size_t>(row->type);
      if (!source_.ok() || row->ordinal < lowest || row->ordinal >= contents_.next_ordinal ||
          type >= contents_.by_type.size() || row->version == 0 ||
          !ids_->AddNew(row->id, row->ordinal)) {
        return Nonsense(fmt::format("row {} does not fit", index));
      }
      lowest = row->ordinal + 1;
      contents_.by_type[type].Mutable().Add(row->ordinal);
      contents_.rows.Mutable(row->ordinal).resource = std::move(row);
    }
    return source_.ok() ? storage::Result<void>() : Nonsense("the rows are cut off");
  }

  storage::Result<void> ReadDeparted() {
    for (std::uint64_t count = source_.TakeCount(20); count > 0; --count) {
      const std::uint32_t ordinal = source_.TakeOrdinal();
      const ResourceId id = source_.TakeUuid();
      if (ordinal >= contents_.next_ordinal || contents_.Find(ordinal) != nullptr ||
          !ids_->AddNew(id, ordinal) || !contents_.departed.Mutable().emplace(ordinal, id).second) {
        return Nonsense("a deleted member does not fit");
      }
    }
    return {};
  }

  bool MayBeMember(std::uint32_t ordinal) const {
    return contents_.Find(ordinal) != nullptr ||
           (contents_.departed && contents_.departed->contains(ordinal));
  }

  storage::Result<void> ReadSets() {
    for (std::uint64_t count = source_.TakeCount(12); count > 0; --count) {
      const std::uint32_t group = source_.TakeOrdinal();
      const Resource* resource = contents_.Find(group);
      if (resource == nullptr || contents_.MembersOf(group) != nullptr ||
          !contents_.lookups->registry()->type(resource->type).reference_set) {
        return Nonsense("a member set does not fit");
      }
      const std::uint64_t members = source_.TakeCount(4);
      if (members == 0) return Nonsense("a member set is empty");
      std::uint32_t lowest = 0;
      for (std::uint64_t index = 0; index < members; ++index) {
        const std::uint32_t member = source_.TakeOrdinal();
        if (member < lowest || !MayBeMember(member)) return Nonsense("a member does not fit");
        lowest = member + 1;
        contents_.rows.Mutable(group).members.Mutable().Add(member);
        contents_.rows.Mutable(member).groups.Mutable().Add(group);
      }
    }
    return {};
  }

  SnapshotSource source_;
  DirectoryContents contents_;
  std::shared_ptr<IdIndex> ids_ = std::make_shared<IdIndex>();
};

}  // namespace

storage::Result<void> WriteSnapshot(const DirectoryView& view, Uuid log_id, const Hash& leaf_hash,
                                    const std::filesystem::path& file) {
  const auto* frozen = dynamic_cast<const FrozenView*>(&view);
  if (frozen == nullptr) {
    return storage::Fail(storage::ErrorCode::kInvalid,
                         "only a view of the directory itself can be written as its snapshot");
  }
  const storage::SnapshotInfo info{std::string(kProjection), Directory::kVersion, log_id,
                                   view.sequence(), leaf_hash};
  SCIMLEDGER_TRY_ASSIGN(const auto writer, storage::SnapshotWriter::Create(file, info));
  SnapshotSink sink(*writer);
  ContentsWriter(frozen->contents(), sink).Write();
  SCIMLEDGER_TRY(sink.Finish());
  return writer->Commit();
}

storage::Result<LoadedSnapshot> LoadSnapshot(const std::filesystem::path& file) {
  SCIMLEDGER_TRY_ASSIGN(const auto reader, storage::SnapshotReader::Open(file));
  const storage::SnapshotInfo& info = reader->info();
  if (info.projection != kProjection || info.version != Directory::kVersion) {
    return storage::Fail(
        storage::ErrorCode::kIncompatible,
        fmt::format("{}: a snapshot of {} version {}, not of {} version {}", file.string(),
                    info.projection, info.version, kProjection, Directory::kVersion));
  }
  SCIMLEDGER_TRY_ASSIGN(auto directory, ContentsReader(reader->payload()).Read(info.sequence));
  return LoadedSnapshot{std::move(directory), info};
}

}  // namespace scimledger::projections
