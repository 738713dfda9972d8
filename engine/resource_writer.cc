#include "engine/resource_writer.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/document.h"
#include "engine/text.h"

namespace scimledger {
namespace {

/// Room for as many attributes as most resources have.
constexpr std::size_t kAttributesUsual = 32;
/// And for what they come to.
constexpr std::size_t kBytesUsual = 2048;

void AppendKey(std::string& out, std::string_view name) {
  AppendJsonString(out, name);
  out += ':';
}

void AppendIdString(std::string& out, const ResourceId& id) {
  out += '"';
  id.AppendTo(out);
  out += '"';
}

/// One JSON object under construction: nothing is written, braces neither, until the first member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) {}

  /// Begins a member; its value is appended next.
  void Key(std::string_view name) {
    out_ += std::exchange(separator_, ',');
    AppendKey(out_, name);
  }
  void Key(const Attribute& attribute) {
    out_ += std::exchange(separator_, ',');
    out_ += attribute.json_key;
  }
  void Member(std::string_view name, std::string_view text) {
    Key(name);
    AppendJsonString(out_, text);
  }
  /// Whether anything was written.
  bool Close() {
    if (separator_ == '{') return false;
    out_ += '}';
    return true;
  }

 private:
  std::string& out_;
  char separator_ = '{';
};

enum class ReferencePart : std::uint8_t { kValue, kRef, kType, kDisplay };

/// A part of a reference attribute that the request selects.
struct SelectedPart {
  ReferencePart part{};
  std::string_view name;
};

std::optional<ReferencePart> ToReferencePart(std::string_view name) {
  if (name == "value") return ReferencePart::kValue;
  if (name == "$ref") return ReferencePart::kRef;
  if (name == "type") return ReferencePart::kType;
  if (name == "display") return ReferencePart::kDisplay;
  return std::nullopt;
}

}  // namespace

class ResourceJsonWriter::Pieces {
 public:
  Pieces(const SchemaRegistry& registry, const Resource& resource,
         const AttributeSelection& selection, std::string_view base_url,
         const References& references)
      : registry_(registry),
        type_(registry.type(resource.type)),
        resource_(resource),
        selection_(selection),
        base_url_(base_url),
        references_(references) {
    stored_.reserve(kAttributesUsual);
    for (DocumentCursor cursor(resource.document); cursor.Next();) stored_.push_back(cursor);
  }

  /// As AppendPiece.
  bool Append(std::string& out, std::size_t bytes_max) {
    out_.swap(out);
    const bool has_more = AppendUpTo(bytes_max);
    out_.swap(out);
    return has_more;
  }

 private:
  bool AppendUpTo(std::size_t bytes_max) {
    if (next_attribute_ == 0 && next_member_ == 0) AppendBeginning();
    while (next_attribute_ < type_.attributes.size()) {
      const Attribute& attribute = registry_.attribute(type_.attributes[next_attribute_]);
      const bool is_reference_set = attribute.role == AttributeRole::kReferenceSet;
      if (!is_reference_set) {
        AppendAttribute(attribute);
      } else if (selection_.Includes(attribute) && AppendMembers(attribute, bytes_max)) {
        return true;
      }
      ++next_attribute_;
    }
    CloseExtension();
    AppendMeta();
    out_ += '}';
    return false;
  }

  void AppendBeginning() {
    out_.reserve(out_.size() + kBytesUsual);
    out_ += "{\"schemas\":[";
    AppendSchemas();
    out_ += "],\"id\":";
    AppendIdString(out_, resource_.id);
  }

  /// Attributes are asked for in order of id, but for extensions that came later than others.
  const DocumentCursor* FindStored(AttributeId id) {
    if (next_stored_ > 0 && stored_[next_stored_ - 1].id() >= id) next_stored_ = 0;
    while (next_stored_ < stored_.size() && stored_[next_stored_].id() < id) ++next_stored_;
    if (next_stored_ == stored_.size() || stored_[next_stored_].id() != id) return nullptr;
    return &stored_[next_stored_++];
  }

  void AppendSchemas() {
    AppendJsonString(out_, type_.schema);
    for (const SchemaExtension& extension : type_.extensions) {
      const bool has_value =
          std::any_of(stored_.begin(), stored_.end(), [&](const DocumentCursor& entry) {
            return registry_.attribute(entry.id()).schema == extension.schema;
          });
      if (!has_value) continue;
      out_ += ',';
      AppendJsonString(out_, extension.schema);
    }
  }

  void AppendAttribute(const Attribute& attribute) {
    if (!selection_.Includes(attribute)) return;
    switch (attribute.role) {
      case AttributeRole::kStored:
        return AppendStored(attribute);
      case AttributeRole::kMemberships:
        return AppendMemberships(attribute);
      case AttributeRole::kReferenceSet:
      case AttributeRole::kCommon:
      case AttributeRole::kDerived:
        return;
    }
  }

