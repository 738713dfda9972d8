#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/value.h"

namespace scimledger {

/// A resource's stored attributes as compact bytes: entries in order of attribute id, each the id
/// and a tagged value. Equal maps give equal bytes. In memory and in snapshots only; never in the
/// log.
std::string EncodeDocument(const AttributeMap& attributes);

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
  /// The encoded value: for ValueCursor-style readers such as the JSON writer.
  std::string_view encoded() const { return encoded_; }

 private:
  std::string_view rest_;
  AttributeId id_{};
  std::string_view encoded_;
};

}  // namespace scimledger
