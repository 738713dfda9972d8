#include "tools/command_line.h"

int main(int argc, char** argv) { return scimledger::tools::RunCommandLine(argc, argv); }
