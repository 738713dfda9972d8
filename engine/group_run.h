#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/command_group.h"
#include "engine/writer.h"
#include "engine/writer_batch.h"

namespace scimledger {

/// A group on its way through the writer, perhaps over several batches. The writer's thread only.
class GroupRun : public std::enable_shared_from_this<GroupRun> {
 public:
  GroupRun(CommandGroup group, Writer::GroupDone done);

  /// Whether nothing more is to be decided: answers may still wait for their batch.
  bool is_over() const { return next_ == group_.units.size(); }
  /// Decides the next unit as part of the batch, which answers it; the last answer calls `done`.
  void DecideNext(WriterBatch& batch, DecideTime time);
  /// Refuses what is left and calls `done` if no answer is waited for.
  void RefuseRest(const ScimError& error);

 private:
  void Answer(WriterBatch& batch, std::size_t operation, Result<Outcome> outcome);
  void Settle(std::size_t operation, Result<Outcome> outcome);
  void RefuseUnit(WriterBatch& batch, const GroupUnit& unit, std::size_t culprit, ScimError error);
  bool HasRefusedEnough() const;
  [[nodiscard]] Result<void> CheckNeeds(const GroupUnit& unit) const;
  std::vector<Command> MakeCommands(GroupUnit& unit) const;

  CommandGroup group_;
  Writer::GroupDone done_;
  GroupOutcomes outcomes_;
  std::vector<bool> accepted_;  ///< by operation, as decided
  std::size_t next_ = 0;        ///< unit
  std::size_t refusals_ = 0;
  std::size_t events_ = 0;     ///< of the group so far
  std::size_t unsettled_ = 0;  ///< answers that wait for their batch
};

}  // namespace scimledger
