#include "bench/realistic_directory.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "engine/document.h"

namespace scimledger::bench {
namespace {

constexpr std::int64_t kNowUs = 1'795'000'000'000'000;
constexpr std::int64_t kTwoYearsUs = 2LL * 365 * 86'400 * 1'000'000;

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
    : company_(seed) {
  users_.reserve(users);
  for (std::uint32_t user = 0; user < users; ++user) PutUser(user);
  for (std::uint32_t group = 0; group < groups; ++group) PutGroup();
  directory_->SetHead(Sequence{++sequence_});
}

ResourceId RealisticDirectory::NewId() {
  ResourceId id;
  for (std::size_t at = 0; at < id.bytes.size(); ++at) {
    id.bytes[at] = static_cast<std::uint8_t>(company_.random()());
  }
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x40U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

Value RealisticDirectory::MakeEmails(const RealisticUser& user) const {
  const auto address = [&](const std::string& value, std::string_view type, bool is_primary) {
    AttributeMap email;
    email.Set(At(*registry_, "User", "emails.value"), Text(value));
    email.Set(At(*registry_, "User", "emails.type"), Text(std::string(type)));
    if (is_primary) email.Set(At(*registry_, "User", "emails.primary"), Value(true));
    return Value(std::move(email));
  };
  ValueList emails;
  emails.push_back(address(user.user_name, "work", true));
  if (!user.home_address.empty()) emails.push_back(address(user.home_address, "home", false));
  return Value(std::move(emails));
}

AttributeMap RealisticDirectory::MakeUser(const RealisticUser& user) const {
  const auto at = [&](std::string_view path) { return At(*registry_, "User", path); };
  AttributeMap name;
  name.Set(at("name.givenName"), Text(user.given_name));
  name.Set(at("name.familyName"), Text(user.family_name));
  AttributeMap values;
  values.Set(at("userName"), Text(user.user_name));
  values.Set(at("externalId"), Text(user.external_id));
  values.Set(at("name"), Value(std::move(name)));
  values.Set(at("displayName"), Text(user.display_name));
  values.Set(at("emails"), MakeEmails(user));
  values.Set(at("active"), Value(user.active));
  if (!user.title.empty()) values.Set(at("title"), Text(user.title));
  values.Set(at(Enterprise("employeeNumber")), Text(user.employee_number));
  values.Set(at(Enterprise("department")), Text(user.department));
  if (user.manager) {
    AttributeMap manager;
    manager.Set(at(Enterprise("manager.value")), Text(users_[*user.manager].ToString()));
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
  row->last_modified_us = kNowUs - static_cast<std::int64_t>(company_.random()() % kTwoYearsUs);
  row->document = EncodeDocument(MakeUser(company_.NextUser()));
  users_.push_back(row->id);
  directory_->PutResource(nullptr, row);
}

void RealisticDirectory::PutGroup() {
  const RealisticGroup group = company_.NextGroup();
  auto row = std::make_shared<Resource>();
  row->id = NewId();
  row->type = registry_->FindTypeByName("Group")->id;
  row->ordinal = directory_->next_ordinal();
  row->created_us = row->last_modified_us = kNowUs - kTwoYearsUs;
  AttributeMap values;
  values.Set(At(*registry_, "Group", "displayName"), Text(group.display_name));
  row->document = EncodeDocument(values);
  directory_->PutResource(nullptr, row);
  for (const std::uint32_t member : group.members) {
    directory_->SetMember(row->id, users_[member], true);
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
