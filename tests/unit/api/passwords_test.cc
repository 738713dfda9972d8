#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "api/tenant_passwords.h"
#include "storage/hash.h"
#include "storage/password_store.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::steady_clock;

class PasswordsTest : public ServiceTest {
 protected:
  PasswordsTest() : store_(directory_ / "passwords") {
    tenant_options_.passwords = &store_;
    Restart();
    Set("argon2id");
  }
  ~PasswordsTest() override { Stop(); }

  void Set(std::string_view position) {
    const Answer answer =
        Local("PATCH", "/admin/v1/settings", fmt::format(R"({{"passwords":"{}"}})", position));
    ASSERT_EQ(answer.status, 200) << answer.body;
  }

  static std::string User(std::string_view name, std::string_view password) {
    return fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}",)"
        R"("password":"{}"}})",
        name, password);
  }
  static std::string Question(std::string_view name, std::string_view password) {
    return fmt::format(R"({{"userName":"{}","password":"{}"}})", name, password);
  }

  std::string Create(std::string_view name, std::string_view password) {
    const Answer answer = Local("POST", "/scim/v2/Users", User(name, password));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.Text("id");
  }

  bool IsValid(std::string_view name, std::string_view password) {
    const Answer answer = Local("POST", "/admin/v1/passwords/verify", Question(name, password));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body == R"({"valid":true})";
  }

  std::size_t CountHashes() {
    std::size_t count = 0;
    const auto walked =
        store_.ForEach(log_->id(), std::nullopt, [&](const auto&) { return ++count > 0; });
    EXPECT_TRUE(walked);
    return count;
  }
  /// What goes, goes in the background.
  bool ComesTo(std::size_t count) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(20);
    while (CountHashes() != count && steady_clock::now() < deadline) std::this_thread::yield();
    return CountHashes() == count;
  }

  storage::PasswordStore store_;
};

// rows: U3
TEST_F(PasswordsTest, AHashIsSaltedAndSaysHowItWasMade) {
  Create("jane", "s3cret");
  Create("john", "s3cret");
  std::vector<std::string> hashes;
  ASSERT_TRUE(store_.ForEach(log_->id(), std::nullopt, [&](const storage::PasswordKey& key) {
    hashes.push_back(store_.Get(log_->id(), key)->value());
    return true;
  }));
  ASSERT_EQ(hashes.size(), 2U);
  EXPECT_NE(hashes[0], hashes[1]);
  for (const std::string& hash : hashes) {
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  }
}

TEST_F(PasswordsTest, AHashGoesWithItsUser) {
  const std::string id = Create("jane", "s3cret");
  EXPECT_EQ(CountHashes(), 1U);
  ASSERT_EQ(Local("DELETE", "/scim/v2/Users/" + id).status, 204);
  EXPECT_TRUE(ComesTo(0));
  EXPECT_FALSE(IsValid("jane", "s3cret"));
}

TEST_F(PasswordsTest, AHashGoesWithTheNextPassword) {
  const std::string id = Create("jane", "s3cret");
  ASSERT_EQ(Local("PUT", "/scim/v2/Users/" + id, User("jane", "another")).status, 200);
  EXPECT_TRUE(ComesTo(1));
  EXPECT_TRUE(IsValid("jane", "another"));
  ASSERT_EQ(Local("PATCH", "/scim/v2/Users/" + id,
                  R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                  R"("Operations":[{"op":"remove","path":"password"}]})")
                .status,
            200);
  EXPECT_TRUE(ComesTo(0));
}

TEST_F(PasswordsTest, ARefusedWriteLeavesNoHash) {
  Create("jane", "s3cret");
  EXPECT_EQ(Local("POST", "/scim/v2/Users", User("jane", "another")).status, 409);
  EXPECT_TRUE(ComesTo(1));
  EXPECT_TRUE(IsValid("jane", "s3cret"));
}

TEST_F(PasswordsTest, ABulkDeletesAndRefusesAlike) {
  const std::string id = Create("jane", "s3cret");
  const std::string bulk = fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,)"
      R"("Operations":[{{"method":"DELETE","path":"/Users/{}"}},)"
      R"({{"method":"POST","bulkId":"a","path":"/Users","data":{}}},)"
      R"({{"method":"POST","bulkId":"b","path":"/Users","data":{}}},)"
      R"({{"method":"POST","bulkId":"c","path":"/Users","data":{}}}]}})",
      id, User("john", "one"), User("john", "two"), User("jim", "three"));
  const Answer answer = Local("POST", "/scim/v2/Bulk", bulk);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(ComesTo(1)) << "of john's first, which alone was accepted";
  EXPECT_TRUE(IsValid("john", "one"));
}

TEST_F(PasswordsTest, ABulkMayHaveSoManyHashed) {
  std::string operations;
  for (int i = 0; i < 33; ++i) {
    operations += fmt::format(R"({}{{"method":"POST","bulkId":"{}","path":"/Users","data":{}}})",
                              i == 0 ? "" : ",", i, User(fmt::format("user{}", i), "s3cret"));
  }
  const std::string bulk =
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" +
      operations + "]}";
  const Sequence before = log_->head().sequence;
  const Answer answer = Local("POST", "/scim/v2/Bulk", bulk);
  EXPECT_TRUE(IsScimError(answer, 413)) << answer.body;
  EXPECT_TRUE(answer.body.contains("33 operations")) << answer.body;
  EXPECT_EQ(log_->head().sequence, before);
  EXPECT_EQ(CountHashes(), 0U);

  Set("discard");
  EXPECT_EQ(Local("POST", "/scim/v2/Bulk", bulk).status, 200) << "nothing is hashed";
}

