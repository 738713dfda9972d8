#include "api/request_log.h"

#include <gtest/gtest.h>

namespace scimledger::api {
namespace {

TEST(RequestLogTest, WritesOneJsonObjectWithWhatIsKnown) {
  RequestRecord record;
  record.time_us = 1'795'000'000'000'001;
  record.method = "PATCH";
  record.route = "/scim/v2/Users/{id}";
  record.status = 200;
  record.duration_us = 123;
  record.tenant = "default";
  record.credential = "local:0";
  record.sequence = Sequence{42};

  EXPECT_EQ(FormatRequestLine(record),
            R"({"time":"2026-11-18T11:06:40.000001Z",)"
            R"("request":"00000000-0000-0000-0000-000000000000","method":"PATCH",)"
            R"("route":"/scim/v2/Users/{id}","status":200,"duration_us":123,"tenant":"default",)"
            R"("credential":"local:0","sequence":42})");
}

TEST(RequestLogTest, LeavesOutWhatIsNotKnown) {
  RequestRecord record;
  record.method = "OTHER";
  record.route = "unmatched";
  record.status = 400;

  EXPECT_EQ(FormatRequestLine(record),
            R"({"time":"1970-01-01T00:00:00.000000Z",)"
            R"("request":"00000000-0000-0000-0000-000000000000","method":"OTHER",)"
            R"("route":"unmatched","status":400,"duration_us":0})");
}

}  // namespace
}  // namespace scimledger::api
