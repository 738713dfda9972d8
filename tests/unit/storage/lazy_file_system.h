#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>

namespace scimledger::storage {

/// The real disk without its slowest part: syncs succeed and are not carried out. For tests that
/// open a store hundreds of times and lose no power.
std::shared_ptr<rocksdb::FileSystem> MakeLazyFileSystem();

/// An Env over one.
std::unique_ptr<rocksdb::Env> MakeLazyEnv();

}  // namespace scimledger::storage
