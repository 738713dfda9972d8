#include "projections/numbering.h"

#include <cstddef>
#include <string>

namespace scimledger::projections {

Hash HashNumbering(const SchemaRegistry& registry) {
  std::string text;
  for (std::size_t index = 0; index < registry.attribute_count(); ++index) {
    const Attribute& attribute = registry.attribute(static_cast<AttributeId>(index));
    text += attribute.schema + ' ' + attribute.path + ' ';
    text += ToString(attribute.type);
    text += '\n';
  }
  for (const ResourceType& type : registry.resource_types()) text += type.name + '\n';
  return storage::Sha256({text});
}

}  // namespace scimledger::projections
