#include <gtest/gtest.h>

#include "tests/unit/engine/patch_test_state.h"

namespace scimledger {
namespace {

using PatchApplyTest = PatchTest;

TEST_F(PatchApplyTest, SingularAttributesAreSetReplacedAndCleared) {
  ExpectUser(R"({"userName": "a"})", R"({"op": "add", "path": "title", "value": "x"})",
             R"({"userName": "a", "title": "x"})");
  ExpectUser(R"({"title": "x"})", R"({"op": "add", "path": "title", "value": "y"})",
             R"({"title": "y"})");
  ExpectUser(R"({"title": "x"})", R"({"op": "replace", "path": "title", "value": "y"})",
             R"({"title": "y"})");
  ExpectUser(R"({})", R"({"op": "replace", "path": "title", "value": "y"})", R"({"title": "y"})");
  ExpectUser(R"({"title": "x"})", R"({"op": "remove", "path": "title", "value": "ignored"})", "{}");
  ExpectUser("{}", R"({"op": "remove", "path": "title"})", "{}");
  for (const std::string_view nothing : {"null", R"("")"}) {
    for (const std::string_view op : {"add", "replace"}) {
      ExpectUser(R"({"title": "x"})",
                 fmt::format(R"({{"op": "{}", "path": "title", "value": {}}})", op, nothing), "{}");
    }
  }
}

TEST_F(PatchApplyTest, OperationsRunInOrderOnTheResultOfTheOneBefore) {
  ExpectUser(R"({"title": "x"})",
             R"({"op": "replace", "path": "title", "value": "y"},
                {"op": "remove", "path": "title"},
                {"op": "add", "path": "title", "value": "z"},
                {"op": "add", "path": "nickName", "value": "n"})",
             R"({"title": "z", "nickName": "n"})");
}

TEST_F(PatchApplyTest, ComplexAttributesMergePartByPart) {
  const std::string_view before = R"({"name": {"familyName": "F", "givenName": "G"}})";
  for (const std::string_view op : {"add", "replace"}) {
    ExpectUser(before,
               fmt::format(R"({{"op": "{}", "path": "name", "value": {{"givenName": "H"}}}})", op),
               R"({"name": {"familyName": "F", "givenName": "H"}})");
    ExpectUser(before, fmt::format(R"({{"op": "{}", "path": "name.givenName", "value": "H"}})", op),
               R"({"name": {"familyName": "F", "givenName": "H"}})");
  }
  ExpectUser("{}", R"({"op": "replace", "path": "name.givenName", "value": "H"})",
             R"({"name": {"givenName": "H"}})");
  ExpectUser(before, R"({"op": "remove", "path": "name.givenName"})",
             R"({"name": {"familyName": "F"}})");
  ExpectUser(R"({"name": {"givenName": "G"}})", R"({"op": "remove", "path": "name.givenName"})",
             "{}");
  ExpectUser(before, R"({"op": "remove", "path": "name"})", "{}");
  ExpectUser(before, R"({"op": "replace", "path": "name", "value": null})", "{}");
  ExpectUser(before, R"({"op": "replace", "path": "name", "value": {}})", before);
  ExpectUser(before,
             R"({"op": "replace", "path": "name",
                 "value": {"givenName": null, "familyName": "", "middleName": "M"}})",
             R"({"name": {"middleName": "M"}})");
  ExpectUser(before, R"({"op": "replace", "path": "name", "value": {"givenName": null}})",
             R"({"name": {"familyName": "F"}})");
}

TEST_F(PatchApplyTest, FiltersOnSingularComplexAttributesGuardThem) {
  const std::string_view before = R"({"name": {"familyName": "F", "givenName": "G"}})";
  ExpectUser(before,
             R"({"op": "replace", "path": "name[familyName eq \"f\"].givenName", "value": "H"})",
             R"({"name": {"familyName": "F", "givenName": "H"}})");
  ExpectRefused(before,
                R"({"op": "replace", "path": "name[familyName eq \"x\"].givenName", "value": "H"})",
                ScimType::kNoTarget, "matches no value");
  ExpectUser("{}",
             R"({"op": "replace", "path": "name[familyName eq \"x\"].givenName", "value": "H"})",
             R"({"name": {"familyName": "x", "givenName": "H"}})");
}

