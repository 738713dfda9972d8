#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/audit_text.h"

namespace scimledger::tools {

/// What both SIEM formats want to know of an event.
class SiemEvent {
 public:
  explicit SiemEvent(JsonElement event);

  /// What became of the resource, in the words that both formats have.
  enum class Action {
    kCreate,
    kUpdate,
    kDelete,
    kEnable,
    kDisable,
    kResetPassword,
    kAddMembers,
    kRemoveMembers,
    kRead,
    kStart,
    kStop
  };
  Action action() const { return action_; }
  JsonElement event() const { return event_; }
  std::string Text(std::string_view pointer) const { return TextAt(event_, pointer); }
  const std::string& kind() const { return kind_; }
  const std::string& type() const { return type_; }  ///< of the resource

  std::string ActorName() const;  ///< else its id
  /// What an attribute of the resource was, or is now: a simple value as text; "": unchanged, or
  /// none.
  std::string Changed(std::string_view path, std::string_view side) const;
  /// The primary (else the first) of emails, where that changed.
  std::string ChangedEmail(std::string_view side) const;
  std::vector<std::string> Members(std::string_view side) const;  ///< ids; `added`, `removed`
  /// `ResourcePatched User "jane": active: true → false`.
  std::string Message() const;

 private:
  Action FindAction() const;
  Action FindUpdate() const;
  bool HasChanges() const;

  JsonElement event_;
  std::string kind_;
  std::string type_;
  Action action_;
};

}  // namespace scimledger::tools
