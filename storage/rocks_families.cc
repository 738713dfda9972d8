#include "storage/rocks_families.h"

#include <rocksdb/db.h>

#include <utility>

namespace scimledger::storage {

rocksdb::Status RocksFamilies::Open(const rocksdb::Options& options,
                                    const std::filesystem::path& directory, FamilyLayout layout,
                                    Access access, std::unique_ptr<RocksFamilies>& opened) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, options}};
  if (!layout.apart.empty()) families.emplace_back(layout.apart, options);
  rocksdb::DBOptions whole(options);
  whole.create_missing_column_families = true;

  std::vector<rocksdb::ColumnFamilyHandle*> all;
  rocksdb::DB* made = nullptr;
  const rocksdb::Status status =
      access == Access::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(whole, directory.string(), families, &all, &made)
          : rocksdb::DB::Open(whole, directory.string(), families, &all, &made);
  std::unique_ptr<rocksdb::DB> database(made);
  if (status.ok()) {
    opened.reset(new RocksFamilies(std::move(database), std::move(all), std::move(layout)));
  }
  return status;
}

RocksFamilies::RocksFamilies(std::unique_ptr<rocksdb::DB> database,
                             std::vector<rocksdb::ColumnFamilyHandle*> all, FamilyLayout layout)
    : database_(std::move(database)), all_(std::move(all)), layout_(std::move(layout)) {}

RocksFamilies::~RocksFamilies() {
  for (rocksdb::ColumnFamilyHandle* family : all_) {
    database_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  // What Close could report no longer matters: what was promised is synced.
  database_->Close().PermitUncheckedError();
}

}  // namespace scimledger::storage
