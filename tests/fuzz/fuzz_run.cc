#include "tests/fuzz/fuzz_run.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <set>
#include <utility>

#include "storage/result.h"
#include "tests/fuzz/mutator.h"

namespace scimledger::fuzz {
namespace {

namespace fs = std::filesystem;

/// Of accepted inputs: so many join the corpus.
constexpr std::size_t kPoolMax = 3000;

/// What the parent still sees when the child has died.
struct Shared {
  std::uint64_t runs = 0;
  std::uint64_t accepted = 0;
  std::size_t size = 0;
  std::uint8_t bytes[kInputBytesMax];
};

Shared* MapShared() {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SCIMLEDGER_INVARIANT(memory != MAP_FAILED, "no shared memory");
  return new (memory) Shared();
}

std::string ReadFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> ReadCorpus(const fs::path& folder) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  std::vector<std::string> inputs;
  for (const fs::path& file : files) inputs.push_back(ReadFile(file));
  SCIMLEDGER_INVARIANT(!inputs.empty(), "the corpus is empty");
  return inputs;
}

/// SIGPROF ends the process when an input takes too long; the parent sees it.
void StartTimer() {
  const itimerval limit{{0, 0}, {kInputSecondsMax, 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
}

class Runner {
 public:
  Runner(const Target& target, const RunOptions& options, Shared& shared)
      : target_(target),
        options_(options),
        shared_(shared),
        mutator_(options.seed),
        pool_(ReadCorpus(options.corpus / target.name)) {}

  void RunAll() {
    for (const std::string& input : pool_) RunOne(input);
    for (std::uint64_t i = 0; !IsOver(i); ++i) {
      std::string input = mutator_.Next(pool_, kInputBytesMax);
      if (!RunOne(input)) continue;
      if (pool_.size() < kPoolMax && input.size() < 4096) pool_.push_back(std::move(input));
    }
  }

 private:
  bool IsOver(std::uint64_t done) const {
    if (options_.runs != 0) return done >= options_.runs;
    return std::chrono::steady_clock::now() - began_ >=
           std::chrono::duration<double>(options_.seconds);
  }

  bool RunOne(const std::string& input) {
    shared_.size = std::min(input.size(), kInputBytesMax);
    std::memcpy(shared_.bytes, input.data(), shared_.size);
    if (options_.limits_time) StartTimer();
    // A copy of just its size, so that sanitizers see a read beyond it.
    const std::vector<std::uint8_t> exact(shared_.bytes, shared_.bytes + shared_.size);
    const bool is_accepted = target_.run(exact) != 0;
    ++shared_.runs;
    if (is_accepted) ++shared_.accepted;
    return is_accepted;
  }

  const Target& target_;
  const RunOptions& options_;
  Shared& shared_;
  Mutator mutator_;
  std::vector<std::string> pool_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
    return fmt::format("took more than {} s", kInputSecondsMax);
  }
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  return fmt::format("exited with {}", WEXITSTATUS(status));
}

void SaveFailure(const Target& target, const RunOptions& options, const Shared& shared) {
  fs::create_directories(options.failures);
  const fs::path file = options.failures / fmt::format("{}-seed{}-run{}.input", target.name,
                                                       options.seed, shared.runs);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(shared.bytes),
             static_cast<std::streamsize>(shared.size));
  std::printf("  saved; replay it with: tests/fuzz/run --replay %s\n", file.c_str());
}

}  // namespace

bool Fuzz(const Target& target, const RunOptions& options) {
  Shared& shared = *MapShared();
  std::fflush(stdout);
  const pid_t child = fork();
  SCIMLEDGER_INVARIANT(child >= 0, "fork failed");
  if (child == 0) {
    Runner(target, options, shared).RunAll();
    std::exit(0);
  }
  int status = 0;
  SCIMLEDGER_INVARIANT(waitpid(child, &status, 0) == child, "the child is gone");
  const bool is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  std::printf("%-7.*s seed %llu: %llu inputs, %llu past parsing, %s\n",
              static_cast<int>(target.name.size()), target.name.data(),
              static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(shared.runs),
              static_cast<unsigned long long>(shared.accepted),
              is_good ? "no failure" : HowItEnded(status).c_str());
  if (!is_good) SaveFailure(target, options, shared);
  munmap(&shared, sizeof(Shared));
  return is_good;
}

int Replay(const fs::path& file) {
  const std::string name = file.filename().string();
  const auto* const target = std::ranges::find_if(kTargets, [&name](const Target& each) {
    return name.starts_with(std::string(each.name) + "-");
  });
  if (target == kTargets.end()) {
    std::fprintf(stderr, "%s: the name must begin with the target's and a dash\n", name.c_str());
    return 2;
  }
  const std::string input = ReadFile(file);
  StartTimer();
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  const int accepted = target->run(bytes);
  std::printf("%s: no failure, %s\n", name.c_str(), accepted != 0 ? "past parsing" : "refused");
  return 0;
}

}  // namespace scimledger::fuzz
