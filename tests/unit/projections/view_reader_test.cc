#include "projections/view_reader.h"

#include <gtest/gtest.h>

#include "engine/resource_json.h"
#include "projections/live_directory.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

constexpr std::string_view kManager =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

class ViewReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory.Commit(history.CreateUser("boss"));
    std::vector<Event> ann = history.CreateUser("ann");
    ann.front().changes.push_back({SampleHistory::At("User", std::string(kManager) + ".value"),
                                   Value(), Value(history.users()[0].ToString())});
    directory.Commit(ann);
    directory.Commit(history.CreateGroup("Team", {history.users()[1]}));
  }

  std::string Show(std::string_view type, const ResourceId& id, std::string_view attribute) {
    const FoundResource found = directory.Find(id);
    ViewReader reader(*found.view, found.resource->type, "http://h/v2");
    reader.Show(*found.resource);
    const auto value = reader.Get(SampleHistory::At(type, attribute));
    std::string text = value ? "" : "none";
    if (value) AppendValueJson(*found.view->registry(), *value, text);
    return text;
  }

  std::string ShowElements(const ResourceId& id, AttributeId attribute) {
    const FoundResource found = directory.Find(id);
    ViewReader reader(*found.view, found.resource->type, "http://h/v2");
    reader.Show(*found.resource);
    std::string text;
    reader.AnyElement(attribute, [&](const AttributeMap& element) {
      AppendValueJson(*found.view->registry(), Value(element), text);
      return false;
    });
    return text;
  }

  LiveDirectory directory;
  SampleHistory history{1};
};

TEST_F(ViewReaderTest, ShowsCommonAttributes) {
  const ResourceId boss = history.users()[0];
  const ResourceId ann = history.users()[1];

  EXPECT_EQ(Show("User", ann, "id"), '"' + ann.ToString() + '"');
  EXPECT_EQ(Show("User", boss, "schemas"), R"(["urn:ietf:params:scim:schemas:core:2.0:User"])");
  EXPECT_EQ(Show("User", ann, "schemas"),
            R"(["urn:ietf:params:scim:schemas:core:2.0:User",)"
            R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"])");
  EXPECT_EQ(Show("User", boss, "meta"),
            R"({"resourceType":"User","created":"2023-11-14T22:13:20.001000Z",)"
            R"("lastModified":"2023-11-14T22:13:20.001000Z",)"
            R"("location":"http://h/v2/Users/)" +
                boss.ToString() + R"(","version":"W/\"1\""})");
  EXPECT_EQ(Show("User", boss, "title"), "none");
}

TEST_F(ViewReaderTest, CompletesTheManagerFromTheirRow) {
  const std::string boss = history.users()[0].ToString();
  EXPECT_EQ(Show("User", history.users()[1], kManager), R"({"value":")" + boss +
                                                            R"(","$ref":"http://h/v2/Users/)" +
                                                            boss + R"(","displayName":"boss"})");

  directory.Commit(history.Delete(history.users()[0]));

  EXPECT_EQ(Show("User", history.users()[0], kManager), R"({"value":")" + boss + R"("})");
}

TEST_F(ViewReaderTest, ShowsMembersAndGroups) {
  const ResourceId ann = history.users()[1];
  const ResourceId team = history.groups()[0];

  EXPECT_EQ(ShowElements(team, SampleHistory::At("Group", "members")),
            R"({"value":")" + ann.ToString() + R"(","$ref":"http://h/v2/Users/)" + ann.ToString() +
                R"(","type":"User","display":"ann"})");
  EXPECT_EQ(ShowElements(ann, SampleHistory::At("User", "groups")),
            R"({"value":")" + team.ToString() + R"(","$ref":"http://h/v2/Groups/)" +
                team.ToString() + R"(","display":"Team","type":"direct"})");
}

}  // namespace
}  // namespace scimledger::projections
