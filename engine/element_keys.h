#pragma once

#include <string>

#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// Which elements of a multi-valued attribute stand for the same value, so that an attribute holds
/// each once, however it was written (RFC 7643 §2.4: the same type and value should not be returned
/// more than once).
class ElementKeys {
 public:
  /// Both must outlive it.
  ElementKeys(const SchemaRegistry& registry, const Attribute& attribute)
      : registry_(registry), attribute_(attribute) {}

  /// Equal for elements of equal type and value, in comparison form; without a value part, for
  /// elements that hold the same in all parts.
  std::string Of(const Value& element) const;
  /// Comparison form of a simple value: of a part, or of the attribute itself.
  std::string OfSimple(AttributeId id, const Value& value) const;
  /// Adds to `element` what `repeated`, of the same key, has beyond it: parts it lacks, and being
  /// primary. What both have stays as it was.
  void Merge(Value& element, const Value& repeated) const;

 private:
  const SchemaRegistry& registry_;
  const Attribute& attribute_;
};

}  // namespace scimledger