TEST_F(PatchApplyTest, AddAppendsWhatIsNotThereYet) {
  const std::string_view before = R"({"emails": [{"value": "a@x", "type": "work"}]})";
  ExpectUser(before, R"({"op": "add", "path": "emails", "value": [{"value": "b@x"}]})",
             R"({"emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}]})");
  ExpectUser(before, R"({"op": "add", "path": "emails", "value": {"value": "b@x"}})",
             R"({"emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}]})");
  ExpectUser(before, R"({"op": "add", "path": "emails",
                         "value": [{"value": "a@x", "type": "work"}]})",
             before);
  ExpectUser(before,
             R"({"op": "add", "path": "emails", "value": [{"value": "a@x", "type": "home"}]})",
             R"({"emails": [{"value": "a@x", "type": "work"}, {"value": "a@x", "type": "home"}]})");
  ExpectUser(before,
             R"({"op": "add", "path": "emails",
                 "value": [{"value": "A@x", "type": "WORK", "display": "d"}]})",
             R"({"emails": [{"value": "A@x", "type": "WORK", "display": "d"}]})");
  ExpectUser(before, R"({"op": "add", "path": "emails", "value": []})", before);
  ExpectUser(before, R"({"op": "add", "path": "emails", "value": null})", "{}");
  ExpectUser(R"({"addresses": [{"locality": "L", "type": "work"}]})",
             R"({"op": "add", "path": "addresses", "value": [{"type": "work", "locality": "L"},
                                                            {"type": "work", "locality": "M"}]})",
             R"({"addresses": [{"locality": "L", "type": "work"},
                               {"locality": "M", "type": "work"}]})");
  ExpectUser(R"({"tags": ["red"]})", R"({"op": "add", "path": "tags", "value": ["Red", "blue"]})",
             R"({"tags": ["red", "blue"]})");
  ExpectUser("{}", R"({"op": "add", "path": "tags", "value": "red"})", R"({"tags": ["red"]})");
}

TEST_F(PatchApplyTest, ReplaceSwapsTheWholeList) {
  const std::string_view before = R"({"emails": [{"value": "a"}, {"value": "b"}], "tags": ["x"]})";
  ExpectUser(before, R"({"op": "replace", "path": "emails", "value": [{"value": "c"}]},
                        {"op": "replace", "path": "tags", "value": ["y", "z"]})",
             R"({"emails": [{"value": "c"}], "tags": ["y", "z"]})");
  for (const std::string_view nothing : {"[]", "null", R"("")"}) {
    ExpectUser(before,
               fmt::format(R"({{"op": "replace", "path": "emails", "value": {}}})", nothing),
               R"({"tags": ["x"]})");
  }
}

TEST_F(PatchApplyTest, RemoveTakesListedValuesOnlyWhenAListIsSent) {
  const std::string_view before =
      R"({"emails": [{"value": "a", "type": "work"}, {"value": "a", "type": "home"},
                     {"value": "b"}]})";
  ExpectUser(before, R"({"op": "remove", "path": "emails"})", "{}");
  ExpectUser(before, R"({"op": "remove", "path": "emails", "value": null})", "{}");
  ExpectUser(before, R"({"op": "remove", "path": "emails", "value": []})", before);
  ExpectUser(before, R"({"op": "remove", "path": "emails", "value": [{"value": "A"}]})",
             R"({"emails": [{"value": "b"}]})");
  ExpectUser(before,
             R"({"op": "remove", "path": "emails", "value": [{"value": "a", "type": "work"}]})",
             R"({"emails": [{"value": "a", "type": "home"}, {"value": "b"}]})");
  ExpectUser(before,
             R"({"op": "remove", "path": "emails", "value": [{"value": "b", "type": "x"}]})",
             R"({"emails": [{"value": "a", "type": "work"}, {"value": "a", "type": "home"}]})");
  ExpectUser(before, R"({"op": "remove", "path": "emails", "value": [{"value": "z"}]})", before);
  ExpectUser(R"({"tags": ["red", "blue"]})",
             R"({"op": "remove", "path": "tags", "value": ["RED"]})", R"({"tags": ["blue"]})");
  ExpectUser(R"({"addresses": [{"locality": "L"}, {"locality": "M"}]})",
             R"({"op": "remove", "path": "addresses", "value": [{"locality": "L"}]})",
             R"({"addresses": [{"locality": "M"}]})");
}

