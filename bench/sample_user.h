#pragma once

#include <string_view>

namespace scimledger::bench {

/// A user as an identity provider creates one: about 0.8 KB with the enterprise extension. The
/// places are bench/request_template.h's numbers.
inline constexpr std::string_view kSampleUser =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",)"
    R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],)"
    R"("userName":"maria.kowalska########@halden.example","externalId":"00u########4xq7",)"
    R"("name":{"familyName":"Kowalska","givenName":"Maria","formatted":"Maria Kowalska"},)"
    R"("displayName":"Maria Kowalska ########","title":"Logistics Planner","active":true,)"
    R"("preferredLanguage":"en-GB","timezone":"Europe/Warsaw",)"
    R"("emails":[{"value":"maria.kowalska########@halden.example","type":"work","primary":true},)"
    R"({"value":"mk########@mail.example","type":"home"}],)"
    R"("phoneNumbers":[{"value":"+48 22 555 0142","type":"work"}],)"
    R"("addresses":[{"type":"work","streetAddress":"ul. Portowa 12","locality":"Gdynia",)"
    R"("postalCode":"81-350","country":"PL"}],)"
    R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"########",)"
    R"("costCenter":"4130","organization":"Halden Freight","division":"Operations",)"
    R"("department":"Planning"}})";
static_assert(kSampleUser.size() > 750 && kSampleUser.size() < 1150);

}  // namespace scimledger::bench
