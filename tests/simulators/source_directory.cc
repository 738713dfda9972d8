#include "tests/simulators/source_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace scimledger::simulators {
namespace {

const std::vector<std::string> kDepartments{"Terminal Operations", "Customs Desk", "R&D",
                                            "Human \"Resources\"", "Økonomi",      "物流部"};
const std::vector<std::string> kTitles{"Berth Planner",  "Pilot",     "Clerk (night)",
                                       "Vice-President", "Ingénieur", "Lead, Quay 4"};
const std::vector<std::string> kLanguages{"nb-NO", "en-US", "fr-CA", "ja-JP"};
const std::vector<std::string> kCities{"Halden", "São Paulo", "Kraków", "東京"};
const std::vector<std::string> kStreets{"Kaigata 7", "12 O'Connell St", "Rue de l'Église 3"};
const std::vector<std::string> kTeams{"Quay 4 'Night' Crew", "Sales", "Équipe Nord",
                                      "SG-VPN-Users",        "安全",  "All \"Hands\""};

}  // namespace

SourceDirectory::SourceDirectory(const std::filesystem::path& names, const std::string& tag,
                                 Size size, std::uint64_t seed)
    : tag_(tag), random_(seed) {
  ReadNames(names);
  people_.reserve(size.people);
  // Two of a hundred are disabled already: Entra never creates those.
  for (std::size_t i = 0; i < size.people; ++i) AddPerson(i == 0 || !Chance(2));
  for (Person& person : people_) {
    const bool has_manager = person.is_enabled && Chance(80);
    if (has_manager) person.manager = PickEnabled();
  }
  // A long tail: one group of half the people, many of a few, some of nobody.
  for (std::size_t i = 0; i < size.teams; ++i) AddTeam(size.people / (2 * (i + 1)) + Below(3));
}

void SourceDirectory::ReadNames(const std::filesystem::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (line.starts_with('#') || first == last) continue;
    auto& names = line.starts_with("given") ? given_names_ : family_names_;
    names.push_back({line.substr(first + 1, last - first - 1), line.substr(last + 1)});
  }
  if (given_names_.empty() || family_names_.empty()) throw std::runtime_error("names.txt is empty");
}

std::optional<std::size_t> SourceDirectory::PickEnabled() {
  for (int i = 0; i < 20; ++i) {
    const std::size_t index = Below(people_.size());
    if (people_[index].is_enabled && !people_[index].is_deleted) return index;
  }
  return std::nullopt;
}

void SourceDirectory::GiveName(Person& person) {
  const Name& given = given_names_[Below(given_names_.size())];
  const Name& family = family_names_[Below(family_names_.size())];
  const std::string login = fmt::format("{}.{}{}", given.login, family.login, ++people_named_);
  auto& attributes = person.attributes;
  attributes["givenName"] = given.shown;
  attributes["surname"] = family.shown;
  attributes["displayName"] = given.shown + ' ' + family.shown;
  attributes["userPrincipalName"] = fmt::format("{}@{}.halden-freight.example", login, tag_);
  attributes["mail"] = attributes["userPrincipalName"];
  // Not unique, as in life.
  attributes["mailNickname"] = family.login;
}

void SourceDirectory::AddPerson(bool is_enabled) {
  Person person;
  person.is_enabled = is_enabled;
  GiveName(person);
  const auto number = people_named_;
  auto& attributes = person.attributes;
  attributes["employeeId"] = fmt::format("HF-{:06}", number);
  attributes["department"] = PickFrom(kDepartments);
  attributes["jobTitle"] = Chance(90) ? PickFrom(kTitles) : "";
  attributes["preferredLanguage"] = Chance(60) ? PickFrom(kLanguages) : "";
  attributes["otherMail"] = Chance(20) ? fmt::format("Private.{}@kystlag.example", number) : "";
  attributes["telephoneNumber"] = Chance(70) ? fmt::format("(47) {:08}", number) : "";
  attributes["mobile"] = Chance(60) ? fmt::format("+47 40 {:06}", number) : "";
  const bool has_address = Chance(70);
  attributes["streetAddress"] = has_address ? PickFrom(kStreets) : "";
  attributes["city"] = has_address ? PickFrom(kCities) : "";
  attributes["postalCode"] = has_address && Chance(80) ? "01767" : "";
  attributes["country"] = has_address ? "NO" : "";
  attributes["extensionAttribute1"] = Chance(50) ? "N3" : "";
  people_.push_back(std::move(person));
}

