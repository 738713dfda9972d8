#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/schema.h"

namespace scimledger {
namespace {

constexpr std::string_view kUserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr std::string_view kGroupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
constexpr std::string_view kEnterpriseUrn =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

class BuiltInSchemaTest : public testing::Test {
 protected:
  const Attribute& At(const ResourceType& type, std::string_view path) const {
    const auto id = registry_->FindByPath(type, path);
    EXPECT_TRUE(id) << path;
    return registry_->attribute(id.value_or(AttributeId{}));
  }
  const Attribute& UserAt(std::string_view path) const { return At(user_, path); }
  const Attribute& GroupAt(std::string_view path) const { return At(group_, path); }
  const Attribute& EnterpriseAt(const std::string& path) const {
    return At(user_, std::string(kEnterpriseUrn) + ":" + path);
  }

  std::string SubNames(const Attribute& attribute) const {
    std::string names;
    for (const AttributeId sub : attribute.sub_attributes) {
      names += registry_->attribute(sub).name + " ";
    }
    return names;
  }

  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  const ResourceType& user_ = *registry_->FindTypeByName("User");
  const ResourceType& group_ = *registry_->FindTypeByName("Group");
};

TEST_F(BuiltInSchemaTest, ResourceTypesAreThoseOfRfc7643) {
  ASSERT_EQ(registry_->resource_types().size(), 2U);
  EXPECT_EQ(user_.endpoint, "/Users");
  EXPECT_EQ(user_.schema, kUserUrn);
  ASSERT_EQ(user_.extensions.size(), 1U);
  EXPECT_EQ(user_.extensions[0].schema, kEnterpriseUrn);
  EXPECT_FALSE(user_.extensions[0].required);
  EXPECT_EQ(group_.endpoint, "/Groups");
  EXPECT_EQ(group_.schema, kGroupUrn);
  EXPECT_TRUE(group_.extensions.empty());
  EXPECT_EQ(registry_->schemas().size(), 3U);
  EXPECT_TRUE(registry_->added().empty());
}

TEST_F(BuiltInSchemaTest, AttributesAreThoseOfRfc7643) {
  const auto names = [this](const ResourceType& type) {
    std::string text;
    for (const AttributeId id : type.attributes) text += registry_->attribute(id).name + " ";
    return text;
  };
  EXPECT_EQ(names(user_),
            "schemas id externalId meta userName name displayName nickName profileUrl title "
            "userType preferredLanguage locale timezone active password emails phoneNumbers ims "
            "photos addresses groups entitlements roles x509Certificates employeeNumber "
            "costCenter organization division department manager ");
  EXPECT_EQ(names(group_), "schemas id externalId meta displayName members ");
  EXPECT_EQ(SubNames(UserAt("name")),
            "formatted familyName givenName middleName honorificPrefix honorificSuffix ");
  EXPECT_EQ(SubNames(UserAt("addresses")),
            "formatted streetAddress locality region postalCode country type primary ");
  EXPECT_EQ(SubNames(UserAt("groups")), "value $ref display type ");
  EXPECT_EQ(SubNames(GroupAt("members")), "value $ref type display ");
  EXPECT_EQ(SubNames(EnterpriseAt("manager")), "value $ref displayName ");
  for (const std::string_view name :
       {"emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"}) {
    EXPECT_EQ(SubNames(UserAt(name)), "value display type primary ") << name;
    EXPECT_TRUE(UserAt(name).multi_valued) << name;
  }
}

TEST_F(BuiltInSchemaTest, NamesAreRequiredUniqueAndCaseInsensitive) {
  for (const Attribute* attribute : {&UserAt("userName"), &GroupAt("displayName")}) {
    EXPECT_TRUE(attribute->required);
    EXPECT_FALSE(attribute->case_exact);
    EXPECT_EQ(attribute->uniqueness, Uniqueness::kServer);
    EXPECT_EQ(attribute->role, AttributeRole::kStored);
  }
  EXPECT_EQ(user_.naming_attribute, UserAt("userName").id);
  EXPECT_EQ(group_.naming_attribute, GroupAt("displayName").id);
}

TEST_F(BuiltInSchemaTest, CharacteristicsThatDiffer) {
  EXPECT_EQ(UserAt("password").mutability, Mutability::kWriteOnly);
  EXPECT_EQ(UserAt("password").returned, Returned::kNever);
  EXPECT_EQ(UserAt("active").type, AttributeType::kBoolean);
  EXPECT_EQ(UserAt("active").default_json, "true");
  EXPECT_EQ(UserAt("emails.primary").type, AttributeType::kBoolean);
  EXPECT_EQ(UserAt("profileUrl").type, AttributeType::kReference);
  EXPECT_EQ(UserAt("x509Certificates.value").type, AttributeType::kBinary);
  EXPECT_TRUE(UserAt("x509Certificates.value").case_exact);
  EXPECT_FALSE(UserAt("emails.value").case_exact);
  EXPECT_FALSE(UserAt("phoneNumbers.value").case_exact);
  EXPECT_EQ(UserAt("groups").mutability, Mutability::kReadOnly);
  EXPECT_EQ(GroupAt("members.value").mutability, Mutability::kImmutable);
  EXPECT_EQ(EnterpriseAt("manager.displayName").mutability, Mutability::kReadOnly);
  EXPECT_EQ(UserAt("phoneNumbers.type").canonical_values,
            (std::vector<std::string>{"work", "home", "mobile", "fax", "pager", "other"}));
}

TEST_F(BuiltInSchemaTest, CommonAttributesFollowRfc7643Section31) {
  const CommonAttributes& common = registry_->common();
  const Attribute& id = registry_->attribute(common.id);
  EXPECT_TRUE(id.case_exact);
  EXPECT_EQ(id.mutability, Mutability::kReadOnly);
  EXPECT_EQ(id.returned, Returned::kAlways);
  EXPECT_EQ(id.role, AttributeRole::kCommon);
  const Attribute& external_id = registry_->attribute(common.external_id);
  EXPECT_TRUE(external_id.case_exact);
  EXPECT_EQ(external_id.mutability, Mutability::kReadWrite);
  EXPECT_EQ(external_id.uniqueness, Uniqueness::kNone);
  EXPECT_EQ(external_id.role, AttributeRole::kStored);
  EXPECT_EQ(registry_->attribute(common.schemas).returned, Returned::kAlways);
  EXPECT_TRUE(registry_->attribute(common.schemas).multi_valued);
  EXPECT_EQ(SubNames(registry_->attribute(common.meta)),
            "resourceType created lastModified location version ");
  EXPECT_EQ(registry_->attribute(common.meta_created).path, "meta.created");
  EXPECT_EQ(registry_->attribute(common.meta_created).type, AttributeType::kDateTime);
  EXPECT_EQ(registry_->attribute(common.meta_last_modified).path, "meta.lastModified");
  EXPECT_EQ(registry_->attribute(common.meta_location).path, "meta.location");
  EXPECT_EQ(registry_->attribute(common.meta_resource_type).path, "meta.resourceType");
  EXPECT_EQ(registry_->attribute(common.meta_version).path, "meta.version");
  EXPECT_EQ(registry_->attribute(common.meta_version).role, AttributeRole::kCommon);
}

TEST_F(BuiltInSchemaTest, RolesFollowFromCharacteristics) {
  EXPECT_EQ(GroupAt("members").role, AttributeRole::kReferenceSet);
  EXPECT_EQ(GroupAt("members.value").role, AttributeRole::kReferenceSet);
  EXPECT_EQ(group_.reference_set, GroupAt("members").id);
  EXPECT_FALSE(group_.memberships);
  EXPECT_EQ(UserAt("groups").role, AttributeRole::kMemberships);
  EXPECT_EQ(UserAt("groups.display").role, AttributeRole::kMemberships);
  EXPECT_EQ(user_.memberships, UserAt("groups").id);
  EXPECT_FALSE(user_.reference_set);
  EXPECT_EQ(EnterpriseAt("manager.displayName").role, AttributeRole::kDerived);
  EXPECT_EQ(EnterpriseAt("manager").role, AttributeRole::kStored);
  EXPECT_EQ(EnterpriseAt("manager.value").role, AttributeRole::kStored);
  EXPECT_EQ(UserAt("emails.display").role, AttributeRole::kStored);
}

TEST_F(BuiltInSchemaTest, LookupsIgnoreLetterCase) {
  const AttributeId user_name = UserAt("userName").id;
  EXPECT_EQ(registry_->FindTypeByName("uSER"), &user_);
  EXPECT_EQ(registry_->FindSchema("URN:IETF:params:scim:schemas:core:2.0:user")->id, kUserUrn);
  EXPECT_EQ(registry_->FindAttribute(user_, "USERNAME"), user_name);
  EXPECT_EQ(registry_->FindInSchema("URN:ietf:params:scim:schemas:CORE:2.0:User", "username"),
            user_name);
  EXPECT_EQ(registry_->FindSubAttribute(UserAt("name").id, "FAMILYNAME"),
            UserAt("name.familyName").id);
  EXPECT_EQ(registry_->FindSubAttribute(GroupAt("members").id, "$REF"), GroupAt("members.$ref").id);
}

TEST_F(BuiltInSchemaTest, LookupsTellWhatIsNotThere) {
  EXPECT_EQ(registry_->FindTypeByName("Device"), nullptr);
  EXPECT_EQ(registry_->FindTypeByEndpoint("/users"), nullptr);
  EXPECT_EQ(registry_->FindTypeByEndpoint("Users"), nullptr);
  EXPECT_EQ(registry_->FindTypeByEndpoint("/Users"), &user_);
  EXPECT_EQ(registry_->FindSchema("urn:ietf:params:scim:schemas:core:2.0:Common"), nullptr);
  EXPECT_FALSE(registry_->FindAttribute(user_, "department"));
  EXPECT_FALSE(registry_->FindAttribute(user_, "members"));
  EXPECT_FALSE(registry_->FindAttribute(user_, "name.familyName"));
  EXPECT_FALSE(registry_->FindAttribute(user_, ""));
  EXPECT_FALSE(registry_->FindInSchema(kUserUrn, "externalId"));
  EXPECT_FALSE(registry_->FindSubAttribute(UserAt("title").id, "value"));
  EXPECT_FALSE(registry_->FindByPath(group_, "userName"));
}

TEST_F(BuiltInSchemaTest, EveryPathOfATypeLeadsBackToItsAttribute) {
  for (const ResourceType& type : registry_->resource_types()) {
    for (const AttributeId id : type.attributes) {
      const Attribute& attribute = registry_->attribute(id);
      EXPECT_EQ(registry_->FindByPath(type, attribute.path), id) << attribute.path;
      for (const AttributeId sub : attribute.sub_attributes) {
        EXPECT_EQ(registry_->FindByPath(type, registry_->attribute(sub).path), sub);
        EXPECT_EQ(registry_->attribute(sub).parent, id);
        EXPECT_EQ(registry_->attribute(sub).schema, attribute.schema);
      }
    }
  }
  EXPECT_EQ(EnterpriseAt("manager.displayName").path,
            std::string(kEnterpriseUrn) + ":manager.displayName");
}

TEST_F(BuiltInSchemaTest, EveryAttributeIsDescribed) {
  for (std::size_t index = 0; index < registry_->attribute_count(); ++index) {
    const Attribute& attribute = registry_->attribute(static_cast<AttributeId>(index));
    EXPECT_FALSE(attribute.description.empty()) << attribute.path;
  }
}

}  // namespace
}  // namespace scimledger
