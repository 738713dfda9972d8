#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/document.h"
#include "engine/resource_json.h"
#include "engine/unique_keys.h"
#include "projections/directory.h"
#include "storage/hash.h"

// The digest is the hash of this text, one line per entry:
//   scimledger state digest 2
//   schema <definition>                         in order of adding
//   setting <name> <position>                   of those not in their default position
//   credential <id> <name> <role> <secret hash> <suffix> <created> <revoked>     by id
// then for each resource type in order of name, for each 4096 of its rows in order of creation:
//   rows <hash>
// which is the hash of the text of those rows, so that several threads can make them:
//   <type> <id> <ordinal> <version> <created> <modified>
//   attribute <path> <value as JSON>            in order of path
//   unique <path> <key>                         in order of path and key
//   member <id> … and group <id> …              in order of creation
// Texts that clients chose are JSON strings, so that no two states give one text. Attributes go by
// path and not by number, so that a registry that numbers them otherwise gives the same digest.
namespace scimledger::projections {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;
constexpr std::uint64_t kRowsTogether = 4096;
constexpr unsigned kThreadsMax = 4;

/// Attributes in order of path.
class PathOrder {
 public:
  explicit PathOrder(const SchemaRegistry& registry) : registry_(registry) {
    std::vector<std::size_t> order(registry.attribute_count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return PathOf(static_cast<AttributeId>(a)) < PathOf(static_cast<AttributeId>(b));
    });
    rank_.resize(order.size());
    for (std::size_t place = 0; place < order.size(); ++place) rank_[order[place]] = place;
  }

  std::size_t RankOf(AttributeId id) const { return rank_[static_cast<std::size_t>(id)]; }

 private:
  /// Two types may each have a `displayName`: the schema tells them apart.
  std::pair<std::string_view, std::string_view> PathOf(AttributeId id) const {
    const Attribute& attribute = registry_.attribute(id);
    return {attribute.path, attribute.schema};
  }

  const SchemaRegistry& registry_;
  std::vector<std::size_t> rank_;  ///< by attribute id: its place in the order of paths
};

/// Some rows of one type, next to each other.
struct Rows {
  const ResourceType* type = nullptr;
  std::uint64_t first = 0;
};

/// The text of rows, hashed. One thread.
class RowsHash {
 public:
  RowsHash(const DirectoryView& view, const PathOrder& paths)
      : view_(view), registry_(view.registry()), paths_(paths) {}

  Hash Compute(const Rows& rows) {
    std::uint64_t left = kRowsTogether;
    view_.ForEachResourceFrom(rows.type->id, rows.first, [&](const ResourcePtr& row) {
      AppendRow(*rows.type, *row);
      return --left > 0;
    });
    Flush(0);
    return stream_.Finish();
  }

 private:
  void Flush(std::size_t above) {
    if (text_.size() <= above) return;
    stream_.Update(text_);
    text_.clear();
  }

  void AppendRow(const ResourceType& type, const Resource& row) {
    text_ += type.name;
    text_ += ' ';
    row.id.AppendTo(text_);
    fmt::format_to(std::back_inserter(text_), " {} {} {} {}\n", row.ordinal, row.version,
                   row.created_us, row.last_modified_us);
    AppendAttributes(row);
    AppendUniqueKeys(row);
    view_.ForEachMemberId(row, [&](const ResourceId& id) { AppendReference("member ", id); });
    view_.ForEachGroupId(row, [&](const ResourceId& id) { AppendReference("group ", id); });
    Flush(kFlushBytes);
  }

  void AppendReference(std::string_view word, const ResourceId& id) {
    text_ += word;
    id.AppendTo(text_);
    text_ += '\n';
    Flush(kFlushBytes);
  }

  void AppendAttributes(const Resource& row) {
    entries_.clear();
    for (DocumentCursor cursor(row.document); cursor.Next();) entries_.push_back(cursor);
    std::sort(entries_.begin(), entries_.end(), [&](const auto& a, const auto& b) {
      return paths_.RankOf(a.id()) < paths_.RankOf(b.id());
    });
    for (const DocumentCursor& entry : entries_) {
      text_ += "attribute ";
      text_ += registry_->attribute(entry.id()).path;
      text_ += ' ';
      AppendValueJson(*registry_, ReadEncoded(entry.encoded()), text_);
      text_ += '\n';
    }
  }

