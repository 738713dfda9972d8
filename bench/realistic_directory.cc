#include "bench/realistic_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/document.h"

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
constexpr std::int64_t kNowUs = 1'795'000'000'000'000;
constexpr std::int64_t kTwoYearsUs = 2LL * 365 * 86'400 * 1'000'000;
constexpr std::uint32_t kLargestGroup = 100'000;

AttributeId At(const SchemaRegistry& registry, std::string_view type, std::string_view path) {
  const auto id = registry.FindByPath(*registry.FindTypeByName(type), path);
  SCIMLEDGER_INVARIANT(id.has_value(), std::string(path).c_str());
  return *id;
}

std::string Enterprise(std::string_view name) {
  return fmt::format("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:{}", name);
}

Value Text(std::string text) { return Value(std::move(text)); }

}  // namespace

RealisticDirectory::RealisticDirectory(std::uint64_t seed, std::uint32_t users,
                                       std::uint32_t groups)
    : random_(seed) {
  users_.reserve(users);
  for (std::uint32_t user = 0; user < users; ++user) PutUser(user);
  for (std::uint32_t group = 0; group < groups; ++group) {
    const double size = kLargestGroup / std::pow(group + 1, 1.1);
    PutGroup(group, std::clamp<std::uint32_t>(static_cast<std::uint32_t>(size), 3, users));
  }
  directory_->SetHead(Sequence{++sequence_});
}

std::string RealisticDirectory::UserName(std::uint32_t user) {
  // Not in order of creation, as names are not.
  return fmt::format("u{:08x}@{}", user * 0x9E3779B1U, kCompanies[user % kCompanies.size()]);
}

std::string RealisticDirectory::ExternalId(std::uint32_t user) {
  return fmt::format("00u{:08x}4xq7", user * 0x85EBCA6BU);
}

std::uint32_t RealisticDirectory::Skewed(std::uint32_t limit) {
  const double unit = static_cast<double>(random_() >> 11U) * 0x1p-53;
  return static_cast<std::uint32_t>(static_cast<double>(limit) * unit * unit * unit);
}

ResourceId RealisticDirectory::NewId() {
  ResourceId id;
  for (std::size_t at = 0; at < id.bytes.size(); ++at) {
    id.bytes[at] = static_cast<std::uint8_t>(random_());
  }
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x40U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

Value RealisticDirectory::MakeEmails(std::uint32_t user) {
  const auto address = [&](std::string value, std::string_view type, bool is_primary) {
    AttributeMap email;
    email.Set(At(*registry_, "User", "emails.value"), Text(std::move(value)));
    email.Set(At(*registry_, "User", "emails.type"), Text(std::string(type)));
    if (is_primary) email.Set(At(*registry_, "User", "emails.primary"), Value(true));
    return Value(std::move(email));
  };
  ValueList emails;
  emails.push_back(address(UserName(user), "work", true));
  if (Below(10) < 6) {
    emails.push_back(address(
        fmt::format("p{:x}@{}", random_() >> 32U, kHomes[Skewed(kHomes.size())]), "home", false));
  }
  return Value(std::move(emails));
}

AttributeMap RealisticDirectory::MakeUser(std::uint32_t user) {
  const std::string given(kGivenNames[Skewed(kGivenNames.size())]);
  const std::string family =
      fmt::format("{}{}", kStems[Below(kStems.size())], kEndings[Below(kEndings.size())]);
  const char middle = static_cast<char>('A' + static_cast<char>(Below(26)));
  const auto at = [&](std::string_view path) { return At(*registry_, "User", path); };
  AttributeMap name;
  name.Set(at("name.givenName"), Text(given));
  name.Set(at("name.familyName"), Text(family));
  AttributeMap values;
  values.Set(at("userName"), Text(UserName(user)));
  values.Set(at("externalId"), Text(ExternalId(user)));
  values.Set(at("name"), Value(std::move(name)));
  values.Set(at("displayName"), Text(fmt::format("{} {}. {}", given, middle, family)));
  values.Set(at("emails"), MakeEmails(user));
  values.Set(at("active"), Value(Below(20) != 0));
  if (Below(10) != 0) {
    values.Set(at("title"), Text(fmt::format("{} {}", kLevels[Skewed(kLevels.size())],
                                             kJobs[Below(kJobs.size())])));
  }
  values.Set(at(Enterprise("employeeNumber")), Text(fmt::format("{:07}", user)));
  values.Set(at(Enterprise("department")),
             Text(std::string(kDepartments[Skewed(kDepartments.size())])));
  if (user > 10) {
    AttributeMap manager;
    manager.Set(at(Enterprise("manager.value")), Text(users_[user / 8].ToString()));
    values.Set(at(Enterprise("manager")), Value(std::move(manager)));
  }
  return values;
}

void RealisticDirectory::PutUser(std::uint32_t user) {
  auto row = std::make_shared<Resource>();
  row->id = NewId();
  row->type = registry_->FindTypeByName("User")->id;
  row->ordinal = directory_->next_ordinal();
  row->created_us = kNowUs - kTwoYearsUs + static_cast<std::int64_t>(user) * 50'000'000;
  row->last_modified_us = kNowUs - static_cast<std::int64_t>(random_() % kTwoYearsUs);
  row->document = EncodeDocument(MakeUser(user));
  users_.push_back(row->id);
  directory_->PutResource(nullptr, row);
}

void RealisticDirectory::PutGroup(std::uint32_t group, std::uint32_t size) {
  auto row = std::make_shared<Resource>();
  row->id = NewId();
  row->type = registry_->FindTypeByName("Group")->id;
  row->ordinal = directory_->next_ordinal();
  row->created_us = row->last_modified_us = kNowUs - kTwoYearsUs;
  AttributeMap values;
  values.Set(At(*registry_, "Group", "displayName"),
             Text(fmt::format("{} {}", kDepartments[group % kDepartments.size()], group)));
  row->document = EncodeDocument(values);
  directory_->PutResource(nullptr, row);
  const auto users = static_cast<std::uint32_t>(users_.size());
  // Every so many users from some user on: distinct without a set.
  const std::uint32_t stride = std::max<std::uint32_t>(1, users / size);
  std::uint32_t user = Below(users);
  for (std::uint32_t count = 0; count < size; ++count) {
    directory_->SetMember(row->id, users_[user], true);
    user = (user + stride) % users;
  }
}

void RealisticDirectory::ChangeTitle(std::uint32_t user) {
  const ResourcePtr before = directory_->FindResource(users_[user]);
  auto after = std::make_shared<Resource>(*before);
  AttributeMap values = DecodeDocument(before->document);
  values.Set(At(*registry_, "User", "title"), Text(fmt::format("Changed {}", ++sequence_)));
  ++after->version;
  after->last_modified_us = kNowUs + static_cast<std::int64_t>(sequence_);
  after->document = EncodeDocument(values);
  directory_->PutResource(before, after);
  directory_->SetHead(Sequence{sequence_});
}

}  // namespace scimledger::bench
