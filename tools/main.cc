#include <sys/stat.h>

#include "tools/command_line.h"

int main(int argc, char** argv) {
  // The data directory holds personal data: nobody else reads what this process makes.
  ::umask(0077);
  return scimledger::tools::RunCommandLine(argc, argv);
}
