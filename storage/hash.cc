#include "storage/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/random.h>

#include <atomic>
#include <cerrno>

#include "storage/result.h"

namespace scimledger::storage {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Fetched once: a fetch for every hash costs more than a short hash does.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SCIMLEDGER_INVARIANT(algorithm != nullptr, "OpenSSL has SHA-256");
  return algorithm;
}

void Begin(EVP_MD_CTX* context) {
  SCIMLEDGER_INVARIANT(context != nullptr, "memory for a hash context");
  const int begun = EVP_DigestInit_ex2(context, Algorithm(), nullptr);
  SCIMLEDGER_INVARIANT(begun == 1, "SHA-256 begins");
}

void Add(EVP_MD_CTX* context, std::string_view bytes) {
  const int added = EVP_DigestUpdate(context, bytes.data(), bytes.size());
  SCIMLEDGER_INVARIANT(added == 1, "SHA-256 takes bytes");
}

Hash End(EVP_MD_CTX* context) {
  Hash hash;
  const int ended = EVP_DigestFinal_ex(context, hash.data(), nullptr);
  SCIMLEDGER_INVARIANT(ended == 1, "SHA-256 ends");
  return hash;
}

void FillFromSystem(char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t got = getrandom(bytes, count, 0);
    if (got < 0 && errno == EINTR) continue;
    SCIMLEDGER_INVARIANT(got > 0, "the system gives random bytes");
    bytes += got;
    count -= static_cast<std::size_t>(got);
  }
}

// Counts forks, so that a child does not hand out the random bytes that its parent has drawn.
const std::atomic<unsigned>& ForkCount() {
  static std::atomic<unsigned> forks{0};
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  SCIMLEDGER_INVARIANT(registered == 0, "fork handler registered");
  return forks;
}

struct RandomPool {
  std::array<char, 4096> bytes;
  std::size_t left = 0;
  unsigned forks = 0;
};

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> parts) {
  thread_local const ContextPointer context(EVP_MD_CTX_new());
  Begin(context.get());
  for (const std::string_view part : parts) Add(context.get(), part);
  return End(context.get());
}

struct Sha256Stream::Context {
  ContextPointer digest{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  Begin(context_->digest.get());
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Update(std::string_view bytes) { Add(context_->digest.get(), bytes); }

Hash Sha256Stream::Finish() { return End(context_->digest.get()); }

std::string ToHex(const Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(hash.size() * 2);
  for (const std::uint8_t byte : hash) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

void FillRandom(void* bytes, std::size_t count) {
  thread_local RandomPool pool;
  char* out = static_cast<char*>(bytes);
  if (count > pool.bytes.size()) return FillFromSystem(out, count);
  const unsigned forks = ForkCount().load(std::memory_order_relaxed);
  if (pool.left < count || pool.forks != forks) {
    FillFromSystem(pool.bytes.data(), pool.bytes.size());
    pool.left = pool.bytes.size();
    pool.forks = forks;
  }
  char* drawn = pool.bytes.data() + (pool.bytes.size() - pool.left);
  std::memcpy(out, drawn, count);
  // What was handed out may become a secret; it must not stay here.
  explicit_bzero(drawn, count);
  pool.left -= count;
}

Uuid RandomUuid() {
  Uuid uuid;
  FillRandom(uuid.bytes.data(), uuid.bytes.size());
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0FU) | 0x40U);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
  return uuid;
}

}  // namespace scimledger::storage
