#include "api/host_lookup.h"

#include "engine/text.h"

namespace scimledger::api {

int LookUpHost(const std::string& host, const std::string& port, const addrinfo& hints,
               addrinfo*& found) {
  const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed == 0 || !EqualsIgnoreAsciiCase(host, "localhost")) return failed;
  return ::getaddrinfo("127.0.0.1", port.c_str(), &hints, &found);
}

}  // namespace scimledger::api
