#include "tools/audit_command.h"

#include <fmt/core.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

using Element = simdjson::dom::element;

std::string TextAt(Element object, std::string_view pointer) {
  Element found;
  if (object.at_pointer(pointer).get(found) != simdjson::SUCCESS) return {};
  std::string_view text;
  return found.get(text) == simdjson::SUCCESS ? std::string(text)
                                              : std::string(simdjson::minify(found));
}

/// `title: "Clerk" → "Lead"`; a side that is absent is left out.
std::string DescribeChange(Element change) {
  std::string described = TextAt(change, "/path");
  Element before;
  Element after;
  const bool has_before = change["before"].get(before) == simdjson::SUCCESS;
  const bool has_after = change["after"].get(after) == simdjson::SUCCESS;
  if (!has_before && !has_after) return described + ": supplied, not stored";
  described += ": ";
  if (has_before) described += simdjson::minify(before) + " → ";
  described += has_after ? std::string(simdjson::minify(after)) : "(none)";
  return described;
}

std::string DescribeChanges(Element event) {
  std::string described;
  simdjson::dom::array changes;
  if (event["changes"].get(changes) == simdjson::SUCCESS) {
    for (const Element change : changes) {
      if (!described.empty()) described += "; ";
      described += DescribeChange(change);
    }
  }
  for (const auto& [key, sign] : {std::pair{"/members/added", "+"}, {"/members/removed", "-"}}) {
    simdjson::dom::array ids;
    if (event.at_pointer(key).get(ids) != simdjson::SUCCESS || ids.size() == 0) continue;
    if (!described.empty()) described += "; ";
    described += fmt::format("members {}{}", sign, ids.size());
    std::string_view only;
    if (ids.size() == 1 && ids.at(0).get(only) == simdjson::SUCCESS) {
      described = fmt::format("{} ({})", described, only);
    }
  }
  return described;
}

std::string DescribeActor(Element event) {
  std::string name = TextAt(event, "/actor/name");
  if (name.empty()) name = TextAt(event, "/actor/id");
  const std::string address = TextAt(event, "/client/address");
  return fmt::format("{} ({}){}", name, TextAt(event, "/actor/method"),
                     address.empty() ? "" : " from " + address);
}

std::string DescribeResource(Element event) {
  const std::string name = TextAt(event, "/resource/name");
  return fmt::format("{} {}", TextAt(event, "/resource/type"),
                     name.empty() ? TextAt(event, "/resource/id") : name);
}

/// Prints pages as they come; a table's columns are as wide as its page needs.
class EventPrinter {
 public:
  explicit EventPrinter(Format format) : format_(format) {
    if (format_ == Format::kJson) fmt::print("{{\"events\":[");
  }

  void Print(simdjson::dom::array events) {
    std::vector<std::vector<std::string>> rows;
    for (const Element event : events) {
      if (format_ == Format::kJsonLines) {
        fmt::print("{}\n", std::string(simdjson::minify(event)));
      } else if (format_ == Format::kJson) {
        fmt::print("{}{}", count_ == 0 ? "" : ",", std::string(simdjson::minify(event)));
      } else {
        rows.push_back(RowOf(event));
      }
      ++count_;
    }
    PrintRows(rows);
  }

  void End(std::uint64_t as_of) {
    if (format_ == Format::kJson) fmt::print("],\"next\":null,\"asOf\":{}}}\n", as_of);
    if (format_ == Format::kTable) {
      fmt::print(stderr, "{} event{}, as of sequence {}\n", count_, count_ == 1 ? "" : "s", as_of);
    }
  }

 private:
  static std::vector<std::string> RowOf(Element event) {
    return {TextAt(event, "/sequence"), TextAt(event, "/time"), TextAt(event, "/kind"),
            DescribeResource(event),    DescribeActor(event),   DescribeChanges(event)};
  }

  void PrintRows(const std::vector<std::vector<std::string>>& rows) {
    if (format_ != Format::kTable && format_ != Format::kCsv) return;
    static const std::vector<std::string> kHeader{"SEQUENCE", "TIME", "KIND",
                                                  "RESOURCE", "BY",   "CHANGES"};
    std::string text =
        format_ == Format::kTable ? RenderTable(kHeader, rows) : RenderCsv(kHeader, rows);
    if (header_printed_) text.erase(0, text.find('\n') + 1);
    header_printed_ = true;
    fmt::print("{}", text);
  }

  Format format_;
  std::uint64_t count_ = 0;
  bool header_printed_ = false;
};

}  // namespace

ExitCode AuditEvents(const ConnectionOptions& connection_options, const AuditEventsOptions& options,
                     Format format) {
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  std::string base = "/audit/v1/events?limit=1000";
  if (!options.since.empty()) base += "&since=" + EncodeParameter(options.since);
  if (!options.until.empty()) base += "&until=" + EncodeParameter(options.until);

  std::optional<EventPrinter> printer;
  std::string after;
  for (;;) {
    const auto response =
        Ask(**connection, "GET", after.empty() ? base : base + "&after=" + EncodeParameter(after));
    if (!response) return response.error();
    const auto page = JsonDocument::Parse(response->body);
    simdjson::dom::array events;
    if (!page || page->root()["events"].get(events) != simdjson::SUCCESS) {
      return Report(ExitCode::kIo, "the answer is not a page of events");
    }
    if (!printer) printer.emplace(format);
    printer->Print(events);
    std::string_view next;
    if (page->root()["next"].get(next) != simdjson::SUCCESS) {
      std::uint64_t as_of = 0;
      if (page->root()["asOf"].get(as_of) != simdjson::SUCCESS) as_of = 0;
      printer->End(as_of);
      return ExitCode::kDone;
    }
    after = next;
  }
}

}  // namespace scimledger::tools
