#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "api/http_server.h"
#include "tests/unit/tools/ledger_fixture.h"

namespace scimledger::tools {
namespace {

constexpr const char* kPatch = R"("schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)";
constexpr const char* kEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

std::string Patch(const std::string& operations) {
  return fmt::format(R"({{{}"Operations":[{}]}})", kPatch, operations);
}

/// A user who went through what Entra does to users: created, changed in both PATCH dialects, given
/// a manager, put into groups and taken out, disabled, restored, deleted.
class AuditCommandTest : public LedgerTest {
 protected:
  AuditCommandTest() {
    secret_ = CreateToken("2026-03-03T09:00:00Z", "entra-prod", "provisioner");
    Create("2026-03-03T09:01:00Z", "bob", "/scim/v2/Users",
           R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)"
           R"("userName":"bob@example.com","displayName":"Bob Roe"})",
           secret_);
    const std::string jane = Create(
        "2026-03-03T09:02:00Z", "jane", "/scim/v2/Users",
        fmt::format(R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","{0}"],)"
                    R"("externalId":"jroe","userName":"jane@example.com","active":true,)"
                    R"("displayName":"Jane Roe","name":{{"familyName":"Roe","givenName":"Jane"}},)"
                    R"("emails":[{{"primary":true,"type":"work","value":"jane@example.com"}}],)"
                    R"("{0}":{{"department":"Sales"}}}})",
                    kEnterprise),
        secret_);
    const std::string user = "/scim/v2/Users/" + jane;
    Change(
        "2026-03-03T09:14:07.123456Z", user,
        fmt::format(R"({{"op":"Replace","path":"{}:department","value":"Finance"}})", kEnterprise));
    Change("2026-03-03T09:15:00Z", user,
           fmt::format(R"({{"op":"replace","value":{{"title":"Lead","{}:costCenter":"41",)"
                       R"("name.familyName":"Doe"}}}})",
                       kEnterprise));
    Change("2026-03-03T09:16:00Z", user,
           fmt::format(R"({{"op":"Add","path":"{}:manager","value":"{}"}})", kEnterprise,
                       IdOf("bob")));
    const std::string sales = Create(
        "2026-03-03T09:17:00Z", "sales", "/scim/v2/Groups",
        R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales"})",
        secret_);
    const std::string quay = Create(
        "2026-03-03T09:18:00Z", "quay", "/scim/v2/Groups",
        R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Quay 4"})",
        secret_);
    const std::string add =
        fmt::format(R"({{"op":"Add","path":"members","value":[{{"value":"{}"}}]}})", jane);
    Change("2026-03-03T09:19:00Z", "/scim/v2/Groups/" + sales, add);
    Change("2026-03-03T09:20:00Z", "/scim/v2/Groups/" + quay, add);
    Change("2026-03-03T09:21:00Z", "/scim/v2/Groups/" + sales,
           fmt::format(R"({{"op":"Remove","path":"members","value":[{{"value":"{}"}}]}})", jane));
    Change("2026-03-03T09:22:00Z", "/scim/v2/Groups/" + sales, add);
    Send("2026-03-03T09:23:00Z", "DELETE", "/scim/v2/Groups/" + quay, {}, secret_);
    Change("2026-03-04T08:00:00Z", user, R"({"op":"Replace","path":"active","value":"False"})");
    Change("2026-03-05T08:00:00Z", user, R"({"op":"replace","path":"active","value":true})");
    Send("2026-03-06T08:00:00Z", "DELETE", user, {}, secret_);
    Close();
  }

  void Change(std::string_view time, const std::string& target, const std::string& operation) {
    Send(time, "PATCH", target, Patch(operation), secret_);
  }

  std::string secret_;
};

constexpr const char* kJanesStory =
    R"(User jane@example.com (<jane>), deleted 2026-03-06 08:00:00Z, as of 2026-03-06 08:00:00Z, sequence 17

