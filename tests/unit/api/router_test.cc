#include "api/router.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scimledger::api {
namespace {

void Nothing(ExchangePtr) {}

Router SampleRouter() {
  Router router;
  router.Add("/healthz", {{"GET", Access::kProcess, Nothing}});
  router.Add("/scim/v2/Schemas", {{"GET", Access::kReadScim, Nothing}});
  router.Add("/scim/v2/Schemas/{urn}", {{"GET", Access::kReadScim, Nothing}});
  router.Add("/scim/v2/{endpoint}",
             {{"GET", Access::kReadScim, Nothing}, {"POST", Access::kWriteScim, Nothing}});
  router.Add("/scim/v2/{endpoint}/{id}", {{"DELETE", Access::kWriteScim, Nothing}});
  return router;
}

std::string Find(const std::vector<std::string>& segments,
                 const SchemaRegistry* registry = SchemaRegistry::BuiltIn().get()) {
  const Router router = SampleRouter();
  const auto match = router.Find(segments, registry);
  if (!match) return "none";
  std::string text = match->route->pattern;
  if (match->type != nullptr) text += " type=" + match->type->name;
  for (const std::string& value : match->values) text += " value=" + value;
  return text;
}

TEST(RouterTest, FindsRoutesWithWhatTheirBracesStandFor) {
  EXPECT_EQ(Find({"healthz"}), "/healthz");
  EXPECT_EQ(Find({"scim", "v2", "Schemas"}), "/scim/v2/Schemas");
  EXPECT_EQ(Find({"scim", "v2", "Schemas", "urn:x"}), "/scim/v2/Schemas/{urn} value=urn:x");
  EXPECT_EQ(Find({"scim", "v2", "Users"}), "/scim/v2/{endpoint} type=User");
  EXPECT_EQ(Find({"scim", "v2", "Groups", "a/b"}), "/scim/v2/{endpoint}/{id} type=Group value=a/b");
}

TEST(RouterTest, EndpointsAreThoseOfResourceTypesInTheirExactCase) {
  EXPECT_EQ(Find({"scim", "v2", "users"}), "none");
  EXPECT_EQ(Find({"scim", "v2", "Devices"}), "none");
  EXPECT_EQ(Find({"scim", "v2", "Users"}, nullptr), "none");
  EXPECT_EQ(Find({"scim", "v2", "Users", "x", "y"}), "none");
  EXPECT_EQ(Find({}), "none");
}

TEST(RouterTest, GetAnswersHeadAndAllowListsBoth) {
  const Router router = SampleRouter();
  const RegistryPtr registry = SchemaRegistry::BuiltIn();
  const std::vector<std::string> segments = {"scim", "v2", "Users"};
  const Route& route = *router.Find(segments, registry.get())->route;

  EXPECT_EQ(route.Find("HEAD"), route.Find("GET"));
  EXPECT_EQ(route.Find("get"), nullptr);
  EXPECT_EQ(route.Find("PUT"), nullptr);
  EXPECT_EQ(route.AllowedMethods(), "GET, HEAD, POST");
}

}  // namespace
}  // namespace scimledger::api
