#include "tests/unit/storage/temp_directory.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "storage/result.h"

namespace scimledger::storage {

TempDirectory::TempDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "scimledger-test-XXXXXX").string();
  SCIMLEDGER_INVARIANT(mkdtemp(name.data()) != nullptr, "a temporary directory can be made");
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace scimledger::storage
