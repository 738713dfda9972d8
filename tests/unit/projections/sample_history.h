#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event.h"
#include "projections/directory.h"

namespace scimledger::projections {

/// Numbered ids, with their numbers where random ids have random bits.
Uuid IdOf(std::uint64_t number);

/// Random histories of users and groups as decide would write them, the same for the same seed:
/// creates, changes, deletes with their cascades, members added and removed, credentials. Names
/// come from small pools in several letter cases and scripts, so that keys collide and differ only
/// in case.
class SampleHistory {
 public:
  explicit SampleHistory(std::uint32_t seed) : random_(seed) {}

  /// The events of one command; never none.
  std::vector<Event> Next();
  /// The events of `commands` commands.
  std::vector<Event> Next(int commands);

  // Single commands, for tests that need a certain state.
  std::vector<Event> CreateUser(std::string_view user_name);
  std::vector<Event> CreateGroup(std::string_view name,
                                 const std::vector<ResourceId>& members = {});
  std::vector<Event> SetMembers(const ResourceId& group, const std::vector<ResourceId>& added,
                                const std::vector<ResourceId>& removed);
  std::vector<Event> SetTitle(const ResourceId& user, std::string_view title);
  std::vector<Event> Delete(const ResourceId& id);
  std::vector<Event> CreateCredential(std::string_view name);
  std::vector<Event> AddSchema(std::string_view json);

  const std::vector<ResourceId>& users() const { return users_; }
  const std::vector<ResourceId>& groups() const { return groups_; }
  std::uint32_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(
        0, static_cast<std::uint32_t>(bound - 1))(random_);
  }

  static AttributeId At(std::string_view type, std::string_view path);

 private:
  struct Known {
    std::string type;
    std::string name;
    std::uint64_t version = 1;
    std::map<AttributeId, Value> values;
    std::set<ResourceId> members;
  };

  Event Make(EventKind kind);
  Event MakeChange(EventKind kind, const ResourceId& id);
  void Set(Event& event, AttributeId attribute, Value after);
  void SetRandomValues(Event& event);
  Value RandomEmails();
  std::string PickName();
  const ResourceId& PickUser() { return users_[Below(users_.size())]; }
  const ResourceId& PickGroup() { return groups_[Below(groups_.size())]; }
  ResourceId PickMember();
  std::vector<Event> ChangeRandomUser();
  std::vector<Event> ChangeRandomMembers();

  std::mt19937 random_;
  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  std::map<ResourceId, Known> known_;
  std::vector<ResourceId> users_;
  std::vector<ResourceId> groups_;
  std::vector<Credential> credentials_;
  Sequence head_;
  std::uint64_t commands_ = 0;
  std::uint64_t ids_ = 0;
};

/// Everything readers can see of a view, as text: equal texts mean equal views.
std::string Render(const DirectoryView& view);

}  // namespace scimledger::projections
