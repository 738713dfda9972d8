#include "tools/serve.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "api/http_server.h"
#include "api/tenant_name.h"
#include "tools/local_service.h"

namespace scimledger::tools {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void WaitForStop(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  fmt::print(stderr, "scimledger: stopping on {}; a second one stops at once\n",
             signal == SIGINT ? "SIGINT" : "SIGTERM");
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
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
  options.page_default = configuration.page_default;
  options.page_max = configuration.page_max;
  options.body_bytes_max = configuration.body_bytes_max;
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
                                       const ListenAddress& listen,
                                       const std::filesystem::path& data) {
  api::HttpServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  options.control_socket = storage::DataDirectory::ControlSocket(data);
  options.io_threads = configuration.io_threads;
  options.limits.body_bytes_max = configuration.body_bytes_max;
  options.limits.bodies_bytes_max = configuration.bodies_bytes_max;
  options.limits.connections_max = configuration.connections_max;
  return options;
}

/// Progress of the start, for /readyz and, on a terminal, for whoever waits.
api::TenantOptions TenantOptionsFor(api::Service& service) {
  api::TenantOptions options;
  options.progress = [&service, terminal = ::isatty(STDERR_FILENO) == 1](Sequence position,
                                                                         Sequence head) {
    const std::string progress =
        fmt::format("replaying the log: {} of {} events", position.value, head.value);
    service.ReportStarting(progress);
    if (terminal) fmt::print(stderr, "\rscimledger: {}\x1b[K", progress);
    if (terminal && position >= head) fmt::print(stderr, "\n");
  };
  return options;
}

void PrintReady(const ListenAddress& listen, std::uint16_t port) {
  const bool is_ipv6 = listen.address.find(':') != std::string::npos;
  fmt::print("ready http://{}{}{}:{}/scim/v2\n", is_ipv6 ? "[" : "", listen.address,
             is_ipv6 ? "]" : "", port);
  std::fflush(stdout);
}

}  // namespace

ExitCode Serve(const ServeOptions& options) {
  // Blocked before any thread starts, so that only the main thread ever takes one.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();
  const auto configuration = LoadConfiguration(options.configuration);
  if (!configuration) return Report(configuration.error());
  const auto listen = ParseListen(configuration->listen);
  if (!listen) return Report(listen.error());

  auto local = options.read_only
                   ? LocalService::LockReplay(options.data, ServiceOptionsOf(*configuration))
                   : LocalService::Lock(options.data, storage::DataDirectory::IfMissing::kCreate,
                                        ServiceOptionsOf(*configuration));
  if (!local) return Report(local.error());
  auto server = api::HttpServer::Start(ServerOptionsOf(*configuration, *listen, (*local)->data()),
                                       (*local)->service());
  if (!server) return Report(ExitCode::kCannotOpen, server.error().message);

  // Nothing was acknowledged yet, so whoever stops a long start may simply end the process.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  auto loaded =
      (*local)->Load(std::string(api::kDefaultTenant), TenantOptionsFor((*local)->service()));
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (loaded) {
    PrintReady(*listen, (*server)->port());
    WaitForStop(signals);
  }
  (*server)->Stop();
  // Answers that were still being streamed go with the server; closing waits for each of them.
  server->reset();
  (*local)->Close();
  return loaded ? ExitCode::kDone : Report(loaded.error());
}

}  // namespace scimledger::tools