  void AppendStored(const Attribute& attribute) {
    const DocumentCursor* entry = FindStored(attribute.id);
    if (entry == nullptr) return;
    const std::string completed = CompleteReference(attribute, *entry);
    DocumentCursor value = *entry;
    if (!completed.empty()) {
      value = DocumentCursor(completed);
      value.Next();
    }
    const std::size_t before = out_.size();
    const std::string_view extension = extension_;
    BeginMember(attribute);
    if (AppendSelected(ReadEncoded(value.encoded()))) return;
    out_.resize(before);
    extension_ = extension;
  }

  /// Everything between the braces of the resource, or of one of its extensions, is in schema
  /// order, so an extension's attributes come together.
  void BeginMember(const Attribute& attribute) {
    const bool is_extension = !attribute.schema.empty() && attribute.schema != type_.schema;
    const bool is_open = is_extension && extension_ == attribute.schema;
    if (!is_open) CloseExtension();
    out_ += ',';
    if (is_extension && !is_open) {
      extension_ = attribute.schema;
      AppendKey(out_, extension_);
      out_ += '{';
    }
    out_ += attribute.json_key;
  }

  void CloseExtension() {
    if (!extension_.empty()) out_ += '}';
    extension_ = {};
  }

  /// False, and half written, when the selection leaves nothing of the value.
  bool AppendSelected(const EncodedValue& value) {
    if (const auto* parts = std::get_if<DocumentCursor>(&value)) return AppendSelectedParts(*parts);
    const auto* list = std::get_if<ElementCursor>(&value);
    if (list == nullptr) {
      AppendValueJson(registry_, value, out_);
      return true;
    }
    char separator = '[';
    for (ElementCursor elements = *list; elements.Next();) {
      const std::size_t before = out_.size();
      out_ += separator;
      if (AppendSelected(ReadEncoded(elements.encoded()))) {
        separator = ',';
      } else {
        out_.resize(before);
      }
    }
    out_ += ']';
    return separator == ',';
  }

  bool AppendSelectedParts(DocumentCursor parts) {
    ObjectWriter object(out_);
    while (parts.Next()) {
      const Attribute& attribute = registry_.attribute(parts.id());
      if (!selection_.Includes(attribute)) continue;
      object.Key(attribute);
      AppendValueJson(registry_, ReadEncoded(parts.encoded()), out_);
    }
    return object.Close();
  }

  /// A reference to one resource (manager) with `$ref` where the client sent none, and with what
  /// the schema derives from the target, as a document of its own. Empty: nothing to complete; the
  /// target need not exist.
  std::string CompleteReference(const Attribute& attribute, const DocumentCursor& entry) const {
    const auto [id_part, ref, type_part, display, primary] = attribute.parts;
    if (!id_part || !ref || attribute.multi_valued) return {};
    Value value = entry.value();
    AttributeMap& parts = *value.AsComplex();
    const Value* text = parts.Find(*id_part);
    if (text == nullptr || text->AsString() == nullptr) return {};
    const auto id = ResourceId::Parse(*text->AsString());
    const auto target = id ? references_.Find(*id) : std::nullopt;
    if (!target) return {};
    if (parts.Find(*ref) == nullptr) {
      parts.Set(*ref, Value(LocationOf(target->type, target->id)));
    }
    for (const AttributeId sub : attribute.sub_attributes) {
      const bool is_derived = registry_.attribute(sub).role == AttributeRole::kDerived;
      if (is_derived && !target->display.empty()) parts.Set(sub, Value(target->display));
    }
    AttributeMap completed;
    completed.Set(attribute.id, std::move(value));
    return EncodeDocument(completed);
  }

  std::vector<SelectedPart> SelectParts(const Attribute& attribute) const {
    std::vector<SelectedPart> parts;
    for (const AttributeId sub : attribute.sub_attributes) {
      const Attribute& definition = registry_.attribute(sub);
      const auto part = ToReferencePart(definition.name);
      if (part && selection_.Includes(definition)) parts.push_back({*part, definition.name});
    }
    return parts;
  }

  /// True: there are more.
  bool AppendMembers(const Attribute& attribute, std::size_t bytes_max) {
    const auto parts = SelectParts(attribute);
    const auto visit = [&](const ReferencedResource& member) {
      AppendElement(attribute, parts, member, registry_.type(member.type).name, member_separator_);
      return out_.size() < bytes_max;
    };
    const auto next = references_.VisitMembers(resource_, next_member_, visit);
    next_member_ = next.value_or(0);
    if (next) return true;
    if (member_separator_ == ',') out_ += ']';
    return false;
  }

