#include "api/log_proof.h"

#include <memory>
#include <string>
#include <utility>

#include "projections/directory.h"
#include "storage/log_store.h"

namespace scimledger::api {

storage::Result<std::vector<storage::BackupLog>> ProveLogs(
    const std::filesystem::path& log,
    const std::function<void(Sequence position, Sequence head)>& progress) {
  SCIMLEDGER_TRY_ASSIGN(const auto store, storage::LogStore::Open(log, {}));
  SCIMLEDGER_TRY_ASSIGN(const std::vector<std::string> names, store->TenantNames());
  std::vector<std::unique_ptr<storage::EventLog>> logs;
  Sequence all;
  for (const std::string& name : names) {
    SCIMLEDGER_TRY_ASSIGN(auto opened, store->OpenLog(name));
    all.value += opened->head().sequence.value;
    logs.push_back(std::move(opened));
  }
  std::vector<storage::BackupLog> proved;
  Sequence before;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const storage::LogHead head = logs[i]->head();
    const auto directory = projections::Directory::Make();
    SCIMLEDGER_TRY(directory->Replay(*logs[i], head.sequence, [&](Sequence position) {
      if (progress) progress(Sequence{before.value + position.value}, all);
    }));
    proved.push_back({names[i], logs[i]->id(), head.sequence, head.leaf_hash,
                      projections::StateDigest(*directory->Freeze())});
    before.value += head.sequence.value;
  }
  return proved;
}

}  // namespace scimledger::api
