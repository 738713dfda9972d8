#include "api/directory_rebuild.h"

#include <future>
#include <memory>

namespace scimledger::api {
namespace {

/// So many events may be left for the writer's thread: some milliseconds without a commit.
constexpr std::uint64_t kTailMax = 1'024;
/// Each round leaves a shorter tail, unless the log grows as fast as it is replayed.
constexpr int kRoundsMax = 16;

/// Both states at the sequence of the swap.
struct Swapped {
  std::shared_ptr<const projections::DirectoryView> before;
  std::shared_ptr<const projections::DirectoryView> after;
};

storage::Result<Swapped> CatchUpAndSwap(const storage::EventLog& log, projections::Directory& live,
                                        projections::Directory& fresh) {
  SCIMLEDGER_TRY(fresh.Replay(log, live.position(), nullptr));
  Swapped swapped;
  swapped.before = live.Freeze();
  live.Exchange(fresh);
  swapped.after = live.Freeze();
  return swapped;
}

}  // namespace

storage::Result<Rebuilt> RebuildDirectory(
    const storage::EventLog& log, projections::Directory& live, Writer& writer,
    const std::function<void(Sequence position, Sequence head)>& progress) {
  const auto fresh = projections::Directory::Make();
  for (int round = 0; round < kRoundsMax; ++round) {
    const Sequence head = live.position();
    if (head.value <= fresh->position().value + kTailMax) break;
    SCIMLEDGER_TRY(fresh->Replay(log, head, [&](Sequence position) {
      if (progress) progress(position, head);
    }));
  }
  std::promise<storage::Result<Swapped>> promise;
  const bool is_taken =
      writer.RunBetweenBatches([&] { promise.set_value(CatchUpAndSwap(log, live, *fresh)); });
  if (!is_taken) {
    return storage::Fail(storage::ErrorCode::kUnavailable,
                         "the server is stopping: the directory was not rebuilt");
  }
  SCIMLEDGER_TRY_ASSIGN(const Swapped swapped, promise.get_future().get());
  // The old state goes with `fresh`, here and not on the writer's thread.
  return Rebuilt{swapped.after->sequence(), projections::StateDigest(*swapped.before),
                 projections::StateDigest(*swapped.after)};
}

}  // namespace scimledger::api
