#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/value.h"

namespace scimledger {

/// A resource's stored attributes as compact bytes: entries in order of attribute id, each the id
/// and a tagged value. Equal maps give equal bytes. In memory and in snapshots only; never in the
/// log.
std::string EncodeDocument(const AttributeMap& attributes);

/// Builds a document entry by entry, without a map.
class DocumentBuilder {
 public:
  /// In ascending order of id. An unassigned value is left out.
  void Add(AttributeId id, const Value& value);
  /// Adds the complex value `id` of parts that Add is given until EndParts; not nested.
  void BeginParts(AttributeId id);
  void EndParts();
  std::string Take();

 private:
  std::string document_;
  std::size_t before_parts_ = 0;
  std::size_t parts_length_ = 0;  ///< where the length of the open complex value goes
};

/// The inverse. `document` must come from EncodeDocument (or from a snapshot whose checksum
/// matched).
AttributeMap DecodeDocument(std::string_view document);

/// One top-level attribute without decoding the others; nullopt: it has no value.
std::optional<Value> FindInDocument(std::string_view document, AttributeId id);

/// Walks the top-level entries in order of id without building values.
class DocumentCursor {
 public:
  explicit DocumentCursor(std::string_view document) : rest_(document) {}
  /// False at the end.
  bool Next();
  AttributeId id() const { return id_; }
  Value value() const;
  /// The value as it is encoded; ReadEncoded looks into it.
  std::string_view encoded() const { return encoded_; }

 private:
  std::string_view rest_;
  AttributeId id_{};
  std::string_view encoded_;
};

/// Walks the elements of an encoded list.
class ElementCursor {
 public:
  explicit ElementCursor(std::string_view elements) : rest_(elements) {}
  /// False at the end.
  bool Next();
  std::string_view encoded() const { return encoded_; }

 private:
  std::string_view rest_;
  std::string_view encoded_;
};

/// One encoded value where it lies, for who needs to go through it once, as the JSON writer does:
/// simple values themselves, complex ones as their parts, lists as their elements. Valid as long as
/// the document.
using EncodedValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view,
                                  DocumentCursor, ElementCursor>;
EncodedValue ReadEncoded(std::string_view encoded);

}  // namespace scimledger
