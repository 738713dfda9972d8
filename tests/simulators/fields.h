#pragma once

#include <map>
#include <string>
#include <string_view>

namespace scimledger::simulators {

/// What the `{names}` of a step stand for. A name that was never set is a mistake in the data; one
/// set to an empty text is known and has no value.
class Fields {
 public:
  struct Field {
    std::string text;      ///< JSON if `is_json`
    bool is_json = false;  ///< stands for a value of any type
  };

  Fields& Text(std::string name, std::string text);
  Fields& Json(std::string name, std::string json);
  /// Throws std::runtime_error if the name was never set.
  const Field& Get(const std::string& name) const;

 private:
  std::map<std::string, Field> fields_;
};

/// Fills in a target: values are escaped as in a filter's string, and percent-encoded.
std::string FillTarget(std::string_view text, const Fields& fields);

/// Fills in JSON. A string that is one `{name}` becomes that field's value; other strings get its
/// text. What has no value is left out, and so is an object or array that had places and no value
/// for any of them.
std::string FillJson(std::string_view json, const Fields& fields);

/// `text` as a JSON string.
std::string Quote(std::string_view text);

}  // namespace scimledger::simulators
