#include <sys/stat.h>

#ifdef SCIMLEDGER_MIMALLOC
#include <mimalloc.h>
#endif

#include "tools/command_line.h"

namespace {

/// Rows lie all over the memory of a large directory: with pages of 2 MiB the processor need not
/// look up where each is. Whoever sets MIMALLOC_LARGE_OS_PAGES decides otherwise.
void PreferLargePages() {
#ifdef SCIMLEDGER_MIMALLOC
  mi_option_set_enabled_default(mi_option_large_os_pages, true);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  PreferLargePages();
  // The data directory holds personal data: nobody else reads what this process makes.
  ::umask(0077);
  return scimledger::tools::RunCommandLine(argc, argv);
}
