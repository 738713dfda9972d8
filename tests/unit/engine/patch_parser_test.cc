#include <gtest/gtest.h>

#include <random>

#include "engine/patch_path.h"
#include "tests/unit/engine/patch_test_state.h"

namespace scimledger {
namespace {

std::string PathText(const SchemaRegistry& registry, const PatchTarget& target) {
  if (target.schema != nullptr) return "all of " + target.schema->id;
  std::string text = registry.attribute(target.path.attribute).name;
  if (target.path.value_filter) text += "[]";
  if (target.path.sub) text += "." + registry.attribute(*target.path.sub).name;
  return text;
}

struct AcceptedPath {
  std::string_view text;
  std::string_view expected;
};

const AcceptedPath kAcceptedPaths[] = {
    {"title", "title"},
    {" TITLE ", "title"},
    {"name.familyName", "name.familyName"},
    {"emails.value", "emails.value"},
    {R"(emails[type eq "work"])", "emails[]"},
    {R"(emails[type eq "work"].value)", "emails[].value"},
    {R"(emails[type eq "work"].Value)", "emails[].value"},
    {R"(emails [ type eq "a]b[" and value co "\"]" ].display)", "emails[].display"},
    {R"(emails[(type eq "a" or type eq "b") and not (primary eq true)])", "emails[]"},
    {R"(roles[primary eq "True"].value)", "roles[].value"},
    {R"(name[familyName eq "x"].givenName)", "name[].givenName"},
    {R"(tags[value eq "x"])", "tags[]"},
    {R"(tags[value eq "x"].value)", "tags[]"},
    {"manager", "manager"},
    {"manager.value", "manager.value"},
    {"urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName"},
    {"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", "name.givenName"},
    {R"(urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value)",
     "emails[].value"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "manager"},
    {"URN:ietf:params:scim:schemas:extension:Enterprise:2.0:user:manager.value", "manager.value"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
     "all of urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"},
    {"urn:ietf:params:scim:schemas:core:2.0:User",
     "all of urn:ietf:params:scim:schemas:core:2.0:User"},
};

TEST(PatchPathTest, AcceptsEveryForm) {
  const RegistryPtr registry = LabRegistry();
  for (const AcceptedPath& row : kAcceptedPaths) {
    const auto target = ParsePatchPath(*registry, UserType(*registry), row.text);
    ASSERT_TRUE(target) << row.text << ": " << target.error().detail;
    EXPECT_EQ(PathText(*registry, *target), row.expected) << row.text;
  }
}

struct RejectedPath {
  std::string_view text;
  ScimType scim_type;
  std::string_view detail;
};

const RejectedPath kRejectedPaths[] = {
    {"nope", ScimType::kInvalidPath, "User has no attribute 'nope'"},
    {"name.nope", ScimType::kInvalidPath, "'name.nope'"},
    {"name familyName", ScimType::kInvalidPath, "'name familyName'"},
    {"/userName", ScimType::kInvalidPath, "'/userName'"},
    {"members", ScimType::kInvalidPath, "'members'"},
    {"urn:example:other:2.0:User:shiftCode", ScimType::kInvalidPath, "scimledger schema add"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:nope", ScimType::kInvalidPath,
     "has no attribute"},
    {"emails[0]", ScimType::kInvalidPath, "values have no index"},
    {"emails[0].value", ScimType::kInvalidPath, "values have no index"},
    {R"(emails[type eq "work")", ScimType::kInvalidPath, "never closed"},
    {R"(emails[type eq "work])", ScimType::kInvalidPath, "never closed"},
    {R"(emails[type eq "work"]value)", ScimType::kInvalidPath, "behind ']'"},
    {R"(emails[type eq "work"].)", ScimType::kInvalidPath, "behind ']'"},
    {R"(emails[type eq "work"].nope)", ScimType::kInvalidPath, "no sub-attribute 'nope'"},
    {R"(emails[type eq "work"].value.x)", ScimType::kInvalidPath, "no sub-attribute 'value.x'"},
    {R"(emails.value[type eq "work"])", ScimType::kInvalidPath, "neither parts nor several"},
    {R"(title[value eq "x"])", ScimType::kInvalidPath, "neither parts nor several"},
    {R"(nope[value eq "x"])", ScimType::kInvalidPath, "'nope'"},
    {R"([value eq "x"])", ScimType::kInvalidPath, "has no attribute ''"},
    {"emails[]", ScimType::kInvalidFilter, "the filter is empty"},
    {"emails[type]", ScimType::kInvalidFilter, "expected an operator"},
    {R"(emails[nope eq "x"])", ScimType::kInvalidFilter, "no sub-attribute 'nope'"},
    {R"(emails[type eq work])", ScimType::kInvalidFilter, "double quotes"},
    {R"(emails[primary gt true])", ScimType::kInvalidFilter, "has no order"},
};

