#include "engine/document.h"

#include <bit>
#include <cstdint>

#include "storage/result.h"

// map     = *entry                        ascending ids
// entry   = varint(id) block
// block   = varint(length) value
// value   = tag payload                   the payload ends with its block
// payload = nothing | zigzag varint | 8 bytes, little endian | text | map | *block
namespace scimledger {
namespace {

constexpr std::size_t kDocumentBytesUsual = 1024;

enum class Tag : std::uint8_t {
  kNone = 0,
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,
  kDecimal = 4,
  kString = 5,
  kComplex = 6,
  kList = 7,
};

void AppendVarint(std::string& out, std::uint64_t number) {
  while (number >= 0x80U) {
    out.push_back(static_cast<char>((number & 0x7FU) | 0x80U));
    number >>= 7U;
  }
  out.push_back(static_cast<char>(number));
}

void AppendTag(std::string& out, Tag tag) { out.push_back(static_cast<char>(tag)); }

void AppendDecimal(std::string& out, double number) {
  // The zeros compare equal, so they must encode equal.
  auto bits = std::bit_cast<std::uint64_t>(number == 0.0 ? 0.0 : number);
  for (int byte = 0; byte < 8; ++byte, bits >>= 8U) out.push_back(static_cast<char>(bits & 0xFFU));
}

void AppendMap(std::string& out, const AttributeMap& map);
void AppendBlock(std::string& out, const Value& value);

struct ValueEncoder {
  std::string& out;

