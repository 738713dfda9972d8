#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "engine/unique_keys.h"
#include "projections/directory.h"
#include "projections/numbering.h"
#include "storage/hash.h"

// The digest is the hash of this text, one line per entry:
//   scimledger state digest 3
//   schema <definition>                         in order of adding
//   setting <name> <position>                   of those not in their default position
//   numbering <hash>                            of what attribute ids mean in documents
//   credential <id> <name> <role> <secret hash> <suffix> <created> <expires> <revoked>     by id
// then for each resource type in order of name, for each 4096 of its rows in order of creation:
//   rows <hash>
// which is the hash of those rows one after another, so that several threads can make them:
//   row    = 'r' id text(type) ordinal version created modified text(document) *unique *member *group
//   unique = 'u' attribute text(key)            in order of id and key
//   member = 'm' id                             in order of creation
//   group  = 'g' id                             in order of creation
//   text   = length bytes                       numbers have 8 bytes, little endian; ids 16
// A document's bytes are a function of its values: equal ones give equal bytes. Texts of lines that
// clients chose are JSON strings. So no two states give one text.
namespace scimledger::projections {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;
constexpr std::uint64_t kRowsTogether = 4096;
constexpr unsigned kThreadsMax = 4;

/// Some rows of one type, next to each other.
struct Rows {
  const ResourceType* type = nullptr;
  std::uint64_t first = 0;
};

/// The bytes of rows, hashed. One thread.
class RowsHash {
 public:
  explicit RowsHash(const DirectoryView& view) : view_(view), registry_(view.registry()) {}

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
    if (bytes_.size() <= above) return;
    stream_.Update(bytes_);
    bytes_.clear();
  }

  void AppendNumber(std::uint64_t number) {
    std::array<char, 8> digits;
    for (char& digit : digits) {
      digit = static_cast<char>(number & 0xFFU);
      number >>= 8U;
    }
    bytes_.append(digits.data(), digits.size());
  }

  void AppendText(std::string_view text) {
    AppendNumber(text.size());
    bytes_ += text;
  }

  void AppendId(char what, const ResourceId& id) {
    bytes_ += what;
    bytes_ += id.AsBytes();
    Flush(kFlushBytes);
  }

  void AppendRow(const ResourceType& type, const Resource& row) {
    AppendId('r', row.id);
    AppendText(type.name);
    AppendNumber(row.ordinal);
    AppendNumber(row.version);
    AppendNumber(static_cast<std::uint64_t>(row.created_us));
    AppendNumber(static_cast<std::uint64_t>(row.last_modified_us));
    AppendText(row.document);
    for (const UniqueKey& key : UniqueKeysOf(*registry_, row)) {
      bytes_ += 'u';
      AppendNumber(static_cast<std::uint64_t>(key.attribute));
      AppendText(key.key);
    }
    view_.ForEachMemberId(row, [&](const ResourceId& id) { AppendId('m', id); });
    view_.ForEachGroupId(row, [&](const ResourceId& id) { AppendId('g', id); });
    Flush(kFlushBytes);
  }

  const DirectoryView& view_;
  RegistryPtr registry_;
  std::string bytes_;
  storage::Sha256Stream stream_;
};

/// The hashes of all rows, made by as many threads as the machine has (four at most).
std::vector<Hash> HashRows(const DirectoryView& view, const std::vector<Rows>& all) {
  std::vector<Hash> hashes(all.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at = next++; at < all.size(); at = next++) {
      hashes[at] = RowsHash(view).Compute(all[at]);
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
    text_ = "scimledger state digest 3\n";
    for (const SchemaDefinition& definition : registry_->added()) AppendSchema(definition);
    AppendSettings();
    text_ += "numbering " + storage::ToHex(HashNumbering(*registry_)) + '\n';
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
      text_ += fmt::format(" {} {} {}\n", credential.created_us, credential.expires_us,
                           credential.revoked_us);
    }
  }

  const DirectoryView& view_;
  RegistryPtr registry_;
  std::string text_;
};

}  // namespace

Hash StateDigest(const DirectoryView& view) { return DigestText(view).Compute(); }

}  // namespace scimledger::projections
