#include "api/worker_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

/// Notes every answer it gets, so that a second one would show.
class Answers {
 public:
  ExchangePtr Begin(Tenant* tenant = nullptr) {
    auto exchange = std::make_unique<Exchange>(
        HttpRequest(), [this](HttpResponse response) { answers_.push_back(std::move(response)); },
        in_flight_.Enter(), nullptr);
    exchange->tenant = tenant;
    return exchange;
  }
  /// The only answer, once everything begun is over.
  Answer Only() {
    in_flight_.Drain();
    EXPECT_EQ(answers_.size(), 1U);
    if (answers_.empty()) return {};
    return {answers_[0].status, answers_[0].headers, answers_[0].body};
  }

 private:
  std::vector<HttpResponse> answers_;
  InFlight in_flight_;
};

// rows: X6
TEST(ExchangeTest, DroppedWithoutAnAnswerItAnswers500) {
  Answers answers;
  ExchangePtr exchange = answers.Begin();
  const std::string id = exchange->id.ToString();

  exchange.reset();

  const Answer answer = answers.Only();
  EXPECT_TRUE(IsScimError(answer, 500));
  EXPECT_EQ(answer.Header("X-Request-Id"), id);
  EXPECT_TRUE(answer.body.contains(id));
}

TEST(ExchangeTest, AnswersOnceWithIdAndSequence) {
  Answers answers;
  ExchangePtr exchange = answers.Begin();
  exchange->sequence = Sequence{42};

  exchange->Answer(JsonResponse(200, "{}", kScimMediaType));
  exchange.reset();

  EXPECT_EQ(answers.Only().Header("Ledger-Sequence"), "42");
}

// rows: X6
TEST(WorkerPoolTest, AnExceptionAnswers500AndTheThreadLivesOn) {
  Answers failed;
  Answers next;
  WorkerPool pool("test", 1, 10, "busy");

  pool.Run(failed.Begin(), [](const ExchangePtr&) { throw std::runtime_error("secret value"); });
  pool.Run(next.Begin(), [](const ExchangePtr& exchange) {
    exchange->Answer(JsonResponse(200, "{}", kScimMediaType));
  });

  const Answer answer = failed.Only();
  EXPECT_TRUE(IsScimError(answer, 500));
  EXPECT_FALSE(answer.body.contains("secret value"));
  EXPECT_EQ(next.Only().status, 200);
}

TEST(WorkerPoolTest, AFullQueueAnswers503WithRetryAfter) {
  Answers running, waiting, refused;
  std::promise<void> started, go_on;
  {
    WorkerPool pool("test", 1, 1, "busy");
    const auto finish = [](const ExchangePtr& exchange) {
      exchange->Answer(JsonResponse(200, "{}", kScimMediaType));
    };
    pool.Run(running.Begin(), [&](const ExchangePtr& exchange) {
      started.set_value();
      go_on.get_future().wait();
      finish(exchange);
    });
    started.get_future().wait();
    pool.Run(waiting.Begin(), finish);

    pool.Run(refused.Begin(), finish);

    const Answer answer = refused.Only();
    EXPECT_TRUE(IsScimError(answer, 503));
    EXPECT_EQ(answer.Header("Retry-After"), "1");
    EXPECT_EQ(answer.Text("detail"), "busy");
    go_on.set_value();
  }
  EXPECT_EQ(running.Only().status, 200);
  EXPECT_EQ(waiting.Only().status, 200);
}

/// Two tenants, of which only the addresses count here.
class TurnsTest : public ServiceTest {
 protected:
  Tenant* busy() { return tenant_; }
  Tenant* quiet() { return nullptr; }
};

TEST_F(TurnsTest, AQuietTenantWaitsForOnePieceOfABusyOneOnly) {
  Answers answers;
  std::promise<void> started, go_on;
  std::string order;
  {
    WorkerPool pool("test", 1, 4, "busy");
    const auto note = [&order](char who) {
      return [&order, who](const ExchangePtr& exchange) {
        order += who;
        exchange->Answer(JsonResponse(200, "{}", kScimMediaType));
      };
    };
    pool.Run(answers.Begin(busy()), [&](const ExchangePtr& exchange) {
      started.set_value();
      go_on.get_future().wait();
      exchange->Answer(JsonResponse(200, "{}", kScimMediaType));
    });
    started.get_future().wait();
    for (int i = 0; i < 4; ++i) pool.Run(answers.Begin(busy()), note('b'));
    // A full queue of the one is none of the other's business.
    pool.Run(answers.Begin(busy()), note('!'));
    for (int i = 0; i < 2; ++i) pool.Run(answers.Begin(quiet()), note('q'));
    go_on.set_value();
  }
  EXPECT_EQ(order, "bqbqbb");
}

}  // namespace
}  // namespace scimledger::api
