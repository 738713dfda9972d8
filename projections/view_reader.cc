#include "projections/view_reader.h"

#include <algorithm>
#include <utility>

#include "engine/document.h"
#include "engine/text.h"

namespace scimledger::projections {
namespace {

void SetText(AttributeMap& parts, std::optional<AttributeId> part, std::string text) {
  if (part && !text.empty()) parts.Set(*part, Value(std::move(text)));
}

}  // namespace

ViewReader::ViewReader(const DirectoryView& view, ResourceTypeId type, std::string_view base_url)
    : view_(view), registry_(view.registry()), type_(registry_->type(type)), base_url_(base_url) {
  if (type_.reference_set) members_ = PartsOf(*type_.reference_set);
  if (type_.memberships) groups_ = PartsOf(*type_.memberships);
}

ViewReader::ReferenceParts ViewReader::PartsOf(AttributeId attribute) const {
  const StandardParts& parts = registry_->attribute(attribute).parts;
  return {attribute, parts.value, parts.ref, parts.type, parts.display};
}

bool ViewReader::IsCompleted(const Attribute& attribute) const {
  return attribute.role == AttributeRole::kStored && !attribute.multi_valued &&
         attribute.parts.value && attribute.parts.ref;
}

std::string ViewReader::Location(ResourceTypeId type, const ResourceId& id) const {
  std::string location = base_url_;
  location += registry_->type(type).endpoint;
  location += '/';
  id.AppendTo(location);
  return location;
}

std::optional<Value> ViewReader::Get(AttributeId attribute) const {
  const CommonAttributes& common = registry_->common();
  if (attribute == common.id) return Value(row_->id.ToString());
  if (attribute == common.schemas) return Schemas();
  if (attribute == common.meta) return Meta();

  std::optional<Value> value = FindInDocument(row_->document, attribute);
  if (!value) return std::nullopt;
  if (IsCompleted(registry_->attribute(attribute))) CompleteReference(PartsOf(attribute), *value);
  return value;
}

std::optional<std::string_view> ViewReader::GetEncoded(AttributeId attribute) const {
  const Attribute& definition = registry_->attribute(attribute);
  if (definition.role != AttributeRole::kStored || IsCompleted(definition)) return std::nullopt;
  for (DocumentCursor cursor(row_->document); cursor.Next();) {
    if (cursor.id() == attribute) return cursor.encoded();
  }
  return std::nullopt;
}

Value ViewReader::Schemas() const {
  ValueList schemas;
  schemas.emplace_back(type_.schema);
  for (const SchemaExtension& extension : type_.extensions) {
    DocumentCursor cursor(row_->document);
    while (cursor.Next()) {
      if (registry_->attribute(cursor.id()).schema != extension.schema) continue;
      schemas.emplace_back(extension.schema);
      break;
    }
  }
  return Value(std::move(schemas));
}

Value ViewReader::Meta() const {
  const CommonAttributes& common = registry_->common();
  AttributeMap meta;
  meta.Set(common.meta_resource_type, Value(type_.name));
  meta.Set(common.meta_created, Value(FormatDateTime(row_->created_us)));
  meta.Set(common.meta_last_modified, Value(FormatDateTime(row_->last_modified_us)));
  meta.Set(common.meta_location, Value(Location(row_->type, row_->id)));
  meta.Set(common.meta_version, Value(FormatETag(row_->version)));
  return Value(std::move(meta));
}

void ViewReader::CompleteReference(const ReferenceParts& parts, Value& value) const {
  AttributeMap* complex = value.AsComplex();
  const Value* id_value = complex != nullptr ? complex->Find(*parts.value) : nullptr;
  const std::string* id_text = id_value != nullptr ? id_value->AsString() : nullptr;
  const auto id = id_text != nullptr ? ResourceId::Parse(*id_text) : std::nullopt;
  const auto resource = id ? view_.Find(*id) : std::nullopt;
  if (!resource) return;
  if (complex->Find(*parts.reference) == nullptr) {
    SetText(*complex, parts.reference, Location(resource->type, resource->id));
  }
  for (const AttributeId sub : registry_->attribute(parts.attribute).sub_attributes) {
    const bool is_derived = registry_->attribute(sub).role == AttributeRole::kDerived;
    if (is_derived) SetText(*complex, sub, resource->display);
  }
}

AttributeMap ViewReader::Element(const ReferenceParts& parts, const ReferencedResource& resource,
                                 std::string_view type) const {
  AttributeMap element;
  SetText(element, parts.value, resource.id.ToString());
  SetText(element, parts.reference, Location(resource.type, resource.id));
  SetText(element, parts.type, std::string(type));
  SetText(element, parts.display, resource.display);
  return element;
}

bool ViewReader::AnyElement(AttributeId attribute,
                            const std::function<bool(const AttributeMap&)>& visit) const {
  if (members_ && members_->attribute == attribute) {
    return view_.AnyMember(*row_, [&](const ReferencedResource& member) {
      return visit(Element(*members_, member, registry_->type(member.type).name));
    });
  }
  if (groups_ && groups_->attribute == attribute) {
    const auto visit_as = [&](std::string_view type) {
      return [&visit, type, this](const ReferencedResource& group) {
        return visit(Element(*groups_, group, type));
      };
    };
    return view_.AnyGroup(*row_, visit_as("direct")) ||
           view_.AnyIndirectGroup(*row_, visit_as("indirect"));
  }
  return false;
}

}  // namespace scimledger::projections
