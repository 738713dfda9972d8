#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http.h"

namespace scimledger::simulators {

/// One request and what must come back.
struct Exchange {
  std::string method;
  std::string target;  ///< below /scim/v2, percent-encoded but for its places
  api::Headers headers;
  std::string body;
  std::vector<int> statuses;  ///< any of them
  std::string pattern;        ///< of the body, as in tests/scenarios; empty: the body is empty
};

/// A request of a client, and the requests that show the state it must have left (`then`).
struct Step {
  std::string name;
  Exchange exchange;
  std::vector<Exchange> then;
};

/// Where an attribute of the source goes.
struct Mapped {
  std::string path;    ///< at the server, as PATCH writes it
  std::string source;  ///< name of the field
};
using Mapping = std::vector<Mapped>;

/// What one client sends, read from the `.steps` files of a folder (README.md has the format).
class Script {
 public:
  /// Throws std::runtime_error with file and line if a file cannot be read.
  explicit Script(const std::filesystem::path& folder);

  /// `step`, `operation` and `mapping` throw std::runtime_error if there is no such thing.
  const Step& step(std::string_view name) const;
  const std::map<std::string, Step, std::less<>>& steps() const { return steps_; }
  const std::string& operation(std::string_view name) const;
  const Mapping& mapping(std::string_view name) const;

 private:
  void ReadFile(const std::filesystem::path& file);

  std::map<std::string, Step, std::less<>> steps_;
  std::map<std::string, std::string, std::less<>> operations_;
  std::map<std::string, Mapping, std::less<>> mappings_;
};

}  // namespace scimledger::simulators
