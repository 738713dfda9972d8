#include "tools/tls_reload.h"

#include <gtest/gtest.h>

#include "tests/unit/api/http_fixture.h"
#include "tests/unit/api/tls_fixture.h"

namespace scimledger::tools {
namespace {

/// A server with a certificate by the name of "first", whose files a test changes.
class TlsReloadTest : public testing::Test {
 protected:
  TlsReloadTest() : files_(folder_.Files(Named("first"))), reload_(files_) {
    server_ = api::StartServer(handler_, api::WithTls(reload_.Load().value()));
  }

  static api::TestCertificate Named(const std::string& name) {
    api::CertificateFields fields;
    fields.name = name;
    return api::TestCertificate(fields);
  }
  std::string Shown() const { return api::TlsConnection(server_->port()).server_name(); }

  api::TlsFolder folder_;
  api::TlsFiles files_;
  TlsReload reload_;
  api::FakeHandler handler_;
  std::unique_ptr<api::HttpServer> server_;
};

TEST_F(TlsReloadTest, NewFilesAreUsed) {
  folder_.Files(Named("second"));
  EXPECT_EQ(Shown(), "first");

  EXPECT_TRUE(reload_.Reload(*server_));

  EXPECT_EQ(Shown(), "second");
}

TEST_F(TlsReloadTest, BadFilesChangeNothing) {
  folder_.Write("server.pem", "not a certificate");

  EXPECT_FALSE(reload_.Reload(*server_));

  EXPECT_EQ(Shown(), "first");
  folder_.Files(Named("third"));
  EXPECT_TRUE(reload_.Reload(*server_));
  EXPECT_EQ(Shown(), "third");
}

TEST_F(TlsReloadTest, ChangesAreNoticed) {
  const auto before = reload_.Load().value();
  server_->UseTls(before);
  reload_.ReloadIfChanged(*server_);
  EXPECT_EQ(before.use_count(), 2) << "it was read again for nothing";
  // As tools that renew certificates do.
  std::filesystem::rename(folder_.Write("renewed", Named("second")), files_.certificate);

  reload_.ReloadIfChanged(*server_);

  EXPECT_EQ(Shown(), "second");
}

TEST_F(TlsReloadTest, AHalfReplacedPairIsReadAgainWhenItIsWhole) {
  const api::TestCertificate second = Named("second");
  files_.certificate = folder_.Write("certificate.pem", Named("other").CertificatePem());
  files_.key = folder_.Write("key.pem", second.KeyPem());
  TlsReload reload(files_);

  reload.ReloadIfChanged(*server_);
  EXPECT_EQ(Shown(), "first");
  std::filesystem::rename(folder_.Write("renewed", second), files_.certificate);
  reload.ReloadIfChanged(*server_);

  EXPECT_EQ(Shown(), "second");
}

}  // namespace
}  // namespace scimledger::tools