void SourceDirectory::AddTeam(std::size_t size) {
  Team team;
  const std::size_t number = ++teams_named_;
  team.name = fmt::format("{} {} {}", PickFrom(kTeams), tag_, number);
  team.object_id =
      fmt::format("58d0f9a2-2c7b-4e61-{:04x}-{:012x}", number % 0x10000, random_() >> 16U);
  for (std::size_t i = 0; i < size; ++i) {
    if (const auto index = PickEnabled()) team.members.insert(*index);
  }
  teams_.push_back(std::move(team));
}

Fields SourceDirectory::FieldsOf(const Person& person) {
  Fields fields;
  for (const auto& [name, value] : person.attributes) fields.Text(name, value);
  fields.Text("id", person.id);
  return fields;
}

std::string SourceDirectory::ManagerOf(const Person& person) const {
  return person.manager ? people_[*person.manager].id : std::string();
}

Fields SourceDirectory::FieldsOf(const Team& team) {
  Fields fields;
  fields.Text("groupName", team.name).Text("objectId", team.object_id).Text("id", team.id);
  return fields;
}

void SourceDirectory::Change() {
  const std::size_t count = people_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (people_[i].is_deleted) continue;
    if (i > 0 && Chance(3)) {
      Delete(i);
    } else if (!people_[i].is_enabled && Chance(40)) {
      people_[i].is_enabled = true;
    } else if (Chance(40)) {
      ChangePerson(people_[i]);
    }
  }
  for (std::size_t i = 0; i < count / 50 + 1; ++i) AddPerson(true);
  for (Team& team : teams_) {
    if (!team.is_deleted) ChangeTeam(team);
  }
  AddTeam(count / 20);
}

void SourceDirectory::ChangePerson(Person& person) {
  auto& attributes = person.attributes;
  switch (Below(10)) {
    case 0:
      attributes["jobTitle"] = PickFrom(kTitles);
      attributes["department"] = PickFrom(kDepartments);
      break;
    case 1:
      GiveName(person);
      break;
    case 2:
      person.is_enabled = !person.is_enabled;
      break;
    case 3:
      person.manager = PickEnabled();
      break;
    case 4:
      person.manager.reset();
      break;
    case 5:  // only the case of letters
      std::ranges::transform(attributes["userPrincipalName"],
                             attributes["userPrincipalName"].begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      break;
    case 6:
      attributes["mobile"] = fmt::format("+47 41 {:06}", Below(1000000));
      attributes["otherMail"] = fmt::format("new.{}@kystlag.example", Below(1000000));
      break;
    case 7:
      attributes["streetAddress"] = PickFrom(kStreets);
      attributes["city"] = PickFrom(kCities);
      attributes["country"] = "FR";
      break;
    case 8:
      attributes["jobTitle"].clear();
      attributes["mobile"].clear();
      break;
    default:
      attributes["extensionAttribute1"] = Chance(70) ? "D1" : "";
      attributes["preferredLanguage"] = PickFrom(kLanguages);
  }
}

/// Who is deleted leaves all groups, and manages nobody.
void SourceDirectory::Delete(std::size_t index) {
  people_[index].is_deleted = true;
  for (Person& person : people_) {
    if (person.manager == index) person.manager.reset();
  }
  for (Team& team : teams_) team.members.erase(index);
}

void SourceDirectory::ChangeTeam(Team& team) {
  if (Chance(5)) {
    team.is_deleted = true;
    return;
  }
  if (Chance(10)) team.name = fmt::format("{} {} {}", PickFrom(kTeams), tag_, ++teams_named_);
  if (!Chance(60)) return;
  std::erase_if(team.members, [this](std::size_t) { return Chance(8); });
  const std::size_t comers = Below(5 + team.members.size() / 10);
  for (std::size_t i = 0; i < comers; ++i) {
    if (const auto index = PickEnabled()) team.members.insert(*index);
  }
}

}  // namespace scimledger::simulators
