#include "engine/event.h"

#include <fmt/format.h>

#include <memory>
#include <random>

#include "engine/document.h"
#include "sample_commands.h"
#include "storage/envelope.h"

namespace scimledger {
namespace {

const Uuid kLogId = IdOf(0x1065);

storage::EventView ViewOf(const storage::NewEvent& stored) {
  return {stored.sequence, stored.time_us, stored.id, stored.header,
          stored.context,  stored.body,    {}};
}

/// A patched user, with everything a resource event can have.
Event PatchedUser(const SampleCommands& samples) {
  Event event;
  event.sequence = {42};
  event.id = IdOf(1);
  event.kind = EventKind::kResourcePatched;
  event.time_us = 1'795'428'000'123'456;
  event.clock_us = 1'795'428'000'000'000;
  event.clock_stepped_back = true;
  event.transaction = IdOf(2);
  event.cause = Sequence{41};
  event.actor = {"local:1000", AuthMethod::kLocal, Role::kAdmin};
  event.client = {"10.2.3.4", "", "curl/8", "req-1"};
  event.resource_type = "User";
  event.resource = IdOf(3);
  event.version_before = 3;
  event.version_after = 4;
  event.resource_name = "jane@example.com";
  event.changes = {{samples.AttributeAt("User", "title"), Value(std::string("Clerk")),
                    Value(std::string("Lead"))},
                   {samples.AttributeAt("User", "active"), Value(), Value(true)},
                   {samples.AttributeAt("User", "name.familyName"),
                    Value(std::string("Do\"e\xC3\xA9")), Value()},
                   {samples.AttributeAt("User", "password"), Value(), Value()}};
  event.members_added = {IdOf(4), IdOf(5)};
  event.members_removed = {IdOf(6)};
  return event;
}

Event CredentialEvent(EventKind kind) {
  Event event;
  event.sequence = {7};
  event.id = IdOf(1);
  event.kind = kind;
  event.time_us = 1'795'428'000'000'000;
  event.clock_us = event.time_us;
  event.transaction = IdOf(2);
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  event.resource_type = "Credential";
  event.resource = IdOf(9);
  event.resource_name = "entra-prod";
  Credential credential;
  credential.id = IdOf(9);
  credential.name = "entra-prod";
  credential.role = Role::kReader;
  credential.secret_hash.fill(0x5A);
  credential.secret_suffix = "9zX_";
  credential.created_us = event.time_us - 5;
  if (kind == EventKind::kCredentialRevoked) credential.revoked_us = event.time_us;
  event.credential = credential;
  return event;
}

/// The role is the one member of an event's actor that is not stored.
void ExpectSame(const Event& a, const Event& b) {
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.time_us, b.time_us);
  EXPECT_EQ(a.clock_us, b.clock_us);
  EXPECT_EQ(a.clock_stepped_back, b.clock_stepped_back);
  EXPECT_EQ(a.transaction, b.transaction);
  EXPECT_EQ(a.cause, b.cause);
  EXPECT_EQ(a.actor.id, b.actor.id);
  EXPECT_EQ(a.actor.method, b.actor.method);
  EXPECT_EQ(a.actor.issuer, b.actor.issuer);
  EXPECT_EQ(a.actor.subject, b.actor.subject);
  EXPECT_EQ(a.client, b.client);
  EXPECT_EQ(a.resource_type, b.resource_type);
  EXPECT_EQ(a.resource, b.resource);
  EXPECT_EQ(a.version_before, b.version_before);
  EXPECT_EQ(a.version_after, b.version_after);
  EXPECT_EQ(a.resource_name, b.resource_name);
  EXPECT_EQ(a.changes, b.changes);
  EXPECT_EQ(a.members_added, b.members_added);
  EXPECT_EQ(a.members_removed, b.members_removed);
  EXPECT_EQ(a.schema.json, b.schema.json);
  EXPECT_EQ(a.credential, b.credential);
  EXPECT_EQ(a.facts, b.facts);
}

void ExpectRoundTrip(const SchemaRegistry& registry, const Event& event) {
  const storage::NewEvent stored = EncodeEvent(registry, event, kLogId);
  const auto decoded = DecodeEvent(registry, ViewOf(stored));
  ASSERT_TRUE(decoded) << decoded.error().message;
  ExpectSame(event, *decoded);
}

std::string JsonOf(const SampleCommands& samples, const Event& event) {
  std::string json;
  AppendEventJson(*samples.registry, event, "default", "entra-prod", "provisioner", json);
  return json;
}

TEST(EventTest, ThoseWhomAnIssuerVouchesForAreKeptInTheContext) {
  const SampleCommands samples;
  Event event = PatchedUser(samples);
  for (const auto& [method, name] :
       {std::pair(AuthMethod::kOauth, "oauth"), std::pair(AuthMethod::kJwt, "jwt")}) {
    event.actor = {"0190aaaa-0000-7000-8000-000000000001", method, Role::kProvisioner,
                   "https://login.example/v2.0", "robot-7"};
    ExpectRoundTrip(*samples.registry, event);
    EXPECT_TRUE(JsonOf(samples, event)
                    .contains(std::string(R"("method":")") + name +
                              R"(","issuer":"https://login.example/v2.0","subject":"robot-7"})"));
  }
  const storage::NewEvent stored = EncodeEvent(*samples.registry, event, kLogId);
  EXPECT_FALSE(stored.header.contains("robot-7"));
  EXPECT_FALSE(stored.header.contains("login.example"));
}

TEST(EventTest, EveryKindComesBackAsItWas) {
  const SampleCommands samples;
  ExpectRoundTrip(*samples.registry, PatchedUser(samples));
  ExpectRoundTrip(*samples.registry, CredentialEvent(EventKind::kCredentialCreated));
  ExpectRoundTrip(*samples.registry, CredentialEvent(EventKind::kCredentialRevoked));

  Event schema = CredentialEvent(EventKind::kSchemaAdded);
  schema.credential.reset();
  schema.resource_type = "Schema";
  schema.resource = {};
  schema.resource_name = "Badge";
  schema.schema.json = kBadgeSchema;
  ExpectRoundTrip(*samples.registry, schema);
}

Value RandomValue(const Attribute& attribute, std::mt19937_64& random) {
  switch (attribute.type) {
    case AttributeType::kBoolean:
      return Value(random() % 2 == 0);
    case AttributeType::kInteger:
      return Value(static_cast<std::int64_t>(random()));
    case AttributeType::kDecimal:
      return Value(static_cast<double>(random() % 1000) / 8);
    default:
      break;
  }
  std::string text;
  for (std::size_t i = 0, length = 1 + random() % 12; i < length; ++i) {
    text += static_cast<char>(1 + random() % 127);
  }
  return Value(std::move(text));
}

TEST(EventTest, WhatAPasswordRefersToIsForFoldingOnly) {
  const SampleCommands samples;
  const SchemaRegistry& registry = *samples.registry;
  Event event = PatchedUser(samples);
  const AttributeId password = samples.AttributeAt("User", "password");
  event.changes = {{password, Value(std::string("before")), Value(std::string("after"))}};
  const auto decoded = [&](DecodeFor purpose) {
    const storage::NewEvent stored = EncodeEvent(registry, event, kLogId);
    return DecodeEvent(registry, ViewOf(stored), purpose)->changes;
  };
  EXPECT_EQ(decoded(DecodeFor::kFolding), event.changes);
  const std::vector<AttributeChange> bare = {{password, Value(), Value()}};
  EXPECT_EQ(decoded(DecodeFor::kReading), bare);
  event.kind = EventKind::kResourceDeleted;
  EXPECT_TRUE(decoded(DecodeFor::kReading).empty()) << "nobody supplied one";
}

TEST(EventTest, RandomEventsComeBackAsTheyWere) {
  const SampleCommands samples;
  const SchemaRegistry& registry = *samples.registry;
  std::vector<AttributeId> plain;
  for (const AttributeId id : samples.Type("User").attributes) {
    const Attribute& attribute = registry.attribute(id);
    if (attribute.role == AttributeRole::kStored && !attribute.multi_valued &&
        attribute.returned != Returned::kNever && attribute.type != AttributeType::kComplex) {
      plain.push_back(id);
    }
  }
  ASSERT_GT(plain.size(), 5U);
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    Event event = PatchedUser(samples);
    event.sequence = {random()};
    event.kind = static_cast<EventKind>(1 + random() % 4);
    event.clock_stepped_back = random() % 2 == 0;
    if (random() % 2 == 0) event.cause.reset();
    event.client.user_agent = std::string(random() % 5, '\xE9');
    event.changes.clear();
    for (const AttributeId id : plain) {
      if (random() % 3 == 0) continue;
      AttributeChange& change = event.changes.emplace_back();
      change.attribute = id;
      if (random() % 2 == 0) change.before = RandomValue(registry.attribute(id), random);
      if (random() % 2 == 0) change.after = RandomValue(registry.attribute(id), random);
    }
    event.members_added.assign(random() % 4, IdOf(random()));
    event.members_removed.assign(random() % 4, IdOf(random()));
    ExpectRoundTrip(registry, event);
  }
}

