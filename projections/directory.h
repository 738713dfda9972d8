#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/resource_writer.h"
#include "engine/writer.h"
#include "storage/snapshot_file.h"

namespace scimledger::projections {

/// The directory frozen at one sequence: rows, member sets and credentials as they were, whatever
/// the writer does meanwhile. Cheap to take (it shares the rows; the writer copies what it changes)
/// and safe to use from any threads. It implements what answers show of other resources.
class DirectoryView : public References {
 public:
  virtual Sequence sequence() const = 0;
  virtual RegistryPtr registry() const = 0;
  virtual std::size_t resource_count(ResourceTypeId type) const = 0;
  /// Visits the rows of one type in order of creation until `visit` returns false.
  virtual void ForEachResource(ResourceTypeId type,
                               const std::function<bool(const ResourcePtr&)>& visit) const = 0;
  /// As ForEachResource, from the row at `index` (0: the first) on, which is found without a walk.
  virtual void ForEachResourceFrom(ResourceTypeId type, std::uint64_t index,
                                   const std::function<bool(const ResourcePtr&)>& visit) const = 0;
  /// As ForEachResource, from the first row on whose ordinal is at least `ordinal`. nullopt: the
  /// rows of every type.
  virtual void ForEachResourceAtLeast(
      std::optional<ResourceTypeId> type, std::uint32_t ordinal,
      const std::function<bool(const ResourcePtr&)>& visit) const = 0;
  /// Whether the group's reference set holds the resource directly.
  virtual bool IsMember(const Resource& group, const ResourceId& member) const = 0;
  /// As ForEachMember, ForEachGroup and ForEachIndirectGroup, until `visit` returns true; tells
  /// whether it did.
  virtual bool AnyMember(const Resource& group,
                         const std::function<bool(const ReferencedResource&)>& visit) const = 0;
  virtual bool AnyGroup(const Resource& member,
                        const std::function<bool(const ReferencedResource&)>& visit) const = 0;
  virtual bool AnyIndirectGroup(
      const Resource& member,
      const std::function<bool(const ReferencedResource&)>& visit) const = 0;
  /// The ids that AnyMember and AnyGroup visit, without a look at the rows' documents.
  virtual void ForEachMemberId(const Resource& group,
                               const std::function<void(const ResourceId&)>& visit) const = 0;
  virtual void ForEachGroupId(const Resource& member,
                              const std::function<void(const ResourceId&)>& visit) const = 0;
  /// In order of creation.
  virtual std::vector<Credential> credentials() const = 0;
};

/// One row with what its answer needs of others.
struct FoundResource {
  ResourcePtr resource;                       ///< nullptr: unknown or deleted
  std::shared_ptr<const DirectoryView> view;  ///< frozen at the sequence of the read
};

/// Rows found by key, with the view they belong to.
struct FoundResources {
  std::vector<ResourcePtr> resources;  ///< in order of creation
  std::shared_ptr<const DirectoryView> view;
};

/// An equality that the directory answers by hash lookup.
struct EqualityKey {
  enum class Kind : std::uint8_t { kId, kAttribute, kMember };
  Kind kind{};
  AttributePath path;  ///< kAttribute
  std::string key;     ///< comparison form (engine/unique_keys.h), or the id as text
};

class AttributeIndex;
class FrozenView;
class IndexSegment;
class LookupAttributes;

/// Resources as of one moment, for queries: the present (Directory) or a past one
/// (past_directory.h). Thread-safe; a reader sees one sequence.
class DirectoryReader {
 public:
  virtual ~DirectoryReader() = default;

