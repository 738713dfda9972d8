#include "storage/secret_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr mode_t kOwnerOnlyDirectory = 0700;
constexpr mode_t kOwnerOnlyFile = 0600;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext MakeContext() {
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SCIMLEDGER_INVARIANT(context != nullptr, "OpenSSL could not make a cipher context");
  return context;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int Length(std::string_view text) { return static_cast<int>(text.size()); }

std::unexpected<Error> IoError(std::string_view what, const std::filesystem::path& path) {
  return Fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", what, path.string(),
                                          std::generic_category().message(errno)));
}

/// Closes when it goes.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : number_(open(path.c_str(), flags | O_CLOEXEC, kOwnerOnlyFile)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// Whole or not at all, whatever happens meanwhile: written beside it, then renamed.
[[nodiscard]] Result<void> WriteKeyFile(const std::filesystem::path& file, std::string_view bytes) {
  const std::filesystem::path directory = file.parent_path();
  if (mkdir(directory.c_str(), kOwnerOnlyDirectory) != 0 && errno != EEXIST) {
    return IoError("make", directory);
  }
  const std::filesystem::path unfinished = file.string() + ".new";
  {
    const Descriptor descriptor(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    const bool is_written = descriptor.is_open() &&
                            write(descriptor.number(), bytes.data(), bytes.size()) ==
                                static_cast<ssize_t>(bytes.size()) &&
                            fsync(descriptor.number()) == 0;
    if (!is_written) return IoError("write", unfinished);
  }
  if (rename(unfinished.c_str(), file.c_str()) != 0) return IoError("make", file);
  const Descriptor opened(directory, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open() || fsync(opened.number()) != 0) return IoError("sync", directory);
  return {};
}

}  // namespace

SecretKey SecretKey::Random() {
  SecretKey key;
  FillRandom(key.bytes_.data(), key.bytes_.size());
  return key;
}

Result<SecretKey> SecretKey::LoadOrMake(const std::filesystem::path& file) {
  SecretKey key;
  const Descriptor descriptor(file, O_RDONLY);
  if (!descriptor.is_open()) {
    if (errno != ENOENT) return IoError("open", file);
    key = Random();
    SCIMLEDGER_TRY(WriteKeyFile(file, {key.bytes_.data(), key.bytes_.size()}));
    return key;
  }
  std::array<char, 33> stored;
  const ssize_t count = read(descriptor.number(), stored.data(), stored.size());
  if (count < 0) return IoError("read", file);
  if (static_cast<std::size_t>(count) != key.bytes_.size()) {
    return Fail(
        ErrorCode::kCorrupt,
        fmt::format(
            "{} is not a key of {} bytes; without it a new one is made, and what was sealed "
            "with it (cursors or access tokens) is void",
            file.string(), key.bytes_.size()));
  }
  std::copy_n(stored.begin(), key.bytes_.size(), key.bytes_.begin());
  return key;
}

std::string SecretKey::Seal(std::string_view text, std::string_view context) const {
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  FillRandom(sealed.data(), kNonceBytes);
  unsigned char* const nonce = Bytes(sealed);
  unsigned char* const body = nonce + kNonceBytes;
  const CipherContext cipher = MakeContext();
  int length = 0;
  const bool is_done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                         Bytes({bytes_.data(), bytes_.size()}), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, Bytes(context), Length(context)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), body, &length, Bytes(text), Length(text)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), body + text.size(), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + text.size()) == 1;
  SCIMLEDGER_INVARIANT(is_done, "OpenSSL could not encrypt");
  return sealed;
}

std::optional<std::string> SecretKey::Open(std::string_view sealed,
                                           std::string_view context) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string_view body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string text(body.size(), '\0');
  const CipherContext cipher = MakeContext();
  int length = 0;
  const bool is_authentic =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                         Bytes({bytes_.data(), bytes_.size()}), Bytes(sealed)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, Bytes(context), Length(context)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(text), &length, Bytes(body), Length(body)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(text) + text.size(), &length) == 1;
  return is_authentic ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace scimledger::storage
