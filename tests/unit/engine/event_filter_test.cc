#include "engine/event_filter.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/text.h"

namespace scimledger {
namespace {

constexpr const char* kJane = "2819c223-7f76-453a-919d-413861904646";
constexpr const char* kSales = "9f11c223-7f76-453a-919d-413861904646";

AttributeId Find(std::string_view path) {
  const auto registry = SchemaRegistry::BuiltIn();
  return registry->FindByPath(*registry->FindTypeByName("User"), path).value();
}

Value Text(std::string_view text) { return Value(std::string(text)); }

/// A change of department, title, active and emails, by entra-prod.
Event Patched() {
  const auto registry = SchemaRegistry::BuiltIn();
  Event event;
  event.sequence = Sequence{42};
  event.id = *Uuid::Parse("018f0000-0000-7000-8000-000000000001");
  event.kind = EventKind::kResourcePatched;
  event.time_us = *ParseDateTime("2026-03-03T09:14:07.5Z");
  event.transaction = *Uuid::Parse("018f0000-0000-4000-8000-000000000002");
  event.actor = {"018f0000-0000-4000-8000-000000000003", AuthMethod::kBearer, Role::kProvisioner};
  event.client = {"10.2.3.4", "", "Azure-AD \xFF", "r-1"};
  event.resource_type = "User";
  event.resource = *Uuid::Parse(kJane);
  event.resource_name = "Jané@example.com";
  event.version_before = 3;
  event.version_after = 4;
  const AttributeId emails = Find("emails");
  AttributeMap email;
  email.Set(*registry->FindSubAttribute(emails, "value"), Text("J@x.example"));
  email.Set(*registry->FindSubAttribute(emails, "primary"), Value(true));
  event.changes = {
      {Find("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"), Text("Sales"),
       Text("Finance")},
      {Find("title"), Value(), Text("Lead")},
      {Find("active"), Value(true), Value(false)},
      {emails, Value(), Value(ValueList{Value(email)})},
  };
  return event;
}

Event MemberAdded() {
  Event event;
  event.sequence = Sequence{43};
  event.kind = EventKind::kResourcePatched;
  event.cause = Sequence{42};
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  event.resource_type = "Group";
  event.resource = *Uuid::Parse(kSales);
  event.members_added = {*Uuid::Parse(kJane)};
  event.members_removed = {*Uuid::Parse(kSales)};
  return event;
}

Event TokenCreated() {
  Event event;
  event.sequence = Sequence{1};
  event.kind = EventKind::kCredentialCreated;
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  event.resource_type = "Credential";
  event.credential = Credential{};
  event.credential->name = "entra-prod";
  event.credential->role = Role::kAuditor;
  return event;
}

/// "yes", "no", or what is wrong with the filter.
std::string Ask(const Event& event, std::string_view text) {
  const auto syntax = ParseFilter(text);
  if (!syntax) return syntax.error().detail;
  const auto filter = BindEventFilter(*syntax);
  if (!filter) {
    EXPECT_EQ(filter.error().status, 400);
    EXPECT_EQ(filter.error().scim_type, ScimType::kInvalidFilter);
    return filter.error().detail;
  }
  const bool is_local = event.actor.method == AuthMethod::kLocal;
  const ActorNames actor =
      is_local ? ActorNames{"", "admin"} : ActorNames{"Entra-Prod", "provisioner"};
  return Matches(*SchemaRegistry::BuiltIn(), *filter, event, actor) ? "yes" : "no";
}

TEST(EventFilterTest, FiltersThatHold) {
  for (const char* text : {
           R"(kind eq "ResourcePatched")",
           R"(KIND ne "ResourceDeleted")",
           R"(sequence eq 42 and sequence gt 41 and sequence le "42")",
           R"(id eq "018f0000-0000-7000-8000-000000000001")",
           R"(time eq "2026-03-03T09:14:07.5Z")",
           R"(time gt "2026-03-03T10:14:07+01:00" and time lt "2026-03-03T09:14:08Z")",
           R"(time eq "2026-03-03" and time ge "2026-03-03" and time le "2026-03-03")",
           R"(time gt "2026-03-02" and time lt "2026-03-04" and time ne "2026-03-02")",
           R"(resource.type eq "user" and resource.id eq "2819c223-7f76-453a-919d-413861904646")",
           R"(resource.name eq "JANÉ@EXAMPLE.COM" and resource.name sw "jan")",
           R"(version.before eq 3 and version.after eq 4)",
           R"(transaction pr and not (cause pr))",
           R"(cause eq null and cause ne 7)",
           R"(actor.name eq "entra-prod" and actor.role eq "provisioner")",
           R"(actor.method eq "bearer" and actor.id pr)",
           R"(client.address sw "10.2." and client.userAgent co "azure-ad")",
           R"(client.requestId eq "R-1" and client.forwarded ne "x")",
           R"(path eq "TITLE" and path ew ":department" and path sw "urn:")",
           R"(path co "enterprise" and path ne "nickName")",
           R"(before eq "sales" and after eq "FINANCE")",
           R"(after eq false and before eq true and after eq "false")",
           R"(after eq "j@X.example")",
           R"(after ne "Clerk" and before pr and after pr)",
           R"(changes pr)",
           R"(changes[path eq "title" and after eq "Lead" and before eq null])",
           R"(changes[path eq "active" and after eq false])",
           R"(changes[path ew ":department" and (before eq "Sales" or before eq "x")])",
           R"(not (changes[path eq "title" and after eq "Finance"]))",
           R"(members.added eq null)",
       }) {
    EXPECT_EQ(Ask(Patched(), text), "yes") << text;
  }
}

TEST(EventFilterTest, FiltersThatDoNotHold) {
  for (const char* text : {
           R"(kind eq "ResourceDeleted")",
           R"(kind ne "ResourcePatched")",
           R"(sequence lt 42)",
           R"(time eq "2026-03-03T09:14:07Z")",
           R"(time gt "2026-03-03")",
           R"(time lt "2026-03-03")",
           R"(time ne "2026-03-03")",
           R"(resource.id eq "2819C223-7F76-453A-919D-413861904646")",
           R"(cause pr)",
           R"(cause ge 0)",
           R"(client.forwarded pr)",
           R"(actor.name eq "okta")",
           R"(path eq "department")",
           R"(path eq "emails.value")",
           R"(path ne "title")",
           R"(before eq "Finance")",
           R"(after gt 5)",
           R"(changes[path eq "title" and after eq "Finance"])",
           R"(changes[path eq "title" and before pr])",
           R"(member pr)",
           R"(member eq "2819c223-7f76-453a-919d-413861904646")",
       }) {
    EXPECT_EQ(Ask(Patched(), text), "no") << text;
  }
}

TEST(EventFilterTest, MembersMatchWhetherTheyCameOrWent) {
  const std::string jane = std::string(" eq \"") + kJane + '"';
  const std::string sales = std::string(" eq \"") + kSales + '"';

  EXPECT_EQ(Ask(MemberAdded(), "member" + jane + " and member" + sales), "yes");
  EXPECT_EQ(Ask(MemberAdded(), "members.added" + jane), "yes");
  EXPECT_EQ(Ask(MemberAdded(), "members.removed" + jane), "no");
  EXPECT_EQ(Ask(MemberAdded(), "members.removed" + sales + " and members.removed pr"), "yes");
  EXPECT_EQ(Ask(MemberAdded(), "member eq \"x\""), "no");
  EXPECT_EQ(Ask(MemberAdded(), "cause eq 42 and actor.id eq \"local:0\""), "yes");
  EXPECT_EQ(Ask(MemberAdded(), "actor.name pr or changes pr or path pr or resource.name pr"), "no");
}

TEST(EventFilterTest, AskWhomAnIssuerVouchedFor) {
  Event event = Patched();
  EXPECT_EQ(Ask(event, "actor.issuer pr or actor.subject pr"), "no");
  event.actor.method = AuthMethod::kJwt;
  event.actor.issuer = "https://login.example/T/v2.0";
  event.actor.subject = "Robot-7";
  EXPECT_EQ(Ask(event, R"(actor.method eq "jwt" and actor.subject eq "robot-7")"), "yes");
  EXPECT_EQ(Ask(event, R"(actor.issuer sw "https://login.example/")"), "yes");
  EXPECT_EQ(Ask(event, R"(actor.issuer eq "robot-7")"), "no");
  EXPECT_EQ(Ask(event, R"(actor.method eq "oauth")"), "no");
}

TEST(EventFilterTest, CredentialsHaveTheChangesTheirJsonShows) {
  EXPECT_EQ(Ask(TokenCreated(), R"(changes[path eq "role" and after eq "auditor"])"), "yes");
  EXPECT_EQ(Ask(TokenCreated(), R"(path eq "name" and after eq "entra-prod")"), "yes");
  EXPECT_EQ(Ask(TokenCreated(), "before pr"), "no");
}

TEST(EventFilterTest, FactsAreAskedForLikeChanges) {
  Event event;
  event.kind = EventKind::kAuditRead;
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  event.facts = {{"count", {}, "12"}, {"listen", R"("a")", R"("B")"}, {"routes", {}, R"(["/x"])"}};
  EXPECT_EQ(Ask(event, R"(kind eq "AuditRead" and resource.id eq "audit")"), "yes");
  EXPECT_EQ(Ask(event, "changes[path eq \"count\" and after gt 11]"), "yes");
  EXPECT_EQ(Ask(event, "changes[path eq \"count\" and after gt 12]"), "no");
  EXPECT_EQ(Ask(event, "changes[path eq \"count\" and before pr]"), "no");
  EXPECT_EQ(Ask(event, R"(changes[path eq "listen" and before eq "A" and after eq "b"])"), "yes");
  EXPECT_EQ(Ask(event, R"(after sw "/")"), "yes");
}

TEST(EventFilterTest, WhatCannotBeAskedIsExplained) {
  EXPECT_EQ(Ask(Patched(), "resource pr"),
            "filter: events have no 'resource'; they have sequence, id, time, kind, resource.type, "
            "resource.id, resource.name, version.before, version.after, transaction, cause, "
            "actor.id, actor.name, actor.role, actor.method, actor.issuer, actor.subject, "
            "client.address, client.forwarded, client.userAgent, client.requestId, path, before, "
            "after, member, members.added, "
            "members.removed and changes[ ]");
  EXPECT_EQ(Ask(Patched(), R"(kind eq "Created")"),
            "filter: 'kind' is one of ResourceCreated, ResourceReplaced, ResourcePatched, "
            "ResourceDeleted, SchemaAdded, CredentialCreated, CredentialRevoked, "
            "SettingsChanged, ServerStarted, ServerStopped, ConfigurationChanged, AuditRead, "
            "not \"Created\"");
  EXPECT_EQ(Ask(Patched(), R"(actor.method eq "Bearer")"),
            "filter: 'actor.method' is one of bearer, local, oauth, jwt, not \"Bearer\"");
  EXPECT_EQ(Ask(Patched(), R"(kind gt "ResourceCreated")"),
            "filter: 'kind' has no order; use eq or ne, not gt");
  EXPECT_EQ(Ask(Patched(), R"(resource.id sw "2819")"),
            "filter: sw cannot be used on 'resource.id', which is compared as a whole");
  EXPECT_EQ(Ask(Patched(), R"(sequence co 4)"),
            "filter: co cannot be used on 'sequence', which is compared as a whole");
  EXPECT_EQ(Ask(Patched(), R"(sequence eq "four")"),
            "filter: 'sequence' compares with a whole number");
  EXPECT_EQ(Ask(Patched(), "cause eq 1.5"), "filter: 'cause' compares with a whole number");
  EXPECT_EQ(Ask(Patched(), R"(time ge "yesterday")"),
            "filter: 'time' compares with a time such as \"2026-11-23T10:00:00Z\" or a date such "
            "as \"2026-11-23\"");
  EXPECT_EQ(Ask(Patched(), "path eq 5"), "filter: 'path' compares with a string in double quotes");
  EXPECT_EQ(Ask(Patched(), "after co true"),
            "filter: co on 'after' takes a string in double quotes");
  EXPECT_EQ(Ask(Patched(), "after gt true"),
            "filter: 'after' compares with true and false by eq or ne, not gt");
  EXPECT_EQ(Ask(Patched(), "path gt null"),
            "filter: 'path' can be compared with null by eq and ne only, not gt");
  EXPECT_EQ(Ask(Patched(), R"(changes[kind eq "ResourceCreated"])"),
            "filter: a change has no 'kind'; inside changes[ ] there are path, before and after");
  EXPECT_EQ(Ask(Patched(), R"(actor[name eq "x"])"),
            "filter: 'actor[' cannot be asked of events; the one value path is changes[ ]");
  EXPECT_EQ(Ask(Patched(), R"(changes eq "x")").substr(0, 32), "filter: events have no 'changes'");
}

}  // namespace
}  // namespace scimledger