/// A decided create keeps its values in its row; the log has them as the changes they are.
TEST(EventTest, ACreatedResourceIsStoredAsTheChangesThatMakeIt) {
  const SampleCommands samples;
  const SchemaRegistry& registry = *samples.registry;
  const ResourceDraft draft = samples.Draft(
      "User", R"({"userName":"ann","title":"Do\"er","active":false,"password":"secret",
                  "name":{"familyName":"Öz","givenName":"Ann"},
                  "emails":[{"value":"a@x.test","type":"work","primary":true},
                            {"value":"b@x.test"}],
                  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                    {"department":"Tax","manager":{"value":"26118915"}}})");
  Event decided = PatchedUser(samples);
  decided.kind = EventKind::kResourceCreated;
  decided.version_before = 0;
  decided.version_after = 1;
  decided.changes.clear();
  Event told = decided;
  for (const auto& [id, value] : draft.attributes) {
    const AttributeMap* const parts = value.AsComplex();
    if (parts == nullptr) {
      told.changes.push_back({id, Value(), value});
      continue;
    }
    for (const auto& [part, inner] : *parts) told.changes.push_back({part, Value(), inner});
  }
  ASSERT_EQ(draft.secrets.size(), 1U);
  ASSERT_EQ(told.changes.size(), 8U);
  for (Event* const event : {&decided, &told}) {
    event->changes.emplace_back().attribute = draft.secrets.front();
  }
  auto row = std::make_shared<Resource>();
  row->document = EncodeDocument(draft.attributes);
  decided.after = std::move(row);
  decided.values_in_row = true;

  const storage::NewEvent from_row = EncodeEvent(registry, decided, kLogId);
  const storage::NewEvent from_changes = EncodeEvent(registry, told, kLogId);

  EXPECT_EQ(from_row.header, from_changes.header);
  EXPECT_EQ(*storage::Open(from_row.body), *storage::Open(from_changes.body));
  const auto decoded = DecodeEvent(registry, ViewOf(from_row));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->changes, told.changes);
}

