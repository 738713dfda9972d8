#include "api/memory_check.h"

#include <gtest/gtest.h>

namespace scimledger::api {
namespace {

constexpr const char* kMeminfo = "MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:  1000 kB\n";

TEST(MemoryCheckTest, KnowsWhatTheMachineAndTheControlGroupLeave) {
  EXPECT_EQ(AvailableMemoryBytes(kMeminfo, "", "", ""), 1'024'000U);
  EXPECT_EQ(AvailableMemoryBytes(kMeminfo, "max\n", "5\n", ""), 1'024'000U);
  EXPECT_EQ(AvailableMemoryBytes(kMeminfo, "600000\n", "500000\n", "anon 1\nfile 300000\n"),
            400'000U);
  EXPECT_EQ(AvailableMemoryBytes(kMeminfo, "600000\n", "700000\n", ""), 0U);
  EXPECT_EQ(AvailableMemoryBytes("", "600000\n", "500000\n", "file 0\n"), 100'000U);
  EXPECT_EQ(AvailableMemoryBytes("nonsense", "", "", ""), std::nullopt);
}

TEST(MemoryCheckTest, SaysWithNumbersWhatDoesNotFit) {
  constexpr std::uint64_t kMiB = 1U << 20U;
  EXPECT_EQ(DescribeShortage(EstimateNeed(400 * kMiB, 256 * kMiB, 2000 * kMiB)), "");
  EXPECT_EQ(DescribeShortage({840 * kMiB, 256 * kMiB, 1000 * kMiB}),
            "memory will not be enough: the resources take about 840 MiB and their attribute index "
            "up to 256 MiB, together 1096 MiB, but only 1000 MiB are available; the system may end "
            "this process, so give it more memory, or the index less (index_bytes_max)");
  EXPECT_LE(EstimateNeed(10 * kMiB, 256 * kMiB, 0).index_bytes, 10 * kMiB);
}

}  // namespace
}  // namespace scimledger::api
