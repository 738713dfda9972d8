#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/schema.h"

namespace scimledger {

class Value;

/// Attribute values by id, sorted by id: a whole resource, or one complex value. An attribute
/// without a value is absent; null and [] are never stored (RFC 7643 §2.5: they mean "no value").
class AttributeMap {
 public:
  using Entry = std::pair<AttributeId, Value>;

  const Value* Find(AttributeId id) const;
  Value* Find(AttributeId id);
  /// Sets or replaces. An unassigned value (Value::IsUnassigned) erases.
  void Set(AttributeId id, Value value);
  bool Erase(AttributeId id);
  /// Makes room for so many entries.
  void Reserve(std::size_t count);

  bool empty() const;
  std::size_t size() const;
  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;
  std::vector<Entry>::iterator begin();
  std::vector<Entry>::iterator end();

  friend bool operator==(const AttributeMap&, const AttributeMap&);

 private:
  std::vector<Entry> entries_;
};

using ValueList = std::vector<Value>;

/// One typed attribute value as it was sent (strings keep case and form; dateTime, binary and
/// reference are strings too). Its alternative fits the attribute's type: the JSON edge checked it.
class Value {
 public:
  using Variant = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                               AttributeMap, ValueList>;

  Value() = default;
  explicit Value(bool value) : variant_(value) {}
  explicit Value(std::int64_t value) : variant_(value) {}
  explicit Value(double value) : variant_(value) {}
  explicit Value(std::string value) : variant_(std::move(value)) {}
  explicit Value(const char*) = delete;
  explicit Value(AttributeMap value) : variant_(std::move(value)) {}
  explicit Value(ValueList value) : variant_(std::move(value)) {}

  /// No value: nothing, an empty list, or a complex value whose parts are all unassigned.
  bool IsUnassigned() const;

  const bool* AsBool() const { return std::get_if<bool>(&variant_); }
  const std::int64_t* AsInteger() const { return std::get_if<std::int64_t>(&variant_); }
  const double* AsDecimal() const { return std::get_if<double>(&variant_); }
  const std::string* AsString() const { return std::get_if<std::string>(&variant_); }
  const AttributeMap* AsComplex() const { return std::get_if<AttributeMap>(&variant_); }
  AttributeMap* AsComplex() { return std::get_if<AttributeMap>(&variant_); }
  const ValueList* AsList() const { return std::get_if<ValueList>(&variant_); }
  ValueList* AsList() { return std::get_if<ValueList>(&variant_); }
  const Variant& variant() const { return variant_; }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  Variant variant_;
};

}  // namespace scimledger
