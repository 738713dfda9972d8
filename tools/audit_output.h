#pragma once

#include <string>
#include <vector>

#include "tools/audit_pages.h"
#include "tools/audit_text.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Prints pages of events as they come, in the formats of DESIGN §9; the table, one line per event,
/// is cut to the terminal's width. In csv a row is one change (or one member, or an event without
/// either).
class EventOutput {
 public:
  explicit EventOutput(Format format) : format_(format) {}

  void Print(const AuditPage& page);
  /// After the last page.
  void End();
  std::uint64_t count() const { return count_; }

 private:
  void PrintTable(simdjson::dom::array events);
  void PrintCsv(simdjson::dom::array events);

  Format format_;
  std::uint64_t count_ = 0;
  std::uint64_t as_of_ = 0;
  bool has_begun_ = false;
};

/// Prints all pages of a list of events; kDone, or what the walk ended with.
[[nodiscard]] ExitCode PrintEvents(AuditPages& pages, Format format);

/// One line of csv: what a change or a member adds to what its event says.
struct CsvChange {
  std::string path;
  std::string before;
  std::string after;
};
/// At least one, which may be empty.
std::vector<CsvChange> ChangesOf(JsonElement event);

/// A SCIM resource as ATTRIBUTE and VALUE: a line per simple value or element. `for_people`: paths
/// and values as stories show them, else full paths and bare texts.
std::vector<std::vector<std::string>> FlattenResource(JsonElement resource, bool for_people);

}  // namespace scimledger::tools
