#pragma once

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "random_schemas.h"
#include "sample_commands.h"

namespace scimledger {

/// Random commands over a few users and groups, so that they often meet: creates, replaces,
/// patches, member changes, deletes, credentials and a schema. Many are refused or change nothing.
/// Equal seeds give equal commands.
class RandomCommands {
 public:
  /// What the commands are about.
  enum class Schemas {
    kKnown,   ///< the built-in schemas and one extension that nobody uses
    kRandom,  ///< also random schemas, and resources of them as far as UseRegistry tells
  };
  explicit RandomCommands(std::uint64_t seed, Schemas schemas = Schemas::kKnown)
      : random_(seed), schemas_(seed + 1), with_schemas_(schemas == Schemas::kRandom) {}

  /// Later commands are parsed against this one.
  void UseRegistry(RegistryPtr registry) { samples_.registry = std::move(registry); }

  Command Next() {
    if (with_schemas_ && Below(3) == 0) return NextCustom();
    switch (Below(14)) {
      case 0:
      case 1:
      case 2:
        return samples_.Create("User", NewId(users_), UserBody());
      case 3:
        return samples_.Create("Group", NewId(groups_), GroupBody());
      case 4:
        return samples_.Replace("User", Any(users_), UserBody());
      case 5:
        return samples_.Replace("Group", Any(groups_), GroupBody());
      case 6:
      case 7:
        return samples_.Patch("User", Any(users_), UserOperations());
      case 8:
      case 9:
        return samples_.AddMember(Any(groups_), AnyMember());
      case 10:
        return samples_.RemoveMember(Any(groups_), AnyMember());
      case 11:
        return samples_.Delete("User", Any(users_));
      case 12:
        return Below(3) == 0 ? samples_.Delete("Group", Any(groups_)) : Credential();
      default:
        return Below(8) == 0 ? samples_.Make(AddSchema{{std::string(kBadgeSchema)}})
                             : samples_.Patch("Group", Any(groups_), GroupOperations());
    }
  }

  /// Every id that a command may have named.
  std::vector<ResourceId> Ids() const {
    std::vector<ResourceId> ids = users_;
    ids.insert(ids.end(), groups_.begin(), groups_.end());
    ids.insert(ids.end(), devices_.begin(), devices_.end());
    return ids;
  }
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

 private:
  ResourceId NewId(std::vector<ResourceId>& ids) {
    ids.push_back(IdOf(++last_id_));
    return ids.back();
  }
  ResourceId Any(const std::vector<ResourceId>& ids) {
    return ids.empty() ? IdOf(999'999) : ids[Below(ids.size())];
  }
  ResourceId AnyMember() { return Below(4) == 0 ? Any(groups_) : Any(users_); }

  std::string UserBody() {
    std::string body = fmt::format(R"({{"userName":"user{}")", Below(40));
    if (Below(2) == 0) body += fmt::format(R"(,"title":"t\u00e9 {}")", Below(3));
    if (Below(2) == 0) body += fmt::format(R"(,"name":{{"familyName":"f{}"}})", Below(3));
    if (Below(3) == 0) body += R"(,"emails":[{"value":"a@x.org","primary":true},{"value":"b@x"}])";
    if (Below(4) == 0) body += R"(,"active":null)";
    if (Below(4) == 0) body += R"(,"password":"s3cret")";
    if (Below(3) == 0) {
      body += R"(,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
              R"({"department":"d","manager":{"value":"m"}})";
    }
    return body + "}";
  }

  std::string GroupBody() {
    std::string body = fmt::format(R"({{"displayName":"group{}","members":[)", Below(15));
    for (std::uint64_t i = 0, count = Below(4); i < count; ++i) {
      body += fmt::format(R"({}{{"value":"{}"}})", i == 0 ? "" : ",", AnyMember().ToString());
    }
    return body + "]}";
  }

  std::string UserOperations() {
    static constexpr std::string_view kOperations[] = {
        R"({"op":"replace","path":"title","value":"Lead"})",
        R"({"op":"remove","path":"title"})",
        R"({"op":"add","path":"name.givenName","value":"G"})",
        R"({"op":"remove","path":"name"})",
        R"({"op":"add","path":"emails","value":[{"value":"c@x.org","type":"home"}]})",
        R"({"op":"remove","path":"emails[type eq \"home\"]"})",
        R"({"op":"replace","path":"active","value":false})",
        R"({"op":"replace","path":"password","value":"n3w"})",
        R"({"op":"Replace","path":"active","value":"False"})",
        R"({"op":"Add","path":"emails[type eq \"work\"].value","value":"w@x.org"})",
        R"({"op":"Add","value":{"name.familyName":"E","title":"Entra"}})",
        R"({"op":"add","value":{"nickName":"N","displayName":"D"}})",
    };
    std::string operations = "[";
    for (std::uint64_t i = 0, count = 1 + Below(3); i < count; ++i) {
      if (i != 0) operations += ',';
      operations += kOperations[Below(std::size(kOperations))];
    }
    return operations + "]";
  }

