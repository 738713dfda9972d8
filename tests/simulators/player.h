#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_client.h"
#include "tests/simulators/fields.h"
#include "tests/simulators/script.h"

namespace scimledger::simulators {

struct Answer {
  int status = 0;
  std::uint64_t sequence = 0;  ///< Ledger-Sequence: the head of the log that the answer knows
  std::string body;
  std::string id;  ///< bound by `<id:id>` in the pattern
};

/// Where a client sends its requests.
struct Access {
  std::string
      url;  ///< what the operator is told to configure: ends with /scim/v2, or with a tenant
  std::string token;
};

/// Called around every request of a client. Empty ones are not called.
struct Hooks {
  /// May wait, and returns the time from which the answer's latency counts.
  std::function<std::chrono::steady_clock::time_point()> before{};
  std::function<void(const std::string& step, std::chrono::steady_clock::time_point begun)> after{};
};

/// One connection of a client: plays steps of a script and checks what comes back.
class Player {
 public:
  enum class Then { kCheck, kSkip };  ///< the `then` parts of steps

  Player(const Script& script, Access access, Then then, Hooks hooks = {});

  /// Throws std::runtime_error with request and answer if the answer is not as the step says.
  Answer Play(std::string_view step, const Fields& fields);
  /// Sends a step's request, and closes the connection without waiting for the answer.
  void PlayAndLoseAnswer(std::string_view step, const Fields& fields);
  const Script& script() const { return script_; }

 private:
  api::HttpRequest MakeRequest(const Exchange& exchange, const Fields& fields) const;
  Answer Do(const std::string& name, const Exchange& exchange, const Fields& fields);

  const Script& script_;
  Access access_;
  Then then_;
  Hooks hooks_;
  std::unique_ptr<api::HttpClient> client_;
};

}  // namespace scimledger::simulators
