#include "api/key_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace scimledger::api {
namespace {

constexpr std::int64_t kLookIntervalUs = 1'000'000;

class KeyFile final : public KeySource {
 public:
  KeyFile(std::string path, Notice notice) : path_(std::move(path)), notice_(std::move(notice)) {}

  std::shared_ptr<const KeySet> Keys(std::int64_t now_us, bool look_again) override {
    const std::lock_guard lock(mutex_);
    // A clock that stepped back is due as well.
    const bool is_due =
        !looked_us_ || now_us < *looked_us_ || now_us - *looked_us_ >= kLookIntervalUs;
    if (is_due || look_again) {
      looked_us_ = now_us;
      Look();
    }
    return keys_;
  }

 private:
  /// Tells one state of the file from another: time of change, size, inode.
  using Stamp = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::uint64_t>;

  static std::optional<Stamp> StampOf(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return Stamp(status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino);
  }

  void Look() {
    const auto stamp = StampOf(path_);
    if (was_looked_at_ && stamp == stamp_) return;
    was_looked_at_ = true;
    stamp_ = stamp;
    auto read = Read();
    if (read) {
      keys_ = std::make_shared<const KeySet>(*std::move(read));
      return;
    }
    notice_(fmt::format("trusted_issuer: {}: {}; {}", path_, read.error(),
                        keys_ ? "the keys read before stay in force"
                              : "tokens of its issuer are refused until it is mended"));
  }

  Checked<KeySet> Read() const {
    std::ifstream in(path_, std::ios::binary);
    if (!in) return std::unexpected(std::string("it cannot be opened"));
    std::string text(kKeySetBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return std::unexpected(std::string("it cannot be read"));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return KeySet::Parse(text);
  }

  const std::string path_;
  const Notice notice_;
  std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
  std::optional<std::int64_t> looked_us_;
  bool was_looked_at_ = false;
  std::optional<Stamp> stamp_;  ///< nullopt: was not there
};

}  // namespace

std::unique_ptr<KeySource> MakeKeyFile(std::string path, Notice notice) {
  return std::make_unique<KeyFile>(std::move(path), std::move(notice));
}

}  // namespace scimledger::api
