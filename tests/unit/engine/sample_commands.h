#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/state.h"

namespace scimledger {

/// Ids that are easy to tell apart in a failure.
inline Uuid IdOf(std::uint64_t number) {
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8U * i));
  }
  id.bytes[6] = 0x40;
  id.bytes[8] = 0x80;
  return id;
}

/// Commands as the API would build them: from JSON, against the built-in registry unless told.
class SampleCommands {
 public:
  RegistryPtr registry = SchemaRegistry::BuiltIn();

  const ResourceType& Type(std::string_view name) const {
    const ResourceType* type = registry->FindTypeByName(name);
    SCIMLEDGER_INVARIANT(type != nullptr, "the test names an unknown resource type");
    return *type;
  }

  Command Make(CommandBody body) {
    Command command;
    command.body = std::move(body);
    command.actor = {"0190aaaa-0000-7000-8000-000000000001", AuthMethod::kBearer,
                     Role::kProvisioner};
    command.client = {"10.2.3.4", "", "okta/1.0", "req-7"};
    command.transaction = IdOf(0xF000 + ++transactions_);
    command.registry = registry;
    return command;
  }

  /// `members` of a body without `schemas`: it is put in front.
  ResourceDraft Draft(std::string_view type_name, std::string_view body) const {
    const ResourceType& type = Type(type_name);
    std::string text = "{\"schemas\":[\"" + type.schema + "\"]";
    if (body.size() > 2)
      text += "," + std::string(body.substr(1));
    else
      text += "}";
    const auto document = JsonDocument::Parse(text);
    SCIMLEDGER_INVARIANT(document, text.c_str());
    auto draft = ParseResource(*registry, type, document->root());
    SCIMLEDGER_INVARIANT(draft, draft.error().detail.c_str());
    return *std::move(draft);
  }

  Command Create(std::string_view type, const ResourceId& id, std::string_view body) {
    return Make(CreateResource{Type(type).id, id, Draft(type, body)});
  }
  Command CreateUser(const ResourceId& id, std::string_view user_name) {
    return Create("User", id, "{\"userName\":\"" + std::string(user_name) + "\"}");
  }
  Command CreateGroup(const ResourceId& id, std::string_view name) {
    return Create("Group", id, "{\"displayName\":\"" + std::string(name) + "\"}");
  }
  Command Replace(std::string_view type, const ResourceId& id, std::string_view body,
                  std::optional<ExpectedVersion> expected = std::nullopt) {
    return Make(ReplaceResource{Type(type).id, id, Draft(type, body), std::move(expected)});
  }
  /// `operations` is the JSON array.
  Command Patch(std::string_view type, const ResourceId& id, std::string_view operations,
                std::optional<ExpectedVersion> expected = std::nullopt) {
    const std::string text =
        "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":" +
        std::string(operations) + "}";
    const auto document = JsonDocument::Parse(text);
    SCIMLEDGER_INVARIANT(document, text.c_str());
    auto patch = ParsePatch(*registry, Type(type), document->root());
    SCIMLEDGER_INVARIANT(patch, patch.error().detail.c_str());
    return Make(PatchResource{Type(type).id, id, *std::move(patch), std::move(expected)});
  }
  Command AddMember(const ResourceId& group, const ResourceId& member) {
    return Patch("Group", group,
                 "[{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"" +
                     member.ToString() + "\"}]}]");
  }
  Command RemoveMember(const ResourceId& group, const ResourceId& member) {
    return Patch(
        "Group", group,
        "[{\"op\":\"remove\",\"path\":\"members[value eq \\\"" + member.ToString() + "\\\"]\"}]");
  }
  Command Delete(std::string_view type, const ResourceId& id,
                 std::optional<ExpectedVersion> expected = std::nullopt) {
    return Make(DeleteResource{Type(type).id, id, std::move(expected)});
  }
  Command AddCredential(const Uuid& id, std::string_view name) {
    Credential credential;
    credential.id = id;
    credential.name = name;
    credential.role = Role::kProvisioner;
    credential.secret_hash.fill(0xAB);
    credential.secret_suffix = "wxyz";
    return Make(CreateCredential{credential});
  }

  AttributeId AttributeAt(std::string_view type, std::string_view path) const {
    const auto id = registry->FindByPath(Type(type), path);
    SCIMLEDGER_INVARIANT(id, std::string(path).c_str());
    return *id;
  }

 private:
  std::uint64_t transactions_ = 0;
};

inline constexpr std::string_view kBadgeSchema =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
    R"("id":"urn:example:params:scim:schemas:extension:badge:2.0:User","name":"Badge",)"
    R"("description":"Access badge","attributes":[)"
    R"({"name":"serial","type":"string","mutability":"immutable","caseExact":true},)"
    R"({"name":"weight","type":"decimal"},{"name":"floor","type":"integer"},)"
    R"({"name":"pin","type":"string","mutability":"writeOnly","returned":"never"}]})";
inline constexpr std::string_view kBadgeUrn =
    "urn:example:params:scim:schemas:extension:badge:2.0:User";

}  // namespace scimledger
