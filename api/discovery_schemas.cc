#include "api/discovery_schemas.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kProvider =
    R"json({"name": "Service Provider Configuration", "description": "What the service supports.",
 "attributes": [
  {"name": "documentationUri", "type": "reference",
   "description": "Where people read about the service.", "referenceTypes": ["external"]},
  {"name": "patch", "type": "complex", "description": "PATCH.", "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean", "description": "Whether PATCH is supported.",
     "required": true}]},
  {"name": "bulk", "type": "complex", "description": "Bulk operations.", "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean", "description": "Whether Bulk is supported.",
     "required": true},
    {"name": "maxOperations", "type": "integer",
     "description": "Most operations in one request.", "required": true},
    {"name": "maxPayloadSize", "type": "integer", "description": "Most bytes in one request.",
     "required": true}]},
  {"name": "filter", "type": "complex", "description": "Filters.", "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean", "description": "Whether filter is supported.",
     "required": true},
    {"name": "maxResults", "type": "integer", "description": "Most resources on one page.",
     "required": true}]},
  {"name": "changePassword", "type": "complex", "description": "Changing passwords.",
   "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean",
     "description": "Whether changing passwords is supported.", "required": true}]},
  {"name": "sort", "type": "complex", "description": "Sorting.", "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean", "description": "Whether sorting is supported.",
     "required": true}]},
  {"name": "etag", "type": "complex", "description": "Entity tags.", "required": true,
   "subAttributes": [
    {"name": "supported", "type": "boolean", "description": "Whether ETag is supported.",
     "required": true}]},
  {"name": "pagination", "type": "complex", "description": "Paging of lists (RFC 9865).",
   "subAttributes": [
    {"name": "cursor", "type": "boolean",
     "description": "Whether pages by cursor are supported.", "required": true},
    {"name": "index", "type": "boolean",
     "description": "Whether pages by index are supported.", "required": true},
    {"name": "defaultPaginationMethod",
     "description": "How a list is paged that does not say.",
     "canonicalValues": ["cursor", "index"]},
    {"name": "defaultPageSize", "type": "integer",
     "description": "Resources on a page that does not say."},
    {"name": "maxPageSize", "type": "integer", "description": "Most resources on one page."},
    {"name": "cursorTimeout", "type": "integer",
     "description": "Seconds that a cursor is good for."}]},
  {"name": "authenticationSchemes", "type": "complex",
   "description": "How clients authenticate.", "multiValued": true, "required": true,
   "subAttributes": [
    {"name": "type", "description": "Kind of the scheme.", "required": true,
     "canonicalValues": ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"]},
    {"name": "name", "description": "Name of the scheme.", "required": true},
    {"name": "description", "description": "What the scheme does.", "required": true},
    {"name": "specUri", "type": "reference", "description": "Where the scheme is specified.",
     "referenceTypes": ["external"]},
    {"name": "documentationUri", "type": "reference",
     "description": "Where people read about the scheme.", "referenceTypes": ["external"]},
    {"name": "primary", "type": "boolean",
     "description": "True for the preferred scheme."}]}]})json";

constexpr std::string_view kResourceType =
    R"json({"name": "ResourceType", "description": "A type of resource and its endpoint.",
 "attributes": [
  {"name": "name", "description": "Name of the resource type.", "required": true},
  {"name": "description", "description": "What the resources are."},
  {"name": "endpoint", "type": "reference",
   "description": "Path of the endpoint under the base URL.", "referenceTypes": ["uri"],
   "required": true},
  {"name": "schema", "type": "reference", "description": "URN of the base schema.",
   "referenceTypes": ["uri"], "required": true, "caseExact": true},
  {"name": "schemaExtensions", "type": "complex",
   "description": "Extensions of the base schema.", "multiValued": true,
   "subAttributes": [
    {"name": "schema", "type": "reference", "description": "URN of the extension.",
     "referenceTypes": ["uri"], "required": true, "caseExact": true},
    {"name": "required", "type": "boolean",
     "description": "Whether each resource has the extension.", "required": true}]}]})json";