2026-03-03 09:02:00Z  created (userName "jane@example.com")  by entra-prod (bearer) from 10.2.3.4
                      externalId: "jroe"
                      name.familyName: "Roe"
                      name.givenName: "Jane"
                      displayName: "Jane Roe"
                      active: true
                      emails: "jane@example.com" (work, primary)
                      department: "Sales"
2026-03-03 09:14:07Z  department: "Sales" → "Finance"  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:15:00Z  name.familyName: "Roe" → "Doe"  by entra-prod (bearer) from 10.2.3.4
                      title: (none) → "Lead"
                      costCenter: (none) → "41"
2026-03-03 09:16:00Z  manager.value: (none) → "<bob>" (bob@example.com)  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:19:00Z  added to group "Sales"  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:20:00Z  added to group "Quay 4"  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:21:00Z  removed from group "Sales"  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:22:00Z  added to group "Sales"  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:23:00Z  removed from group "Quay 4" because the group was deleted  by entra-prod (bearer) from 10.2.3.4
2026-03-04 08:00:00Z  active: true → false  by entra-prod (bearer) from 10.2.3.4
2026-03-05 08:00:00Z  active: false → true  by entra-prod (bearer) from 10.2.3.4
2026-03-06 08:00:00Z  deleted (userName "jane@example.com")  by entra-prod (bearer) from 10.2.3.4
2026-03-06 08:00:00Z  removed from group "Sales" because the user was deleted  by entra-prod (bearer) from 10.2.3.4
)";

TEST_F(AuditCommandTest, HistoryIsAStory) {
  const auto told = Run({"audit", "history", "jane@example.com", "--format", "table"});

  EXPECT_EQ(told.out, kJanesStory);
  EXPECT_EQ(told.err, "");
  EXPECT_EQ(told.code, 0);
}

TEST_F(AuditCommandTest, HistoryOfAGroupNamesItsMembers) {
  EXPECT_EQ(Run({"audit", "history", "group:sales", "--format", "table"}).out,
            R"(Group Sales (<sales>), as of 2026-03-06 08:00:00Z, sequence 17

2026-03-03 09:17:00Z  created (displayName "Sales")  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:19:00Z  added member <jane>  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:21:00Z  removed member <jane>  by entra-prod (bearer) from 10.2.3.4
2026-03-03 09:22:00Z  added member <jane>  by entra-prod (bearer) from 10.2.3.4
2026-03-06 08:00:00Z  removed member "jane@example.com" because it was deleted  by entra-prod (bearer) from 10.2.3.4
)");
}

TEST_F(AuditCommandTest, HistoryIsNarrowedByTimeAndPath) {
  EXPECT_EQ(
      Run({"audit", "history", "jroe", "--since", "2026-03-03T09:23:00Z", "--until", "2026-03-04",
           "--format", "table"})
          .out,
      R"(User jane@example.com (<jane>), deleted 2026-03-06 08:00:00Z, as of 2026-03-06 08:00:00Z, sequence 17

2026-03-03 09:23:00Z  removed from group "Quay 4" because the group was deleted  by entra-prod (bearer) from 10.2.3.4
2026-03-04 08:00:00Z  active: true → false  by entra-prod (bearer) from 10.2.3.4
)");
  EXPECT_EQ(
      Run({"audit", "history", "Jane Roe", "--path", "manager", "--format", "table"}).out,
      R"(User jane@example.com (<jane>), deleted 2026-03-06 08:00:00Z, as of 2026-03-06 08:00:00Z, sequence 17

2026-03-03 09:16:00Z  manager.value: (none) → "<bob>" (bob@example.com)  by entra-prod (bearer) from 10.2.3.4
2026-03-06 08:00:00Z  deleted (userName "jane@example.com")  by entra-prod (bearer) from 10.2.3.4
)");
  EXPECT_EQ(
      Run({"audit", "history", "bob@example.com", "--path", "title", "--format", "table"}).out,
      R"(User bob@example.com (<bob>), as of 2026-03-06 08:00:00Z, sequence 17

no events
)");
}

