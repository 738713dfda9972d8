#include "tests/unit/api/test_issuer.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <fstream>
#include <stdexcept>
#include <utility>

#include "api/base64url.h"

namespace scimledger::api {
namespace {

EVP_PKEY* MakeKey(unsigned bits) {
  EVP_PKEY* const key = EVP_RSA_gen(bits);
  if (key == nullptr) throw std::runtime_error("OpenSSL made no key");
  return key;
}

}  // namespace

TestKey::TestKey(std::string kid, unsigned bits)
    : kid_(std::move(kid)), key_(MakeKey(bits), &EVP_PKEY_free) {}

const TestKey& TestKey::First() {
  static const TestKey key("first");
  return key;
}

const TestKey& TestKey::Second() {
  static const TestKey key("second");
  return key;
}

std::string TestKey::Number(const char* name) const {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key_.get(), name, &number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return EncodeBase64Url(bytes);
}

std::string TestKey::Jwk(std::string_view more) const {
  return fmt::format(R"({{"kty":"RSA","kid":"{}","n":"{}","e":"{}"{}}})", kid_,
                     Number(OSSL_PKEY_PARAM_RSA_N), Number(OSSL_PKEY_PARAM_RSA_E), more);
}

std::string TestKey::Sign(std::string_view header, std::string_view payload) const {
  std::string text = EncodeBase64Url(header) + "." + EncodeBase64Url(payload);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t length = 0;
  std::string signature;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes, text.size()) != 1) {
    throw std::runtime_error("OpenSSL did not sign");
  }
  signature.resize(length);
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes,
                 text.size());
  return text + "." + EncodeBase64Url(signature);
}

std::string TestKey::Sign(std::string_view payload) const {
  return Sign(fmt::format(R"({{"alg":"RS256","typ":"JWT","kid":"{}"}})", kid_), payload);
}

std::string KeySetJson(std::initializer_list<std::string> keys) {
  return fmt::format(R"({{"keys":[{}]}})", fmt::join(keys, ","));
}

void ReplaceFile(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path beside = file.string() + ".new";
  std::ofstream(beside, std::ios::binary | std::ios::trunc) << text;
  std::filesystem::rename(beside, file);
}

}  // namespace scimledger::api
