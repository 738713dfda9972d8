#include "bench/past_sample.h"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <random>
#include <utility>

#include "api/replay_export.h"
#include "engine/json.h"
#include "storage/hash.h"

namespace scimledger::bench {
namespace {

constexpr std::size_t kTogether = 1'000;

}  // namespace

class PastSample::SystemClock final : public Clock {
 public:
  std::int64_t NowUs() override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

PastSample::PastSample(const std::filesystem::path& directory, std::uint64_t users,
                       std::uint64_t events)
    : directory_(directory), users_(users), clock_(std::make_unique<SystemClock>()) {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(directory_ / "projections");
  Open();
  Grow(events);
}

PastSample::~PastSample() {
  tenant_.reset();
  store_.reset();
  std::filesystem::remove_all(directory_);
}

void PastSample::Open() {
  auto store = storage::LogStore::Open(directory_ / "log", {.create_if_missing = true});
  SCIMLEDGER_INVARIANT(store, store.error().message.c_str());
  store_ = *std::move(store);
  auto log = store_->OpenLog("default");
  SCIMLEDGER_INVARIANT(log, log.error().message.c_str());
  api::TenantOptions options;
  options.projections = directory_ / "projections";
  auto tenant = api::Tenant::Open(*std::move(log), *clock_, std::move(options));
  SCIMLEDGER_INVARIANT(tenant, tenant.error().message.c_str());
  tenant_ = *std::move(tenant);
}

double PastSample::SecondsToRebuild() {
  tenant_.reset();
  store_.reset();
  std::filesystem::remove_all(directory_ / "projections" / "default" / "history");
  const auto begin = std::chrono::steady_clock::now();
  Open();
  const auto come = tenant_->history()->WaitFor(tenant_->log().head().sequence,
                                                std::chrono::steady_clock::time_point::max());
  SCIMLEDGER_INVARIANT(come, come.error().message.c_str());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void PastSample::ReplayInto() {
  const std::filesystem::path target = directory_ / "replayed";
  const Sequence until = tenant_->log().head().sequence;
  auto history = api::BeginHistory(tenant_->log(), until, target);
  SCIMLEDGER_INVARIANT(history, history.error().message.c_str());
  const auto directory =
      api::ReplayResuming(tenant_->log(), until, target, api::kResumeInterval, history->get(), {});
  SCIMLEDGER_INVARIANT(directory, directory.error().message.c_str());
  const auto come = (*history)->WaitFor(until, std::chrono::steady_clock::time_point::max());
  SCIMLEDGER_INVARIANT(come, come.error().message.c_str());
  const auto view = (*directory)->Freeze();
  const storage::Manifest manifest{
      "default", tenant_->log().id(), until, 0, {}, projections::StateDigest(*view)};
  const auto written = api::WriteReplay(*view, *std::move(history), manifest, target);
  SCIMLEDGER_INVARIANT(written, written.error().message.c_str());
  std::filesystem::remove_all(target);
}

void PastSample::Submit(std::vector<CommandBody> bodies) {
  CommandGroup group;
  group.actor = {"0190aaaa-0000-7000-8000-000000000001", AuthMethod::kBearer, Role::kProvisioner};
  group.client = {"10.2.3.4", "", "identity-provider/1.0", "request-7"};
  group.transaction = SampleDirectory::IdOf(1'000'000'000 + ++transactions_);
  group.registry = sample_.registry();
  group.operations = bodies.size();
  for (std::size_t at = 0; at < bodies.size(); ++at) {
    GroupUnit unit;
    unit.commands.push_back({at, std::move(bodies[at])});
    group.units.push_back(std::move(unit));
  }
  std::promise<void> done;
  tenant_->SubmitGroup(std::move(group), [&](GroupOutcomes outcomes) {
    for (const auto& outcome : outcomes) {
      SCIMLEDGER_INVARIANT(outcome && *outcome, "a sample command was refused");
    }
    done.set_value();
  });
  done.get_future().get();
}

CommandBody PastSample::Patch(std::string_view type, const ResourceId& id,
                              const std::string& json) const {
  const auto document = JsonDocument::Parse(json);
  SCIMLEDGER_INVARIANT(document, document.error().detail.c_str());
  const ResourceType& found = *sample_.registry()->FindTypeByName(type);
  auto patch = ParsePatch(*sample_.registry(), found, document->root());
  SCIMLEDGER_INVARIANT(patch, patch.error().detail.c_str());
  return PatchResource{found.id, id, *std::move(patch), std::nullopt};
}

CommandBody PastSample::ChangeTitle(std::uint64_t user, std::uint64_t to) const {
  return Patch("User", SampleDirectory::IdOf(user),
               fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                           R"("Operations":[{{"op":"replace","path":"title","value":"T{}"}}]}})",
                           to));
}

CommandBody PastSample::ChangeMember(std::string_view op, std::uint64_t user) const {
  return Patch("Group", group(),
               fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                           R"("Operations":[{{"op":"{}","path":"members",)"
                           R"("value":[{{"value":"{}"}}]}}]}})",
                           op, SampleDirectory::IdOf(user).ToString()));
}

void PastSample::Grow(std::uint64_t events) {
  std::vector<CommandBody> bodies;
  const auto add = [&](CommandBody body) {
    bodies.push_back(std::move(body));
    if (bodies.size() == kTogether) Submit(std::exchange(bodies, {}));
  };
  for (std::uint64_t user = 0; user < users_; ++user) {
    add(std::move(sample_.MakeCreate(user).body));
  }
  const auto group_json =
      JsonDocument::Parse(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],)"
                          R"("displayName":"Everybody"})");
  const ResourceType& type = *sample_.registry()->FindTypeByName("Group");
  add(CreateResource{type.id, group(),
                     *ParseResource(*sample_.registry(), type, group_json->root())});
  for (std::uint64_t user = 0; user < kMembers; ++user) add(ChangeMember("add", user));
  for (std::uint64_t change = 0; change < kMemberChanges; ++change) {
    // Each leaves and comes back, so that there are always about ten thousand.
    add(ChangeMember(change % 2 == 0 ? "remove" : "add", change / 2 % kMembers));
  }
  for (std::uint64_t change = 0; change < kUserChanges; ++change) add(ChangeTitle(0, change));
  std::mt19937_64 random(1);
  const std::uint64_t so_far = users_ + 1 + kMembers + kMemberChanges + kUserChanges;
  for (std::uint64_t event = so_far; event < events; ++event) {
    add(ChangeTitle(1 + random() % (users_ - 1), event));
  }
  if (!bodies.empty()) Submit(std::move(bodies));
}

}  // namespace scimledger::bench