TEST_F(AuditCommandTest, HistoryAsJsonLinesIsTheEvents) {
  const auto told = Run({"audit", "history", "jane@example.com", "--since", "4", "--until", "4"});

  EXPECT_EQ(
      told.out,
      R"({"sequence":4,"id":"<uuid>","time":"2026-03-03T09:14:07.123456Z","kind":"ResourcePatched","tenant":"default","resource":{"type":"User","id":"<jane>","name":"jane@example.com"},"version":{"before":1,"after":2},"transaction":"<uuid>","actor":{"id":"<entra-prod>","name":"entra-prod","role":"provisioner","method":"bearer"},"client":{"address":"10.2.3.4"},"changes":[{"path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","before":"Sales","after":"Finance"}]}
)");
}

TEST_F(AuditCommandTest, HistoryAsJsonIsTheAnswerOfTheApi) {
  const auto told = Run({"audit", "history", "bob@example.com", "--format", "json"});

  EXPECT_EQ(
      told.out,
      R"({"events":[{"sequence":2,"id":"<uuid>","time":"2026-03-03T09:01:00.000000Z","kind":"ResourceCreated","tenant":"default","resource":{"type":"User","id":"<bob>","name":"bob@example.com"},"version":{"after":1},"transaction":"<uuid>","actor":{"id":"<entra-prod>","name":"entra-prod","role":"provisioner","method":"bearer"},"client":{"address":"10.2.3.4"},"changes":[{"path":"userName","after":"bob@example.com"},{"path":"displayName","after":"Bob Roe"},{"path":"active","after":true}]}],"next":null,"asOf":17}
)");
}

TEST_F(AuditCommandTest, HistoryAsCsvHasARowForEachChange) {
  const auto told =
      Run({"audit", "history", "user:jane@example.com", "--since", "2026-03-03T09:15:00Z",
           "--until", "2026-03-03T09:19:00Z", "--format", "csv"});

  EXPECT_EQ(
      told.out,
      "sequence,time,kind,resourceType,resourceId,resourceName,path,before,after,actor,method,"
      "address,cause\r\n"
      "5,2026-03-03T09:15:00.000000Z,ResourcePatched,User,<jane>,jane@example.com,"
      "name.familyName,Roe,Doe,entra-prod,bearer,10.2.3.4,\r\n"
      "5,2026-03-03T09:15:00.000000Z,ResourcePatched,User,<jane>,jane@example.com,title,,Lead,"
      "entra-prod,bearer,10.2.3.4,\r\n"
      "5,2026-03-03T09:15:00.000000Z,ResourcePatched,User,<jane>,jane@example.com,"
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter,,41,entra-prod,bearer,"
      "10.2.3.4,\r\n"
      "6,2026-03-03T09:16:00.000000Z,ResourcePatched,User,<jane>,jane@example.com,"
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value,,<bob>,entra-prod,"
      "bearer,10.2.3.4,\r\n"
      "9,2026-03-03T09:19:00.000000Z,ResourcePatched,Group,<sales>,Sales,members,,<jane>,"
      "entra-prod,bearer,10.2.3.4,\r\n");
}

TEST_F(AuditCommandTest, EventsAreOneLineEach) {
  const auto listed = Run({"audit", "events", "--until", "5", "--format", "table"});

  EXPECT_EQ(
      listed.out,
      R"(SEQUENCE  TIME                  KIND               RESOURCE               BY                                 CHANGES
1         2026-03-03 09:00:00Z  CredentialCreated  Credential entra-prod  local:0 (local)                    created token "entra-prod" (provisioner)
2         2026-03-03 09:01:00Z  ResourceCreated    User bob@example.com   entra-prod (bearer) from 10.2.3.4  created (userName "bob@example.com"); displayName: "Bob Roe"; +1 more
3         2026-03-03 09:02:00Z  ResourceCreated    User jane@example.com  entra-prod (bearer) from 10.2.3.4  created (userName "jane@example.com"); externalId: "jroe"; +6 more
4         2026-03-03 09:14:07Z  ResourcePatched    User jane@example.com  entra-prod (bearer) from 10.2.3.4  department: "Sales" → "Finance"
5         2026-03-03 09:15:00Z  ResourcePatched    User jane@example.com  entra-prod (bearer) from 10.2.3.4  name.familyName: "Roe" → "Doe"; title: (none) → "Lead"; +1 more
)");
  EXPECT_EQ(listed.err, "5 events, as of sequence 17\n");
  EXPECT_EQ(listed.code, 0);
}

