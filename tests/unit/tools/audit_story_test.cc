#include "tools/audit_story.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/json.h"

namespace scimledger::tools {
namespace {

constexpr const char* kJane = "2819c223-7f76-453a-919d-413861904646";
constexpr const char* kBob = "11111111-7f76-453a-919d-413861904646";

/// A whole event around `inner`, which says what happened.
std::string Event(std::string_view kind, std::string_view resource, std::string_view inner) {
  return R"({"sequence":4,"time":"2026-03-03T09:14:07.123456Z","kind":")" + std::string(kind) +
         R"(","resource":)" + std::string(resource) +
         R"(,"actor":{"id":"x","name":"entra-prod","method":"bearer"},)" +
         R"("client":{"address":"10.2.3.4"})" + std::string(inner) + "}";
}

std::string User() {
  return std::string(R"({"type":"User","id":")") + kJane + R"(","name":"jane@example.com"})";
}

std::string Group() {
  return R"({"type":"Group","id":"9f000000-7f76-453a-919d-413861904646","name":"Sales"})";
}

Story JanesStory() {
  return Story({kJane, "User"},
               {[](const std::string& id) { return id == kBob ? "bob@example.com" : ""; },
                [](const std::string&) { return "gone@example.com"; }});
}

std::string Tell(Story story, const std::string& event) {
  const auto page = JsonDocument::Parse("[" + event + "]");
  if (!page) return "not JSON: " + page.error().detail;
  const simdjson::dom::array events = page->root().get_array();
  story.Learn(events);
  return story.Block(*events.begin());
}

TEST(AuditStoryTest, OneChangeIsOneLine) {
  EXPECT_EQ(
      Tell(
          JanesStory(),
          Event(
              "ResourcePatched", User(),
              R"(,"changes":[{"path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","before":"Sales","after":"Finance"}])")),
      "2026-03-03 09:14:07Z  department: \"Sales\" → \"Finance\"  by entra-prod (bearer) from "
      "10.2.3.4\n");
}

TEST(AuditStoryTest, BehindProxiesTheClientIsWhoSentIt) {
  std::string event =
      Event("ResourcePatched", User(), R"(,"changes":[{"path":"title","after":"x"}])");
  const std::string peer = R"("address":"10.2.3.4")";
  event.insert(event.find(peer) + peer.size(), R"(,"forwarded":"192.0.2.7, 10.2.3.5")");
  EXPECT_TRUE(Tell(JanesStory(), event).contains(" from 192.0.2.7\n")) << Tell(JanesStory(), event);
}

TEST(AuditStoryTest, FurtherChangesAreAlignedBelowTheFirst) {
  EXPECT_EQ(
      Tell(
          JanesStory(),
          Event("ResourcePatched", User(),
                R"(,"changes":[{"path":"title","before":"Clerk","after":"Lead"},)"
                R"({"path":"nickName","before":"J"},{"path":"active","before":true,"after":false},)"
                R"({"path":"password"},{"path":"x","after":1.5}])")),
      "2026-03-03 09:14:07Z  title: \"Clerk\" → \"Lead\"  by entra-prod (bearer) from 10.2.3.4\n"
      "                      nickName: \"J\" → (none)\n"
      "                      active: true → false\n"
      "                      password: changed (its value is not in the log)\n"
      "                      x: (none) → 1.5\n");
}

TEST(AuditStoryTest, CreationNamesTheResourceAndListsItsValues) {
  EXPECT_EQ(
      Tell(
          JanesStory(),
          Event("ResourceCreated", User(),
                R"(,"changes":[{"path":"userName","after":"jane@example.com"},)"
                R"({"path":"name.familyName","after":"Roe"},)"
                R"({"path":"emails","after":[{"value":"j@x.example","type":"work","primary":true},)"
                R"({"value":"h@x.example"}]}])")),
      "2026-03-03 09:14:07Z  created (userName \"jane@example.com\")  by entra-prod (bearer) from "
      "10.2.3.4\n"
      "                      name.familyName: \"Roe\"\n"
      "                      emails: \"j@x.example\" (work, primary)\n"
      "                      emails: \"h@x.example\"\n");
}

TEST(AuditStoryTest, ListsShowWhatCameAndWhatWent) {
  const auto tell = [](std::string_view before, std::string_view after) {
    return Tell(JanesStory(),
                Event("ResourcePatched", User(),
                      R"(,"changes":[{"path":"emails","before":)" + std::string(before) +
                          R"(,"after":)" + std::string(after) + "}]"));
  };
  const std::string by = "  by entra-prod (bearer) from 10.2.3.4\n";

  EXPECT_EQ(tell(R"([{"value":"a"},{"value":"b"}])", R"([{"value":"a"},{"value":"c"}])"),
            "2026-03-03 09:14:07Z  emails: \"b\" → \"c\"" + by);
  EXPECT_EQ(tell(R"([{"value":"a"}])", R"([{"value":"a"},{"value":"c","type":"home"}])"),
            "2026-03-03 09:14:07Z  emails: added \"c\" (home)" + by);
  EXPECT_EQ(tell(R"([{"value":"a"},{"value":"b"}])", R"([{"value":"b"}])"),
            "2026-03-03 09:14:07Z  emails: removed \"a\"" + by);
  EXPECT_EQ(tell(R"([{"value":"a"},{"value":"b"}])", R"([{"value":"b"},{"value":"a"}])"),
            "2026-03-03 09:14:07Z  emails: order changed" + by);
}

TEST(AuditStoryTest, GroupsTellOfTheirMemberInItsOwnStory) {
  const std::string by = "  by entra-prod (bearer) from 10.2.3.4\n";
  const std::string added =
      R"(,"members":{"added":[")" + std::string(kJane) + R"("],"removed":[]})";
  const std::string removed =
      R"(,"members":{"added":[],"removed":[")" + std::string(kJane) + R"("]})";

  EXPECT_EQ(Tell(JanesStory(), Event("ResourcePatched", Group(), added)),
            "2026-03-03 09:14:07Z  added to group \"Sales\"" + by);
  EXPECT_EQ(Tell(JanesStory(), Event("ResourcePatched", Group(), removed)),
            "2026-03-03 09:14:07Z  removed from group \"Sales\"" + by);
  EXPECT_EQ(Tell(JanesStory(), Event("ResourcePatched", Group(), R"(,"cause":3)" + removed)),
            "2026-03-03 09:14:07Z  removed from group \"Sales\" because the user was deleted" + by);
  EXPECT_EQ(
      Tell(JanesStory(), Event("ResourceDeleted", Group(), "")),
      "2026-03-03 09:14:07Z  removed from group \"Sales\" because the group was deleted" + by);
}

TEST(AuditStoryTest, MembersAreNamedInTheGroupsStory) {
  const Story groups({"9f000000-7f76-453a-919d-413861904646", "Group"},
                     {[](const std::string& id) { return id == kBob ? "bob@example.com" : ""; },
                      [](const std::string&) { return "gone@example.com"; }});
  const std::string members = R"(,"members":{"added":[")" + std::string(kBob) +
                              R"("],"removed":[")" + std::string(kJane) + R"("]})";
  const std::string gone =
      R"(,"cause":3,"members":{"added":[],"removed":[")" + std::string(kJane) + R"("]})";

  EXPECT_EQ(Tell(groups, Event("ResourcePatched", Group(), members)),
            "2026-03-03 09:14:07Z  removed member 2819c223-7f76-453a-919d-413861904646  by "
            "entra-prod (bearer) from 10.2.3.4\n"
            "                      added member \"bob@example.com\"\n");
  EXPECT_EQ(Tell(groups, Event("ResourcePatched", Group(), gone)),
            "2026-03-03 09:14:07Z  removed member \"gone@example.com\" because it was deleted  by "
            "entra-prod (bearer) from 10.2.3.4\n");
}

