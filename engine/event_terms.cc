#include "engine/event_terms.h"

#include "engine/text.h"

namespace scimledger {

bool HasTerms(EventAttribute attribute) {
  switch (attribute) {
    case EventAttribute::kKind:
    case EventAttribute::kResourceType:
    case EventAttribute::kResourceId:
    case EventAttribute::kResourceName:
    case EventAttribute::kTransaction:
    case EventAttribute::kActorId:
    case EventAttribute::kActorMethod:
    case EventAttribute::kActorIssuer:
    case EventAttribute::kActorSubject:
    case EventAttribute::kClientAddress:
    case EventAttribute::kClientRequestId:
    case EventAttribute::kPath:
      return true;
    default:
      return false;
  }
}

void ForEachTerm(const Event& event,
                 const std::function<void(EventAttribute, std::string_view)>& visit) {
  const auto tell = [&](EventAttribute attribute, std::string_view comparable) {
    if (!comparable.empty()) visit(attribute, comparable);
  };
  tell(EventAttribute::kKind, ToString(event.kind));
  tell(EventAttribute::kResourceType, FoldCase(event.resource_type));
  if (event.version_before == 0 && event.version_after == 0) {
    tell(EventAttribute::kResourceId, ShownResourceId(event));
  }
  tell(EventAttribute::kResourceName, FoldCase(event.resource_name));
  tell(EventAttribute::kTransaction, event.transaction.ToString());
  tell(EventAttribute::kActorId, event.actor.id);
  tell(EventAttribute::kActorMethod, ToString(event.actor.method));
  tell(EventAttribute::kActorIssuer, FoldCase(event.actor.issuer));
  tell(EventAttribute::kActorSubject, FoldCase(event.actor.subject));
  tell(EventAttribute::kClientAddress, AsciiLower(event.client.address));
  tell(EventAttribute::kClientRequestId, AsciiLower(event.client.request_id));
  if (event.credential) {
    // What its JSON shows as changes, which the header does not name.
    tell(EventAttribute::kPath, "name");
    tell(EventAttribute::kPath, "role");
  }
}

}  // namespace scimledger