/// Sequences of what `audit events` lists.
class AuditSelectionTest : public AuditCommandTest {
 protected:
  std::string Select(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"audit", "events", "--format", "csv"});
    const auto listed = Run(arguments);
    if (listed.code != 0) return fmt::format("exit {}: {}", listed.code, listed.err);
    std::string sequences;
    std::string last;
    for (std::size_t at = listed.out.find('\n') + 1; at < listed.out.size();
         at = listed.out.find('\n', at) + 1) {
      const std::string sequence = listed.out.substr(at, listed.out.find(',', at) - at);
      if (sequence == last) continue;
      sequences += (sequences.empty() ? "" : " ") + sequence;
      last = sequence;
    }
    return sequences;
  }
};

TEST_F(AuditSelectionTest, EveryOptionNarrowsTheEvents) {
  EXPECT_EQ(Select({"--resource", "jane@example.com"}), "3 4 5 6 14 15 16");
  EXPECT_EQ(Select({"--resource", "group:Quay 4"}), "8 10 13");
  EXPECT_EQ(Select({"--actor", "local:0"}), "1");
  EXPECT_EQ(Select({"--actor", "ENTRA-prod", "--until", "3"}), "2 3");
  EXPECT_EQ(Select({"--actor", "nobody"}), "");
  EXPECT_EQ(Select({"--since", "2026-03-04", "--until", "2026-03-05"}), "14 15");
  EXPECT_EQ(Select({"--kind", "ResourceDeleted"}), "13 16");
  EXPECT_EQ(Select({"--kind", "ResourceDeleted", "--kind", "CredentialCreated"}), "1 13 16");
  EXPECT_EQ(Select({"--path", "department"}), "3 4 16");
  EXPECT_EQ(Select({"--path", "name", "--resource", "jroe"}), "3 5 16");
  EXPECT_EQ(Select({"--path", "manager"}), "6 16");
  EXPECT_EQ(Select({"--filter", "cause pr or transaction eq \"x\""}), "17");
  EXPECT_EQ(Select({"--filter", "changes[path eq \"active\" and after eq false]"}), "14");
  EXPECT_EQ(Select({"--order", "desc", "--limit", "3"}), "17 16 15");
  EXPECT_EQ(Select({"--limit", "2"}), "1 2");
}

TEST_F(AuditCommandTest, ShowIsTheResourceAsItWas) {
  const auto shown = Run(
      {"audit", "show", "jane@example.com", "--at", "2026-03-03T09:20:30Z", "--format", "table"});

  EXPECT_EQ(
      shown.out,
      R"(User jane@example.com (<jane>), deleted 2026-03-06 08:00:00Z, as of 2026-03-03 09:20:30Z, sequence 10

ATTRIBUTE            VALUE
id                   "<jane>"
externalId           "jroe"
userName             "jane@example.com"
name.familyName      "Doe"
name.givenName       "Jane"
displayName          "Jane Roe"
title                "Lead"
active               true
emails               "jane@example.com" (work, primary)
groups               "<sales>" (Sales, direct)
groups               "<quay>" (Quay 4, direct)
costCenter           "41"
department           "Finance"
manager.value        "<bob>"
manager.$ref         "http://localhost/scim/v2/Users/<bob>"
manager.displayName  "Bob Roe"
meta.resourceType    "User"
meta.created         "2026-03-03T09:02:00.000000Z"
meta.lastModified    "2026-03-03T09:16:00.000000Z"
meta.location        "http://localhost/scim/v2/Users/<jane>"
meta.version         "W/\"4\""
)");
  EXPECT_EQ(shown.err, "");
}