TEST_F(PatchApplyTest, FiltersChooseTheElementsToRemove) {
  const std::string_view before =
      R"({"emails": [{"value": "a", "type": "work", "display": "A"}, {"value": "b"}]})";
  ExpectUser(before, R"({"op": "remove", "path": "emails[type eq \"work\"]"})",
             R"({"emails": [{"value": "b"}]})");
  ExpectUser(before, R"({"op": "remove", "path": "emails[value pr]"})", "{}");
  ExpectUser(before, R"({"op": "remove", "path": "emails[type eq \"home\"]"})", before);
  ExpectUser(before, R"({"op": "remove", "path": "emails[type eq \"work\"].display"})",
             R"({"emails": [{"value": "a", "type": "work"}, {"value": "b"}]})");
  ExpectUser(before, R"({"op": "remove", "path": "emails[type eq \"work\"].value"})",
             R"({"emails": [{"type": "work", "display": "A"}, {"value": "b"}]})");
  ExpectUser(before, R"({"op": "replace", "path": "emails[type eq \"work\"]", "value": null})",
             R"({"emails": [{"value": "b"}]})");
  ExpectUser(before, R"({"op": "remove", "path": "emails.display"})",
             R"({"emails": [{"value": "a", "type": "work"}, {"value": "b"}]})");
  ExpectUser(R"({"tags": ["a", "b"]})", R"({"op": "remove", "path": "tags[value eq \"A\"]"})",
             R"({"tags": ["b"]})");
}

TEST_F(PatchApplyTest, ElementsLeftWithTypeAndPrimaryOnlyGo) {
  const std::string_view before =
      R"({"emails": [{"value": "a", "type": "work", "primary": true}, {"value": "b"}]})";
  ExpectUser(before, R"({"op": "remove", "path": "emails[type eq \"work\"].value"})",
             R"({"emails": [{"value": "b"}]})");
  ExpectUser(before, R"({"op": "replace", "path": "emails[type eq \"work\"].value", "value": ""})",
             R"({"emails": [{"value": "b"}]})");
}

TEST_F(PatchApplyTest, FiltersChooseTheElementsToWrite) {
  const std::string_view before =
      R"({"emails": [{"value": "a", "type": "work", "display": "A"}, {"value": "b"}]})";
  ExpectUser(before,
             R"({"op": "add", "path": "emails[type eq \"work\"]", "value": {"value": "c"}})",
             R"({"emails": [{"value": "c", "type": "work", "display": "A"}, {"value": "b"}]})");
  ExpectUser(before,
             R"({"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "c"}})",
             R"({"emails": [{"value": "c", "type": "work"}, {"value": "b"}]})");
  ExpectUser(before,
             R"({"op": "replace", "path": "emails[type eq \"work\"]",
                 "value": [{"value": "c", "type": "home"}]})",
             R"({"emails": [{"value": "c", "type": "home"}, {"value": "b"}]})",
             /*is_idempotent=*/false);
  ExpectUser(before, R"({"op": "replace", "path": "emails[value pr].display", "value": "D"})",
             R"({"emails": [{"value": "a", "type": "work", "display": "D"},
                            {"value": "b", "display": "D"}]})");
  ExpectUser(before, R"({"op": "replace", "path": "emails.display", "value": "D"})",
             R"({"emails": [{"value": "a", "type": "work", "display": "D"},
                            {"value": "b", "display": "D"}]})");
  ExpectUser(R"({"tags": ["a", "b"]})",
             R"({"op": "replace", "path": "tags[value eq \"a\"]", "value": "c"})",
             R"({"tags": ["c", "b"]})", /*is_idempotent=*/false);
  ExpectUser(R"({"tags": ["a", "b"]})",
             R"({"op": "replace", "path": "tags[value eq \"a\"]", "value": "B"})",
             R"({"tags": ["B"]})");
}

TEST_F(PatchApplyTest, FiltersThatMatchNothingMakeTheElement) {
  for (const std::string_view op : {"add", "replace"}) {
    ExpectUser(R"({"emails": [{"value": "a", "type": "home"}]})",
               fmt::format(R"({{"op": "{}", "path": "emails[type eq \"work\"].value",
                               "value": "b"}})",
                           op),
               R"({"emails": [{"value": "a", "type": "home"}, {"value": "b", "type": "work"}]})");
    ExpectUser("{}",
               fmt::format(R"({{"op": "{}", "path": "emails[type eq \"work\" and primary eq true]",
                               "value": {{"value": "b"}}}})",
                           op),
               R"({"emails": [{"value": "b", "type": "work", "primary": true}]})");
    ExpectUser("{}", fmt::format(R"({{"op": "{}", "path": "emails.value", "value": "b"}})", op),
               R"({"emails": [{"value": "b"}]})");
    for (const std::string_view filter :
         {R"(type ne \"home\" and value pr)", R"(type eq \"a\" or type eq \"b\")",
          R"(not (type eq \"home\") and type sw \"h\")"}) {
      ExpectRefused(R"({"emails": [{"value": "a", "type": "home"}]})",
                    fmt::format(R"({{"op": "{}", "path": "emails[{} and value eq \"zz\"].display",
                                    "value": "b"}})",
                                op, filter),
                    ScimType::kNoTarget, "matches no value");
    }
    ExpectUser("{}",
               fmt::format(R"({{"op": "{}", "path": "tags[value eq \"a\"]", "value": "b"}})", op),
               R"({"tags": ["b"]})");
    ExpectUser(R"({"roles": [{"value": "v", "display": "D"}]})",
               fmt::format(R"({{"op": "{}", "path": "roles[primary eq true].value",
                               "value": "V"}})",
                           op),
               R"({"roles": [{"value": "V", "display": "D", "primary": true}]})");
  }
}

