#pragma once

#include "api/exchange.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// POST, PUT, PATCH and DELETE (RFC 7644 §3.3, §3.5, §3.6): what needs no state is checked on the
/// calling thread; the writer decides the rest; the answer is rendered after the commit.
void PostResource(ExchangePtr exchange, const Workers& workers);
void PutResource(ExchangePtr exchange, const Workers& workers);
/// 200 with the resource; 204 for types with a reference set unless `attributes` is given.
void PatchOneResource(ExchangePtr exchange, const Workers& workers);
void DeleteOneResource(ExchangePtr exchange, const Workers& workers);

}  // namespace scimledger::api