TEST(PatchPathTest, RejectsTheRestNamingWhatIsWrong) {
  const RegistryPtr registry = LabRegistry();
  for (const RejectedPath& row : kRejectedPaths) {
    const auto target = ParsePatchPath(*registry, UserType(*registry), row.text);
    ASSERT_FALSE(target) << row.text;
    EXPECT_EQ(ToString(target.error().scim_type), ToString(row.scim_type)) << row.text;
    EXPECT_NE(target.error().detail.find(row.detail), std::string::npos)
        << row.text << ": " << target.error().detail;
  }
  const auto huge =
      ParsePatchPath(*registry, UserType(*registry), std::string(kFilterBytesMax + 1, 'a'));
  ASSERT_FALSE(huge);
  EXPECT_LT(huge.error().detail.size(), 200U);
}

TEST(PatchPathTest, SurvivesMutatedPaths) {
  const RegistryPtr registry = LabRegistry();
  constexpr std::uint64_t kSeed = 20261124;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(kAcceptedPaths[random() % std::size(kAcceptedPaths)].text);
    for (std::size_t count = 1 + random() % 4; count > 0 && !text.empty(); --count) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, 1 + random() % 4);
          break;
        case 1:
          text[at] = static_cast<char>(random() % 256);
          break;
        default:
          text.insert(at, 1, "[]\".\\: ("[random() % 8]);
      }
    }
    const auto target = ParsePatchPath(*registry, UserType(*registry), text);
    if (target) continue;
    ASSERT_FALSE(target.error().detail.empty()) << "seed " << kSeed << " round " << round;
    ASSERT_TRUE(target.error().scim_type == ScimType::kInvalidPath ||
                target.error().scim_type == ScimType::kInvalidFilter)
        << "seed " << kSeed << " round " << round << ": " << text;
  }
}

using PatchParserTest = PatchTest;

struct RefusedBody {
  std::string_view body;
  ScimType scim_type;
  std::string_view detail;
};

TEST_F(PatchParserTest, RefusesBodiesThatAreNoPatch) {
  const RefusedBody rows[] = {
      {R"([])", ScimType::kInvalidSyntax, "a PATCH body is an object"},
      {R"({"Operations": []})", ScimType::kInvalidSyntax, "'schemas' must be an array"},
      {R"({"schemas": ["urn:x"], "Operations": []})", ScimType::kInvalidSyntax, "PatchOp"},
      {R"({"schemas": "urn:ietf:params:scim:api:messages:2.0:PatchOp", "Operations": []})",
       ScimType::kInvalidSyntax, "'schemas' must be an array"},
      {R"({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]})",
       ScimType::kInvalidSyntax, "'Operations' must be an array"},
      {R"({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": {}})",
       ScimType::kInvalidSyntax, "'Operations' must be an array"},
  };
  for (const RefusedBody& row : rows) {
    const auto patch = Parse("User", row.body);
    ASSERT_FALSE(patch) << row.body;
    EXPECT_EQ(ToString(patch.error().scim_type), ToString(row.scim_type));
    EXPECT_NE(patch.error().detail.find(row.detail), std::string::npos) << patch.error().detail;
  }
}

