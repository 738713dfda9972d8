#include "engine/password_reference.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "engine/document.h"

namespace scimledger {
namespace {

std::optional<SuppliedPassword>* PlaceOfPassword(CommandBody& body) {
  if (auto* create = std::get_if<CreateResource>(&body)) return &create->draft.password;
  if (auto* replace = std::get_if<ReplaceResource>(&body)) return &replace->draft.password;
  if (auto* patch = std::get_if<PatchResource>(&body)) return &patch->patch.password;
  return nullptr;
}

}  // namespace

SuppliedPassword* FindSuppliedPassword(CommandBody& body) {
  std::optional<SuppliedPassword>* const place = PlaceOfPassword(body);
  return place != nullptr && *place ? &**place : nullptr;
}

std::optional<ResourceId> TargetOf(const CommandBody& body) {
  return std::visit(
      [](const auto& command) -> std::optional<ResourceId> {
        if constexpr (requires { command.type; }) return command.id;
        return std::nullopt;
      },
      body);
}

void ReferToPassword(const Uuid& reference, CommandBody& body) {
  std::optional<SuppliedPassword>* const place = PlaceOfPassword(body);
  if (place == nullptr || !*place) return;
  const AttributeId attribute = (*place)->attribute;
  Value value(reference.ToString());
  if (auto* create = std::get_if<CreateResource>(&body)) {
    create->draft.attributes.Set(attribute, std::move(value));
  } else if (auto* replace = std::get_if<ReplaceResource>(&body)) {
    replace->draft.attributes.Set(attribute, std::move(value));
  } else if (auto* patch = std::get_if<PatchResource>(&body)) {
    PatchOperation operation{PatchOp::kReplace, {}, std::move(value), {}, "password"};
    operation.path.attribute = attribute;
    patch->patch.operations.push_back(std::move(operation));
  }
  place->reset();
}

std::optional<Uuid> PasswordReferenceOf(const SchemaRegistry& registry, const Resource& row) {
  const ResourceType& type = registry.type(row.type);
  const auto attribute = registry.FindAttribute(type, "password");
  if (!attribute || !IsPassword(registry.attribute(*attribute))) return std::nullopt;
  const auto value = FindInDocument(row.document, *attribute);
  const std::string* const text = value ? value->AsString() : nullptr;
  return text != nullptr ? Uuid::Parse(*text) : std::nullopt;
}

}  // namespace scimledger
