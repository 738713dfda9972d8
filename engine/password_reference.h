#pragma once

#include <optional>

#include "engine/command.h"
#include "engine/password.h"

namespace scimledger {

// A tenant that keeps passwords stores of each an argon2id hash apart from the log, under a random
// reference. The user's row, and with it the event, holds the reference where the password would
// be. So a hash counts from the moment its event is durable, and no longer than the row refers to
// it; which hash is whose is part of the fold, and comes back by replay.

/// The password in a command's body, to be hashed. nullptr: it has none.
SuppliedPassword* FindSuppliedPassword(CommandBody& body);
/// The resource that a CreateResource, ReplaceResource or PatchResource is about, DeleteResource
/// too. nullopt: the command is about none.
std::optional<ResourceId> TargetOf(const CommandBody& body);
/// Puts the reference where the password was supplied.
void ReferToPassword(const Uuid& reference, CommandBody& body);

/// What the row refers to. nullopt: it has no password that was kept.
std::optional<Uuid> PasswordReferenceOf(const SchemaRegistry& registry, const Resource& row);

}  // namespace scimledger