TEST_F(AuditCommandTest, ShowAtASequenceOrADateOrNow) {
  EXPECT_EQ(
      Run({"audit", "show", "group:sales", "--at", "11"}).out,
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"<sales>","displayName":"Sales","meta":{"resourceType":"Group","created":"2026-03-03T09:17:00.000000Z","lastModified":"2026-03-03T09:21:00.000000Z","location":"http://localhost/scim/v2/Groups/<sales>","version":"W/\"3\""}})"
      "\n");
  EXPECT_EQ(
      Run({"audit", "show", "group:sales", "--at", "2026-03-03", "--format", "csv"}).out,
      "attribute,value\r\n"
      "id,<sales>\r\n"
      "displayName,Sales\r\n"
      "members,\"{\"\"value\"\":\"\"<jane>\"\",\"\"$ref\"\":\"\"http://localhost/scim/v2/Users/"
      "<jane>\"\",\"\"type\"\":\"\"User\"\",\"\"display\"\":\"\"Jane Roe\"\"}\"\r\n"
      "meta.resourceType,Group\r\n"
      "meta.created,2026-03-03T09:17:00.000000Z\r\n"
      "meta.lastModified,2026-03-03T09:22:00.000000Z\r\n"
      "meta.location,http://localhost/scim/v2/Groups/<sales>\r\n"
      "meta.version,\"W/\"\"4\"\"\"\r\n");
  const auto now = Run({"audit", "show", "bob@example.com", "--format", "table"});
  EXPECT_TRUE(now.out.starts_with(
      "User bob@example.com (<bob>), as of 2026-03-06 08:00:00Z, sequence 17\n\nATTRIBUTE"))
      << now.out;
}

/// What went wrong: the exit status and what is on stderr; nothing may be on stdout.
std::string Failure(const CommandResult& result) {
  return fmt::format("{} {}{}", result.code, result.err, result.out);
}

TEST_F(AuditCommandTest, NamesThatNobodyHasAreNotFound) {
  EXPECT_EQ(Failure(Run({"audit", "history", "nobody"})),
            "1 scimledger: no resource, current or deleted, has the id, userName, externalId or "
            "displayName 'nobody'\n");
  EXPECT_EQ(Failure(Run({"audit", "show", "group:jane@example.com"})),
            "1 scimledger: no group, current or deleted, has the id, userName, externalId or "
            "displayName 'jane@example.com'\n");
  EXPECT_EQ(Failure(Run({"audit", "events", "--resource", "\x1b[2J"})),
            "1 scimledger: no resource, current or deleted, has the id, userName, externalId or "
            "displayName '\\x1b[2J'\n");
}

TEST_F(AuditCommandTest, WhatDidNotExistThenIsNotFound) {
  EXPECT_EQ(Failure(Run({"audit", "show", "jane@example.com", "--at", "2"})),
            "1 scimledger: There was no resource <jane> at sequence 2: it was not created yet, it "
            "was deleted, or it never existed.\n");
  EXPECT_EQ(Failure(Run({"audit", "show", "jane@example.com"})),
            "1 scimledger: There was no resource <jane> at sequence 17: it was not created yet, it "
            "was deleted, or it never existed.\n");
}

TEST_F(AuditCommandTest, AmbiguousNamesListTheCandidates) {
  Create(
      "2026-03-07T08:00:00Z", "second", "/scim/v2/Users",
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"JANE@example.com"})",
      secret_);
  Close();

  EXPECT_EQ(Failure(Run({"audit", "history", "jane@example.com"})),
            "2 scimledger: 2 resources are or were called 'jane@example.com'; name one by its id:\n"
            "  User  <second>  JANE@example.com  created 2026-03-07 08:00:00Z\n"
            "  User  <jane>  jane@example.com  deleted 2026-03-06 08:00:00Z\n");
  EXPECT_EQ(Run({"audit", "history", IdOf("jane")}).code, 0);
  EXPECT_EQ(Run({"audit", "history", IdOf("second")}).code, 0);
}

