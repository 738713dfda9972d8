#include "tools/serve.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/fact_recorder.h"
#include "api/http_server.h"
#include "api/server_record.h"
#include "api/tenant_name.h"
#include "storage/thread_name.h"
#include "tools/local_service.h"
#include "tools/progress_line.h"
#include "tools/tls_reload.h"

namespace scimledger::tools {
namespace {

/// How often the TLS files are looked at.
constexpr timespec kTlsFilesInterval{5, 0};

/// Without TLS, SIGHUP does what it always does.
sigset_t OwnSignals(bool has_tls) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (has_tls) sigaddset(&signals, SIGHUP);
  return signals;
}

/// Ends the process at a signal while it starts: nothing was acknowledged yet. On a thread of its
/// own, with the signals blocked everywhere: a thread that inherited them unblocked from the start
/// would take one later, and the process would end without its stop.
class StopOfStart {
 public:
  explicit StopOfStart(const sigset_t& stops) : thread_([this, stops] { Watch(stops); }) {}
  ~StopOfStart() {
    is_over_ = true;
    thread_.join();
  }
  StopOfStart(const StopOfStart&) = delete;
  StopOfStart& operator=(const StopOfStart&) = delete;

 private:
  void Watch(const sigset_t& stops) const {
    storage::NameThread("stop-of-start");
    constexpr timespec kInterval{0, 10'000'000};
    while (!is_over_) {
      const int signal = sigtimedwait(&stops, nullptr, &kInterval);
      if (signal <= 0) continue;
      std::signal(signal, SIG_DFL);
      pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
      std::raise(signal);
    }
  }

  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// Waits for SIGTERM or SIGINT, and keeps TLS up to date meanwhile. The name of the signal.
const char* WaitForStop(const sigset_t& signals, api::HttpServer& server,
                        std::optional<TlsReload>& tls) {
  int signal = 0;
  while (signal != SIGTERM && signal != SIGINT) {
    signal =
        tls ? sigtimedwait(&signals, nullptr, &kTlsFilesInterval) : sigwaitinfo(&signals, nullptr);
    if (tls && signal == SIGHUP) tls->Reload(server);
    if (tls && signal < 0) tls->ReloadIfChanged(server);
  }
  const char* const name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  fmt::print(stderr, "scimledger: stopping on {}; a second one stops at once\n", name);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  sigset_t second = signals;
  sigdelset(&second, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &second, nullptr);
  return name;
}

/// RocksDB and every connection need descriptors; the soft limit is often 1024.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

api::ServiceOptions ServiceOptionsOf(const Configuration& configuration) {
  api::ServiceOptions options;
  options.public_url = configuration.public_url;
  options.speaks_tls = configuration.has_tls();
  options.trusted_proxies = configuration.trusted_proxies;
  options.page_default = configuration.page_default;
  options.page_max = configuration.page_max;
  options.body_bytes_max = configuration.body_bytes_max;
  options.password_threads = configuration.password_threads;
  options.access.credential_rate_max = configuration.credential_requests_per_second_max;
  options.access.tenant_rate_max = configuration.tenant_requests_per_second_max;
  options.access.failures_per_minute_max = configuration.failed_authentications_per_minute_max;
  options.access.denied_bytes_max = configuration.denied_bytes_max;
  options.authentication.access_token_lifetime =
      std::chrono::seconds(configuration.access_token_seconds);
  options.authentication.trusted_issuers = configuration.trusted_issuers;
  return options;
}

api::HttpServerOptions ServerOptionsOf(const Configuration& configuration,
                                       const ListenAddress& listen) {
  api::HttpServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  options.io_threads = configuration.io_threads;
  options.limits.body_bytes_max = configuration.body_bytes_max;
  options.limits.bodies_bytes_max = configuration.bodies_bytes_max;
  options.limits.connections_max = configuration.connections_max;
  return options;
}

api::TlsFiles TlsFilesOf(const Configuration& configuration) {
  api::TlsFiles files;
  files.certificate = configuration.tls_certificate;
  files.key = configuration.tls_key;
  files.client_ca = configuration.tls_client_ca;
  return files;
}

/// Progress of the start, for /readyz and, on a terminal, for whoever waits.
class StartProgress {
 public:
  explicit StartProgress(api::Service& service) : service_(service) {}

  void Report(std::string_view what, const WorkProgress& now) {
    const auto time = std::chrono::steady_clock::now();
    if (what != what_) {
      what_ = what;
      first_ = now.position;
      began_ = time;
    }
    const std::string line =
        fmt::format("{}: {}", what_, RenderProgress(first_, now, time - began_));
    service_.ReportStarting(line);
    if (!is_terminal_) return;
    fmt::print(stderr, "\rscimledger: {}\x1b[K{}", line, now.position >= now.head ? "\n" : "");
  }

