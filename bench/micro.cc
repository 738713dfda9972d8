// Google Benchmark over the parts of a write and a read (bench/README.md tells what each row
// means).

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/sample_directory.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "engine/resource_writer.h"
#include "engine/writer_batch.h"
#include "projections/query.h"
#include "storage/batch_chain.h"
#include "storage/hash.h"
#include "storage/log_store.h"
#include "storage/memory_event_log.h"

namespace scimledger::bench {
namespace {

constexpr std::uint64_t kUsers = 100'000;

SampleDirectory& Shared() {
  static SampleDirectory directory(kUsers);
  return directory;
}

template <typename T>
T Require(Result<T> result) {
  SCIMLEDGER_INVARIANT(result, result.error().detail.c_str());
  return *std::move(result);
}

template <typename T>
T RequireStored(storage::Result<T> result) {
  SCIMLEDGER_INVARIANT(result, result.error().message.c_str());
  return *std::move(result);
}

/// The body of a POST to a draft: what an I/O thread does for a create.
void ParseCreate(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  const std::string body = SampleUserJson(kUsers);
  for (auto _ : state) {
    const JsonDocument document = Require(JsonDocument::Parse(body));
    benchmark::DoNotOptimize(
        Require(ParseResource(*sample.registry(), sample.user_type(), document.root())));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ParseCreate);

std::vector<Command> MakeCreates(const SampleDirectory& sample, std::uint64_t first,
                                 std::uint64_t count) {
  std::vector<Command> commands;
  commands.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) commands.push_back(sample.MakeCreate(first + i));
  return commands;
}

/// As they come to the writer.
std::vector<Command> MakePrepared(const SampleDirectory& sample, std::uint64_t first,
                                  std::uint64_t count) {
  std::vector<Command> commands = MakeCreates(sample, first, count);
  for (Command& command : commands) Prepare(*sample.registry(), command.body);
  return commands;
}

void PrepareCreate(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  constexpr std::uint64_t kCommands = 256;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Command> commands = MakeCreates(sample, kUsers, kCommands);
    state.ResumeTiming();
    for (Command& command : commands) Prepare(*sample.registry(), command.body);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCommands));
}
BENCHMARK(PrepareCreate);

void DecideCreate(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  constexpr std::uint64_t kCommands = 256;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Command> commands = MakePrepared(sample, kUsers, kCommands);
    state.ResumeTiming();
    for (Command& command : commands) {
      const auto decision = Decide(sample.directory(), std::move(command), SampleTime());
      benchmark::DoNotOptimize(decision.has_value());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCommands));
}
BENCHMARK(DecideCreate);

