#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/schema.h"
#include "storage/identifiers.h"

namespace scimledger {

using ResourceId = Uuid;

/// One version of one resource as projections hold it: an immutable row, replaced by pointer.
/// Members of a reference set are not part of it, and neither is anything derived from other
/// resources, so neither moves its version.
struct Resource {
  ResourceId id;
  ResourceTypeId type{};
  std::uint32_t ordinal = 0;          ///< order of creation in its log, from 0, never reused
  std::uint64_t version = 1;          ///< count of changes; the ETag is W/"<version>"
  std::int64_t created_us = 0;        ///< recorded time of the creating event
  std::int64_t last_modified_us = 0;  ///< recorded time of the last event on it
  std::string document;               ///< engine/document.h
};

using ResourcePtr = std::shared_ptr<const Resource>;

}  // namespace scimledger
