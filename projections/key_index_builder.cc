#include "projections/key_index_builder.h"

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

#include "storage/thread_name.h"

namespace scimledger::projections {
namespace {

/// A user has some five keys: userName, displayName, externalId and two addresses.
constexpr std::size_t kKeysPerRow = 5;
constexpr std::size_t kThreadsMax = 4;
/// Fewer rows are not worth a thread.
constexpr std::uint32_t kRowsPerThreadMin = 5'000;
/// Rows between two meetings: what is handed over in between stays small.
constexpr std::uint32_t kRowsPerTurn = 1U << 15U;

/// Threads that all read rows, then all add keys, each to parts of the index of its own, and so on.
class KeyIndexBuilder {
 public:
  KeyIndexBuilder(const DirectoryContents& contents, KeyIndex& keys, std::size_t threads)
      : contents_(contents),
        keys_(keys),
        threads_(threads),
        meeting_(static_cast<std::ptrdiff_t>(threads)),
        handed_over_(threads, std::vector<std::vector<Entry>>(threads)) {}

  void Run() {
    std::vector<std::jthread> others;
    for (std::size_t thread = 1; thread < threads_; ++thread) {
      others.emplace_back([this, thread] {
        storage::NameThread("key-index");
        Work(thread);
      });
    }
    Work(0);
  }

 private:
  struct Entry {
    KeyHash key;
    std::uint32_t ordinal;
  };

  void Work(std::size_t thread) {
    const std::uint64_t turn = std::uint64_t{kRowsPerTurn} * threads_;
    for (std::uint64_t begin = 0; begin < contents_.next_ordinal; begin += turn) {
      Read(thread, begin + std::uint64_t{kRowsPerTurn} * thread);
      meeting_.arrive_and_wait();
      Add(thread);
      meeting_.arrive_and_wait();
    }
  }

  void Read(std::size_t thread, std::uint64_t begin) {
    const std::uint64_t end = std::min<std::uint64_t>(begin + kRowsPerTurn, contents_.next_ordinal);
    for (std::uint64_t ordinal = begin; ordinal < end; ++ordinal) {
      const auto at = static_cast<std::uint32_t>(ordinal);
      const Resource* const row = contents_.Find(at);
      if (row == nullptr) continue;
      for (const KeyHash key : contents_.lookups->KeysOf(*row)) {
        handed_over_[thread][KeyIndex::PartOf(key) % threads_].push_back({key, at});
      }
    }
  }

  void Add(std::size_t thread) {
    for (auto& from : handed_over_) {
      for (const Entry& entry : from[thread]) keys_.Add(entry.key, entry.ordinal);
      from[thread].clear();
    }
  }

  const DirectoryContents& contents_;
  KeyIndex& keys_;
  const std::size_t threads_;
  std::barrier<> meeting_;
  std::vector<std::vector<std::vector<Entry>>> handed_over_;  ///< by reader, then by adder
};

}  // namespace

void AddKeysOfAllRows(const DirectoryContents& contents, KeyIndex& keys) {
  std::size_t rows = 0;
  for (const auto& ordinals : contents.by_type) rows += ordinals ? ordinals->size() : 0;
  keys.Reserve(kKeysPerRow * rows);
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t most = contents.next_ordinal / kRowsPerThreadMin + 1;
  KeyIndexBuilder(contents, keys, std::min({processors, kThreadsMax, most})).Run();
}

}  // namespace scimledger::projections