TEST_F(PatchParserTest, RefusesOperationsAndSaysWhichOne) {
  const RefusedBody rows[] = {
      {R"(5)", ScimType::kInvalidSyntax, "Operations[0]: must be an object"},
      {R"({"path": "title", "value": "x"})", ScimType::kInvalidSyntax, "Operations[0]: 'op' must"},
      {R"({"op": "move", "path": "title"})", ScimType::kInvalidSyntax, "'op' must be"},
      {R"({"op": "test", "path": "title"})", ScimType::kInvalidSyntax, "'op' must be"},
      {R"({"op": 5, "path": "title"})", ScimType::kInvalidSyntax, "'op' must be"},
      {R"({"op": "add", "path": 5, "value": "x"})", ScimType::kInvalidSyntax, "'path' must be"},
      {R"({"op": "add", "path": "title", "value": "x"}, {"op": "add", "path": "nope", "value": 1})",
       ScimType::kInvalidPath, "Operations[1]: User has no attribute 'nope'"},
      {R"({"op": "add", "path": "emails[type eq]", "value": "x"})", ScimType::kInvalidFilter, ""},
      {R"({"op": "add", "path": "title"})", ScimType::kInvalidValue, "need a 'value'"},
      {R"({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User"})",
       ScimType::kInvalidValue, "need a 'value'"},
      {R"({"op": "replace"})", ScimType::kInvalidValue, "need a 'value'"},
      {R"({"op": "add", "value": "x"})", ScimType::kInvalidValue, "must be an object of attr"},
      {R"({"op": "remove"})", ScimType::kNoTarget, "needs a 'path'"},
      {R"({"op": "remove", "value": {"title": "x"}})", ScimType::kNoTarget, "needs a 'path'"},
      {R"({"op": "replace", "path": "id", "value": "x"})", ScimType::kMutability, "readOnly"},
      {R"({"op": "replace", "path": "meta.created", "value": "x"})", ScimType::kMutability,
       "'meta.created' is readOnly"},
      {R"({"op": "add", "path": "groups", "value": []})", ScimType::kMutability, "readOnly"},
      {R"({"op": "remove", "path": "schemas"})", ScimType::kMutability, "readOnly"},
      {R"({"op": "replace", "path": "manager.displayName", "value": "x"})", ScimType::kMutability,
       "readOnly"},
      {R"({"op": "replace", "path": "userName", "value": ["x"]})", ScimType::kInvalidValue,
       "userName"},
      {R"({"op": "replace", "path": "active", "value": "perhaps"})", ScimType::kInvalidValue,
       "active"},
      {R"({"op": "replace", "path": "level", "value": 1.5})", ScimType::kInvalidValue, "level"},
      {R"({"op": "replace", "value": {"active": 5}})", ScimType::kInvalidValue, "active"},
      {R"({"op": "replace", "value": {"emails[type eq]": 5}})", ScimType::kInvalidFilter, ""},
      {R"({"op": "add", "path": "emails", "value": [{"value": "a", "primary": true},
                                                    {"value": "b", "primary": "True"}]})",
       ScimType::kInvalidValue, "primary"},
      {R"({"op": "replace", "path": "emails[type eq \"work\"]", "value": [{"value": "a"},
                                                                          {"value": "b"}]})",
       ScimType::kInvalidValue, "takes one value, not 2"},
      {R"({"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
           "value": "x"})",
       ScimType::kInvalidValue, "needs an object of its attributes"},
  };
  for (const RefusedBody& row : rows) {
    const auto patch = Parse("User", Body(row.body));
    ASSERT_FALSE(patch) << row.body;
    EXPECT_EQ(patch.error().status, 400);
    EXPECT_EQ(ToString(patch.error().scim_type), ToString(row.scim_type))
        << row.body << ": " << patch.error().detail;
    EXPECT_NE(patch.error().detail.find(row.detail), std::string::npos)
        << row.body << ": " << patch.error().detail;
  }
}

