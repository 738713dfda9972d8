#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "projections/directory.h"
#include "projections/history.h"
#include "storage/event_log.h"
#include "storage/manifest.h"

namespace scimledger::api {

/// Where a tenant keeps its directory's snapshot, and a replay its history, in `projections` of a
/// data directory.
std::filesystem::path DirectorySnapshotFile(const std::filesystem::path& projections,
                                            std::string_view tenant);
std::filesystem::path ReplayedHistory(const std::filesystem::path& projections,
                                      std::string_view tenant);

/// kInvalid unless `target` is missing, an empty directory, or what a replay into it left that was
/// killed. For telling so before the work.
[[nodiscard]] storage::Result<void> CheckMayHoldReplay(const std::filesystem::path& target);

/// Replays the log up to `until`. With a `target`, every `interval` events the state so far is
/// written into it, so that after a kill the next replay goes on from there, if that state is one
/// of this log and not beyond `until`. `history` (BeginHistory; nullptr: none) is fed by it.
/// kCorrupt: the log does not verify.
[[nodiscard]] storage::Result<std::unique_ptr<projections::Directory>> ReplayResuming(
    const storage::EventLog& log, Sequence until, const std::filesystem::path& target,
    std::uint64_t interval, projections::History* history,
    const std::function<void(Sequence)>& progress);

/// Events between two such states: some seconds of replaying.
inline constexpr std::uint64_t kResumeInterval = 1'000'000;

/// The history of the log up to `until`, to be made in `target` by ReplayResuming, on a thread of
/// its own; from where one that was killed stood, if it was on its way there.
[[nodiscard]] storage::Result<std::unique_ptr<projections::History>> BeginHistory(
    const storage::EventLog& log, Sequence until, const std::filesystem::path& target);

/// Writes what `replay --into` leaves in `target`: the view and the history (at the view's
/// sequence; nullptr: none) as projections, then the manifest. No log and no keys. An error leaves
/// nothing that opens. kInvalid as CheckMayHoldReplay.
[[nodiscard]] storage::Result<void> WriteReplay(const projections::DirectoryView& view,
                                                std::unique_ptr<projections::History> history,
                                                const storage::Manifest& manifest,
                                                const std::filesystem::path& target);

}  // namespace scimledger::api