TEST(EventTest, OnlyTheSaltsDifferBetweenTwoEncodings) {
  const SampleCommands samples;
  const Event event = PatchedUser(samples);

  const storage::NewEvent first = EncodeEvent(*samples.registry, event, kLogId);
  const storage::NewEvent second = EncodeEvent(*samples.registry, event, kLogId);

  EXPECT_EQ(first.header, second.header);
  EXPECT_NE(first.body, second.body);
  EXPECT_NE(first.context, second.context);
  EXPECT_EQ(*storage::Open(first.body), *storage::Open(second.body));
  EXPECT_EQ(*storage::Open(first.context), *storage::Open(second.context));
}

TEST(EventTest, TheHeaderHoldsNoPersonalData) {
  const SampleCommands samples;
  const storage::NewEvent stored = EncodeEvent(*samples.registry, PatchedUser(samples), kLogId);

  for (const std::string_view personal :
       {"jane", "Clerk", "Lead", "Do\"e", "10.2.3.4", "curl", "req-1"}) {
    EXPECT_EQ(stored.header.find(personal), std::string::npos) << personal;
  }
  for (const std::string_view opaque : {"User", "title", "name.familyName", "local:1000"}) {
    EXPECT_NE(stored.header.find(opaque), std::string::npos) << opaque;
  }
  EXPECT_EQ(stored.context.find("jane"), std::string::npos);
  EXPECT_EQ(stored.body.find("10.2.3.4"), std::string::npos);
}

