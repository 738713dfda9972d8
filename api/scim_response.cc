#include "api/scim_response.h"

#include "engine/json.h"

namespace scimledger::api {

HttpResponse ErrorResponse(const ScimError& error) {
  HttpResponse response;
  response.status = error.status;
  response.headers.emplace_back("Content-Type", kScimMediaType);
  if (error.status == 503) response.headers.emplace_back("Retry-After", "1");
  std::string& body = response.body;
  body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":")";
  body += std::to_string(error.status);
  body += '"';
  if (error.scim_type != ScimType::kNone) {
    body += R"(,"scimType":)";
    AppendJsonString(body, ToString(error.scim_type));
  }
  body += R"(,"detail":)";
  AppendJsonString(body, ReadableText(error.detail));
  body += '}';
  return response;
}

}  // namespace scimledger::api
