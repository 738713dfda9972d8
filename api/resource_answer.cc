#include "api/resource_answer.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "api/exchange.h"
#include "engine/resource_writer.h"

namespace scimledger::api {
namespace {

/// Whether an answer about this type shows members.
bool ShowsReferenceSet(const SchemaRegistry& registry, ResourceTypeId type,
                       const AttributeSelection& selection) {
  const auto reference_set = registry.type(type).reference_set;
  return reference_set && selection.Includes(registry.attribute(*reference_set));
}

/// The body of an answer in parts: the list's head, each resource, the list's tail.
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

  /// Appends the next part; false when there was none left.
  bool operator()(std::string& out) {
    if (is_done_) return false;
    if (next_ == 0) out += head_;
    if (next_ < resources_.size()) AppendResource(out);
    if (next_ >= resources_.size()) {
      out += tail_;
      is_done_ = true;
    }
    return true;
  }

 private:
  void AppendResource(std::string& out) {
    if (next_ > 0) out += ',';
    AppendResourceJson(*registry_, *resources_[next_], presentation_.selection,
                       presentation_.base_url, *view_, out);
    // The row is not needed again: a long list gives its memory back as it is sent.
    resources_[next_++].reset();
  }

  std::string head_;
  std::vector<ResourcePtr> resources_;
  std::string tail_;
  std::shared_ptr<const projections::DirectoryView> view_;
  RegistryPtr registry_;
  Presentation presentation_;
  std::size_t next_ = 0;
  bool is_done_ = false;
};

void Attach(HttpResponse& response, Body body, bool is_streamed) {
  if (is_streamed) {
    response.stream = std::move(body);
    return;
  }
  while (body(response.body)) {
  }
}

}  // namespace

std::string LocationOf(const SchemaRegistry& registry, const Resource& resource,
                       std::string_view base_url) {
  return fmt::format("{}{}/{}", base_url, registry.type(resource.type).endpoint,
                     resource.id.ToString());
}

HttpResponse ResourceResponse(int status, ResourcePtr resource,
                              std::shared_ptr<const projections::DirectoryView> view,
                              Presentation presentation) {
  const RegistryPtr registry = view->registry();
  HttpResponse response = JsonResponse(status, {}, kScimMediaType);
  response.headers.emplace_back("ETag", FormatETag(resource->version));
  response.headers.emplace_back(status == 201 ? "Location" : "Content-Location",
                                LocationOf(*registry, *resource, presentation.base_url));
  const bool is_streamed = ShowsReferenceSet(*registry, resource->type, presentation.selection);
  std::vector<ResourcePtr> resources;
  resources.push_back(std::move(resource));
  Attach(response, Body({}, std::move(resources), {}, std::move(view), std::move(presentation)),
         is_streamed);
  return response;
}

HttpResponse ListResponse(projections::QueryResult result, std::uint64_t start_index,
                          ResourceTypeId type, Presentation presentation) {
  std::string head;
  AppendListHead(result.total, start_index, result.page.size(), head);
  std::string tail;
  AppendListTail(tail);
  const bool is_streamed =
      ShowsReferenceSet(*result.view->registry(), type, presentation.selection);
  HttpResponse response = JsonResponse(200, {}, kScimMediaType);
  Attach(response,
         Body(std::move(head), std::move(result.page), std::move(tail), std::move(result.view),
              std::move(presentation)),
         is_streamed);
  return response;
}

void AppendListHead(std::uint64_t total, std::uint64_t start_index, std::uint64_t items,
                    std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],)"
                 R"("totalResults":{},"startIndex":{},"itemsPerPage":{},"Resources":[)",
                 total, start_index, items);
}

void AppendListTail(std::string& out) { out += "]}"; }

}  // namespace scimledger::api
