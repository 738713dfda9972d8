#include "bench/realistic_company.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace scimledger::bench {
namespace {

constexpr std::array<std::string_view, 48> kGivenNames = {
    "Anna",   "Maria",  "Peter",  "Jan",      "Sofia",  "Lukas",  "Emma",  "Noah",
    "Olivia", "Liam",   "Zoltan", "Zofia",    "Nina",   "Tomas",  "Elena", "Marta",
    "Ivan",   "Chiara", "Mateo",  "Lucia",    "Hugo",   "Alice",  "Jakub", "Hanna",
    "Oscar",  "Freya",  "Amira",  "Yusuf",    "Mei",    "Haruto", "Priya", "Arjun",
    "Grace",  "Samuel", "Jürgen", "François", "Žofie",  "Øyvind", "Şule",  "Ángel",
    "Björn",  "Renée",  "Daniel", "Laura",    "Victor", "Clara",  "Simon", "Teresa"};
constexpr std::array<std::string_view, 40> kStems = {
    "Kowal", "Nowak", "John",   "Ander", "Peter", "Gomez", "Mor",   "Schmid", "Web",  "Wagner",
    "Eriks", "Carl",  "Haral",  "Fitz",  "Mc",    "O'Bri", "Stein", "Rosen",  "Berg", "Lind",
    "Holm",  "Dah",   "Rasmus", "Jens",  "Iva",   "Petro", "Papad", "Cost",   "Ferr", "Ross",
    "Tana",  "Suzu",  "Yama",   "Chen",  "Wang",  "Kim",   "Sing",  "Pate",   "Okaf", "Adey"};
constexpr std::array<std::string_view, 24> kEndings = {
    "ski", "ska",   "son",  "sen", "mann", "berg", "er",  "ez",  "ov",  "ova", "ic",  "ini",
    "eau", "ström", "dahl", "ley", "ton",  "man",  "ell", "ard", "aki", "oto", "ung", "emi"};
constexpr std::array<std::string_view, 40> kDepartments = {
    "Engineering",   "Sales",     "Support",         "Operations",    "Finance",
    "Marketing",     "Logistics", "Human Resources", "Legal",         "Procurement",
    "Research",      "Quality",   "Security",        "Facilities",    "Planning",
    "Design",        "Data",      "Platform",        "Field Service", "Training",
    "Compliance",    "Audit",     "Treasury",        "Tax",           "Communications",
    "Events",        "Partners",  "Pricing",         "Localization",  "Documentation",
    "Manufacturing", "Packaging", "Fleet",           "Customs",       "Insurance",
    "Payroll",       "Travel",    "Archive",         "Board Office",  "Ombudsman"};
constexpr std::array<std::string_view, 8> kLevels = {"Associate", "Senior",  "Lead",  "Principal",
                                                     "Junior",    "Head of", "Staff", "Deputy"};
constexpr std::array<std::string_view, 16> kJobs = {
    "Engineer", "Analyst", "Manager",  "Consultant", "Planner",  "Designer", "Auditor", "Buyer",
    "Clerk",    "Driver",  "Operator", "Specialist", "Director", "Trainer",  "Counsel", "Editor"};
constexpr std::array<std::string_view, 5> kCompanies = {
    "halden.example", "north.halden.example", "freight.example", "ports.example", "labs.example"};
constexpr std::array<std::string_view, 6> kHomes = {"mail.example",  "post.example",
                                                    "inbox.example", "quick.example",
                                                    "free.example",  "home.example"};
constexpr std::uint32_t kLargestGroup = 100'000;

}  // namespace

std::string RealisticCompany::UserName(std::uint32_t user) {
  // Not in order of creation, as names are not.
  return fmt::format("u{:08x}@{}", user * 0x9E3779B1U, kCompanies[user % kCompanies.size()]);
}

std::string RealisticCompany::ExternalId(std::uint32_t user) {
  return fmt::format("00u{:08x}4xq7", user * 0x85EBCA6BU);
}

std::uint32_t RealisticCompany::Skewed(std::uint32_t limit) {
  const double unit = static_cast<double>(random_() >> 11U) * 0x1p-53;
  return static_cast<std::uint32_t>(static_cast<double>(limit) * unit * unit * unit);
}

RealisticUser RealisticCompany::NextUser() {
  const std::uint32_t number = users_++;
  RealisticUser user;
  user.user_name = UserName(number);
  user.external_id = ExternalId(number);
  user.given_name = kGivenNames[Skewed(kGivenNames.size())];
  user.family_name =
      fmt::format("{}{}", kStems[Below(kStems.size())], kEndings[Below(kEndings.size())]);
  const char middle = static_cast<char>('A' + static_cast<char>(Below(26)));
  user.display_name = fmt::format("{} {}. {}", user.given_name, middle, user.family_name);
  if (Below(10) < 6) {
    user.home_address = fmt::format("p{:x}@{}", random_() >> 32U, kHomes[Skewed(kHomes.size())]);
  }
  user.active = Below(20) != 0;
  if (Below(10) != 0) {
    user.title =
        fmt::format("{} {}", kLevels[Skewed(kLevels.size())], kJobs[Below(kJobs.size())]);
  }
  user.employee_number = fmt::format("{:07}", number);
  user.department = kDepartments[Skewed(kDepartments.size())];
  if (number > 10) user.manager = number / 8;
  return user;
}

RealisticGroup RealisticCompany::NextGroup() {
  const std::uint32_t number = groups_++;
  RealisticGroup group;
  group.display_name = fmt::format("{} {}", kDepartments[number % kDepartments.size()], number);
  const double usual = std::min(kLargestGroup, users_ / 10) / std::pow(number + 1, 1.1);
  const std::uint32_t size =
      std::min(users_, std::max<std::uint32_t>(static_cast<std::uint32_t>(usual), 3));
  // Every so many users from some user on: distinct without a set.
  const std::uint32_t stride = std::max<std::uint32_t>(1, users_ / size);
  std::uint32_t user = Below(users_);
  group.members.reserve(size);
  for (std::uint32_t count = 0; count < size; ++count) {
    group.members.push_back(user);
    user = (user + stride) % users_;
  }
  return group;
}

}  // namespace scimledger::bench