  /// Position: the sequence applied.
  virtual Sequence position() const = 0;
  virtual RegistryPtr current_registry() const = 0;
  virtual std::shared_ptr<const DirectoryView> Freeze() const = 0;
  /// The same as a table of rows. Without has_rows it has to be made first, which takes a while.
  virtual std::shared_ptr<const FrozenView> FreezeRows() const = 0;
  virtual bool has_rows() const { return true; }
  /// Whether LookUp and LookUpAny answer without waiting for another projection.
  virtual bool looks_up_at_once() const { return true; }
  /// A point read. A lookup and a view: no lock is held afterwards.
  virtual FoundResource Find(const ResourceId& id) const = 0;
  /// Whose equalities LookUp answers: id, userName, externalId, displayName, emails.value,
  /// members.value and unique attributes; and their registry. Never nullptr.
  virtual std::shared_ptr<const LookupAttributes> lookups() const = 0;
  /// Rows of `type` that hold the key.
  virtual FoundResources LookUp(ResourceTypeId type, const EqualityKey& key) const = 0;
  /// Rows of `type`, or of every type, that hold any of the keys, all looked up at one sequence.
  /// nullopt: the keys have more than `hits_max` hits; none was looked at.
  virtual std::optional<FoundResources> LookUpAny(std::optional<ResourceTypeId> type,
                                                  std::span<const EqualityKey> keys,
                                                  std::size_t hits_max) const = 0;
  /// At least as many rows as LookUp gives at this moment; for choosing between keys.
  virtual std::size_t CountHits(const EqualityKey& key) const = 0;
  /// By SHA-256 of the secret; revoked ones too. nullopt: unknown.
  virtual std::optional<Credential> FindCredentialBySecret(const Hash& secret_hash) const = 0;
  /// Revoked ones too. nullopt: unknown.
  virtual std::optional<Credential> FindCredentialById(const Uuid& id) const = 0;
  /// Answers filters over rows that share most of theirs with the present ones.
  virtual AttributeIndex& attribute_index() const = 0;
  /// Columns over the rows of FreezeRows, once made, that are not the present ones. nullptr: there
  /// are none.
  virtual std::shared_ptr<IndexSegment> segment() const { return nullptr; }
};

/// Current resources, unique keys, members of groups and groups of members, schemas and
/// credentials: what the writer decides against and what SCIM reads. In memory; comes back by
/// replay.
///
/// Threads: the MutableState and CommitTarget calls belong to the writer's thread. What
/// DirectoryReader declares is for readers on any thread; each sees every commit acknowledged
/// before it began.
class Directory : public CommitTarget, public DirectoryReader {
 public:
  /// Version of the snapshot format and of the fold; another version on disk means rebuild.
  static constexpr std::uint32_t kVersion = 3;

  static std::unique_ptr<Directory> Make();

  /// Folds events from the log up to its head, or to `until`. Only before the writer starts (or on
  /// the writer's thread). `progress` is told the position now and then.
  [[nodiscard]] storage::Result<void> Replay(const storage::EventLog& log, Sequence until,
                                             const std::function<void(Sequence)>& progress) {
    return ReplayFeeding(log, until, progress, {});
  }
  /// Takes events that a replay has folded, decoded for indexing, with the rows right before and
  /// after each. An error ends the replay.
  using Feed = std::function<storage::Result<void>(std::vector<Event>)>;
  /// As Replay, and another projection gets from `feed` what it would read and decode again.
  [[nodiscard]] virtual storage::Result<void> ReplayFeeding(
      const storage::EventLog& log, Sequence until, const std::function<void(Sequence)>& progress,
      const Feed& feed) = 0;

  /// Exchanges the whole state with that of `rebuilt`, which is at the same sequence and which
  /// nobody else uses: a reader sees the one or the other, never a mixture. On the writer's thread.
  virtual void Exchange(Directory& rebuilt) = 0;
};

/// SHA-256 over the sorted rows of directory, unique keys, memberships, schemas and credentials
/// (DESIGN §7), through hashes of some rows each: equal digests at one sequence mean equal state.
Hash StateDigest(const DirectoryView& view);

/// Writes the view as the snapshot of the directory (storage/snapshot_file.h).
[[nodiscard]] storage::Result<void> WriteSnapshot(const DirectoryView& view, Uuid log_id,
                                                  const Hash& leaf_hash,
                                                  const std::filesystem::path& file);

/// Makes a directory from a snapshot: the caller has checked nothing. kNotFound: no file. kCorrupt
/// and kIncompatible: delete it and replay. The returned info tells which log, sequence and leaf
/// hash it is of; the caller compares them with the log.
struct LoadedSnapshot {
  std::unique_ptr<Directory> directory;
  storage::SnapshotInfo info;
};
[[nodiscard]] storage::Result<LoadedSnapshot> LoadSnapshot(const std::filesystem::path& file);

}  // namespace scimledger::projections
