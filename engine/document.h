#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/value.h"

namespace scimledger {

/// A resource's stored attributes as compact bytes: entries in order of attribute id, each the id
/// and a tagged value. Equal maps give equal bytes. In memory and in snapshots only; never in the
/// log.
std::string EncodeDocument(const AttributeMap& attributes);

/// Builds a document entry by entry, without a map. An entry, and an element of a list, is a block
/// that is begun, given one value, and ended; entries and parts come in ascending order of id.
class DocumentBuilder {
 public:
  DocumentBuilder();

  void BeginEntry(AttributeId id);
  void BeginElement();
  void Null();
  void Boolean(bool value);
  void Integer(std::int64_t value);
  void Decimal(double value);
  void Text(std::string_view value);
  /// The entries of its parts follow.
  void Complex();
  /// Its elements follow.
  void List();
  void End();

  std::string Take();

 private:
  std::string document_;
  std::vector<std::size_t> open_;  ///< where the lengths of the open blocks go
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
