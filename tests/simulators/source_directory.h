#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/simulators/fields.h"

namespace scimledger::simulators {

/// Someone in the directory that a client provisions from.
struct Person {
  std::map<std::string, std::string> attributes;  ///< by the source's names; empty: no value
  bool is_enabled = true;
  bool is_deleted = false;
  std::optional<std::size_t> manager;  ///< index of a person
  std::string id;                      ///< the server's; empty: not there
};

struct Team {
  std::string name;
  std::string object_id;
  std::set<std::size_t> members;  ///< indices of people
  bool is_deleted = false;
  std::string id;              ///< the server's; empty: not there
  std::set<std::size_t> sent;  ///< members that the server was told of
};

/// The truth that a simulated client writes to the server: made, and changed, from a seed.
class SourceDirectory {
 public:
  struct Size {
    std::size_t people = 500;
    std::size_t teams = 40;
  };
  /// `names`: names.txt. `tag` keeps what several directories hold apart from each other.
  SourceDirectory(const std::filesystem::path& names, const std::string& tag, Size size,
                  std::uint64_t seed);

  std::vector<Person>& people() { return people_; }
  std::vector<Team>& teams() { return teams_; }

  /// What the steps of one person or group are filled in with.
  static Fields FieldsOf(const Person& person);
  /// The server's id of who manages this person; empty: nobody there.
  std::string ManagerOf(const Person& person) const;
  static Fields FieldsOf(const Team& team);

  /// The work of some days: changed attributes, renames, leavers, returners, new people, other
  /// managers, members who come and go, groups renamed, made and deleted. Of everything some.
  void Change();

 private:
  struct Name {
    std::string shown;
    std::string login;
  };
  void ReadNames(const std::filesystem::path& file);
  void AddPerson(bool is_enabled);
  void AddTeam(std::size_t size);
  void GiveName(Person& person);
  void ChangePerson(Person& person);
  void Delete(std::size_t index);
  void ChangeTeam(Team& team);
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  bool Chance(std::size_t percent) { return Below(100) < percent; }
  /// Somebody who is enabled, or nobody if luck is against it.
  std::optional<std::size_t> PickEnabled();
  const std::string& PickFrom(const std::vector<std::string>& choices) {
    return choices[Below(choices.size())];
  }

  std::string tag_;
  std::mt19937_64 random_;
  std::vector<Name> given_names_;
  std::vector<Name> family_names_;
  std::vector<Person> people_;
  std::vector<Team> teams_;
  std::size_t people_named_ = 0;
  std::size_t teams_named_ = 0;
};

}  // namespace scimledger::simulators