TEST_F(PatchApplyTest, LaterOperationsFindTheElementMadeBefore) {
  ExpectUser("{}",
             R"({"op": "add", "path": "roles[primary eq \"True\"].display", "value": "D"},
                {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "v"})",
             R"({"roles": [{"value": "v", "display": "D", "primary": true}]})");
}

TEST_F(PatchApplyTest, OnePrimaryTakesOverFromTheOthers) {
  const std::string_view before =
      R"({"emails": [{"value": "a", "type": "home", "primary": true},
                     {"value": "b", "type": "work"}]})";
  const std::string_view after =
      R"({"emails": [{"value": "a", "type": "home", "primary": false},
                     {"value": "b", "type": "work", "primary": true}]})";
  ExpectUser(before,
             R"({"op": "replace", "path": "emails[type eq \"work\"].primary", "value": "True"})",
             after);
  ExpectUser(before,
             R"({"op": "add", "path": "emails[type eq \"work\"]", "value": {"primary": true}})",
             after);
  ExpectUser(before,
             R"({"op": "add", "path": "emails",
                 "value": [{"value": "b", "type": "work", "primary": true}]})",
             after);
  ExpectUser(before,
             R"({"op": "add", "path": "emails", "value": [{"value": "c", "primary": true}]})",
             R"({"emails": [{"value": "a", "type": "home", "primary": false},
                            {"value": "b", "type": "work"}, {"value": "c", "primary": true}]})");
  ExpectUser(before,
             R"({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": false})",
             R"({"emails": [{"value": "a", "type": "home", "primary": false},
                            {"value": "b", "type": "work"}]})");
  ExpectRefused(before, R"({"op": "replace", "path": "emails[value pr].primary", "value": true})",
                ScimType::kInvalidValue, "'emails' can have one primary value only");
  ExpectRefused(before, R"({"op": "replace", "path": "emails.primary", "value": true})",
                ScimType::kInvalidValue, "one primary value");
}

TEST_F(PatchApplyTest, RequiredAttributesKeepAValue) {
  const std::string_view before = R"({"userName": "a", "title": "t"})";
  ExpectRefused(before, R"({"op": "remove", "path": "userName"})", ScimType::kMutability,
                "'userName' is required");
  ExpectRefused(before, R"({"op": "replace", "path": "userName", "value": ""})",
                ScimType::kInvalidValue, "'userName' is required");
  ExpectRefused(before, R"({"op": "replace", "value": {"title": "u", "userName": null}})",
                ScimType::kInvalidValue, "'userName' is required");
  ExpectRefused(R"({"sector": "s"})",
                R"({"op": "remove", "path": "urn:example:scim:extension:Lab:2.0:User"})",
                ScimType::kMutability, "sector");
  ExpectUser("{}", R"({"op": "remove", "path": "sector"})", "{}");
}

TEST_F(PatchApplyTest, ImmutableAttributesAreSetOnce) {
  ExpectUser("{}", R"({"op": "add", "path": "serial", "value": "1"})", R"({"serial": "1"})");
  ExpectUser(R"({"serial": "1"})", R"({"op": "replace", "path": "serial", "value": "1"})",
             R"({"serial": "1"})");
  ExpectRefused(R"({"serial": "1"})", R"({"op": "replace", "path": "serial", "value": "2"})",
                ScimType::kMutability, "serial' is immutable");
  ExpectRefused(R"({"serial": "1"})", R"({"op": "remove", "path": "serial"})",
                ScimType::kMutability, "serial' is immutable");
  ExpectRefused(R"({"serial": "1"})", R"({"op": "replace", "value": {"serial": null}})",
                ScimType::kMutability, "immutable");
}

