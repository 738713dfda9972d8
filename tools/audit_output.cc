#include "tools/audit_output.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <utility>

#include "tools/audit_story.h"
#include "tools/siem_formats.h"

namespace scimledger::tools {
namespace {

constexpr std::size_t kLinesInTable = 2;
constexpr std::size_t kLineColumns = 60;
constexpr std::size_t kNameColumns = 40;

/// Unlimited unless stdout is a terminal that knows.
std::size_t TerminalColumns() {
  winsize size{};
  const bool is_known = ::isatty(STDOUT_FILENO) == 1 &&
                        ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : std::numeric_limits<std::size_t>::max();
}

std::string Summarize(const std::vector<std::string>& lines) {
  std::string summary;
  for (std::size_t i = 0; i < lines.size() && i < kLinesInTable; ++i) {
    if (i > 0) summary += "; ";
    summary += Shorten(lines[i], kLineColumns);
  }
  if (lines.size() > kLinesInTable)
    summary += fmt::format("; +{} more", lines.size() - kLinesInTable);
  return summary;
}

std::string ShowResource(JsonElement event) {
  std::string name = TextAt(event, "/resource/name");
  if (name.empty()) name = TextAt(event, "/resource/id");
  return VisibleText(TextAt(event, "/resource/type")) + ' ' +
         Shorten(VisibleText(name), kNameColumns);
}

void PrintCut(const std::string& text, std::size_t columns) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    fmt::print("{}\n", Shorten(text.substr(begin, end - begin), columns));
    begin = end + 1;
  }
}

/// Walks a resource in the order of its JSON.
class Flattener {
 public:
  explicit Flattener(bool for_people) : for_people_(for_people) {}

  void Walk(const std::string& prefix, JsonElement value) {
    simdjson::dom::object parts;
    simdjson::dom::array list;
    if (value.get(parts) == simdjson::SUCCESS) {
      for (const auto& [key, part] : parts) {
        if (prefix.empty() && key == "schemas") continue;
        const char separator = prefix.starts_with("urn:") && !is_inside_ ? ':' : '.';
        const bool was_inside = std::exchange(is_inside_, !prefix.empty());
        Walk(prefix.empty() ? std::string(key) : fmt::format("{}{}{}", prefix, separator, key),
             part);
        is_inside_ = was_inside;
      }
    } else if (value.get(list) == simdjson::SUCCESS) {
      for (const JsonElement element : list) Add(prefix, element);
    } else {
      Add(prefix, value);
    }
  }

  std::vector<std::vector<std::string>> Rows() const {
    PathNames names;
    std::vector<std::string> paths;
    for (const auto& [path, value] : rows_) paths.push_back(path);
    names.Learn(paths);
    std::vector<std::vector<std::string>> rows;
    for (const auto& [path, value] : rows_) {
      rows.push_back({for_people_ ? names.Show(path) : path, value});
    }
    return rows;
  }

 private:
  void Add(const std::string& path, JsonElement value) {
    std::string_view text;
    if (for_people_) {
      rows_.emplace_back(path, ShowElement(value));
    } else if (value.get(text) == simdjson::SUCCESS) {
      rows_.emplace_back(path, std::string(text));
    } else {
      rows_.emplace_back(path, std::string(simdjson::minify(value)));
    }
  }

  bool for_people_;
  bool is_inside_ = false;  ///< below an attribute, where parts follow a dot
  std::vector<std::pair<std::string, std::string>> rows_;
};

}  // namespace

std::vector<CsvChange> ChangesOf(JsonElement event) {
  std::vector<CsvChange> changes;
  simdjson::dom::array list;
  if (event["changes"].get(list) == simdjson::SUCCESS) {
    for (const JsonElement change : list) {
      changes.push_back(
          {TextAt(change, "/path"), TextAt(change, "/before"), TextAt(change, "/after")});
    }
  }
  for (const auto& [pointer, is_added] :
       {std::pair{"/members/removed", false}, {"/members/added", true}}) {
    if (event.at_pointer(pointer).get(list) != simdjson::SUCCESS) continue;
    for (const JsonElement member : list) {
      std::string_view id;
      if (member.get(id) != simdjson::SUCCESS) continue;
      changes.push_back(
          {"members", is_added ? "" : std::string(id), is_added ? std::string(id) : ""});
    }
  }
  if (changes.empty()) changes.emplace_back();
  return changes;
}