TEST_F(AuditCommandTest, MalformedArgumentsAreMisuse) {
  const std::string forms =
      " must be a time such as 2026-11-23T10:00:00Z, a date such as 2026-11-23, a duration before "
      "now such as 7d, 12h, 30m or 45s, or a sequence such as 42.\n";
  EXPECT_EQ(Failure(Run({"audit", "events", "--since", "soon"})), "2 scimledger: --since" + forms);
  EXPECT_EQ(Failure(Run({"audit", "history", "jane", "--until", "2026-13-01"})),
            "2 scimledger: --until" + forms);
  EXPECT_EQ(Failure(Run({"audit", "show", "jane", "--at", "noon"})), "2 scimledger: --at" + forms);
  EXPECT_EQ(Failure(Run({"audit", "show", "jane@example.com", "--at", "18"})),
            "2 scimledger: asOf is sequence 18, beyond the last one, which is 17.\n");
  EXPECT_EQ(Failure(Run({"audit", "events", "--kind", "UserCreated"})),
            "2 scimledger: filter: 'kind' is one of ResourceCreated, ResourceReplaced, "
            "ResourcePatched, ResourceDeleted, SchemaAdded, CredentialCreated, CredentialRevoked, "
            "SettingsChanged, ServerStarted, ServerStopped, ConfigurationChanged, AuditRead, "
            "not \"UserCreated\"\n");
  EXPECT_EQ(Run({"audit", "events", "--filter", "title eq \"x\""}).code, 2);
  EXPECT_EQ(Run({"audit", "events", "--filter", "path eq \"x\") or (path pr"}).code, 2);
  EXPECT_EQ(Run({"audit", "events", "--order", "sideways"}).code, 2);
  EXPECT_EQ(Run({"audit", "history"}).code, 2);
  EXPECT_EQ(RunBare({"audit", "history", "jane"}).code, 2);
}

TEST_F(AuditCommandTest, WhatCannotBeOpenedOrReachedIsThree) {
  const std::filesystem::path other = data_.parent_path() / "other";
  EXPECT_EQ(RunBare({"audit", "events", "--data", other.string()}).code, 3);
  std::filesystem::create_directory(other);
  std::ofstream(other / "letter.txt") << "not ours";
  EXPECT_EQ(RunBare({"audit", "events", "--data", other.string()}).code, 3);
  EXPECT_EQ(RunBare({"audit", "events", "--server", "http://127.0.0.1:1"}).code, 3);
}

TEST_F(AuditCommandTest, TheSameStoryComesThroughTheSocketAndTheNetwork) {
  const std::string auditor = CreateToken("2026-03-06T08:00:00Z", "auditor", "auditor");
  const std::string reader = CreateToken("2026-03-06T08:00:00Z", "reader", "reader");
  api::HttpServerOptions options;
  options.port = 0;
  options.control_socket = storage::DataDirectory::ControlSocket(data_);
  auto server = api::HttpServer::Start(options, service());
  ASSERT_TRUE(server) << server.error().message;
  const std::string url = fmt::format("http://127.0.0.1:{}", (*server)->port());
  std::string story = kJanesStory;
  story.replace(story.find("sequence 17"), 11, "sequence 19");

  const std::vector<std::string> history{"audit", "history", "jroe", "--format", "table"};
  auto remotely = history;
  remotely.insert(remotely.end(), {"--server", url, "--token", auditor});
  EXPECT_EQ(Run(history).out, story);
  EXPECT_EQ(RunBare(remotely).out, story);
  remotely.back() = reader;
  EXPECT_EQ(RunBare(remotely).code, 3);
  remotely.back() = "wrong";
  EXPECT_EQ(RunBare(remotely).code, 3);
  (*server)->Stop();
}