std::string DecodeError(const SchemaRegistry& registry, const storage::NewEvent& stored,
                        storage::ErrorCode code) {
  const auto decoded = DecodeEvent(registry, ViewOf(stored));
  if (decoded) return "decoded";
  EXPECT_EQ(decoded.error().code, code) << decoded.error().message;
  return decoded.error().message;
}

TEST(EventTest, WhatDoesNotFitIsRefusedByItsSequence) {
  const SampleCommands samples;
  const SchemaRegistry& registry = *samples.registry;
  const auto corrupt = storage::ErrorCode::kCorrupt;
  Event event = PatchedUser(samples);
  const storage::NewEvent good = EncodeEvent(registry, event, kLogId);

  storage::NewEvent bad = good;
  bad.sequence = {43};
  EXPECT_EQ(DecodeError(registry, bad, corrupt),
            "event 43: the header does not belong to its record");
  bad = good;
  bad.header = "\xFF\xFF";
  EXPECT_EQ(DecodeError(registry, bad, corrupt), "event 42: the header cannot be read");
  bad = good;
  bad.body = storage::Seal("\xFF\xFF");
  EXPECT_EQ(DecodeError(registry, bad, corrupt), "event 42: the body cannot be read");
  bad = good;
  bad.body = storage::Seal("");
  EXPECT_EQ(DecodeError(registry, bad, corrupt),
            "event 42: header and body differ in their number of changes");
  bad = good;
  bad.context[0] = '\x07';
  EXPECT_TRUE(DecodeError(registry, bad, storage::ErrorCode::kIncompatible)
                  .starts_with("event 42: context: "));

  event.resource_type = "Gadget";
  EXPECT_EQ(DecodeError(registry, EncodeEvent(registry, event, kLogId), corrupt),
            "event 42: unknown resource type Gadget");
  event.resource_type = "Group";
  EXPECT_EQ(DecodeError(registry, EncodeEvent(registry, event, kLogId), corrupt),
            "event 42: Group has no attribute title");
  event.kind = static_cast<EventKind>(13);
  EXPECT_EQ(DecodeError(registry, EncodeEvent(registry, event, kLogId), corrupt),
            "event 42: unknown kind 13");
}

TEST(EventTest, JsonOfAPatchHasEverythingThatIsSet) {
  const SampleCommands samples;

  EXPECT_EQ(
      JsonOf(samples, PatchedUser(samples)),
      R"({"sequence":42,"id":"00000000-0000-4000-8000-000000000001",)"
      R"("time":"2026-11-23T10:00:00.123456Z","kind":"ResourcePatched","tenant":"default",)"
      R"("resource":{"type":"User","id":"00000000-0000-4000-8000-000000000003",)"
      R"("name":"jane@example.com"},"version":{"before":3,"after":4},)"
      R"("transaction":"00000000-0000-4000-8000-000000000002","cause":41,)"
      R"("actor":{"id":"local:1000","name":"entra-prod","role":"provisioner","method":"local"},)"
      R"("client":{"address":"10.2.3.4","userAgent":"curl/8","requestId":"req-1"},)"
      R"("changes":[{"path":"title","before":"Clerk","after":"Lead"},)"
      R"({"path":"active","after":true},{"path":"name.familyName","before":"Do\"eé"},)"
      R"({"path":"password"}],)"
      R"("members":{"added":["00000000-0000-4000-8000-000000000004",)"
      R"("00000000-0000-4000-8000-000000000005"],)"
      R"("removed":["00000000-0000-4000-8000-000000000006"]}})");
}

TEST(EventTest, JsonLeavesOutWhatIsNotSet) {
  const SampleCommands samples;
  Event event = PatchedUser(samples);
  event.kind = EventKind::kResourceDeleted;
  event.version_after = 0;
  event.cause.reset();
  event.client = {};
  event.changes.clear();
  event.members_added.clear();
  event.members_removed.clear();
  std::string json;
  AppendEventJson(*samples.registry, event, "default", "", "", json);

  EXPECT_EQ(json,
            R"({"sequence":42,"id":"00000000-0000-4000-8000-000000000001",)"
            R"("time":"2026-11-23T10:00:00.123456Z","kind":"ResourceDeleted","tenant":"default",)"
            R"("resource":{"type":"User","id":"00000000-0000-4000-8000-000000000003",)"
            R"("name":"jane@example.com"},"version":{"before":3},)"
            R"("transaction":"00000000-0000-4000-8000-000000000002",)"
            R"("actor":{"id":"local:1000","method":"local"}})");
}