TEST(AuditStoryTest, ReferencesAreNamed) {
  EXPECT_EQ(Tell(JanesStory(), Event("ResourcePatched", User(),
                                     R"(,"changes":[{"path":"urn:x:User:manager.value","after":")" +
                                         std::string(kBob) + R"("}])")),
            "2026-03-03 09:14:07Z  manager.value: (none) → "
            "\"11111111-7f76-453a-919d-413861904646\" (bob@example.com)  by entra-prod (bearer) "
            "from 10.2.3.4\n");
}

TEST(AuditStoryTest, DeletionSaysWhatItWasCalled) {
  EXPECT_EQ(
      Tell(JanesStory(), Event("ResourceDeleted", User(),
                               R"(,"changes":[{"path":"userName","before":"jane@example.com"},)"
                               R"({"path":"title","before":"Lead"}])")),
      "2026-03-03 09:14:07Z  deleted (userName \"jane@example.com\")  by entra-prod (bearer) "
      "from 10.2.3.4\n");
}

TEST(AuditStoryTest, PathsThatWouldReadAlikeAreShownInFull) {
  EXPECT_EQ(
      Tell(
          JanesStory(),
          Event("ResourcePatched", User(),
                R"(,"changes":[{"path":"urn:b:User:title","after":1},{"path":"title","after":2},)"
                R"({"path":"urn:b:User:grade","after":3},{"path":"urn:c:User:grade","after":4}])")),
      "2026-03-03 09:14:07Z  urn:b:User:title: (none) → 1  by entra-prod (bearer) from "
      "10.2.3.4\n"
      "                      title: (none) → 2\n"
      "                      grade: (none) → 3\n"
      "                      urn:c:User:grade: (none) → 4\n");
}

TEST(AuditStoryTest, StoredTextCannotSteerTheTerminal) {
  EXPECT_EQ(Tell(JanesStory(),
                 Event("ResourcePatched", User(),
                       ","
                       R"("changes":[{"path":"title","before":"Zoë 東京","after":"a\u001b[2J\n)"
                       "\xC2\x9B\xE2\x80\xAE"
                       R"("}])")),
            "2026-03-03 09:14:07Z  title: \"Zoë 東京\" → \"a\\u001b[2J\\n\\u{009b}\\u{202e}\"  by "
            "entra-prod (bearer) from 10.2.3.4\n");
}

TEST(AuditTextTest, ShortenCountsCodePoints) {
  EXPECT_EQ(Shorten("Zoë", 3), "Zoë");
  EXPECT_EQ(Shorten("Zoëy", 3), "Zo…");
  EXPECT_EQ(Shorten("東京都", 2), "東…");
  EXPECT_EQ(Shorten("", 2), "");
}

}  // namespace
}  // namespace scimledger::tools
