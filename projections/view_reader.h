#pragma once

#include <string>
#include <string_view>

#include "engine/evaluator.h"
#include "projections/directory.h"

namespace scimledger::projections {

/// Shows the evaluator rows of one type in one view, with everything an answer would show of them:
/// common attributes, stored ones, parts derived from other resources, members and groups. Made
/// once per query, then pointed at row after row. One thread.
class ViewReader final : public ResourceReader {
 public:
  /// `view` must outlive it. `base_url` as for AppendResourceJson.
  ViewReader(const DirectoryView& view, ResourceTypeId type, std::string_view base_url);

  /// The row that answers are about; it must stay until the next call.
  void Show(const Resource& row) { row_ = &row; }

  std::optional<Value> Get(AttributeId attribute) const override;
  std::optional<std::string_view> GetEncoded(AttributeId attribute) const override;
  bool AnyElement(AttributeId attribute,
                  const std::function<bool(const AttributeMap&)>& visit) const override;

 private:
  /// The parts by which one attribute shows a resource it refers to.
  struct ReferenceParts {
    AttributeId attribute{};
    std::optional<AttributeId> value;
    std::optional<AttributeId> reference;
    std::optional<AttributeId> type;
    std::optional<AttributeId> display;
  };
  ReferenceParts PartsOf(AttributeId attribute) const;
  /// Whether it refers to one resource (manager), and answers complete it.
  bool IsCompleted(const Attribute& attribute) const;
  std::string Location(ResourceTypeId type, const ResourceId& id) const;
  Value Schemas() const;
  Value Meta() const;
  AttributeMap Element(const ReferenceParts& parts, const ReferencedResource& resource,
                       std::string_view type) const;
  void CompleteReference(const ReferenceParts& parts, Value& value) const;

  const DirectoryView& view_;
  RegistryPtr registry_;
  const ResourceType& type_;
  std::string base_url_;
  std::optional<ReferenceParts> members_;
  std::optional<ReferenceParts> groups_;
  const Resource* row_ = nullptr;
};

}  // namespace scimledger::projections
