#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document.h"
#include "engine/patch.h"
#include "engine/resource_json.h"
#include "engine/state.h"
#include "tests/unit/engine/filter_test_resource.h"

namespace scimledger {

/// Resources and member sets in memory; counts how often a whole set is walked.
class PatchTestState : public State {
 public:
  explicit PatchTestState(RegistryPtr registry) : registry_(std::move(registry)) {}

  Sequence head() const override { return {}; }
  RegistryPtr registry() const override { return registry_; }
  ResourcePtr FindResource(const ResourceId& id) const override {
    const auto found = resources.find(id);
    return found == resources.end() ? nullptr : found->second;
  }
  std::optional<ResourceId> FindByUniqueKey(const UniqueKey&) const override {
    return std::nullopt;
  }
  bool IsMember(const ResourceId& group, const ResourceId& member) const override {
    ++lookups;
    const auto found = members.find(group);
    return found != members.end() &&
           std::find(found->second.begin(), found->second.end(), member) != found->second.end();
  }
  void ForEachMember(const ResourceId& group,
                     const std::function<bool(const ResourceId&)>& visit) const override {
    ++walks;
    const auto found = members.find(group);
    if (found == members.end()) return;
    for (const ResourceId& id : found->second) {
      if (!visit(id)) return;
    }
  }
  std::vector<ResourceId> GroupsHolding(const ResourceId&) const override { return {}; }
  std::uint32_t next_ordinal() const override { return 0; }
  std::optional<Credential> FindCredential(const Uuid&) const override { return std::nullopt; }

  std::map<ResourceId, ResourcePtr> resources;
  std::map<ResourceId, std::vector<ResourceId>> members;
  mutable int walks = 0;
  mutable int lookups = 0;

 private:
  RegistryPtr registry_;
};

/// Parses and applies PATCH bodies; resources before and after are written as JSON, with short
/// names for extension attributes too.
class PatchTest : public testing::Test {
 protected:
  explicit PatchTest(RegistryPtr registry = LabRegistry())
      : registry_(std::move(registry)), state_(registry_) {}

  AttributeMap Attributes(const ResourceType& type, std::string_view json) const {
    AttributeMap attributes;
    const auto document = JsonDocument::Parse(json);
    if (!document) {
      ADD_FAILURE() << json << ": " << document.error().detail;
      return attributes;
    }
    const simdjson::dom::object object = document->root().get_object().value_unsafe();
    for (const auto [key, element] : object) {
      const auto path = ResolvePath(*registry_, type, key);
      if (!path) {
        ADD_FAILURE() << "no attribute " << key;
        continue;
      }
      auto value = ReadValueJson(*registry_, path->attribute, simdjson::to_string(element));
      if (!value) ADD_FAILURE() << key << ": " << value.error().detail;
      if (value) attributes.Set(path->attribute, *std::move(value));
    }
    return attributes;
  }

  std::string Render(const AttributeMap& attributes) const {
    std::string out;
    for (const auto& [id, value] : attributes) {
      out += out.empty() ? "{" : ",";
      AppendJsonString(out, registry_->attribute(id).name);
      out += ":";
      AppendValueJson(*registry_, value, out);
    }
    return out.empty() ? "{}" : out + "}";
  }

  static ResourceId Id(std::size_t number) {
    ResourceId id;
    id.bytes[14] = static_cast<std::uint8_t>(number / 256);
    id.bytes[15] = static_cast<std::uint8_t>(number % 256);
    return id;
  }
  static std::string IdText(std::size_t number) { return Id(number).ToString(); }

  Resource MakeResource(std::string_view type_name, const ResourceId& id,
                        std::string_view json) const {
    const ResourceType& type = *registry_->FindTypeByName(type_name);
    Resource resource;
    resource.id = id;
    resource.type = type.id;
    resource.document = EncodeDocument(Attributes(type, json));
    return resource;
  }

  void AddToState(std::string_view type_name, const ResourceId& id, std::string_view json) {
    state_.resources[id] = std::make_shared<Resource>(MakeResource(type_name, id, json));
  }

  static std::string Body(std::string_view operations) {
    return fmt::format(
        R"({{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{}]}})",
        operations);
  }

  Result<Patch> Parse(std::string_view type_name, std::string_view body) const {
    const auto document = JsonDocument::Parse(body);
    if (!document) return std::unexpected(document.error());
    return ParsePatch(*registry_, *registry_->FindTypeByName(type_name), document->root());
  }

  Result<PatchEffect> Apply(const Resource& resource, std::string_view body) const {
    const ResourceType& type = registry_->type(resource.type);
    const auto patch = Parse(type.name, body);
    if (!patch) return std::unexpected(patch.error());
    return ApplyPatch(state_, type, resource, *patch);
  }

  /// The user after the operations; a second time nothing may change where `is_idempotent`.
  void ExpectUser(std::string_view before, std::string_view operations, std::string_view after,
                  bool is_idempotent = true) const {
    Resource user = MakeResource("User", Id(1), before);
    const auto effect = Apply(user, Body(operations));
    ASSERT_TRUE(effect) << operations << ": " << effect.error().detail;
    const AttributeMap expected = Attributes(UserType(*registry_), after);
    EXPECT_EQ(Render(effect->attributes), Render(expected)) << operations;
    user.document = EncodeDocument(effect->attributes);
    const auto again = Apply(user, Body(operations));
    if (!is_idempotent) return;
    ASSERT_TRUE(again) << operations << ": " << again.error().detail;
    EXPECT_EQ(Render(again->attributes), Render(expected)) << "again: " << operations;
  }

  void ExpectRefused(std::string_view before, std::string_view operations, ScimType scim_type,
                     std::string_view detail) const {
    const auto effect = Apply(MakeResource("User", Id(1), before), Body(operations));
    ASSERT_FALSE(effect) << operations;
    EXPECT_EQ(effect.error().status, 400) << operations;
    EXPECT_EQ(ToString(effect.error().scim_type), ToString(scim_type))
        << operations << ": " << effect.error().detail;
    EXPECT_NE(effect.error().detail.find(detail), std::string::npos)
        << operations << ": " << effect.error().detail;
  }

  RegistryPtr registry_;
  PatchTestState state_;
};

}  // namespace scimledger
