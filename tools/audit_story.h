#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/audit_text.h"

namespace scimledger::tools {

/// What a story asks about what its events only name. Empty functions: ids are shown as they are.
struct StorySources {
  /// What a resource is called now; "" if that is not known.
  std::function<std::string(const std::string& id)> name_of;
  /// What the resource of the event at that sequence is called; "" if that is not known.
  std::function<std::string(const std::string& sequence)> name_at;
};

/// Whose story is told.
struct StorySubject {
  std::string id;    ///< empty: nobody's, all events speak for themselves
  std::string type;  ///< "User"
};

/// Tells events (DESIGN §8) the way an auditor reads them.
class Story {
 public:
  Story(StorySubject subject, StorySources sources);

  /// To be called with every page before its events are told: decides how paths are shown.
  void Learn(simdjson::dom::array events);
  /// The same of one event that is told alone.
  void LearnOne(JsonElement event);

  /// What happened, a line each: `department: "Sales" → "Finance"`, `created (userName "jane")`,
  /// `added to group "Sales"`, `removed member "jane" because it was deleted`.
  std::vector<std::string> Lines(JsonElement event) const;

  /// One block: time, the first line and who did it; further lines aligned below.
  std::string Block(JsonElement event) const;

 private:
  void AddChanges(JsonElement event, std::vector<std::string>& lines) const;
  void AddChange(JsonElement change, bool is_created, std::vector<std::string>& lines) const;
  void AddMembers(JsonElement event, std::vector<std::string>& lines) const;
  std::string DescribeMembership(JsonElement event) const;
  std::string ShowMember(const std::string& id) const;
  std::string ShowNamed(JsonElement value) const;

  StorySubject subject_;
  StorySources sources_;
  PathNames paths_;
};

/// `entra-prod (bearer) from 10.2.3.4`.
std::string DescribeActor(JsonElement event);

}  // namespace scimledger::tools