constexpr std::string_view kSchema =
    R"json({"name": "Schema", "description": "A schema of resources.",
 "attributes": [
  {"name": "id", "description": "URN of the schema.", "required": true, "caseExact": true},
  {"name": "name", "description": "Name of the schema.", "required": true},
  {"name": "description", "description": "What the schema describes."},
  {"name": "attributes", "type": "complex", "description": "Attributes of the schema.",
   "multiValued": true, "required": true,
   "subAttributes": [
    {"name": "name", "description": "Name of the attribute.", "required": true,
     "caseExact": true},
    {"name": "type", "description": "Data type.", "required": true,
     "canonicalValues": ["string", "boolean", "decimal", "integer", "dateTime", "binary",
                         "reference", "complex"]},
    {"name": "multiValued", "type": "boolean", "description": "Whether it has several values.",
     "required": true},
    {"name": "description", "description": "What it is for."},
    {"name": "required", "type": "boolean", "description": "Whether it must have a value."},
    {"name": "canonicalValues", "description": "Values that are suggested.",
     "multiValued": true, "caseExact": true},
    {"name": "caseExact", "type": "boolean", "description": "Whether letter case counts."},
    {"name": "mutability", "description": "Who changes it, and when.", "caseExact": true,
     "canonicalValues": ["readOnly", "readWrite", "immutable", "writeOnly"]},
    {"name": "returned", "description": "When it is shown.", "caseExact": true,
     "canonicalValues": ["always", "never", "default", "request"]},
    {"name": "uniqueness", "description": "Among which resources it is unique.",
     "caseExact": true, "canonicalValues": ["none", "server", "global"]},
    {"name": "referenceTypes", "description": "What a reference may point to.",
     "multiValued": true, "caseExact": true},
    {"name": "subAttributes", "type": "complex",
     "description": "Parts of a complex attribute.", "multiValued": true,
     "subAttributes": [
      {"name": "name", "description": "Name of the attribute.", "required": true,
       "caseExact": true},
      {"name": "type", "description": "Data type.", "required": true,
       "canonicalValues": ["string", "boolean", "decimal", "integer", "dateTime", "binary",
                           "reference", "complex"]},
      {"name": "multiValued", "type": "boolean",
       "description": "Whether it has several values.", "required": true},
      {"name": "description", "description": "What it is for."},
      {"name": "required", "type": "boolean", "description": "Whether it must have a value."},
      {"name": "canonicalValues", "description": "Values that are suggested.",
       "multiValued": true, "caseExact": true},
      {"name": "caseExact", "type": "boolean", "description": "Whether letter case counts."},
      {"name": "mutability", "description": "Who changes it, and when.", "caseExact": true,
       "canonicalValues": ["readOnly", "readWrite", "immutable", "writeOnly"]},
      {"name": "returned", "description": "When it is shown.", "caseExact": true,
       "canonicalValues": ["always", "never", "default", "request"]},
      {"name": "uniqueness", "description": "Among which resources it is unique.",
       "caseExact": true, "canonicalValues": ["none", "server", "global"]},
      {"name": "referenceTypes", "description": "What a reference may point to.",
       "multiValued": true, "caseExact": true}]}]}]})json";

constexpr std::array<DiscoverySchema, 3> kSchemas = {
    {{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", kProvider},
     {"urn:ietf:params:scim:schemas:core:2.0:ResourceType", kResourceType},
     {"urn:ietf:params:scim:schemas:core:2.0:Schema", kSchema}}};

using simdjson::dom::element;

element Member(element object, std::string_view name) {
  element value;
  SCIMLEDGER_INVARIANT(object[name].get(value) == simdjson::SUCCESS, "a built-in schema lacks it");
  return value;
}

void AppendAttributes(element list, std::string& out);

/// In the order of AppendSchemaJson; the texts above leave out what is as here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kCharacteristics = {
    {{"name", ""},
     {"type", R"("string")"},
     {"multiValued", "false"},
     {"description", ""},
     {"required", "false"},
     {"canonicalValues", ""},
     {"caseExact", "false"},
     {"mutability", R"("readOnly")"},
     {"returned", R"("default")"},
     {"uniqueness", R"("none")"}}};

void AppendMember(std::string_view name, std::string_view json, std::string& out) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
  out += json;
}

void AppendAttribute(element attribute, std::string& out) {
  out += '{';
  for (const auto& [name, otherwise] : kCharacteristics) {
    element value;
    const bool is_said = attribute[name].get(value) == simdjson::SUCCESS;
    if (is_said || !otherwise.empty()) {
      AppendMember(name, is_said ? simdjson::minify(value) : std::string(otherwise), out);
    }
  }
  element types;
  if (attribute["referenceTypes"].get(types) == simdjson::SUCCESS) {
    AppendMember("referenceTypes", simdjson::minify(types), out);
  }
  element parts;
  if (attribute["subAttributes"].get(parts) == simdjson::SUCCESS) {
    AppendMember("subAttributes", "", out);
    AppendAttributes(parts, out);
  }
  out += '}';
}

void AppendAttributes(element list, std::string& out) {
  simdjson::dom::array attributes;
  SCIMLEDGER_INVARIANT(list.get(attributes) == simdjson::SUCCESS, "a built-in schema is no list");
  out += '[';
  for (const element attribute : attributes) {
    if (out.back() != '[') out += ',';
    AppendAttribute(attribute, out);
  }
  out += ']';
}

}  // namespace

std::span<const DiscoverySchema> DiscoverySchemas() { return kSchemas; }

const DiscoverySchema* FindDiscoverySchema(std::string_view urn) {
  const auto found = std::find_if(
      kSchemas.begin(), kSchemas.end(),
      [&](const DiscoverySchema& schema) { return EqualsIgnoreAsciiCase(schema.id, urn); });
  return found == kSchemas.end() ? nullptr : &*found;
}

void AppendDiscoverySchemaJson(const DiscoverySchema& schema, std::string_view base_url,
                               std::string& out) {
  const auto document = JsonDocument::Parse(schema.json);
  SCIMLEDGER_INVARIANT(document.has_value(), "a built-in schema is not JSON");
  const element root = document->root();
  std::string text = "{";
  AppendMember("schemas", R"(["urn:ietf:params:scim:schemas:core:2.0:Schema"])", text);
  std::string id;
  AppendJsonString(id, schema.id);
  AppendMember("id", id, text);
  AppendMember("name", simdjson::minify(Member(root, "name")), text);
  AppendMember("description", simdjson::minify(Member(root, "description")), text);
  AppendMember("attributes", "", text);
  AppendAttributes(Member(root, "attributes"), text);
  std::string location(base_url);
  location += "/Schemas/";
  location += schema.id;
  std::string meta = R"({"resourceType":"Schema","location":)";
  AppendJsonString(meta, location);
  AppendMember("meta", meta + "}", text);
  out += text;
  out += '}';
}

}  // namespace scimledger::api