TEST_F(PasswordsTest, SwitchingBackDeletesAllAtOnce) {
  Create("jane", "s3cret");
  Create("john", "s3cret");
  Set("discard");
  EXPECT_EQ(CountHashes(), 0U);
  const std::string id = Create("jim", "s3cret");
  EXPECT_EQ(CountHashes(), 0U);
  Set("argon2id");
  for (const char* name : {"jane", "john", "jim"}) EXPECT_FALSE(IsValid(name, "s3cret")) << name;
  ASSERT_EQ(Local("PUT", "/scim/v2/Users/" + id, User("jim", "another")).status, 200);
  EXPECT_TRUE(IsValid("jim", "another"));
}

TEST_F(PasswordsTest, APasswordSuppliedToBeDiscardedEndsTheOneBefore) {
  const std::string id = Create("jane", "s3cret");
  const auto kept = tenant_->directory().Find(*Uuid::Parse(id)).resource->document;
  Set("discard");
  ASSERT_EQ(Local("PUT", "/scim/v2/Users/" + id, User("jane", "another")).status, 200);
  EXPECT_NE(tenant_->directory().Find(*Uuid::Parse(id)).resource->document, kept)
      << "the row must not refer to it any longer";
}

TEST_F(PasswordsTest, HashesThatNobodyRefersToGoAtTheStart) {
  const std::string id = Create("jane", "s3cret");
  Stop();
  const auto put = [this](const Uuid& resource) {
    ASSERT_TRUE(store_.Put(log_->id(), {resource, storage::RandomUuid()}, "hash"));
  };
  put(*Uuid::Parse(id));
  put(storage::RandomUuid());
  EXPECT_EQ(CountHashes(), 3U);

  Start();

  EXPECT_TRUE(ComesTo(1));
  EXPECT_TRUE(IsValid("jane", "s3cret"));
}

TEST_F(PasswordsTest, HashesLeftWhereNoneAreKeptGoAtTheStart) {
  Create("jane", "s3cret");
  Set("discard");
  Stop();
  ASSERT_TRUE(store_.Put(log_->id(), {storage::RandomUuid(), storage::RandomUuid()}, "hash"));
  Start();
  EXPECT_EQ(CountHashes(), 0U);
}

TEST_F(PasswordsTest, AHashOnItsWayIsNotTakenForAStaleOne) {
  TenantPasswords& passwords = *tenant_->passwords();
  const Uuid resource = *Uuid::Parse("00000000-0000-4000-8000-000000000001");
  const Uuid later = *Uuid::Parse("ffffffff-ffff-4fff-bfff-ffffffffffff");
  auto on_its_way = passwords.Keep(resource, "s3cret");
  ASSERT_TRUE(on_its_way) << on_its_way.error().detail;
  const auto sweep_both = [&] {
    ASSERT_TRUE(store_.Put(log_->id(), {later, storage::RandomUuid()}, "hash"));
    passwords.Reconsider(resource);
    // Looked at after the other one, which has the lower id.
    passwords.Reconsider(later);
  };
  sweep_both();
  EXPECT_TRUE(ComesTo(1));
  {
    // Nobody says what became of its command.
    const KeptPassword dropped = *std::move(on_its_way);
  }
  sweep_both();
  EXPECT_TRUE(ComesTo(1));

  Restart();

  EXPECT_TRUE(ComesTo(0));
}

TEST_F(PasswordsTest, MoreThanCanWaitAreToldToComeBack) {
  Create("jane", "s3cret");
  constexpr int kQuestions = 80;
  std::atomic<int> answered = 0;
  std::atomic<int> valid = 0;
  std::atomic<int> busy = 0;
  std::promise<void> all;
  for (int i = 0; i < kQuestions; ++i) {
    HttpRequest request = Request("POST", "/admin/v1/passwords/verify", Question("jane", "s3cret"),
                                  TokenOf(Role::kAdmin));
    service_->Handle(std::move(request), [&](HttpResponse response) {
      const auto retry = FindHeader(response.headers, "Retry-After");
      if (response.status == 503 && retry) ++busy;
      if (response.status == 200 && response.body == R"({"valid":true})") ++valid;
      if (++answered == kQuestions) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(valid + busy, kQuestions);
  EXPECT_GT(busy, 0);
  EXPECT_GE(valid, 64);
}

TEST_F(PasswordsTest, NobodyIsAsSlowToCompareAsSomebody) {
  Create("jane", "s3cret");
  const auto fastest = [this](std::string_view name) {
    auto best = steady_clock::duration::max();
    for (int i = 0; i < 5; ++i) {
      const auto began = steady_clock::now();
      EXPECT_FALSE(IsValid(name, "wrong"));
      best = std::min(best, steady_clock::now() - began);
    }
    return best;
  };
  const auto somebody = fastest("jane");
  EXPECT_GT(fastest("nobody"), somebody / 2);
}

TEST_F(PasswordsTest, StateIsTheLogsAlone) {
  const std::string id = Create("jane", "s3cret");
  const auto verified = [this] {
    const auto verification = tenant_->VerifyReplay({});
    EXPECT_EQ(verification->live, verification->replayed);
    return storage::ToHex(verification->live);
  };
  const std::string before = verified();
  ASSERT_TRUE(store_.Clear(log_->id()));
  Restart();
  EXPECT_EQ(verified(), before) << "hashes are no part of it";
  EXPECT_FALSE(IsValid("jane", "s3cret"));
}

}  // namespace
}  // namespace scimledger::api