  std::string GroupOperations() {
    if (Below(3) == 0) return R"([{"op":"remove","path":"members"}])";
    return fmt::format(R"([{{"op":"replace","path":"displayName","value":"group{}"}}])", Below(15));
  }

  Command Credential() {
    if (Below(3) == 0) {
      return samples_.Make(RecordFacts{EventKind::kAuditRead, "audit trail",
                                       {{"count", {}, std::to_string(1 + Below(9))}}});
    }
    if (Below(2) == 0) return samples_.AddCredential(IdOf(500'000 + Below(4)), "token");
    return samples_.Make(RevokeCredential{IdOf(500'000 + Below(4))});
  }

  /// A definition, or a write of something that the random schemas define.
  Command NextCustom() {
    if (Below(8) == 0) return samples_.Make(AddSchema{{schemas_.NextDefinition()}});
    static constexpr std::string_view kTypes[] = {"User", "User", "Group", "Device"};
    const std::string_view name = kTypes[Below(std::size(kTypes))];
    const ResourceType* const type = samples_.registry->FindTypeByName(name);
    const Attribute* const attribute =
        type == nullptr ? nullptr : schemas_.Any(*samples_.registry, *type);
    if (attribute == nullptr) return samples_.Make(AddSchema{{schemas_.NextDefinition()}});
    std::vector<ResourceId>& ids = name == "User" ? users_ : name == "Group" ? groups_ : devices_;
    switch (Below(6)) {
      case 0:
        return samples_.Create(name, NewId(ids), CustomBody(*type, *attribute));
      case 1:
        return samples_.Replace(name, Any(ids), CustomBody(*type, *attribute));
      case 2:
        if (name == "Device") return samples_.Delete(name, Any(ids));
        [[fallthrough]];
      default:
        return samples_.Patch(name, Any(ids), CustomOperations(*type, *attribute));
    }
  }

  std::string CustomBody(const ResourceType& type, const Attribute& attribute) {
    std::string body = type.name == "User" ? UserBody() : GroupBody();
    if (type.name == "Device") body = fmt::format(R"({{"displayName":"d{}"}})", Below(9));
    body.pop_back();
    // A second member of the same name would not be JSON.
    if (attribute.name != "displayName") {
      body += "," + schemas_.Member(*samples_.registry, type, attribute);
    }
    return body + "}";
  }

  /// One change in one of the ways in which clients spell it: by path, by Okta's value without a
  /// path, by Entra's capital verbs, paths as keys and booleans as texts.
  std::string CustomOperations(const ResourceType& type, const Attribute& attribute) {
    const std::string value = schemas_.Value(*samples_.registry, attribute);
    switch (Below(5)) {
      case 0:
        return fmt::format(R"([{{"op":"replace","value":{{{}}}}}])",
                           schemas_.Member(*samples_.registry, type, attribute));
      case 1:
        return fmt::format(R"([{{"op":"remove","path":"{}"}}])", attribute.path);
      case 2:
        return fmt::format(R"([{{"op":"Add","value":{{"{}":{}}}}}])", attribute.path, value);
      case 3:
        if (attribute.type == AttributeType::kBoolean) {
          return fmt::format(R"([{{"op":"Replace","path":"{}","value":"{}"}}])", attribute.path,
                             Below(2) == 0 ? "True" : "False");
        }
        [[fallthrough]];
      default:
        return fmt::format(R"([{{"op":"add","path":"{}","value":{}}}])", attribute.path, value);
    }
  }

  std::mt19937_64 random_;
  SampleCommands samples_;
  RandomSchemas schemas_;
  const bool with_schemas_;
  std::vector<ResourceId> users_;
  std::vector<ResourceId> groups_;
  std::vector<ResourceId> devices_;
  std::uint64_t last_id_ = 0;
};

}  // namespace scimledger
