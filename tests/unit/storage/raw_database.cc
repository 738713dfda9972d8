#include "tests/unit/storage/raw_database.h"

#include <rocksdb/db.h>

#include "storage/result.h"

namespace scimledger::storage {
namespace {

void MustWork(const rocksdb::Status& status) {
  SCIMLEDGER_INVARIANT(status.ok(), status.ToString().c_str());
}

}  // namespace

RawDatabase::RawDatabase(const std::filesystem::path& directory, rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  MustWork(rocksdb::DB::Open(options, directory.string(), &opened));
  database_.reset(opened);
}

RawDatabase::~RawDatabase() = default;

std::string RawDatabase::Get(const std::string& key) const {
  std::string value;
  MustWork(database_->Get({}, key, &value));
  return value;
}

void RawDatabase::Put(const std::string& key, const std::string& value) {
  MustWork(database_->Put({}, key, value));
}

void RawDatabase::Delete(const std::string& key) { MustWork(database_->Delete({}, key)); }

void RawDatabase::Flush() { MustWork(database_->Flush({})); }

}  // namespace scimledger::storage