TEST_F(PatchApplyTest, ImmutablePartsAreSetOnce) {
  const std::string_view before = R"({"visits": [{"value": "v", "origin": "o", "count": 1}]})";
  ExpectUser(before, R"({"op": "replace", "path": "visits[value eq \"v\"].count", "value": 2})",
             R"({"visits": [{"value": "v", "origin": "o", "count": 2}]})");
  for (const std::string_view operation :
       {R"({"op": "replace", "path": "visits[value eq \"v\"].origin", "value": "p"})",
        R"({"op": "remove", "path": "visits[value eq \"v\"].origin"})",
        R"({"op": "add", "path": "visits", "value": [{"value": "v", "origin": "p"}]})",
        R"({"op": "replace", "path": "visits[value eq \"v\"]", "value": {"count": 2}})"}) {
    ExpectRefused(before, operation, ScimType::kMutability, "visits.origin' is immutable");
  }
  ExpectUser(R"({"visits": [{"value": "v"}]})",
             R"({"op": "add", "path": "visits[value eq \"v\"].origin", "value": "p"})",
             R"({"visits": [{"value": "v", "origin": "p"}]})");
  ExpectUser(before, R"({"op": "remove", "path": "visits[value eq \"v\"]"})", "{}");
}

TEST_F(PatchApplyTest, ExtensionsAreWrittenAndClearedAsAWhole) {
  const std::string_view before =
      R"({"userName": "a", "department": "d", "costCenter": "c", "manager": {"value": "m"}})";
  const auto with_value = [](std::string_view op, std::string_view value) {
    return fmt::format(R"({{"op": "{}", "path": "{}", "value": {}}})", op, kEnterpriseUrn, value);
  };
  for (const std::string_view op : {"add", "replace"}) {
    ExpectUser(before, with_value(op, R"({"department": "e", "COSTCENTER": null, "nope": 1,
                                  "manager.value": "n"})"),
               R"({"userName": "a", "department": "e", "manager": {"value": "n"}})");
    ExpectUser(before, with_value(op, "null"), R"({"userName": "a"})");
    ExpectUser(before,
               fmt::format(R"({{"op": "{}", "value": {{"{}": {{"department": "e"}}}}}})", op,
                           kEnterpriseUrn),
               R"({"userName": "a", "department": "e", "costCenter": "c",
                   "manager": {"value": "m"}})");
  }
  ExpectUser(before, fmt::format(R"({{"op": "remove", "path": "{}"}})", kEnterpriseUrn),
             R"({"userName": "a"})");
}

TEST_F(PatchApplyTest, ManagerComesInManyForms) {
  const std::string_view forms[] = {R"("m-2")", R"({"value": "m-2"})", R"([{"value": "m-2"}])",
                                    R"([{"$ref": null, "value": "m-2"}])",
                                    R"({"value": "m-2", "displayName": "ignored"})"};
  for (const std::string_view form : forms) {
    for (const std::string_view path :
         {"manager", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}) {
      const auto operation =
          fmt::format(R"({{"op": "Replace", "path": "{}", "value": {}}})", path, form);
      ExpectUser("{}", operation, R"({"manager": {"value": "m-2"}})");
      ExpectUser(R"({"manager": {"value": "m-1", "$ref": "../Users/m-1"}})", operation,
                 R"({"manager": {"value": "m-2"}})");
    }
  }
  for (const std::string_view nothing : {R"("")", R"({"value": ""})", "null", R"({"value": null})",
                                         R"({"value": "", "$ref": "../Users/m-1"})"}) {
    ExpectUser(R"({"manager": {"value": "m-1", "$ref": "../Users/m-1"}})",
               fmt::format(R"({{"op": "replace", "path": "manager", "value": {}}})", nothing),
               "{}");
  }
  ExpectUser(R"({"manager": {"value": "m-1", "$ref": "../Users/m-1"}})",
             R"({"op": "replace", "path": "manager.value", "value": "m-2"})",
             R"({"manager": {"value": "m-2"}})");
  ExpectUser(R"({"manager": {"value": "m-1"}})",
             R"({"op": "replace", "path": "manager",
                 "value": {"value": "m-2", "$ref": "../Users/m-2"}})",
             R"({"manager": {"value": "m-2", "$ref": "../Users/m-2"}})");
}

TEST_F(PatchApplyTest, AttributesCannotGrowWithoutBound) {
  std::string values = R"("t0")";
  for (std::size_t i = 1; i < kAttributeValuesMax; ++i) values += fmt::format(R"(,"t{}")", i);
  const auto before = fmt::format(R"({{"tags": [{}]}})", values);
  ExpectUser(before, R"({"op": "add", "path": "tags", "value": "t5"})", before);
  ExpectRefused(before, R"({"op": "add", "path": "tags", "value": "one more"})",
                ScimType::kInvalidValue, "more than 10000 values");
}

}  // namespace
}  // namespace scimledger
