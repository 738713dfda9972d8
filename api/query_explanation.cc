#include "api/query_explanation.h"

#include <fmt/format.h>

#include <iterator>

#include "engine/json.h"

namespace scimledger::api {
namespace {

void AppendStep(const projections::Explain::Step& step, std::string& out) {
  fmt::format_to(std::back_inserter(out), R"({{"depth":{},"what":)", step.depth);
  AppendJsonString(out, step.what);
  out += R"(,"how":)";
  AppendJsonString(out, step.how);
  if (step.estimated) {
    fmt::format_to(std::back_inserter(out), R"(,"estimated":{})", *step.estimated);
  }
  if (step.found) fmt::format_to(std::back_inserter(out), R"(,"found":{})", *step.found);
  fmt::format_to(std::back_inserter(out), R"(,"microseconds":{:.1f}}})", step.microseconds);
}

}  // namespace

void AppendExplanation(const projections::Explain& explain, std::string& out) {
  out += R"("steps":[)";
  for (const auto& step : explain.steps) {
    if (&step != &explain.steps.front()) out += ',';
    AppendStep(step, out);
  }
  out += R"(],"text":)";
  AppendJsonString(out, explain.ToText());
}

}  // namespace scimledger::api