void EventOutput::Print(const AuditPage& page) {
  as_of_ = page.as_of;
  if (format_ == Format::kTable) PrintTable(page.items);
  if (format_ == Format::kCsv) PrintCsv(page.items);
  if (format_ == Format::kJson && !has_begun_) fmt::print("{{\"events\":[");
  for (const JsonElement event : page.items) {
    const std::string json(simdjson::minify(event));
    if (format_ == Format::kJsonLines) fmt::print("{}\n", json);
    if (format_ == Format::kOcsf) fmt::print("{}\n", OcsfOf(event));
    if (format_ == Format::kEcs) fmt::print("{}\n", EcsOf(event));
    if (format_ == Format::kJson) fmt::print("{}{}", count_ == 0 ? "" : ",", json);
    ++count_;
  }
  has_begun_ = true;
}

ExitCode PrintEvents(AuditPages& pages, Format format) {
  EventOutput output(format);
  const ExitCode code = pages.ForEach([&output](const AuditPage& page) {
    output.Print(page);
    return ExitCode::kDone;
  });
  if (code == ExitCode::kDone) output.End();
  return code;
}

void EventOutput::End() {
  if (format_ == Format::kJson) fmt::print("],\"next\":null,\"asOf\":{}}}\n", as_of_);
  if (format_ == Format::kTable) {
    std::fflush(stdout);
    fmt::print(stderr, "{} event{}, as of sequence {}\n", count_, count_ == 1 ? "" : "s", as_of_);
  }
}

void EventOutput::PrintTable(simdjson::dom::array events) {
  static const std::vector<std::string> kHeader{"SEQUENCE", "TIME", "KIND",
                                                "RESOURCE", "BY",   "CHANGES"};
  Story story({}, {});
  story.Learn(events);
  std::vector<std::vector<std::string>> rows;
  for (const JsonElement event : events) {
    rows.push_back({TextAt(event, "/sequence"), ShowTime(TextAt(event, "/time")),
                    TextAt(event, "/kind"), ShowResource(event),
                    Shorten(DescribeActor(event), kNameColumns), Summarize(story.Lines(event))});
  }
  if (has_begun_ && rows.empty()) return;
  std::string text = RenderTable(kHeader, rows);
  if (has_begun_) text.erase(0, text.find('\n') + 1);
  PrintCut(text, TerminalColumns());
}

void EventOutput::PrintCsv(simdjson::dom::array events) {
  static const std::vector<std::string> kHeader{
      "sequence", "time",  "kind",  "resourceType", "resourceId", "resourceName", "path",
      "before",   "after", "actor", "method",       "address",    "cause"};
  std::vector<std::vector<std::string>> rows;
  for (const JsonElement event : events) {
    std::string actor = TextAt(event, "/actor/name");
    if (actor.empty()) actor = TextAt(event, "/actor/id");
    for (CsvChange& change : ChangesOf(event)) {
      rows.push_back({TextAt(event, "/sequence"), TextAt(event, "/time"), TextAt(event, "/kind"),
                      TextAt(event, "/resource/type"), TextAt(event, "/resource/id"),
                      TextAt(event, "/resource/name"), std::move(change.path),
                      std::move(change.before), std::move(change.after), actor,
                      TextAt(event, "/actor/method"), ClientAddressOf(event),
                      TextAt(event, "/cause")});
    }
  }
  std::string text = RenderCsv(kHeader, rows);
  if (has_begun_) text.erase(0, text.find('\n') + 1);
  fmt::print("{}", text);
}

std::vector<std::vector<std::string>> FlattenResource(JsonElement resource, bool for_people) {
  Flattener flattener(for_people);
  flattener.Walk({}, resource);
  return flattener.Rows();
}

}  // namespace scimledger::tools
