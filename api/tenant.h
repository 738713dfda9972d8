#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/directory_rebuild.h"
#include "api/tenant_passwords.h"
#include "engine/writer.h"
#include "projections/directory.h"
#include "projections/history.h"
#include "projections/index_budget.h"
#include "storage/data_directory.h"
#include "storage/log_store.h"

namespace scimledger::api {

struct TenantOptions {
  std::string name = "default";
  std::filesystem::path projections;          ///< DATA/projections
  std::uint64_t snapshot_interval = 100'000;  ///< events between two snapshots, at least
  /// Where hashes of passwords are kept. nullptr: nowhere, so that the tenant cannot keep any.
  storage::PasswordStore* passwords = nullptr;
  /// Memory for the columns of the attribute indexes of all tenants that get the same one. nullptr:
  /// one of its own.
  std::shared_ptr<projections::IndexBudget> index_budget{};
  /// Without one, questions about the past are answered with 503, and audit filters look at every
  /// event.
  bool has_history = true;
  WriterOptions writer;
  /// Told what a start is doing, and its position and the head while projections catch up.
  std::function<void(std::string_view what, Sequence position, Sequence head)> progress;
  /// Told one line for the operator: a snapshot thrown away or not written, and why. Any thread.
  std::function<void(const std::string& line)> notice;
};

/// One customer's isolated log with its projections and writer: a start's life (DESIGN §5) and a
/// stop's. Thread-safe after Open.
class Tenant {
 public:
  /// Loads the directory's snapshot if it fits the log (else deletes it), replays the tail with
  /// every hash checked, brings the history to the head beside it, and starts the writer. kCorrupt:
  /// the log does not verify; names the sequence.
  [[nodiscard]] static storage::Result<std::unique_ptr<Tenant>> Open(
      std::unique_ptr<storage::EventLog> log, Clock& clock, TenantOptions options);
  /// Stops the writer and writes a last snapshot.
  virtual ~Tenant() = default;

  virtual const std::string& name() const = 0;
  virtual const storage::EventLog& log() const = 0;
  virtual const projections::Directory& directory() const = 0;
  /// nullptr of a replay, which has one moment; and where it could not be made. Whoever asks it
  /// several questions keeps the pointer, because a rebuilt one may take its place.
  virtual std::shared_ptr<projections::History> history() const { return nullptr; }
  virtual void Submit(Command command, Writer::Done done) = 0;
  virtual void SubmitGroup(CommandGroup group, Writer::GroupDone done) = 0;
  /// nullptr: hashes cannot be kept here.
  virtual TenantPasswords* passwords() { return nullptr; }
  /// All zero of a replay: nothing is written there.
  virtual WriterCounts writer_counts() const { return {}; }
  /// What the clock given to Open says: for times relative to now, never for recorded ones.
  virtual std::int64_t NowUs() const = 0;

  /// Live digest and digest of a replay from zero, both at the same sequence (I-3). Slow: runs on
  /// the caller's thread, beside the writer. `progress` is told positions.
  struct Verification {
    Sequence sequence;
    Hash live{};
    Hash replayed{};
  };
  [[nodiscard]] virtual storage::Result<Verification> VerifyReplay(
      const std::function<void(Sequence position, Sequence head)>& progress) const = 0;

  /// Rebuilds the directory beside the live one and swaps it in (api/directory_rebuild.h), then
  /// replaces the snapshot. A difference is told to `notice` too. One at a time.
  [[nodiscard]] virtual storage::Result<Rebuilt> Rebuild(
      const std::function<void(Sequence position, Sequence head)>& progress) = 0;
  /// Makes the history again beside the live one and swaps it in (api/history_keeper.h). Returns
  /// the sequence that the new one was at. One at a time.
  [[nodiscard]] virtual storage::Result<Sequence> RebuildHistory(
      const std::function<void(Sequence position, Sequence head)>& progress) = 0;
  /// How many rebuilds there were: what was derived from a projection before the last is of the
  /// old.
  virtual std::uint64_t rebuilds() const { return 0; }
  /// Sequence of the directory's snapshot on disk; 0: none.
  virtual Sequence snapshot() const = 0;
  /// Whether this is what `replay --into` wrote: the state of one sequence, without a log. Reading
  /// its events fails with kNotFound; commands are refused with 403.
  virtual bool is_replay() const { return false; }

  /// Ends the writer after what is queued, then snapshots. Called by the destructor if not before.
  virtual void Stop() = 0;
};

}  // namespace scimledger::api
