#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

std::string Operation(int number) {
  return fmt::format(R"({{"method":"POST","path":"/Users","bulkId":"b{0}","data":)"
                     R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)"
                     R"("userName":"u{0}"}}}})",
                     number);
}

std::string Bulk(int operations) {
  std::string list;
  for (int i = 0; i < operations; ++i) {
    if (!list.empty()) list += ',';
    list += Operation(i);
  }
  return fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],)"
                     R"("Operations":[{}]}})",
                     list);
}

class BulkEndpointTest : public ServiceTest {};

// rows: B17 B18
TEST_F(BulkEndpointTest, MoreOperationsThanPublishedAre413) {
  const Answer refused = Local("POST", "/scim/v2/Bulk", Bulk(1001));
  EXPECT_TRUE(IsScimError(refused, 413));
  EXPECT_NE(refused.Text("detail").find("maxOperations is 1000"), std::string::npos);
  EXPECT_NE(Local("GET", "/scim/v2/Users?count=0").body.find(R"("totalResults":0)"),
            std::string::npos);
  EXPECT_EQ(Local("POST", "/scim/v2/Bulk", Bulk(1000)).status, 200);
  EXPECT_NE(Local("GET", "/scim/v2/Users?count=0").body.find(R"("totalResults":1000)"),
            std::string::npos);
}

// rows: B17 B18 B19
TEST_F(BulkEndpointTest, AnotherPayloadLimitIsPublishedAndEnforced) {
  Stop();
  service_options_.body_bytes_max = 1000;
  Start();
  EXPECT_NE(Local("GET", "/scim/v2/ServiceProviderConfig").body.find(R"("maxPayloadSize":1000})"),
            std::string::npos);
  const Answer refused = Local("POST", "/scim/v2/Bulk", Bulk(20));
  EXPECT_TRUE(IsScimError(refused, 413));
  EXPECT_NE(refused.Text("detail").find("maxPayloadSize is 1000"), std::string::npos);
  EXPECT_EQ(Local("POST", "/scim/v2/Bulk", Bulk(2)).status, 200);
}

TEST_F(BulkEndpointTest, IsAWrite) {
  EXPECT_TRUE(IsScimError(As(Role::kReader, "POST", "/scim/v2/Bulk", Bulk(1)), 403));
  EXPECT_EQ(As(Role::kProvisioner, "POST", "/scim/v2/Bulk", Bulk(1)).status, 200);
}

TEST_F(BulkEndpointTest, SequenceIsThatOfTheLastEvent) {
  EXPECT_EQ(Local("POST", "/scim/v2/Bulk", Bulk(3)).Header("Ledger-Sequence"), "3");
  const Answer refused = Local("POST", "/scim/v2/Bulk", Bulk(2));
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(refused.Header("Ledger-Sequence"), "3");
  EXPECT_NE(refused.body.find(R"("status":"409","response":{)"), std::string::npos);
}

}  // namespace
}  // namespace scimledger::api