TEST_F(AuditCommandTest, HelpTeachesWithExamples) {
  for (const char* command : {"events", "history", "show"}) {
    const auto help = RunBare({"audit", command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_TRUE(help.out.contains(fmt::format("\n  scimledger audit {} --data data", command)))
        << help.out;
    EXPECT_TRUE(help.out.contains("RFC 3339")) << help.out;
  }
}

TEST_F(AuditCommandTest, MembersAndGroupsTellSinceWhenAndByWhom) {
  EXPECT_EQ(Named(Run({"audit", "members", "group:sales", "--at", "2026-03-03T09:22:30Z",
                       "--format", "csv"})
                      .out),
            "id,type,name,since,by,event\r\n"
            "<jane>,User,Jane Roe,2026-03-03T09:22:00.000000Z,entra-prod,12\r\n");
  EXPECT_EQ(
      Named(Run({"audit", "groups-of", "jane@example.com", "--at", "2026-03-03T09:20:30Z",
                 "--format", "table"})
                .out),
      R"(User jane@example.com (<jane>), deleted 2026-03-06 08:00:00Z, as of 2026-03-03 09:20:00Z, sequence 10

NAME    TYPE   SINCE                 BY          EVENT
Sales   Group  2026-03-03 09:19:00Z  entra-prod  9
Quay 4  Group  2026-03-03 09:20:00Z  entra-prod  10
)");
  EXPECT_EQ(Run({"audit", "members", "group:sales", "--format", "csv"}).out,
            "id,type,name,since,by,event\r\n");
  EXPECT_EQ(Run({"audit", "members", "bob@example.com"}).code, 1);
  EXPECT_EQ(Run({"audit", "groups-of", "jane@example.com"}).code, 1) << "she is deleted";
}

TEST_F(AuditCommandTest, DiffTellsWhatChangedBetweenTwoMoments) {
  EXPECT_EQ(Named(Run({"audit", "diff", "--from", "2026-03-03T09:15:30Z", "--to",
                       "2026-03-03T09:19:30Z", "--format", "table"})
                      .out),
            R"(User jane@example.com, 1 event (6)
  manager.value: (none) → "<bob>" (bob@example.com)
Group Sales, 2 events (7 to 9)
  created (displayName "Sales")
  added member <jane>
Group Quay 4, 1 event (8)
  created (displayName "Quay 4")
)");
  EXPECT_EQ(Named(Run({"audit", "diff", "jane@example.com", "--from", "2026-03-03T09:02:00Z",
                       "--to", "2026-03-05", "--format", "csv"})
                      .out),
            "kind,type,id,name,path,before,after,events,first,last\r\n"
            "ResourcePatched,User,<jane>,jane@example.com,name.familyName,Roe,Doe,5,4,15\r\n"
            "ResourcePatched,User,<jane>,jane@example.com,title,,Lead,5,4,15\r\n"
            "ResourcePatched,User,<jane>,jane@example.com,urn:ietf:params:scim:schemas:extension:"
            "enterprise:2.0:User:costCenter,,41,5,4,15\r\n"
            "ResourcePatched,User,<jane>,jane@example.com,urn:ietf:params:scim:schemas:extension:"
            "enterprise:2.0:User:department,Sales,Finance,5,4,15\r\n"
            "ResourcePatched,User,<jane>,jane@example.com,urn:ietf:params:scim:schemas:extension:"
            "enterprise:2.0:User:manager.value,,<bob>,5,4,15\r\n");
  EXPECT_EQ(Run({"audit", "diff", "--from", "2026-03-05", "--to", "2026-03-03"}).code, 2);
  EXPECT_EQ(Run({"audit", "diff", "--from", "soon"}).code, 2);
}

}  // namespace
}  // namespace scimledger::tools
