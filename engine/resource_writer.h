#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/resource.h"
#include "engine/resource_json.h"

namespace scimledger {

/// A referenced resource, as far as answers show it.
struct ReferencedResource {
  ResourceId id;
  ResourceTypeId type{};
  std::string display;  ///< value of its naming or displayName attribute; may be empty
};

/// What an answer shows beyond the row itself. Implemented by a projection over one frozen view.
class References {
 public:
  virtual ~References() = default;
  /// Visits members of a reference set in order of creation, from the one at `index` (0: the first)
  /// on, which is found without a walk, until `visit` returns false. Returns where to go on; nullopt:
  /// there are no more.
  virtual std::optional<std::size_t> VisitMembers(
      const Resource& group, std::size_t index,
      const std::function<bool(const ReferencedResource&)>& visit) const = 0;
  void ForEachMember(const Resource& group,
                     const std::function<void(const ReferencedResource&)>& visit) const {
    VisitMembers(group, 0, [&](const ReferencedResource& member) {
      visit(member);
      return true;
    });
  }
  /// Visits the groups that hold the resource directly, in order of creation.
  virtual void ForEachGroup(const Resource& member,
                            const std::function<void(const ReferencedResource&)>& visit) const = 0;
  /// Visits the groups that hold it only through other groups, each once, in order of creation.
  virtual void ForEachIndirectGroup(
      const Resource& member,
      const std::function<void(const ReferencedResource&)>& visit) const = 0;
  virtual std::optional<ReferencedResource> Find(const ResourceId& id) const = 0;
};

/// Writes the resource as SCIM JSON (RFC 7643 §3): schemas, id, externalId, the attributes in schema
/// order, extensions under their URN, meta. `base_url` ends before the endpoint (`http://h/scim/v2`)
/// and makes meta.location and $ref. `references` is asked only for what `selection` includes, so
/// `excludedAttributes=members` never touches members. Piece by piece, so that a group of any size
/// passes through bounded memory; what it was made with must outlive it.
class ResourceJsonWriter {
 public:
  ResourceJsonWriter(const SchemaRegistry& registry, const Resource& resource,
                     const AttributeSelection& selection, std::string_view base_url,
                     const References& references);
  ResourceJsonWriter(ResourceJsonWriter&&) noexcept;
  ResourceJsonWriter& operator=(ResourceJsonWriter&&) noexcept;
  ~ResourceJsonWriter();

  /// Appends the next piece: members stop once `out` has `bytes_max` bytes, anything else is never
  /// cut. False: that was the last.
  bool AppendPiece(std::string& out, std::size_t bytes_max);

 private:
  class Pieces;
  std::unique_ptr<Pieces> pieces_;
};

/// The whole resource at once.
void AppendResourceJson(const SchemaRegistry& registry, const Resource& resource,
                        const AttributeSelection& selection, std::string_view base_url,
                        const References& references, std::string& out);

/// `W/"3"`.
std::string FormatETag(std::uint64_t version);

/// Discovery documents (RFC 7644 §4), generated from the registry.
void AppendSchemaJson(const SchemaRegistry& registry, const Schema& schema,
                      std::string_view base_url, std::string& out);
void AppendResourceTypeJson(const ResourceType& type, std::string_view base_url, std::string& out);

}  // namespace scimledger