void EncodeCreated(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  const Decision decision =
      Require(Decide(sample.directory(), sample.MakeCreate(kUsers), SampleTime()));
  const Uuid log_id{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(EncodeEvent(*sample.registry(), decision.events.front(), log_id));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EncodeCreated);

/// The end of a log with an event for each of the directory's.
storage::LogEnd EndAt(const SampleDirectory& sample) {
  storage::LogEnd end = storage::EmptyLogEnd();
  end.head.sequence = sample.directory().head();
  for (std::uint64_t i = 0; i < end.head.sequence.value; ++i) end.tree.Append({});
  return end;
}

/// Everything the writer's thread does for a batch of creates but the write itself: decide, encode,
/// overlay, leaf and tree hashes, commit into a directory of 100,000 users. One item is one create.
void WriterSerialWork(benchmark::State& state) {
  const auto batch_size = static_cast<std::uint64_t>(state.range(0));
  SampleDirectory sample(kUsers);
  const Uuid log_id = SampleDirectory::IdOf(1);
  storage::LogEnd end = EndAt(sample);
  std::uint64_t next = kUsers;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Command> commands = MakePrepared(sample, next, batch_size);
    next += batch_size;
    state.ResumeTiming();
    WriterBatch batch(sample.directory(), log_id, commands.size());
    for (Command& command : commands) {
      batch.Take(
          std::move(command), [](Result<Outcome> outcome) { benchmark::DoNotOptimize(outcome); },
          SampleTime());
    }
    const storage::Batch append{storage::RandomUuid(), sample.directory().head(), batch.encoded()};
    end = RequireStored(storage::ChainBatch(log_id, end, append)).end;
    sample.directory().Commit(batch.events());
    batch.AnswerAll();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriterSerialWork)->Arg(1)->Arg(32)->Arg(256);

/// A batch of created users into RocksDB with one sync. One item is one event.
void AppendSynced(benchmark::State& state) {
  const std::filesystem::path data = std::filesystem::path(SCIMLEDGER_BENCH_DATA) / "append";
  std::filesystem::remove_all(data);
  std::filesystem::create_directories(data);
  {
    storage::LogStoreOptions options;
    options.create_if_missing = true;
    const auto store = RequireStored(storage::LogStore::Open(data, options));
    const auto log = RequireStored(store->OpenLog("default"));
    std::vector<storage::NewEvent> events =
        Shared().EncodedCreates(static_cast<std::size_t>(state.range(0)), log->id());
    Sequence head;
    for (auto _ : state) {
      const Sequence before = head;
      for (storage::NewEvent& event : events) event.sequence = head = head.Next();
      RequireStored(log->Append({storage::RandomUuid(), before, events}));
    }
  }
  std::filesystem::remove_all(data);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendSynced)->Arg(1)->Arg(32)->Arg(256)->UseRealTime();

projections::Query MakeQuery(std::string_view filter) {
  const SampleDirectory& sample = Shared();
  projections::Query query;
  projections::TypeQuery& users = query.types.emplace_back();
  users.type = sample.user_type().id;
  users.filter =
      Require(BindFilter(*sample.registry(), sample.user_type(), Require(ParseFilter(filter))));
  return query;
}

/// A filter that no lookup answers, evaluated over all users. One item is one row.
void FilterScan(benchmark::State& state) {
  const projections::Query query = MakeQuery(R"(title eq "Planner" or name.familyName sw "Nowak")");
  for (auto _ : state) {
    benchmark::DoNotOptimize(projections::Run(Shared().directory(), query, "http://h/scim/v2"));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kUsers));
}
BENCHMARK(FilterScan)->Unit(benchmark::kMillisecond);

/// `userName eq`, parsed and bound each time, as a list request does.
void FilterLookup(benchmark::State& state) {
  for (auto _ : state) {
    const projections::Query query =
        MakeQuery(R"(userName eq "maria.kowalska00054321@halden.example")");
    benchmark::DoNotOptimize(projections::Run(Shared().directory(), query, "http://h/scim/v2"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FilterLookup);

/// Read, check every hash, decode and apply. One item is one event.
void Replay(benchmark::State& state) {
  static SampleDirectory sample(20'000, SampleDirectory::Log::kKept);
  const Sequence head = sample.log().head().sequence;
  for (auto _ : state) {
    const auto directory = projections::Directory::Make();
    const auto replayed = directory->Replay(sample.log(), head, nullptr);
    SCIMLEDGER_INVARIANT(replayed, replayed.error().message.c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(head.value));
}
BENCHMARK(Replay)->Unit(benchmark::kMillisecond)->UseRealTime();

void RenderUser(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  const projections::FoundResource found = sample.directory().Find(sample.IdOf(54'321));
  std::string json;
  for (auto _ : state) {
    json.clear();
    AppendResourceJson(*sample.registry(), *found.resource, {}, "http://127.0.0.1:8080/scim/v2",
                       *found.view, json);
    benchmark::DoNotOptimize(json);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(RenderUser);

/// A point read as GET does it: lookup and view. What other rows leave out.
void FindById(benchmark::State& state) {
  const SampleDirectory& sample = Shared();
  std::uint64_t number = 0;
  for (auto _ : state) {
    number = (number + 7919) % kUsers;
    benchmark::DoNotOptimize(sample.directory().Find(sample.IdOf(number)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindById);

}  // namespace
}  // namespace scimledger::bench

BENCHMARK_MAIN();
