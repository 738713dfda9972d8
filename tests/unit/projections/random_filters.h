#pragma once

#include <fmt/format.h>

#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document.h"
#include "engine/text.h"
#include "projections/query.h"
#include "projections/view_reader.h"

namespace scimledger::projections {

/// Random filters about any attribute of a resource type, with operands taken from its rows in
/// other spellings: letter case, parts of texts, instants with offsets, numbers beside those that
/// are there. Not all of them can be bound.
class RandomFilters {
 public:
  explicit RandomFilters(std::uint64_t seed) : random_(seed) {}

  std::string Next(const DirectoryView& view, const ResourceType& type, int depth) {
    const std::uint64_t dice = Below(10);
    if (depth == 0 || dice < 3) return Term(view, type);
    if (dice == 3) return fmt::format("not ({})", Next(view, type, depth - 1));
    std::string text = Next(view, type, depth - 1);
    for (std::uint64_t more = 1 + Below(3); more > 0; --more) {
      text += fmt::format(" {} ({})", dice < 7 ? "and" : "or", Next(view, type, depth - 1));
    }
    return '(' + text + ')';
  }

  /// A path of the type as clients write it.
  std::string Path(const SchemaRegistry& registry, const ResourceType& type) {
    const Attribute* attribute = Pick(registry, type.attributes);
    if (attribute->type == AttributeType::kComplex && Below(6) != 0) {
      attribute = Pick(registry, attribute->sub_attributes);
    }
    return attribute->path;
  }

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

 private:
  const Attribute* Pick(const SchemaRegistry& registry, const std::vector<AttributeId>& ids) {
    return &registry.attribute(ids[Below(ids.size())]);
  }

  std::string Term(const DirectoryView& view, const ResourceType& type) {
    const SchemaRegistry& registry = *view.registry();
    const Attribute& attribute = *Pick(registry, type.attributes);
    if (Below(5) == 0) return Path(registry, type) + " pr";
    if (Below(12) == 0) return Path(registry, type) + (Below(2) == 0 ? " eq null" : " ne null");
    if (attribute.type != AttributeType::kComplex) return Comparison(view, type, attribute);
    const Attribute& part = *Pick(registry, attribute.sub_attributes);
    if (Below(2) == 0) return Comparison(view, type, part);
    return fmt::format("{}[{}]", attribute.path, ElementFilter(view, type, attribute, 1));
  }

  std::string ElementFilter(const DirectoryView& view, const ResourceType& type,
                            const Attribute& attribute, int depth) {
    const Attribute& part = *Pick(*view.registry(), attribute.sub_attributes);
    const auto inner = [&] { return ElementFilter(view, type, attribute, depth - 1); };
    if (depth > 0 && Below(2) == 0) {
      return fmt::format("{} {} {}", inner(), Below(2) == 0 ? "and" : "or", inner());
    }
    if (depth > 0 && Below(5) == 0) return fmt::format("not ({})", inner());
    if (Below(6) == 0) return part.name + " pr";
    return part.name + Comparison(view, type, part).substr(part.path.size());
  }

  std::string Comparison(const DirectoryView& view, const ResourceType& type,
                         const Attribute& attribute) {
    static constexpr std::string_view kOperators[] = {"eq", "ne", "co", "sw", "ew",
                                                      "gt", "ge", "lt", "le"};
    std::string_view op = kOperators[Below(std::size(kOperators))];
    const bool is_text =
        attribute.type == AttributeType::kString || attribute.type == AttributeType::kReference;
    if (!is_text && (op == "co" || op == "sw" || op == "ew")) op = "ge";
    const bool is_ordered =
        attribute.type != AttributeType::kBoolean && attribute.type != AttributeType::kBinary;
    if (!is_ordered && op != "eq") op = "ne";
    return fmt::format("{} {} {}", attribute.path, op, Operand(view, type, attribute));
  }

  std::string Operand(const DirectoryView& view, const ResourceType& type,
                      const Attribute& attribute) {
    switch (attribute.type) {
      case AttributeType::kBoolean:
        return Below(2) == 0 ? "true" : "false";
      case AttributeType::kInteger:
      case AttributeType::kDecimal:
        return Below(2) == 0 ? fmt::format("{}", Below(5)) : fmt::format("{}.5", Below(5));
      default:
        break;
    }
    const Value value = AnyValue(view, type, attribute);
    const std::string text = value.AsString() != nullptr ? *value.AsString() : "none";
    return Quoted(attribute.type == AttributeType::kDateTime ? OtherOffset(text) : Variant(text));
  }

  /// A value of the attribute in some row.
  Value AnyValue(const DirectoryView& view, const ResourceType& type, const Attribute& attribute) {
    const std::size_t count = view.resource_count(type.id);
    if (count == 0) return Value();
    ViewReader reader(view, type.id, "http://h/v2");
    std::vector<Value> values;
    int rows = 0;
    view.ForEachResourceFrom(type.id, Below(count), [&](const ResourcePtr& row) {
      reader.Show(*row);
      const auto value = reader.Get(attribute.parent.value_or(attribute.id));
      if (value) Collect(*value, attribute, values);
      return values.empty() && ++rows < 20;
    });
    return values.empty() ? Value() : values[Below(values.size())];
  }

  void Collect(const Value& value, const Attribute& attribute, std::vector<Value>& values) {
    if (const ValueList* list = value.AsList()) {
      for (const Value& element : *list) Collect(element, attribute, values);
    } else if (const AttributeMap* parts = value.AsComplex()) {
      if (const Value* part = parts->Find(attribute.id)) Collect(*part, attribute, values);
    } else {
      values.push_back(value);
    }
  }

  std::string Variant(std::string text) {
    switch (Below(6)) {
      case 0:
        for (char& c : text) {
          c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        return text;
      case 1:
        return FoldCase(text);
      case 2:
        return Cut(text, Below(3), text.size());
      case 3:
        return Cut(text, 0, 1 + Below(3));
      case 4:
        return Below(4) == 0 ? "" : Cut(text, text.size() / 2, 1 + Below(2));
      default:
        return text;
    }
  }

  /// Bytes of the text, never half a character.
  static std::string Cut(const std::string& text, std::size_t begin, std::size_t count) {
    const auto is_inside = [&](std::size_t at) {
      return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    begin = std::min(begin, text.size());
    while (is_inside(begin)) ++begin;
    std::size_t end = std::min(text.size(), begin + count);
    while (is_inside(end)) ++end;
    return text.substr(begin, end - begin);
  }

  std::string OtherOffset(const std::string& text) {
    const auto instant = ParseDateTime(text);
    if (!instant) return "2026-11-24T12:00:00+02:00";
    const auto hours = static_cast<std::int64_t>(Below(5));
    std::string shifted = FormatDateTime(*instant + hours * 3'600'000'000);
    shifted.back() = '+';
    return fmt::format("{}{:02}:00", shifted, hours);
  }

  static std::string Quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return quoted + '"';
  }

  std::mt19937_64 random_;
};

}  // namespace scimledger::projections
