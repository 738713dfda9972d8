#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/command.h"

namespace scimledger {

/// One command of a group, or why there is none.
struct GroupCommand {
  std::size_t operation = 0;  ///< whose outcome it makes; the last command of an operation counts
  Result<CommandBody> body;
};

/// Commands that are decided all or none.
struct GroupUnit {
  /// Another operation that must have been accepted before.
  struct Need {
    std::size_t operation = 0;
    std::string name;  ///< what the client calls it
  };
  std::vector<GroupCommand> commands;
  std::vector<Need> needs;
};

/// The commands of one request: decided one unit after the other, as many in one batch as fit.
struct CommandGroup {
  Actor actor;
  ClientContext client;
  Uuid transaction;
  RegistryPtr registry;
  std::vector<GroupUnit> units;
  std::size_t operations = 0;  ///< of the request; a command's `operation` is below it
  std::size_t refusals_max =
      0;  ///< after so many refused operations nothing more is decided; 0: never
};

}  // namespace scimledger
