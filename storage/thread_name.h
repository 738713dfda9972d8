#pragma once

#include <pthread.h>

namespace scimledger::storage {

/// Names the calling thread, with at most 15 bytes, for who looks into the process (`top -H`,
/// `ps -L`, a debugger).
inline void NameThread(const char* name) { (void)::pthread_setname_np(::pthread_self(), name); }

}  // namespace scimledger::storage