TEST_F(PatchParserTest, BoundsTheNumberOfOperations) {
  std::string operations = R"({"op": "add", "path": "title", "value": "x"})";
  const std::string one = "," + operations;
  for (std::size_t i = 1; i < kPatchOperationsMax; ++i) operations += one;
  EXPECT_TRUE(Parse("User", Body(operations)));
  const auto more = Parse("User", Body(operations + one));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().status, 413);
}

TEST_F(PatchParserTest, KeysAndUrnsMatchInAnyLetterCase) {
  const auto patch = Parse("User", R"({"SCHEMAS": ["URN:IETF:params:scim:api:messages:2.0:patchop"],
      "operations": [{"OP": "ADD", "Path": "TITLE", "Value": "x"}]})");
  ASSERT_TRUE(patch) << patch.error().detail;
  ASSERT_EQ(patch->operations.size(), 1U);
  EXPECT_EQ(patch->operations[0].op, PatchOp::kAdd);
}

TEST_F(PatchParserTest, EmptyOperationsMakeAnEmptyPatch) {
  const auto patch = Parse("User", Body(""));
  ASSERT_TRUE(patch) << patch.error().detail;
  EXPECT_TRUE(patch->operations.empty());
}

TEST_F(PatchParserTest, SecretsAreNotedAndDropped) {
  const auto patch = Parse("User", Body(R"(
      {"op": "replace", "path": "password", "value": "hunter2"},
      {"op": "replace", "value": {"password": "hunter3", "pin": "1234", "title": "x"}},
      {"op": "remove", "path": "password"})"));
  ASSERT_TRUE(patch) << patch.error().detail;
  ASSERT_EQ(patch->secrets.size(), 2U);
  EXPECT_EQ(registry_->attribute(patch->secrets[0]).name, "password");
  EXPECT_EQ(registry_->attribute(patch->secrets[1]).name, "pin");
  EXPECT_FALSE(patch->password) << "the tenant keeps none";
  ASSERT_EQ(patch->operations.size(), 2U) << "title, and taking away what was kept before";
  EXPECT_EQ(patch->operations[1].op, PatchOp::kRemove);
}

TEST_F(PatchParserTest, ThePasswordThatCountsIsTheLast) {
  TenantSettings settings;
  settings.Set(Setting::kPasswords, true);
  registry_ = registry_->WithSettings(settings);
  const auto kept = Parse("User", Body(R"(
      {"op": "replace", "path": "password", "value": "hunter2"},
      {"op": "remove", "path": "password"},
      {"op": "replace", "value": {"password": "hunter3", "pin": "1234"}})"));
  ASSERT_TRUE(kept) << kept.error().detail;
  ASSERT_TRUE(kept->password);
  EXPECT_EQ(kept->password->text, "hunter3");
  EXPECT_EQ(kept->secrets.size(), 1U) << "the pin";
  for (const PatchOperation& operation : kept->operations) {
    EXPECT_TRUE(operation.value.IsUnassigned()) << "no text among the operations";
  }

  const auto removed = Parse("User", Body(R"(
      {"op": "replace", "path": "password", "value": "hunter2"},
      {"op": "replace", "path": "password", "value": null})"));
  ASSERT_TRUE(removed) << removed.error().detail;
  EXPECT_FALSE(removed->password);
  ASSERT_EQ(removed->operations.size(), 1U);
  EXPECT_EQ(removed->operations[0].op, PatchOp::kRemove);
}

TEST_F(PatchParserTest, PathlessValuesPassOverWhatCannotBeWritten) {
  const auto patch = Parse("User", Body(R"({"op": "replace", "value": {
      "schemas": ["urn:x"], "id": "1", "meta": {"version": "x"}, "groups": [], "nope": 1,
      "name.nope": 2, "urn:example:other:2.0:User": {"a": 1}, "urn:example:other:2.0:User:b": 2,
      "nope[a eq 1]": 3, "manager.displayName": "x"}})"));
  ASSERT_TRUE(patch) << patch.error().detail;
  EXPECT_TRUE(patch->operations.empty());
}

}  // namespace
}  // namespace scimledger
