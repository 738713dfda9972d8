#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "engine/document.h"
#include "engine/resource_json.h"
#include "engine/unique_keys.h"
#include "projections/directory.h"
#include "storage/hash.h"

// The hashed text, in this order, one line per entry:
//   scimledger state digest 1
//   schema <definition>                         in order of adding
//   credential <id> <name> <role> <secret hash> <suffix> <created> <revoked>     by id
// then for each resource type in order of name, for each row in order of creation:
//   <type> <id> <ordinal> <version> <created> <modified>
//   attribute <path> <value as JSON>            in order of path
//   unique <path> <key>                         in order of path and key
//   member <id> … and group <id> …              in order of creation
// Texts that clients chose are JSON strings, so that no two states give one text. Attributes go by
// path and not by number, so that a registry that numbers them otherwise gives the same digest.
namespace scimledger::projections {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;

class DigestText {
 public:
  explicit DigestText(const DirectoryView& view) : view_(view), registry_(view.registry()) {
    RankPaths();
  }

  Hash Compute() {
    text_ = "scimledger state digest 1\n";
    for (const SchemaDefinition& definition : registry_->added()) AppendSchema(definition);
    AppendCredentials();
    for (const ResourceType* type : TypesByName()) {
      view_.ForEachResource(type->id, [&](const ResourcePtr& row) {
        AppendRow(*type, *row);
        Flush(kFlushBytes);
        return true;
      });
    }
    Flush(0);
    return stream_.Finish();
  }

 private:
  void Flush(std::size_t above) {
    if (text_.size() <= above) return;
    stream_.Update(text_);
    text_.clear();
  }

  void RankPaths() {
    std::vector<std::size_t> order(registry_->attribute_count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return PathOf(static_cast<AttributeId>(a)) < PathOf(static_cast<AttributeId>(b));
    });
    rank_.resize(order.size());
    for (std::size_t place = 0; place < order.size(); ++place) rank_[order[place]] = place;
  }
  /// Two types may each have a `displayName`: the schema tells them apart.
  std::pair<std::string_view, std::string_view> PathOf(AttributeId id) const {
    const Attribute& attribute = registry_->attribute(id);
    return {attribute.path, attribute.schema};
  }
  std::size_t RankOf(AttributeId id) const { return rank_[static_cast<std::size_t>(id)]; }

  std::vector<const ResourceType*> TypesByName() const {
    std::vector<const ResourceType*> types;
    for (const ResourceType& type : registry_->resource_types()) types.push_back(&type);
    std::sort(types.begin(), types.end(),
              [](const ResourceType* a, const ResourceType* b) { return a->name < b->name; });
    return types;
  }

  void AppendSchema(const SchemaDefinition& definition) {
    text_ += "schema ";
    AppendJsonString(text_, definition.json);
    text_ += '\n';
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

  void AppendRow(const ResourceType& type, const Resource& row) {
    text_ += type.name;
    text_ += ' ';
    row.id.AppendTo(text_);
    fmt::format_to(std::back_inserter(text_), " {} {} {} {}\n", row.ordinal, row.version,
                   row.created_us, row.last_modified_us);
    AppendAttributes(row);
    AppendUniqueKeys(row);
    view_.AnyMember(
        row, [&](const ReferencedResource& member) { return AppendReference("member ", member); });
    view_.AnyGroup(
        row, [&](const ReferencedResource& group) { return AppendReference("group ", group); });
  }

  bool AppendReference(std::string_view word, const ReferencedResource& resource) {
    text_ += word;
    resource.id.AppendTo(text_);
    text_ += '\n';
    return false;
  }

  void AppendAttributes(const Resource& row) {
    std::vector<AttributeMap::Entry> entries;
    DocumentCursor cursor(row.document);
    while (cursor.Next()) entries.emplace_back(cursor.id(), cursor.value());
    std::sort(entries.begin(), entries.end(),
              [&](const auto& a, const auto& b) { return RankOf(a.first) < RankOf(b.first); });
    for (const auto& [id, value] : entries) {
      text_ += "attribute " + registry_->attribute(id).path + ' ';
      AppendValueJson(*registry_, value, text_);
      text_ += '\n';
    }
  }

  void AppendUniqueKeys(const Resource& row) {
    std::vector<UniqueKey> keys = UniqueKeysOf(*registry_, row);
    std::sort(keys.begin(), keys.end(), [&](const UniqueKey& a, const UniqueKey& b) {
      return std::pair(RankOf(a.attribute), std::string_view(a.key)) <
             std::pair(RankOf(b.attribute), std::string_view(b.key));
    });
    for (const UniqueKey& key : keys) {
      text_ += "unique " + registry_->attribute(key.attribute).path + ' ';
      AppendJsonString(text_, key.key);
      text_ += '\n';
    }
  }

  const DirectoryView& view_;
  RegistryPtr registry_;
  std::vector<std::size_t> rank_;  ///< by attribute id: its place in the order of paths
  std::string text_;
  storage::Sha256Stream stream_;
};

}  // namespace

Hash StateDigest(const DirectoryView& view) { return DigestText(view).Compute(); }

}  // namespace scimledger::projections