 private:
  api::Service& service_;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::string what_;
  std::uint64_t first_ = 0;  ///< where it stood when this began
  std::chrono::steady_clock::time_point began_;
};

api::TenantOptions TenantOptionsFor(api::Service& service, const Configuration& configuration) {
  api::TenantOptions options;
  options.has_history = configuration.has_history;
  options.index_budget = std::make_shared<projections::IndexBudget>(configuration.index_bytes_max);
  options.notice = [](const std::string& line) { fmt::print(stderr, "scimledger: {}\n", line); };
  options.progress = [progress = std::make_shared<StartProgress>(service)](
                         std::string_view what, Sequence position, Sequence head) {
    progress->Report(what, {position.value, head.value});
  };
  return options;
}

api::ServerStart StartOf(const Configuration& configuration) {
  api::ServerStart start;
  start.version = SCIMLEDGER_VERSION;
  for (const auto& [name, text] : configuration.given) start.settings[name] = api::FactText(text);
  std::string issuers;
  for (const api::TrustedIssuer& trusted : configuration.trusted_issuers) {
    issuers += fmt::format(
        R"({}{{"issuer":{},"subject":{},"jwks":{},"tenant":{},"credential":"{}"}})",
        issuers.empty() ? "" : ",", api::FactText(trusted.issuer), api::FactText(trusted.subject),
        api::FactText(trusted.jwks), api::FactText(trusted.tenant), trusted.credential.ToString());
  }
  if (!issuers.empty()) start.settings["trusted_issuer"] = '[' + issuers + ']';
  return start;
}

/// What cannot be recorded is told, and the server goes on: a full disk must not keep readers out.
void TellUnrecorded(const storage::Result<void>& recorded) {
  if (!recorded) fmt::print(stderr, "scimledger: {}\n", recorded.error().message);
}

void PrintReady(bool has_tls, const ListenAddress& listen, std::uint16_t port) {
  const bool is_ipv6 = listen.address.find(':') != std::string::npos;
  fmt::print("ready {}://{}{}{}:{}/scim/v2\n", has_tls ? "https" : "http", is_ipv6 ? "[" : "",
             listen.address, is_ipv6 ? "]" : "", port);
  std::fflush(stdout);
}

}  // namespace

ExitCode Serve(const ServeOptions& options) {
  const auto configuration = LoadConfiguration(options.configuration);
  if (!configuration) return Report(configuration.error());
  const auto listen = ParseListen(configuration->listen);
  if (!listen) return Report(listen.error());
  // Blocked before any thread starts, so that only the main thread ever takes one.
  const sigset_t signals = OwnSignals(configuration->has_tls());
  const sigset_t stops = OwnSignals(false);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();
  std::optional<TlsReload> tls;
  api::HttpServerOptions server_options = ServerOptionsOf(*configuration, *listen);
  if (configuration->has_tls()) {
    tls.emplace(TlsFilesOf(*configuration));
    auto context = tls->Load();
    if (!context) return Report(ExitCode::kCannotOpen, context.error().message);
    server_options.tls = *std::move(context);
  }

  auto local = options.read_only
                   ? LocalService::LockReplay(options.data, ServiceOptionsOf(*configuration))
                   : LocalService::Lock(options.data, storage::DataDirectory::IfMissing::kCreate,
                                        ServiceOptionsOf(*configuration));
  if (!local) return Report(local.error());
  server_options.control_socket = storage::DataDirectory::ControlSocket((*local)->data());
  auto server = api::HttpServer::Start(std::move(server_options), (*local)->service());
  if (!server) return Report(ExitCode::kCannotOpen, server.error().message);

  std::optional<StopOfStart> stop_of_start(stops);
  auto loaded = (*local)->Load(std::string(api::kDefaultTenant),
                               TenantOptionsFor((*local)->service(), *configuration));
  stop_of_start.reset();
  const char* reason = "";
  if (loaded) {
    TellUnrecorded(api::RecordServerStart((*local)->tenants(), StartOf(*configuration)));
    PrintReady(configuration->has_tls(), *listen, (*server)->port());
    reason = WaitForStop(signals, **server, tls);
  }
  (*server)->Stop();
  // Answers that were still being streamed go with the server; closing waits for each of them.
  server->reset();
  if (loaded) {
    (*local)->service().Drain();
    (*local)->service().RecordReads();
    TellUnrecorded(api::RecordServerStop((*local)->tenants(), reason));
  }
  (*local)->Close();
  return loaded ? ExitCode::kDone : Report(loaded.error());
}

}  // namespace scimledger::tools
