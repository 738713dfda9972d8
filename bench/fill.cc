// Fills a running server with a made-up company, for tools/start --demo.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "bench/realistic_load.h"

namespace scimledger::bench {
namespace {

std::optional<std::uint64_t> NumberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int Fill(int argc, char** argv) {
  // In the environment, because every process can read the others' words.
  const char* const token = std::getenv("SCIMLEDGER_TOKEN");
  const auto port = argc == 5 ? NumberIn(argv[1]) : std::nullopt;
  const auto users = argc == 5 ? NumberIn(argv[2]) : std::nullopt;
  const auto groups = argc == 5 ? NumberIn(argv[3]) : std::nullopt;
  const auto seed = argc == 5 ? NumberIn(argv[4]) : std::nullopt;
  const bool is_sound = token != nullptr && port && *port <= 65'535 && users && *users > 0 &&
                        *users <= 5'000'000 && groups && *groups <= 100'000 && seed;
  if (!is_sound) {
    fmt::print(stderr,
               "usage: SCIMLEDGER_TOKEN=… fill PORT USERS GROUPS SEED\n"
               "Puts a made-up company into the server on 127.0.0.1, which must not have it yet.\n");
    return 2;
  }
  RealisticLoad load(static_cast<std::uint16_t>(*port), token, *seed);
  load.CreateUsers(*users);
  load.CreateGroups(*groups);
  fmt::print("{} users, {} groups, {} memberships\n", load.users().size(), load.group_count(),
             load.membership_count());
  return 0;
}

}  // namespace
}  // namespace scimledger::bench

int main(int argc, char** argv) {
  try {
    return scimledger::bench::Fill(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "fill: {}\n", error.what());
    return 4;
  }
}
