#include "engine/bulk.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/bulk_order.h"
#include "engine/resource_references.h"
#include "engine/text.h"

namespace scimledger {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kBulkRequestUrn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
constexpr std::string_view kBulkIdPrefix = "bulkId:";
constexpr std::string_view kBulkIdSegment = "/bulkId:";

std::optional<element> FindKey(object json, std::string_view name) {
  for (const auto& [key, value] : json) {
    if (EqualsIgnoreAsciiCase(key, name)) return value;
  }
  return std::nullopt;
}

std::string_view TextOf(std::optional<element> json) {
  std::string_view text;
  if (!json || json->get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::optional<BulkMethod> ParseMethod(std::string_view text) {
  for (const BulkMethod method :
       {BulkMethod::kPost, BulkMethod::kPut, BulkMethod::kPatch, BulkMethod::kDelete}) {
    if (EqualsIgnoreAsciiCase(text, ToString(method))) return method;
  }
  return std::nullopt;
}

bool IsBulkRequest(std::optional<element> schemas) {
  simdjson::dom::array urns;
  if (!schemas || schemas->get(urns) != simdjson::SUCCESS) return false;
  return std::any_of(urns.begin(), urns.end(), [](element urn) {
    return EqualsIgnoreAsciiCase(TextOf(urn), kBulkRequestUrn);
  });
}

Result<std::size_t> ReadFailOnErrors(std::optional<element> json) {
  if (!json || json->is_null()) return std::size_t{0};
  std::int64_t count = 0;
  if (json->get(count) == simdjson::SUCCESS && count >= 0) return static_cast<std::size_t>(count);
  return Refuse(ScimType::kInvalidValue,
                "failOnErrors must be a whole number: how many errors end the request; 0 means no "
                "limit");
}

std::unexpected<ScimError> RefusePath(std::string_view path, std::string_view why) {
  return Refuse(404, ScimType::kNone, fmt::format("path \"{}\": {}", path, why));
}

class BulkParser {
 public:
  BulkParser(const SchemaRegistry& registry, const BulkEdge& edge)
      : registry_(registry), edge_(edge) {}

  Result<BulkRequest> Parse(object body) {
    if (!IsBulkRequest(FindKey(body, "schemas"))) {
      return Refuse(ScimType::kInvalidSyntax,
                    fmt::format("'schemas' must be an array that holds \"{}\"", kBulkRequestUrn));
    }
    SCIMLEDGER_TRY_ASSIGN(request_.fail_on_errors, ReadFailOnErrors(FindKey(body, "failOnErrors")));
    simdjson::dom::array operations;
    const auto sent = FindKey(body, "Operations");
    if (!sent || sent->get(operations) != simdjson::SUCCESS) {
      return Refuse(ScimType::kInvalidSyntax, "'Operations' must be an array");
    }
    if (operations.size() > kBulkOperationsMax) {
      return Refuse(413, ScimType::kNone,
                    fmt::format("the request has {} operations; maxOperations is {}: send several "
                                "requests",
                                operations.size(), kBulkOperationsMax));
    }
    // Ids first: a reference may come before the operation that makes its resource.
    for (const element operation : operations) SCIMLEDGER_TRY(TakeHead(operation));
    for (current_ = 0; current_ < data_.size(); ++current_) {
      if (!Current().body) continue;
      if (auto body_read = ReadBody(); !body_read) {
        Current().body = std::unexpected(std::move(body_read).error());
      }
    }
    return std::move(request_);
  }

 private:
  BulkOperation& Current() { return request_.operations[current_]; }

  /// Method, path and bulkId.
  Result<void> TakeHead(element json) {
    BulkOperation& operation = request_.operations.emplace_back();
    data_.emplace_back();
    object sent;
    if (json.get(sent) != simdjson::SUCCESS) {
      operation.body = Refuse(ScimType::kInvalidSyntax, "an operation must be an object");
      return {};
    }
    operation.method_text = TextOf(FindKey(sent, "method"));
    operation.path = TextOf(FindKey(sent, "path"));
    operation.bulk_id = TextOf(FindKey(sent, "bulkId"));
    data_.back() = {FindKey(sent, "data"), FindKey(sent, "version")};
    const auto method = ParseMethod(operation.method_text);
    if (!method) {
      operation.body =
          Refuse(ScimType::kInvalidSyntax, "'method' must be POST, PUT, PATCH or DELETE");
      return {};
    }
    operation.method = *method;
    if (auto located = ReadPath(operation); !located) {
      operation.body = std::unexpected(std::move(located).error());
    }
    return NoteBulkId(operation);
  }

  Result<void> NoteBulkId(BulkOperation& operation) {
    if (operation.method != BulkMethod::kPost) return {};
    if (operation.bulk_id.empty()) {
      operation.body = Refuse(ScimType::kInvalidSyntax,
                              "a POST needs a 'bulkId': a text of your choice that no other "
                              "operation of the request has");
      return {};
    }
    const std::size_t index = request_.operations.size() - 1;
    if (by_bulk_id_.emplace(operation.bulk_id, index).second) return {};
    return Refuse(ScimType::kInvalidSyntax,
                  fmt::format("bulkId \"{}\" is used by two operations; each needs its own",
                              operation.bulk_id));
  }

  /// `/Users` for POST, `/Users/<id>` else, with or without the service's own URL in front.
  Result<void> ReadPath(BulkOperation& operation) {
    std::string_view path = operation.path;
    if (path.starts_with(edge_.base_url)) path.remove_prefix(edge_.base_url.size());
    path = path.substr(0, path.find('?'));
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    const std::size_t slash = path.find('/');
    const std::string_view id = slash == path.npos ? "" : path.substr(slash + 1);
    const ResourceType* type =
        registry_.FindTypeByEndpoint(fmt::format("/{}", path.substr(0, slash)));
    const bool is_reference = id.starts_with(kBulkIdPrefix);
    if (type == nullptr || (!is_reference && id.find('/') != id.npos)) {
      return RefusePath(operation.path,
                        "a bulk creates, replaces, patches and deletes resources: name an endpoint "
                        "that /ResourceTypes lists");
    }
    operation.type = type->id;
    if (operation.method == BulkMethod::kPost) {
      operation.id = edge_.new_id();
      if (id.empty()) return {};
      return Refuse(405, ScimType::kNone,
                    fmt::format("path \"{}\": a POST goes to {}", operation.path, type->endpoint));
    }
    if (id.empty()) {
      return Refuse(405, ScimType::kNone,
                    fmt::format("path \"{}\": name the resource, such as {}/<id>", operation.path,
                                type->endpoint));
    }
    if (is_reference) return {};  // may come later
    const auto parsed = ResourceId::Parse(id);
    if (!parsed) {
      return RefusePath(operation.path, fmt::format("there is no {} with this id", type->name));
    }
    operation.id = *parsed;
    return {};
  }

  Result<void> ReadBody() {
    BulkOperation& operation = Current();
    if (operation.method != BulkMethod::kPost) {
      const std::string_view path = operation.path;
      if (const std::size_t at = path.find(kBulkIdPrefix); at != path.npos) {
        SCIMLEDGER_TRY_ASSIGN(operation.id, Resolve(ReferenceIn(path.substr(at))));
      }
    }
    switch (operation.method) {
      case BulkMethod::kPost: {
        SCIMLEDGER_TRY_ASSIGN(ResourceDraft draft, ReadDraft());
        operation.body = CreateResource{*operation.type, operation.id, std::move(draft)};
        return {};
      }
      case BulkMethod::kPut: {
        ReplaceResource body{*operation.type, operation.id, {}, {}};
        SCIMLEDGER_TRY(ReadVersion(body.expected));
        SCIMLEDGER_TRY_ASSIGN(body.draft, ReadDraft());
        operation.body = std::move(body);
        return {};
      }
      case BulkMethod::kPatch: {
        PatchResource body{*operation.type, operation.id, {}, {}};
        SCIMLEDGER_TRY(ReadVersion(body.expected));
        SCIMLEDGER_TRY_ASSIGN(body.patch, ReadPatch());
        operation.body = std::move(body);
        return {};
      }
      case BulkMethod::kDelete: {
        DeleteResource body{*operation.type, operation.id, {}};
        SCIMLEDGER_TRY(ReadVersion(body.expected));
        operation.body = std::move(body);
        return {};
      }
    }
    return {};
  }

  Result<element> Data() const {
    const auto& data = data_[current_].data;
    if (data && !data->is_null()) return *data;
    return Refuse(ScimType::kInvalidSyntax, "'data' is missing: it holds the body of the request");
  }

  Result<ResourceDraft> ReadDraft() {
    SCIMLEDGER_TRY_ASSIGN(const element data, Data());
    SCIMLEDGER_TRY_ASSIGN(ResourceDraft draft,
                          ParseResource(registry_, registry_.type(*Current().type), data));
    SCIMLEDGER_TRY(VisitReferences(registry_, draft, Replacing()));
    return draft;
  }

  Result<Patch> ReadPatch() {
    SCIMLEDGER_TRY_ASSIGN(const element data, Data());
    SCIMLEDGER_TRY_ASSIGN(Patch patch,
                          ParsePatch(registry_, registry_.type(*Current().type), data));
    SCIMLEDGER_TRY(VisitReferences(registry_, patch, Replacing()));
    return patch;
  }

  Result<void> ReadVersion(std::optional<ExpectedVersion>& expected) const {
    const auto& version = data_[current_].version;
    if (!version || version->is_null()) return {};
    std::string_view text;
    if (version->get(text) != simdjson::SUCCESS) {
      return Refuse(ScimType::kInvalidValue, R"('version' must be an ETag in a string)");
    }
    SCIMLEDGER_TRY_ASSIGN(expected, edge_.read_version(text));
    return {};
  }

  /// What a path ends in: a bulkId is any text, so a query or a slash at its end may be part of it.
  std::string_view ReferenceIn(std::string_view end) const {
    if (by_bulk_id_.contains(std::string(end.substr(kBulkIdPrefix.size())))) return end;
    end = end.substr(0, end.find('?'));
    while (end.ends_with('/')) end.remove_suffix(1);
    return end;
  }

  /// `bulkId:x`, or a URI that ends in it; x may hold slashes.
  ReferenceVisitor Replacing() {
    return [this](std::string& text) -> Result<void> {
      std::size_t at = 0;
      if (!text.starts_with(kBulkIdPrefix)) {
        const std::size_t slash = text.find(kBulkIdSegment);
        if (slash == std::string::npos) {
          NoteNamed(text);
          return {};
        }
        at = slash + 1;
      }
      SCIMLEDGER_TRY_ASSIGN(const ResourceId id, Resolve(std::string_view(text).substr(at)));
      text.replace(at, std::string::npos, id.ToString());
      return {};
    };
  }

  /// An id, or a URI that ends in one.
  void NoteNamed(std::string_view text) {
    const auto id = ResourceId::Parse(text.substr(text.rfind('/') + 1));
    if (id) Current().named.push_back(*id);
  }

  Result<ResourceId> Resolve(std::string_view reference) {
    const std::string name(reference.substr(kBulkIdPrefix.size()));
    const auto found = by_bulk_id_.find(name);
    if (found == by_bulk_id_.end()) {
      return Refuse(ScimType::kInvalidValue,
                    fmt::format("{}: no POST of this request has this bulkId", reference));
    }
    Current().references.push_back(found->second);
    return request_.operations[found->second].id;
  }

  struct SentBody {
    std::optional<element> data;
    std::optional<element> version;
  };

  const SchemaRegistry& registry_;
  const BulkEdge& edge_;
  BulkRequest request_;
  std::vector<SentBody> data_;  ///< by operation
  std::unordered_map<std::string, std::size_t> by_bulk_id_;
  std::size_t current_ = 0;
};

/// Makes the commands of one component: a resource each, then the members that were not there yet.
class UnitPlan {
 public:
  UnitPlan(const SchemaRegistry& registry, BulkRequest& request,
           const std::vector<std::size_t>& component)
      : registry_(registry), request_(request), component_(component) {}

  GroupUnit Make() {
    const bool is_cycle = component_.size() > 1 || Refers(component_[0], component_[0]);
    for (const std::size_t index : component_) {
      if (is_cycle) made_here_.insert(request_.operations[index].id.ToString());
    }
    for (const std::size_t index : component_) {
      BulkOperation& operation = request_.operations[index];
      if (is_cycle && operation.body) HoldBack(operation);
      AddNeeds(operation);
      unit_.commands.push_back({index, std::move(operation.body)});
    }
    for (GroupCommand& command : later_) unit_.commands.push_back(std::move(command));
    return std::move(unit_);
  }

 private:
  bool Refers(std::size_t from, std::size_t to) const {
    const auto& references = request_.operations[from].references;
    return std::find(references.begin(), references.end(), to) != references.end();
  }

  bool IsInside(std::size_t index) const {
    return std::binary_search(component_.begin(), component_.end(), index);
  }

  void AddNeeds(const BulkOperation& operation) {
    for (const std::size_t index : operation.references) {
      if (IsInside(index)) continue;
      unit_.needs.push_back(
          {index, fmt::format("{}{}", kBulkIdPrefix, request_.operations[index].bulk_id)});
    }
  }

  /// Takes the members that the cycle itself makes out of a create and adds them afterwards.
  void HoldBack(BulkOperation& operation) {
    auto* create = std::get_if<CreateResource>(&*operation.body);
    const auto reference_set = registry_.type(*operation.type).reference_set;
    if (create == nullptr || !create->draft.members || !reference_set) return;
    std::vector<std::string>& members = *create->draft.members;
    const auto is_early = [this](const std::string& id) { return !made_here_.contains(id); };
    const auto end = std::stable_partition(members.begin(), members.end(), is_early);
    std::vector<std::string> late(std::make_move_iterator(end),
                                  std::make_move_iterator(members.end()));
    members.erase(end, members.end());
    if (late.empty()) return;
    PatchResource patch;
    patch.type = create->type;
    patch.id = create->id;
    // Of the resource that the same unit makes: there is nothing to have read before.
    patch.expected.emplace().any = true;
    PatchOperation add;
    add.op = PatchOp::kAdd;
    add.path.attribute = *reference_set;
    add.path_text = registry_.attribute(*reference_set).path;
    add.members = std::move(late);
    patch.patch.operations.push_back(std::move(add));
    const auto index = static_cast<std::size_t>(&operation - request_.operations.data());
    later_.push_back({index, std::move(patch)});
  }

  const SchemaRegistry& registry_;
  BulkRequest& request_;
  const std::vector<std::size_t>& component_;
  std::unordered_set<std::string> made_here_;  ///< ids of a cycle's resources
  GroupUnit unit_;
  std::vector<GroupCommand> later_;
};

/// For each operation the earlier ones that it must not overtake: one of both changes a resource
/// that the other changes or names.
class FollowedOperations {
 public:
  explicit FollowedOperations(const BulkRequest& request) : follows_(request.operations.size()) {
    for (std::size_t index = 0; index < request.operations.size(); ++index) {
      const BulkOperation& operation = request.operations[index];
      if (operation.body) Note(operation, index);
    }
  }

  std::vector<std::vector<std::size_t>> Take() { return std::move(follows_); }

 private:
  /// Of one resource: the last operation that changes it and those since that name it.
  struct Uses {
    std::optional<std::size_t> change;
    std::vector<std::size_t> names;
  };

  void Note(const BulkOperation& operation, std::size_t index) {
    std::vector<std::size_t>& follows = follows_[index];
    Uses& target = uses_[operation.id];
    if (target.change) follows.push_back(*target.change);
    follows.insert(follows.end(), target.names.begin(), target.names.end());
    target = {index, {}};
    for (const ResourceId& id : operation.named) {
      Uses& uses = uses_[id];
      if (uses.change && *uses.change != index) follows.push_back(*uses.change);
      uses.names.push_back(index);
    }
  }

  std::unordered_map<ResourceId, Uses, UuidHash> uses_;
  std::vector<std::vector<std::size_t>> follows_;
};

}  // namespace

std::string_view ToString(BulkMethod method) {
  switch (method) {
    case BulkMethod::kPost:
      return "POST";
    case BulkMethod::kPut:
      return "PUT";
    case BulkMethod::kPatch:
      return "PATCH";
    case BulkMethod::kDelete:
      return "DELETE";
  }
  return "";
}

Result<BulkRequest> ParseBulk(const SchemaRegistry& registry, element body, const BulkEdge& edge) {
  object sent;
  if (body.get(sent) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax, "a Bulk body is an object");
  }
  return BulkParser(registry, edge).Parse(sent);
}

CommandGroup PlanBulk(const SchemaRegistry& registry, BulkRequest& request) {
  std::vector<std::vector<std::size_t>> needs;
  needs.reserve(request.operations.size());
  bool has_later = false;
  for (BulkOperation& operation : request.operations) {
    std::vector<std::size_t>& references = operation.references;
    std::sort(references.begin(), references.end());
    references.erase(std::unique(references.begin(), references.end()), references.end());
    has_later = has_later || (!references.empty() && references.back() > needs.size());
    needs.push_back(references);
  }
  // What refers to earlier operations only is done in the order sent, whatever it follows.
  std::vector<std::vector<std::size_t>> follows(needs.size());
  if (has_later) follows = FollowedOperations(request).Take();
  CommandGroup group;
  group.operations = request.operations.size();
  group.refusals_max = request.fail_on_errors;
  for (const std::vector<std::size_t>& component : UnitsInOrder(needs, follows)) {
    group.units.push_back(UnitPlan(registry, request, component).Make());
  }
  return group;
}

}  // namespace scimledger