  void AppendMemberships(const Attribute& attribute) {
    // Most lists of users meet many that are in no group.
    std::optional<std::vector<SelectedPart>> parts;
    char separator = '[';
    const auto append = [&](const ReferencedResource& group, std::string_view type) {
      if (!parts) parts = SelectParts(attribute);
      AppendElement(attribute, *parts, group, type, separator);
    };
    references_.ForEachGroup(resource_,
                             [&](const ReferencedResource& group) { append(group, "direct"); });
    references_.ForEachIndirectGroup(
        resource_, [&](const ReferencedResource& group) { append(group, "indirect"); });
    if (separator == ',') out_ += ']';
  }

  /// Reference sets and memberships are in the base schema, so no extension is open here.
  void AppendElement(const Attribute& attribute, const std::vector<SelectedPart>& parts,
                     const ReferencedResource& target, std::string_view type, char& separator) {
    const std::size_t before = out_.size();
    if (separator == '[') BeginMember(attribute);
    out_ += separator;
    ObjectWriter object(out_);
    for (const auto& [part, name] : parts) AppendReferencePart(part, name, target, type, object);
    if (object.Close()) {
      separator = ',';
    } else {
      out_.resize(before);
    }
  }

  void AppendReferencePart(ReferencePart part, std::string_view name,
                           const ReferencedResource& target, std::string_view type,
                           ObjectWriter& object) {
    switch (part) {
      case ReferencePart::kValue:
        object.Key(name);
        AppendIdString(out_, target.id);
        return;
      case ReferencePart::kRef:
        return object.Member(name, LocationOf(target.type, target.id));
      case ReferencePart::kType:
        return object.Member(name, type);
      case ReferencePart::kDisplay:
        if (!target.display.empty()) object.Member(name, target.display);
        return;
    }
  }

  std::string LocationOf(ResourceTypeId type, const ResourceId& id) const {
    std::string location(base_url_);
    location += registry_.type(type).endpoint;
    location += '/';
    id.AppendTo(location);
    return location;
  }

  void AppendTime(std::string_view name, std::int64_t time_us, ObjectWriter& object) {
    object.Key(name);
    out_ += '"';
    AppendDateTime(time_us, out_);
    out_ += '"';
  }

  void AppendMeta() {
    const CommonAttributes& common = registry_.common();
    const auto is_selected = [&](AttributeId id) {
      return selection_.Includes(registry_.attribute(id));
    };
    if (!is_selected(common.meta)) return;
    const std::size_t before = out_.size();
    out_ += ",\"meta\":";
    ObjectWriter meta(out_);
    // Nothing of it but the type's name and the location needs a look for characters to escape.
    if (is_selected(common.meta_resource_type)) meta.Member("resourceType", type_.name);
    if (is_selected(common.meta_created)) AppendTime("created", resource_.created_us, meta);
    if (is_selected(common.meta_last_modified)) {
      AppendTime("lastModified", resource_.last_modified_us, meta);
    }
    if (is_selected(common.meta_location)) {
      meta.Member("location", LocationOf(resource_.type, resource_.id));
    }
    if (is_selected(common.meta_version)) meta.Member("version", FormatETag(resource_.version));
    if (!meta.Close()) out_.resize(before);
  }

  const SchemaRegistry& registry_;
  const ResourceType& type_;
  const Resource& resource_;
  const AttributeSelection& selection_;
  std::string_view base_url_;
  const References& references_;
  std::string out_;                     ///< the caller's, while a piece is written
  std::vector<DocumentCursor> stored_;  ///< each at its entry, in order of id
  std::size_t next_stored_ = 0;         ///< in `stored_`: where to look for the next one
  std::string_view extension_;          ///< URN of the extension object that is open
  std::size_t next_attribute_ = 0;      ///< in type_.attributes
  std::size_t next_member_ = 0;
  char member_separator_ = '[';
};

ResourceJsonWriter::ResourceJsonWriter(const SchemaRegistry& registry, const Resource& resource,
                                       const AttributeSelection& selection,
                                       std::string_view base_url, const References& references)
    : pieces_(std::make_unique<Pieces>(registry, resource, selection, base_url, references)) {}
ResourceJsonWriter::ResourceJsonWriter(ResourceJsonWriter&&) noexcept = default;
ResourceJsonWriter& ResourceJsonWriter::operator=(ResourceJsonWriter&&) noexcept = default;
ResourceJsonWriter::~ResourceJsonWriter() = default;

bool ResourceJsonWriter::AppendPiece(std::string& out, std::size_t bytes_max) {
  return pieces_->Append(out, bytes_max);
}

void AppendResourceJson(const SchemaRegistry& registry, const Resource& resource,
                        const AttributeSelection& selection, std::string_view base_url,
                        const References& references, std::string& out) {
  ResourceJsonWriter writer(registry, resource, selection, base_url, references);
  while (writer.AppendPiece(out, std::numeric_limits<std::size_t>::max())) {
  }
}

std::string FormatETag(std::uint64_t version) { return "W/\"" + std::to_string(version) + '"'; }

}  // namespace scimledger
