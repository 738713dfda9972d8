#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/json.h"

namespace scimledger::tools {

/// Writes one JSON object, member by member; what is empty is left out.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view text) {
    if (text.empty()) return *this;
    Key(name);
    AppendJsonString(json_, text);
    return *this;
  }
  JsonObject& Number(std::string_view name, std::int64_t number) {
    Key(name);
    AppendJsonInteger(json_, number);
    return *this;
  }
  /// `json`: any value, as it is to stand there.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    if (json.empty()) return *this;
    Key(name);
    json_ += json;
    return *this;
  }
  /// An object without members is left out.
  JsonObject& Object(std::string_view name, JsonObject object) {
    return object.IsEmpty() ? *this : Raw(name, object.Take());
  }
  bool IsEmpty() const { return json_.size() == 1; }
  std::string Take() { return std::exchange(json_, "{") + '}'; }

 private:
  void Key(std::string_view name) {
    if (!IsEmpty()) json_ += ',';
    AppendJsonString(json_, name);
    json_ += ':';
  }

  std::string json_ = "{";
};

/// Writes one JSON array of values.
class JsonArray {
 public:
  JsonArray& Add(std::string_view json) {
    if (json_.size() > 1) json_ += ',';
    json_ += json;
    return *this;
  }
  JsonArray& AddText(std::string_view text) {
    std::string json;
    AppendJsonString(json, text);
    return Add(json);
  }
  bool IsEmpty() const { return json_.size() == 1; }
  std::string Take() { return std::exchange(json_, "[") + ']'; }

 private:
  std::string json_ = "[";
};

}  // namespace scimledger::tools