  void AppendUniqueKeys(const Resource& row) {
    std::vector<UniqueKey> keys = UniqueKeysOf(*registry_, row);
    std::sort(keys.begin(), keys.end(), [&](const UniqueKey& a, const UniqueKey& b) {
      return std::pair(paths_.RankOf(a.attribute), std::string_view(a.key)) <
             std::pair(paths_.RankOf(b.attribute), std::string_view(b.key));
    });
    for (const UniqueKey& key : keys) {
      text_ += "unique ";
      text_ += registry_->attribute(key.attribute).path;
      text_ += ' ';
      AppendJsonString(text_, key.key);
      text_ += '\n';
    }
  }

  const DirectoryView& view_;
  RegistryPtr registry_;
  const PathOrder& paths_;
  std::vector<DocumentCursor> entries_;  ///< of one row
  std::string text_;
  storage::Sha256Stream stream_;
};

/// The hashes of all rows, made by as many threads as the machine has (four at most).
std::vector<Hash> HashRows(const DirectoryView& view, const std::vector<Rows>& all) {
  const PathOrder paths(*view.registry());
  std::vector<Hash> hashes(all.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at = next++; at < all.size(); at = next++) {
      hashes[at] = RowsHash(view, paths).Compute(all[at]);
    }
  };
  const std::size_t threads = std::min<std::size_t>(
      std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax), all.size());
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  others.clear();
  return hashes;
}

class DigestText {
 public:
  explicit DigestText(const DirectoryView& view) : view_(view), registry_(view.registry()) {}

  Hash Compute() {
    text_ = "scimledger state digest 2\n";
    for (const SchemaDefinition& definition : registry_->added()) AppendSchema(definition);
    AppendSettings();
    AppendCredentials();
    for (const Hash& hash : HashRows(view_, AllRows())) {
      text_ += "rows " + storage::ToHex(hash) + '\n';
    }
    return storage::Sha256({text_});
  }

 private:
  std::vector<const ResourceType*> TypesByName() const {
    std::vector<const ResourceType*> types;
    for (const ResourceType& type : registry_->resource_types()) types.push_back(&type);
    std::sort(types.begin(), types.end(),
              [](const ResourceType* a, const ResourceType* b) { return a->name < b->name; });
    return types;
  }

  std::vector<Rows> AllRows() const {
    std::vector<Rows> all;
    for (const ResourceType* type : TypesByName()) {
      const std::uint64_t count = view_.resource_count(type->id);
      for (std::uint64_t first = 0; first < count; first += kRowsTogether) {
        all.push_back({type, first});
      }
    }
    return all;
  }

  void AppendSchema(const SchemaDefinition& definition) {
    text_ += "schema ";
    AppendJsonString(text_, definition.json);
    text_ += '\n';
  }

  void AppendSettings() {
    const TenantSettings& settings = registry_->settings();
    for (const SettingDefinition& definition : SettingDefinitions()) {
      if (!settings.IsChanged(definition.setting)) continue;
      text_ += fmt::format("setting {} {}\n", definition.name, definition.other);
    }
  }

  void AppendCredentials() {
    std::vector<Credential> credentials = view_.credentials();
    std::sort(credentials.begin(), credentials.end(),
              [](const Credential& a, const Credential& b) { return a.id < b.id; });
    for (const Credential& credential : credentials) {
      text_ += "credential " + credential.id.ToString() + ' ';
      AppendJsonString(text_, credential.name);
      text_ += ' ';
      text_ += ToString(credential.role);
      text_ += ' ' + storage::ToHex(credential.secret_hash) + ' ';
      AppendJsonString(text_, credential.secret_suffix);
      text_ += fmt::format(" {} {}\n", credential.created_us, credential.revoked_us);
    }
  }

  const DirectoryView& view_;
  RegistryPtr registry_;
  std::string text_;
};

}  // namespace

Hash StateDigest(const DirectoryView& view) { return DigestText(view).Compute(); }

}  // namespace scimledger::projections
