#include "api/key_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "api/http_client.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kScheme = "https://";

class KeyUrl final : public KeySource {
 public:
  KeyUrl(std::string url, Notice notice, KeyUrlOptions options)
      : url_(std::move(url)),
        notice_(std::move(notice)),
        options_(std::move(options)),
        fetcher_([this](const std::stop_token& stop) { Run(stop); }) {}

  std::shared_ptr<const KeySet> Keys(std::int64_t /*now_us*/, bool look_again) override {
    const std::lock_guard lock(mutex_);
    if (look_again && fetched_ && Clock::now() - *fetched_ >= options_.pause) {
      is_wanted_ = true;
      wake_.notify_one();
    }
    return keys_;
  }

 private:
  void Run(const std::stop_token& stop) {
    storage::NameThread("issuer-keys");
    while (!stop.stop_requested()) {
      auto fetched = Fetch();
      const bool is_good = fetched.has_value();
      Tell(fetched);
      std::unique_lock lock(mutex_);
      if (is_good) keys_ = std::make_shared<const KeySet>(*std::move(fetched));
      fetched_ = Clock::now();
      is_wanted_ = false;
      wake_.wait_for(lock, stop, is_good ? options_.refresh_interval : options_.pause,
                     [this] { return is_wanted_; });
    }
  }

  Checked<KeySet> Fetch() const {
    const std::size_t path = std::min(url_.find('/', kScheme.size()), url_.size());
    HttpClientLimits limits;
    limits.body_bytes_max = kKeySetBytesMax;
    limits.request_time = options_.request_time;
    const auto client =
        HttpClient::ForUrl(url_.substr(0, path), options_.timeout, options_.tls, limits);
    if (!client) return std::unexpected(client.error().message);
    HttpRequest request;
    request.method = "GET";
    request.target = path < url_.size() ? url_.substr(path) : "/";
    request.headers = {{"Accept", "application/json"}, {"User-Agent", "scimledger"}};
    const auto response = (*client)->Send(request);
    if (!response) return std::unexpected(response.error().message);
    if (response->status != 200) {
      const bool is_redirect = response->status >= 300 && response->status < 400;
      return std::unexpected(fmt::format("it is answered with status {}{}", response->status,
                                         is_redirect ? "; name the URL that it redirects to" : ""));
    }
    return KeySet::Parse(response->body);
  }

  /// On the fetching thread.
  void Tell(const Checked<KeySet>& fetched) {
    const bool was_failing = std::exchange(is_failing_, !fetched);
    if (was_failing == is_failing_) return;
    if (!is_failing_) return notice_(fmt::format("trusted_issuer: {}: it works again", url_));
    notice_(fmt::format("trusted_issuer: {}: {}; {}", url_, fetched.error(),
                        has_keys() ? "the keys fetched before stay in force"
                                   : "tokens of its issuer are refused until it works"));
  }

  bool has_keys() {
    const std::lock_guard lock(mutex_);
    return keys_ != nullptr;
  }

  const std::string url_;
  const Notice notice_;
  const KeyUrlOptions options_;
  bool is_failing_ = false;  ///< the fetching thread's
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<const KeySet> keys_;
  std::optional<Clock::time_point> fetched_;
  bool is_wanted_ = false;
  std::jthread fetcher_;  ///< ended first
};

}  // namespace

bool IsKeyUrl(std::string_view text) {
  const bool is_plain = std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '@' && c != '\\'; });
  return is_plain && text.starts_with(kScheme) && text.size() > kScheme.size() &&
         text[kScheme.size()] != '/';
}

std::unique_ptr<KeySource> MakeKeyUrl(std::string url, Notice notice, KeyUrlOptions options) {
  return std::make_unique<KeyUrl>(std::move(url), std::move(notice), std::move(options));
}

}  // namespace scimledger::api
