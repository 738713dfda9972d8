#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "api/http_client.h"
#include "api/http_server.h"
#include "http_fixture.h"

namespace scimledger::api {
namespace {

HttpServerOptions WithSocket(const std::filesystem::path& socket) {
  HttpServerOptions options;
  options.control_socket = socket;
  return options;
}

TEST(HttpControlSocketTest, TellsTheHandlerWhoAsks) {
  const ScratchFolder folder;
  const std::filesystem::path socket = folder.path() / "control.sock";
  FakeHandler handler;
  const auto server = StartServer(handler, WithSocket(socket));
  RawConnection client(socket);

  client.Send(Request("GET /x"));

  EXPECT_EQ(client.Receive().value().body, "GET /x ");
  const HttpRequest request = handler.seen().front();
  EXPECT_EQ(request.transport, Transport::kControlSocket);
  EXPECT_EQ(request.peer_uid, ::getuid());
  EXPECT_EQ(request.peer_address, "");
}

TEST(HttpControlSocketTest, BelongsToTheOwnerAloneWhateverTheUmask) {
  const ScratchFolder folder;
  const std::filesystem::path socket = folder.path() / "control.sock";
  FakeHandler handler;
  const mode_t umask_before = ::umask(0);
  const auto server = StartServer(handler, WithSocket(socket));
  ::umask(umask_before);

  struct stat status {};
  ASSERT_EQ(::stat(socket.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(HttpControlSocketTest, IsRemovedAtTheEndAndReplacedWhenStale) {
  const ScratchFolder folder;
  const std::filesystem::path socket = folder.path() / "control.sock";
  const std::filesystem::path kept = folder.path() / "kept.sock";
  FakeHandler handler;
  {
    const auto server = StartServer(handler, WithSocket(socket));
    std::filesystem::create_hard_link(socket, kept);
    server->Stop();
  }
  EXPECT_FALSE(std::filesystem::exists(socket));
  std::filesystem::rename(kept, socket);
  ASSERT_FALSE(RawConnection(socket).is_connected());

  const auto server = StartServer(handler, WithSocket(socket));

  EXPECT_TRUE(RawConnection(socket).is_connected());
}

TEST(HttpControlSocketTest, IsNotTakenFromALivingServerOrAnotherFile) {
  const ScratchFolder folder;
  const std::filesystem::path socket = folder.path() / "control.sock";
  const std::filesystem::path file = folder.path() / "notes.txt";
  std::ofstream(file) << "mine";
  FakeHandler handler;
  const auto first = StartServer(handler, WithSocket(socket));
  for (const auto& path : {socket, file, folder.path() / "missing" / "x.sock"}) {
    HttpServerOptions options = WithSocket(path);
    options.port = 0;

    const auto second = HttpServer::Start(options, handler);

    ASSERT_FALSE(second) << path;
    EXPECT_TRUE(second.error().message.contains(path.parent_path().string()));
  }
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_TRUE(RawConnection(socket).is_connected());
}

TEST(HttpControlSocketTest, WorksBelowPathsLongerThanASocketAddress) {
  const ScratchFolder folder;
  const std::filesystem::path deep = folder.path() / std::string(100, 'd') / std::string(100, 'e');
  std::filesystem::create_directories(deep);
  const std::filesystem::path socket = deep / "control.sock";
  FakeHandler handler;
  const auto server = StartServer(handler, WithSocket(socket));

  const auto client = HttpClient::ForSocket(socket, std::chrono::seconds(10));

  ASSERT_TRUE(client) << client.error().message;
  HttpRequest request;
  request.method = "GET";
  request.target = "/deep";
  EXPECT_EQ((*client)->Send(request).value().body, "GET /deep ");
}

}  // namespace
}  // namespace scimledger::api
