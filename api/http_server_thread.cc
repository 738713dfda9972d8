#include "api/http_server_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <ctime>
#include <exception>
#include <vector>

#include "api/http_session.h"
#include "api/http_session_wire.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

using std::chrono::milliseconds;

/// Time-outs are noticed up to a quarter of the shortest one late. One timer for all sessions costs
/// nothing per request.
milliseconds SweepInterval(const HttpLimits& limits) {
  const milliseconds shortest = std::min(
      {limits.handshake_timeout, limits.idle_timeout, limits.read_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(250));
}

}  // namespace

void ConnectionCount::Add() { current_.fetch_add(1, std::memory_order_relaxed); }

void ConnectionCount::Remove() {
  const std::lock_guard lock(mutex_);
  current_.fetch_sub(1, std::memory_order_relaxed);
  changed_.notify_all();
}

bool ConnectionCount::WaitForNone(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return current() == 0; });
}

void ConnectionCount::WaitForNone() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return current() == 0; });
}

IoThread::IoThread(const HttpLimits& limits)
    : sweep_timer_(context_.get_executor()),
      sweep_interval_(SweepInterval(limits)),
      date_(HttpDate(std::time(nullptr))) {
  ScheduleSweep();
  thread_ = std::thread([this] { Run(); });
}

IoThread::~IoThread() { Join(); }

void IoThread::Run() {
  storage::NameThread("http");
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& e) {
      fmt::print(stderr, "scimledger: an I/O thread goes on after an error: {}\n", e.what());
    }
  }
}

void IoThread::ScheduleSweep() {
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](const boost::system::error_code& /*error*/) {
    if (!is_ending_) Sweep();
  });
}

void IoThread::Sweep() {
  date_ = HttpDate(std::time(nullptr));
  const auto now = std::chrono::steady_clock::now();
  for (Session* session : sessions_) session->CutIfLate(now);
  ScheduleSweep();
}

void IoThread::BeginStop() {
  boost::asio::post(context_, [this] {
    is_stopping_ = true;
    for (Session* session : sessions_) session->StopIfIdle();
  });
}

void IoThread::AbortSessions() {
  boost::asio::post(context_, [this] {
    // A session leaves the set only when its coroutine runs again, not within this loop.
    for (Session* session : sessions_) session->Abort();
  });
}

void IoThread::Join() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] {
    is_ending_ = true;
    sweep_timer_.cancel();
  });
  thread_.join();
}

}  // namespace scimledger::api