  void operator()(std::monostate) const { AppendTag(out, Tag::kNone); }
  void operator()(bool value) const { AppendTag(out, value ? Tag::kTrue : Tag::kFalse); }
  void operator()(std::int64_t value) const {
    AppendTag(out, Tag::kInteger);
    const auto bits = static_cast<std::uint64_t>(value);
    AppendVarint(out, (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void operator()(double value) const {
    AppendTag(out, Tag::kDecimal);
    AppendDecimal(out, value);
  }
  void operator()(const std::string& value) const {
    AppendTag(out, Tag::kString);
    out.append(value);
  }
  void operator()(const AttributeMap& value) const {
    AppendTag(out, Tag::kComplex);
    AppendMap(out, value);
  }
  void operator()(const ValueList& value) const {
    AppendTag(out, Tag::kList);
    for (const Value& element : value) AppendBlock(out, element);
  }
};

/// Writes the length of a block whose value begins after the byte at `at`, which was set aside for
/// it: most values are short, and only long ones are moved.
void EndBlock(std::string& out, std::size_t at) {
  const std::size_t length = out.size() - at - 1;
  if (length < 0x80U) {
    out[at] = static_cast<char>(length);
    return;
  }
  std::string prefix;
  AppendVarint(prefix, length);
  out.replace(at, 1, prefix);
}

void AppendBlock(std::string& out, const Value& value) {
  const std::size_t at = out.size();
  out.push_back('\0');
  std::visit(ValueEncoder{out}, value.variant());
  EndBlock(out, at);
}

void AppendMap(std::string& out, const AttributeMap& map) {
  for (const auto& [id, value] : map) {
    if (value.IsUnassigned()) continue;
    AppendVarint(out, static_cast<std::uint64_t>(id));
    AppendBlock(out, value);
  }
}

std::uint64_t TakeLongVarint(std::string_view& rest) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    SCIMLEDGER_INVARIANT(!rest.empty(), "document: a number is cut off");
    const auto byte = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return number;
  }
  SCIMLEDGER_INVARIANT(false, "document: a number has more than 64 bits");
}

/// Most ids and lengths are one byte.
std::uint64_t TakeVarint(std::string_view& rest) {
  if (rest.empty() || static_cast<std::uint8_t>(rest.front()) >= 0x80U) return TakeLongVarint(rest);
  const auto number = static_cast<std::uint8_t>(rest.front());
  rest.remove_prefix(1);
  return number;
}

AttributeId TakeId(std::string_view& rest) {
  const std::uint64_t id = TakeVarint(rest);
  SCIMLEDGER_INVARIANT(id <= 0xFFFFU, "document: an attribute id is too large");
  return static_cast<AttributeId>(id);
}

std::string_view TakeBlock(std::string_view& rest) {
  const std::uint64_t length = TakeVarint(rest);
  SCIMLEDGER_INVARIANT(length != 0 && length <= rest.size(), "document: a value is cut off");
  const std::string_view block = rest.substr(0, length);
  rest.remove_prefix(length);
  return block;
}

std::int64_t DecodeInteger(std::string_view payload) {
  const std::uint64_t bits = TakeVarint(payload);
  SCIMLEDGER_INVARIANT(payload.empty(), "document: bytes follow an integer");
  return static_cast<std::int64_t>((bits >> 1U) ^ (~(bits & 1U) + 1));
}

double DecodeDecimal(std::string_view payload) {
  SCIMLEDGER_INVARIANT(payload.size() == 8, "document: a decimal has not 8 bytes");
  std::uint64_t bits = 0;
  for (std::size_t byte = 8; byte-- > 0;) {
    bits = (bits << 8U) | static_cast<std::uint8_t>(payload[byte]);
  }
  return std::bit_cast<double>(bits);
}

// A resource nests four deep (list, complex, list, simple); more means damage, and must not eat
// stack.
constexpr int kNestingMax = 8;

Value DecodeValue(std::string_view encoded, int depth);

AttributeMap DecodeMap(std::string_view rest, int depth) {
  AttributeMap map;
  while (!rest.empty()) {
    const AttributeId id = TakeId(rest);
    map.Set(id, DecodeValue(TakeBlock(rest), depth));
  }
  return map;
}

ValueList DecodeList(std::string_view rest, int depth) {
  ValueList list;
  while (!rest.empty()) list.push_back(DecodeValue(TakeBlock(rest), depth));
  return list;
}

Value DecodeValue(std::string_view encoded, int depth) {
  SCIMLEDGER_INVARIANT(depth <= kNestingMax, "document: values are nested too deeply");
  const std::string_view payload = encoded.substr(1);
  switch (static_cast<Tag>(encoded.front())) {
    case Tag::kNone:
      return Value();
    case Tag::kFalse:
      return Value(false);
    case Tag::kTrue:
      return Value(true);
    case Tag::kInteger:
      return Value(DecodeInteger(payload));
    case Tag::kDecimal:
      return Value(DecodeDecimal(payload));
    case Tag::kString:
      return Value(std::string(payload));
    case Tag::kComplex:
      return Value(DecodeMap(payload, depth + 1));
    case Tag::kList:
      return Value(DecodeList(payload, depth + 1));
  }
  SCIMLEDGER_INVARIANT(false, "document: a value has an unknown tag");
}

}  // namespace

std::string EncodeDocument(const AttributeMap& attributes) {
  std::string document;
  document.reserve(kDocumentBytesUsual);
  AppendMap(document, attributes);
  // Rows live as long as their resources do.
  document.shrink_to_fit();
  return document;
}

DocumentBuilder::DocumentBuilder() { document_.reserve(kDocumentBytesUsual); }

void DocumentBuilder::BeginEntry(AttributeId id) {
  AppendVarint(document_, static_cast<std::uint64_t>(id));
  BeginElement();
}

void DocumentBuilder::BeginElement() {
  open_.push_back(document_.size());
  document_.push_back('\0');
}

void DocumentBuilder::Null() { AppendTag(document_, Tag::kNone); }
void DocumentBuilder::Boolean(bool value) { ValueEncoder{document_}(value); }
void DocumentBuilder::Integer(std::int64_t value) { ValueEncoder{document_}(value); }
void DocumentBuilder::Decimal(double value) { ValueEncoder{document_}(value); }
void DocumentBuilder::Text(std::string_view value) {
  AppendTag(document_, Tag::kString);
  document_.append(value);
}
void DocumentBuilder::Complex() { AppendTag(document_, Tag::kComplex); }
void DocumentBuilder::List() { AppendTag(document_, Tag::kList); }

void DocumentBuilder::End() {
  EndBlock(document_, open_.back());
  open_.pop_back();
}

std::string DocumentBuilder::Take() { return std::move(document_); }

AttributeMap DecodeDocument(std::string_view document) { return DecodeMap(document, 0); }

std::optional<Value> FindInDocument(std::string_view document, AttributeId id) {
  DocumentCursor cursor(document);
  while (cursor.Next()) {
    if (cursor.id() == id) return cursor.value();
    if (cursor.id() > id) break;
  }
  return std::nullopt;
}

bool DocumentCursor::Next() {
  if (rest_.empty()) return false;
  id_ = TakeId(rest_);
  encoded_ = TakeBlock(rest_);
  return true;
}

Value DocumentCursor::value() const { return DecodeValue(encoded_, 0); }

bool ElementCursor::Next() {
  if (rest_.empty()) return false;
  encoded_ = TakeBlock(rest_);
  return true;
}

EncodedValue ReadEncoded(std::string_view encoded) {
  const std::string_view payload = encoded.substr(1);
  switch (static_cast<Tag>(encoded.front())) {
    case Tag::kNone:
      return std::monostate();
    case Tag::kFalse:
      return false;
    case Tag::kTrue:
      return true;
    case Tag::kInteger:
      return DecodeInteger(payload);
    case Tag::kDecimal:
      return DecodeDecimal(payload);
    case Tag::kString:
      return payload;
    case Tag::kComplex:
      return DocumentCursor(payload);
    case Tag::kList:
      return ElementCursor(payload);
  }
  SCIMLEDGER_INVARIANT(false, "document: a value has an unknown tag");
}

}  // namespace scimledger
