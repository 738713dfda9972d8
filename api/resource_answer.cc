#include "api/resource_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/exchange.h"
#include "api/query_explanation.h"
#include "engine/json.h"
#include "engine/resource_writer.h"

namespace scimledger::api {
namespace {

/// Whether an answer about this type shows members.
bool ShowsReferenceSet(const SchemaRegistry& registry, ResourceTypeId type,
                       const AttributeSelection& selection) {
  const auto reference_set = registry.type(type).reference_set;
  return reference_set && selection.Includes(registry.attribute(*reference_set));
}

/// Members are written in pieces of about this size.
constexpr std::size_t kPieceBytes = 16U << 10U;
/// What an answer may hold in memory at once, by whether its resources may be of any size; a longer
/// one is streamed.
constexpr std::size_t kWholeBytesMax = 2U << 20U;
constexpr std::size_t kWholeBytesMaxWithMembers = 64U << 10U;

/// The body of an answer in parts: the list's head, each resource, a large group piece by piece,
/// the list's tail.
class Body {
 public:
  Body(std::string head, std::vector<ResourcePtr> resources, std::string tail,
       std::shared_ptr<const projections::DirectoryView> view, Presentation presentation)
      : head_(std::move(head)),
        resources_(std::move(resources)),
        tail_(std::move(tail)),
        view_(std::move(view)),
        registry_(view_->registry()),
        presentation_(std::move(presentation)) {}
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  /// Appends the next part; false when there was none left.
  bool AppendPart(std::string& out) {
    if (is_done_) return false;
    out += std::exchange(head_, {});
    if (next_ < resources_.size()) AppendPiece(out);
    if (next_ < resources_.size()) return true;
    out += tail_;
    is_done_ = true;
    return true;
  }

 private:
  void AppendPiece(std::string& out) {
    if (!writer_) {
      if (next_ > 0) out += ',';
      writer_.emplace(*registry_, *resources_[next_], presentation_.selection,
                      presentation_.base_url, *view_);
    }
    if (writer_->AppendPiece(out, out.size() + kPieceBytes)) return;
    writer_.reset();
    // The row is not needed again: a long list gives its memory back as it is sent.
    resources_[next_++].reset();
  }

  std::string head_;
  std::vector<ResourcePtr> resources_;
  std::string tail_;
  std::shared_ptr<const projections::DirectoryView> view_;
  RegistryPtr registry_;
  Presentation presentation_;
  std::optional<ResourceJsonWriter> writer_;  ///< of resources_[next_], once begun
  std::size_t next_ = 0;
  bool is_done_ = false;
};

/// Makes the body here if it is short, else leaves the rest of it to a stream.
void Attach(HttpResponse& response, std::unique_ptr<Body> body, bool shows_members) {
  const std::size_t whole_bytes_max = shows_members ? kWholeBytesMaxWithMembers : kWholeBytesMax;
  while (response.body.size() < whole_bytes_max) {
    if (!body->AppendPart(response.body)) return;
  }
  response.stream = [begun = std::move(response.body),
                     rest = std::move(body)](std::string& out) mutable {
    if (begun.empty()) return rest->AppendPart(out);
    out += std::exchange(begun, {});
    return true;
  };
  response.body.clear();
}

}  // namespace

std::string LocationOf(const SchemaRegistry& registry, const Resource& resource,
                       std::string_view base_url) {
  const std::string& endpoint = registry.type(resource.type).endpoint;
  std::string location;
  location.reserve(base_url.size() + endpoint.size() + 37);
  location += base_url;
  location += endpoint;
  location += '/';
  resource.id.AppendTo(location);
  return location;
}

HttpResponse ResourceResponse(int status, ResourcePtr resource,
                              std::shared_ptr<const projections::DirectoryView> view,
                              Presentation presentation) {
  const RegistryPtr registry = view->registry();
  HttpResponse response = JsonResponse(status, {}, kScimMediaType);
  response.headers.emplace_back("ETag", FormatETag(resource->version));
  response.headers.emplace_back(status == 201 ? "Location" : "Content-Location",
                                LocationOf(*registry, *resource, presentation.base_url));
  const bool shows_members = ShowsReferenceSet(*registry, resource->type, presentation.selection);
  std::vector<ResourcePtr> resources;
  resources.push_back(std::move(resource));
  Attach(response,
         std::make_unique<Body>(std::string(), std::move(resources), std::string(), std::move(view),
                                std::move(presentation)),
         shows_members);
  return response;
}

HttpResponse ListResponse(projections::QueryResult result, const ListHead& head,
                          Presentation presentation) {
  std::string start;
  AppendListHead(head, start);
  std::string tail;
  AppendListTail(tail);
  const RegistryPtr registry = result.view->registry();
  const bool shows_members =
      std::any_of(result.page.begin(), result.page.end(), [&](const ResourcePtr& row) {
        return ShowsReferenceSet(*registry, row->type, presentation.selection);
      });
  HttpResponse response = JsonResponse(200, {}, kScimMediaType);
  Attach(response,
         std::make_unique<Body>(std::move(start), std::move(result.page), std::move(tail),
                                std::move(result.view), std::move(presentation)),
         shows_members);
  return response;
}

void AppendListHead(const ListHead& head, std::string& out) {
  const auto append = [&out](std::string_view key, std::uint64_t number) {
    const fmt::format_int digits(number);
    out += key;
    out.append(digits.data(), digits.size());
    out += ',';
  };
  out += R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse")";
  if (!head.explanation.empty()) out += fmt::format(R"(,"{}")", kExplanationSchema);
  out += "],";
  append(R"("totalResults":)", head.total);
  if (head.start_index) append(R"("startIndex":)", *head.start_index);
  append(R"("itemsPerPage":)", head.items);
  if (!head.next_cursor.empty()) {
    out += R"("nextCursor":)";
    AppendJsonString(out, head.next_cursor);
    out += ',';
  }
  if (!head.explanation.empty()) {
    out += fmt::format(R"("{}":)", kExplanationSchema);
    out += head.explanation;
    out += ',';
  }
  out += R"("Resources":[)";
}

void AppendListTail(std::string& out) { out += "]}"; }

}  // namespace scimledger::api
