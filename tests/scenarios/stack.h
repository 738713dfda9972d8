#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "api/http.h"
#include "tools/local_service.h"

namespace scimledger::scenarios {

/// The whole product over a data directory of its own, without a listener.
class Stack {
 public:
  Stack();
  ~Stack();

  api::HttpResponse Send(api::HttpRequest request);
  /// Closes the data directory and opens it again.
  void Restart();
  /// The same, with the projections deleted in between.
  void Rebuild();

  struct Digests {
    std::string live;
    std::string replayed;
  };
  Digests Verify();

 private:
  void Open();

  std::filesystem::path data_;
  std::unique_ptr<tools::LocalService> local_;
};

}  // namespace scimledger::scenarios
