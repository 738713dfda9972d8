#pragma once

#include <cstdint>

#include "engine/event.pb.h"

namespace scimledger {

inline constexpr std::uint32_t kEventFormat = 0;

/// The three sections of a stored event.
struct EventMessages {
  proto::Header header;
  proto::Context context;
  proto::Body body;

  /// Kept per thread: protobuf reuses the strings of a cleared message, so a replay allocates
  /// little.
  static EventMessages& OfThread() {
    thread_local EventMessages messages;
    messages.header.Clear();
    messages.context.Clear();
    messages.body.Clear();
    return messages;
  }
};

}  // namespace scimledger
