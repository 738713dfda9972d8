#pragma once

#include <functional>

#include "engine/writer.h"
#include "projections/directory.h"

namespace scimledger::api {

/// What a rebuild found: digests of the state that served until then and of the rebuilt one, both
/// at the sequence of the swap. Different ones mean that the old state was wrong.
struct Rebuilt {
  Sequence sequence;
  Hash before{};
  Hash after{};
};

/// Replays the log from zero beside the live directory, catches up on the writer's thread between
/// two batches, and swaps there: every read sees the old state or the new one, and no command is
/// decided on a mixture. The new one stays even if it differs: the log is the truth. After an error
/// the old one stays. Slow; the caller's thread does the work.
[[nodiscard]] storage::Result<Rebuilt> RebuildDirectory(
    const storage::EventLog& log, projections::Directory& live, Writer& writer,
    const std::function<void(Sequence position, Sequence head)>& progress);

}  // namespace scimledger::api
