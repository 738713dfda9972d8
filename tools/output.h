#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::tools {

/// `--format`. Default: a table on a terminal, JSON Lines when piped. kOcsf and kEcs are of lists of
/// events only: JSON Lines in the words of OCSF and of the Elastic Common Schema.
enum class Format { kTable, kJson, kJsonLines, kCsv, kOcsf, kEcs };
Format DefaultFormat();

/// Rows under a header, columns padded to their widest cell (the last one is not padded); control
/// characters in cells are made visible, so that stored data cannot steer a terminal.
std::string RenderTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows);

/// RFC 4180, with a header line; a cell that a spreadsheet would take for a formula gets a leading
/// '.
std::string RenderCsv(const std::vector<std::string>& header,
                      const std::vector<std::vector<std::string>>& rows);

}  // namespace scimledger::tools
