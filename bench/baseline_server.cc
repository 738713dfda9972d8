// What the machine gives to a program that does the least a durable SCIM server can: parse the
// body, write one event with one synced write per drain of a queue, answer. None of our libraries
// are in it.

#include <fmt/core.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <simdjson.h>

#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/endian/conversion.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

using Executor = asio::io_context::executor_type;
using Token = asio::as_tuple_t<asio::use_awaitable_t<Executor>>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t kAnswerBytes = 1024;

std::unique_ptr<rocksdb::DB> OpenDatabase(const std::filesystem::path& directory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = std::size_t{128} << 20U;
  options.max_write_buffer_number = 4;
  options.max_background_jobs = 2;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = std::size_t{16} << 10U;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory.string(), &opened);
  if (status.ok()) return std::unique_ptr<rocksdb::DB>(opened);
  fmt::print(stderr, "baseline_server: {}\n", status.ToString());
  std::exit(3);
}

/// One thread: everything that waits goes into one WriteBatch and one synced write.
class Committer {
 public:
  using Done = std::move_only_function<void()>;

  Committer(const std::filesystem::path& directory, asio::io_context& io)
      : io_(io), database_(OpenDatabase(directory)), thread_([this] { Run(); }) {}
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  ~Committer() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  /// `done` runs on the I/O thread, when the event is on the disk.
  void Submit(std::string event, Done done) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({std::move(event), std::move(done)});
    }
    wake_.notify_one();
  }

  std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    std::string event;
    Done done;
  };

  void Run() {
    std::vector<Waiting> batch;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        batch.swap(queue_);
      }
      Write(batch);
      asio::post(io_, [answered = std::move(batch)]() mutable {
        for (Waiting& waiting : answered) waiting.done();
      });
      batch.clear();
    }
  }

  void Write(const std::vector<Waiting>& batch) {
    rocksdb::WriteBatch write(batch.size() * 1500);
    for (const Waiting& waiting : batch) {
      const std::uint64_t key = boost::endian::native_to_big(++sequence_);
      write.Put({reinterpret_cast<const char*>(&key), sizeof key}, waiting.event);
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = database_->Write(options, &write);
    if (!status.ok()) {
      fmt::print(stderr, "baseline_server: {}\n", status.ToString());
      std::_Exit(4);
    }
    syncs_.fetch_add(1, std::memory_order_relaxed);
  }

  asio::io_context& io_;
  const std::unique_ptr<rocksdb::DB> database_;
  std::uint64_t sequence_ = 0;
  std::atomic<std::uint64_t> syncs_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> queue_;
  bool is_stopping_ = false;
  std::thread thread_;
};

void AppendField(std::string& out, std::string_view bytes) {
  const auto size = boost::endian::native_to_little(static_cast<std::uint32_t>(bytes.size()));
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += bytes;
}

/// The members of a JSON object as names and values, about 1 KB. Empty: not a JSON object.
std::string ParseToEvent(simdjson::ondemand::parser& parser, std::string& body) {
  std::string event;
  event.reserve(kAnswerBytes + 256);
  event.append(200, 'h');  // a header's worth of ids, time and actor
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(body.data(), body.size(), body.capacity()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return {};
  }
  for (auto field : object) {
    std::string_view name;
    std::string_view value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return {};
    AppendField(event, name);
    simdjson::ondemand::json_type type{};
    if (field.value().type().get(type) != simdjson::SUCCESS) return {};
    const bool is_text = type == simdjson::ondemand::json_type::string;
    const auto error = is_text ? field.value().get_string().get(value)
                               : simdjson::to_json_string(field.value()).get(value);
    if (error != simdjson::SUCCESS) return {};
    AppendField(event, value);
  }
  return event;
}

class Server {
 public:
  Server(asio::io_context& io, const std::filesystem::path& directory) : committer_(directory, io) {
    thousand_bytes_.assign(kAnswerBytes, 'x');
  }

  Awaitable<void> Accept(Acceptor acceptor) {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(Token());
      if (error) co_return;
      socket.set_option(tcp::no_delay(true));
      const Executor executor = acceptor.get_executor();
      asio::co_spawn(executor, Serve(std::move(socket)), asio::detached);
    }
  }

 private:
  Awaitable<void> Serve(Socket socket) {
    beast::flat_buffer buffer;
    for (;;) {
      Request request;
      const auto [read_error, read] = co_await http::async_read(socket, buffer, request, Token());
      if (read_error) co_return;
      Response response;
      if (request.method() == http::verb::post) {
        response = co_await Create(request);
      } else if (request.target() == "/metrics") {
        response.body() = fmt::format("baseline_commit_batches_total {}\n", committer_.syncs());
      } else {
        response.body() = thousand_bytes_;
      }
      response.set(http::field::content_type, "application/scim+json");
      response.prepare_payload();
      const auto [write_error, written] = co_await http::async_write(socket, response, Token());
      if (write_error) co_return;
    }
  }

  Awaitable<Response> Create(Request& request) {
    Response response;
    std::string event = ParseToEvent(parser_, request.body());
    if (event.empty()) {
      response.result(http::status::bad_request);
      co_return response;
    }
    co_await Commit(std::move(event));
    response.result(http::status::created);
    response.set(http::field::location, "/Users/1");
    response.body() = thousand_bytes_;
    co_return response;
  }

  Awaitable<void> Commit(std::string event) {
    const auto submit = [this](auto handler, std::string submitted) {
      committer_.Submit(std::move(submitted),
                        [done = std::move(handler)]() mutable { std::move(done)(); });
    };
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        submit, asio::use_awaitable_t<Executor>(), std::move(event));
  }

  simdjson::ondemand::parser parser_;
  std::string thousand_bytes_;
  Committer committer_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: baseline_server DATABASE_DIRECTORY\n");
    return 2;
  }
  asio::io_context io(1);
  Server server(io, argv[1]);
  Acceptor acceptor(io.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  fmt::print("ready http://127.0.0.1:{}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(io.get_executor(), server.Accept(std::move(acceptor)), asio::detached);
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  io.run();
  return 0;
}
