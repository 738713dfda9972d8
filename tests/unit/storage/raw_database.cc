#include "tests/unit/storage/raw_database.h"

#include <rocksdb/db.h>

#include "storage/log_keys.h"
#include "storage/result.h"
#include "storage/rocks_families.h"

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
  MustWork(RocksFamilies::Open(options, directory, {kEventsFamily, IsInEvents},
                               RocksFamilies::Access::kReadWrite, database_));
}

RawDatabase::~RawDatabase() = default;

std::string RawDatabase::Get(const std::string& key) const {
  std::string value;
  MustWork(database_->database().Get({}, database_->Of(key), key, &value));
  return value;
}

void RawDatabase::Put(const std::string& key, const std::string& value) {
  MustWork(database_->database().Put({}, database_->Of(key), key, value));
}

void RawDatabase::PutBesideEvents(const std::string& key, const std::string& value) {
  MustWork(database_->database().Put({}, key, value));
}

void RawDatabase::Delete(const std::string& key) {
  MustWork(database_->database().Delete({}, database_->Of(key), key));
}

void RawDatabase::Flush() { MustWork(database_->database().Flush({}, database_->all())); }

}  // namespace scimledger::storage