TEST(EventTest, JsonOfCredentialsNeverShowsTheirSecret) {
  const SampleCommands samples;
  const std::string created = JsonOf(samples, CredentialEvent(EventKind::kCredentialCreated));
  const std::string revoked = JsonOf(samples, CredentialEvent(EventKind::kCredentialRevoked));

  EXPECT_EQ(created, R"({"sequence":7,"id":"00000000-0000-4000-8000-000000000001",)"
                     R"("time":"2026-11-23T10:00:00.000000Z","kind":"CredentialCreated",)"
                     R"("tenant":"default","resource":{"type":"Credential",)"
                     R"("id":"00000000-0000-4000-8000-000000000009","name":"entra-prod"},)"
                     R"("transaction":"00000000-0000-4000-8000-000000000002",)"
                     R"("actor":{"id":"local:0","name":"entra-prod","role":"provisioner",)"
                     R"("method":"local"},"changes":[{"path":"name","after":"entra-prod"},)"
                     R"({"path":"role","after":"reader"}]})");
  EXPECT_NE(revoked.find(R"("changes":[{"path":"name","before":"entra-prod"},)"
                         R"({"path":"role","before":"reader"}])"),
            std::string::npos);
}

TEST(EventTest, JsonOfASchemaNamesItsUrn) {
  const SampleCommands samples;
  Event event = CredentialEvent(EventKind::kSchemaAdded);
  event.credential.reset();
  event.resource_type = "Schema";
  event.resource_name = "Badge";
  event.schema.json = kBadgeSchema;

  const std::string json = JsonOf(samples, event);

  EXPECT_NE(json.find(fmt::format(R"("resource":{{"type":"Schema","id":"{}","name":"Badge"}},)"
                                  R"("transaction")",
                                  kBadgeUrn)),
            std::string::npos)
      << json;
}

TEST(EventTest, JsonStaysUtf8WhateverAClientSent) {
  const SampleCommands samples;
  Event event = PatchedUser(samples);
  event.client.user_agent = "caf\xE9";

  EXPECT_NE(JsonOf(samples, event).find("\"userAgent\":\"caf\xEF\xBF\xBD\""), std::string::npos);
}

/// A read of the audit trail, with a fact of each form.
Event AuditRead() {
  Event event;
  event.sequence = {8};
  event.id = IdOf(1);
  event.kind = EventKind::kAuditRead;
  event.time_us = 1'795'428'000'000'000;
  event.clock_us = event.time_us;
  event.transaction = IdOf(2);
  event.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  event.resource_type = "AuditTrail";
  event.resource_name = "audit trail";
  event.facts = {{"count", {}, "12"}, {"listen", R"("a")", R"("b")"}, {"routes", R"(["/x"])", {}}};
  return event;
}

TEST(EventTest, FactsComeBackAsTheyWere) {
  const SampleCommands samples;
  ExpectRoundTrip(*samples.registry, AuditRead());
}

TEST(EventTest, AFactThatIsNoJsonIsRefused) {
  const SampleCommands samples;
  Event event = AuditRead();
  event.facts[0].after = "1 2";
  const storage::NewEvent stored = EncodeEvent(*samples.registry, event, kLogId);
  const auto read = DecodeEvent(*samples.registry, ViewOf(stored));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "event 8: the fact count cannot be read");
}

TEST(EventTest, JsonShowsFactsAsChanges) {
  const SampleCommands samples;
  std::string json;
  AppendEventJson(*samples.registry, AuditRead(), "default", "", "admin", json);
  EXPECT_TRUE(
      json.contains(R"("resource":{"type":"AuditTrail","id":"audit","name":"audit trail"})"))
      << json;
  EXPECT_TRUE(json.ends_with(R"("changes":[{"path":"count","after":12},)"
                             R"({"path":"listen","before":"a","after":"b"},)"
                             R"({"path":"routes","before":["/x"]}]})"))
      << json;
}

}  // namespace
}  // namespace scimledger
