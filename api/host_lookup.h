#pragma once

#include <netdb.h>

#include <string>

namespace scimledger::api {

/// getaddrinfo, but for `localhost`, which means this machine even where no file or name server
/// says so (RFC 6761 §6.3): a bare system may have neither. 0: found, to be freed by freeaddrinfo;
/// else what gai_strerror explains.
int LookUpHost(const std::string& host, const std::string& port, const addrinfo& hints,
               addrinfo*& found);

}  // namespace scimledger::api
