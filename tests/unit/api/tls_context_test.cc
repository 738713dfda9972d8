#include "api/tls_context.h"

#include <gtest/gtest.h>

#include "tls_fixture.h"

namespace scimledger::api {
namespace {

class TlsContextTest : public testing::Test {
 protected:
  /// The error's message; empty: it loads.
  static std::string Refusal(const TlsFiles& files) {
    const auto context = TlsContext::Load(files);
    return context ? "" : context.error().message;
  }

  TlsFolder folder_;
  TestCertificate certificate_;
};

TEST_F(TlsContextTest, OneFileMayHoldCertificateAndKey) {
  TlsFiles files = folder_.Files(certificate_);
  EXPECT_EQ(Refusal(files), "");
  files.certificate = folder_.Write("certificate.pem", certificate_.CertificatePem());
  files.key = folder_.Write("key.pem", certificate_.KeyPem());
  EXPECT_EQ(Refusal(files), "");
  EXPECT_EQ(TlsContext::Load(files).value()->warning(), "");
}

TEST_F(TlsContextTest, EachFileIsNamedWhenItIsMissing) {
  const auto missing = folder_.Write("x", "").parent_path() / "missing.pem";
  for (const auto member : {&TlsFiles::certificate, &TlsFiles::key, &TlsFiles::client_ca}) {
    TlsFiles files = folder_.Files(certificate_);
    files.*member = missing;
    const auto context = TlsContext::Load(files);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().code, storage::ErrorCode::kNotFound);
    EXPECT_TRUE(context.error().message.contains("missing.pem")) << context.error().message;
    EXPECT_FALSE(context.error().message.contains('\n'));
  }
}

TEST_F(TlsContextTest, WhatIsNoPemIsRefused) {
  const auto garbage = folder_.Write("garbage.pem", "-----BEGIN NOTHING-----\n");
  for (const auto member : {&TlsFiles::certificate, &TlsFiles::key, &TlsFiles::client_ca}) {
    TlsFiles files = folder_.Files(certificate_);
    files.*member = garbage;
    EXPECT_TRUE(Refusal(files).contains("garbage.pem: it holds no ")) << Refusal(files);
  }
}

TEST_F(TlsContextTest, TheKeyMustBelongToTheCertificate) {
  TlsFiles files = folder_.Files(certificate_);
  files.key = folder_.Write("other", TestCertificate());
  EXPECT_TRUE(Refusal(files).contains("other.pem: it does not belong to the first certificate"))
      << Refusal(files);
  CertificateFields fields;
  fields.key = KeyKind::kRsa2048;
  files.key = folder_.Write("other", TestCertificate(fields));
  EXPECT_TRUE(Refusal(files).contains("other.pem: it does not belong to the first certificate"))
      << Refusal(files);
}

TEST_F(TlsContextTest, AnEncryptedKeyIsRefusedWithoutAsking) {
  TlsFiles files = folder_.Files(certificate_);
  files.key = folder_.Write("encrypted.pem", certificate_.KeyPem("secret"));
  EXPECT_TRUE(Refusal(files).contains("encrypted.pem: it is encrypted")) << Refusal(files);
}

TEST_F(TlsContextTest, AWeakKeyIsRefused) {
  CertificateFields fields;
  fields.key = KeyKind::kRsa1024;
  EXPECT_TRUE(Refusal(folder_.Files(TestCertificate(fields))).contains("key too small"));
}

TEST_F(TlsContextTest, ACertificateOutOfItsTimeIsWorthAWarning) {
  CertificateFields expired;
  expired.begin_days = -3;
  expired.end_days = -2;
  CertificateFields early;
  early.begin_days = 2;
  early.end_days = 3;
  const auto warning = [this](const CertificateFields& fields) {
    return folder_.Context(TestCertificate(fields))->warning();
  };
  EXPECT_TRUE(warning(expired).contains("expired on 2")) << warning(expired);
  EXPECT_TRUE(warning(early).contains("valid only from 2")) << warning(early);
}

}  // namespace
}  // namespace scimledger::api
