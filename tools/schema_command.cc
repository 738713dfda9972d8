#include "tools/schema_command.h"

#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr const char* kSchemas = "/admin/v1/schemas";

storage::Result<std::string> ReadAll(const std::filesystem::path& file) {
  if (file == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return storage::Fail(storage::ErrorCode::kInvalid,
                         fmt::format("cannot read {}", file.string()));
  }
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

void PrintDefinitions(simdjson::dom::element answer, const char* key, const char* what) {
  simdjson::dom::array list;
  if (answer[key].get(list) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element definition : list) {
    std::string_view type;
    std::string_view id;
    if (definition["type"].get(type) == simdjson::SUCCESS &&
        definition["id"].get(id) == simdjson::SUCCESS) {
      fmt::print("{} {} {}\n", what, type, id);
    }
  }
}

}  // namespace

ExitCode AddSchema(const ConnectionOptions& options, const std::filesystem::path& file) {
  auto text = ReadAll(file);
  if (!text) return Report(text.error());
  const auto response = Ask(options, "POST", kSchemas, *std::move(text));
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  if (!document) return Report(ExitCode::kIo, "the answer is not JSON");
  PrintDefinitions(document->root(), "added", "added");
  PrintDefinitions(document->root(), "unchanged", "unchanged");
  return ExitCode::kDone;
}

ExitCode ListSchemas(const ConnectionOptions& options, Format format) {
  const auto response = Ask(options, "GET", kSchemas);
  if (!response) return response.error();
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array list;
  if (!document || document->root()["Resources"].get(list) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a list of schemas");
  }
  const std::vector<std::string> header{"SCHEMA", "NAME", "ATTRIBUTES"};
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element schema : list) {
    if (format == Format::kJsonLines) fmt::print("{}\n", simdjson::minify(schema));
    std::string_view id;
    std::string_view name;
    simdjson::dom::array attributes;
    if (schema["id"].get(id) != simdjson::SUCCESS) continue;
    if (schema["name"].get(name) != simdjson::SUCCESS) name = "";
    const bool has_attributes = schema["attributes"].get(attributes) == simdjson::SUCCESS;
    rows.push_back({std::string(id), std::string(name),
                    std::to_string(has_attributes ? attributes.size() : 0)});
  }
  if (format == Format::kTable) fmt::print("{}", RenderTable(header, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(header, rows));
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
