# Embeds schema files into a library, in the order given, as engine/builtin_schemas.h declares them:
#   scimledger_embed_schemas(target schemas/common.json ...)
# Run as a script with -DOUTPUT= and -DFILES= (comma separated), this file writes the C++ source.

function(scimledger_embed_schemas target)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  list(JOIN files "," joined)
  set(script "${CMAKE_CURRENT_FUNCTION_LIST_FILE}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/builtin_schemas.cc")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DFILES=${joined}" -P "${script}"
    DEPENDS ${files} "${script}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  string(REPLACE "," ";" files "${FILES}")
  set(literals "")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(APPEND literals "    R\"json(${text})json\",\n")
  endforeach()
  file(WRITE "${OUTPUT}" "#include \"engine/builtin_schemas.h\"

namespace scimledger {
namespace {

constexpr std::string_view kDefinitions[] = {
${literals}};

}  // namespace

std::span<const std::string_view> BuiltInDefinitions() { return kDefinitions; }

}  // namespace scimledger
")
endif()
