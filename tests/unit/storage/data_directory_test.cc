#include "storage/data_directory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

using IfMissing = DataDirectory::IfMissing;

class DataDirectoryTest : public testing::Test {
 protected:
  std::filesystem::path data() const { return temp_.path() / "data"; }

  void MakeFile(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(data());
    std::ofstream(data() / name) << text;
  }

  ErrorCode Refusal(IfMissing if_missing) {
    const auto opened = DataDirectory::Open(data(), if_missing);
    EXPECT_FALSE(opened.has_value());
    if (opened) return ErrorCode::kIo;
    message_ = opened.error().message;
    return opened.error().code;
  }

  TempDirectory temp_;
  std::string message_;
};

/// A process that holds the data directory until the end of this object, or until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& data) {
    int ready[2];
    SCIMLEDGER_INVARIANT(pipe(ready) == 0, "a pipe can be made");
    process_ = fork();
    if (process_ == 0) {
      const auto opened = DataDirectory::Open(data, IfMissing::kCreate);
      const char answer = opened ? 'y' : 'n';
      const bool told = write(ready[1], &answer, 1) == 1;
      if (told) pause();
      _exit(1);
    }
    char answer = 'n';
    SCIMLEDGER_INVARIANT(read(ready[0], &answer, 1) == 1 && answer == 'y',
                         "the child has the lock");
    close(ready[0]);
    close(ready[1]);
  }
  ~Holder() { Kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t process() const { return process_; }
  void Kill() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
};

TEST_F(DataDirectoryTest, MissingDirectoryIsRefusedOrMade) {
  EXPECT_EQ(Refusal(IfMissing::kRefuse), ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(data()));

  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kCreate));
  EXPECT_EQ(std::filesystem::status(data()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(DataDirectoryTest, LayoutIsThatOfTheDocument) {
  const auto opened = *DataDirectory::Open(data(), IfMissing::kCreate);

  EXPECT_EQ(opened->log(), data() / "log");
  EXPECT_EQ(opened->keys(), data() / "keys");
  EXPECT_EQ(opened->projections(), data() / "projections");
  EXPECT_EQ(DataDirectory::ControlSocket(data()), data() / "control.sock");
}

TEST_F(DataDirectoryTest, DirectoryOfSomethingElseIsRefused) {
  MakeFile("letter.txt", "dear");

  for (const IfMissing if_missing : {IfMissing::kRefuse, IfMissing::kCreate}) {
    EXPECT_EQ(Refusal(if_missing), ErrorCode::kNotFound);
    EXPECT_NE(message_.find("is not a scimledger data directory"), std::string::npos) << message_;
  }
  EXPECT_FALSE(std::filesystem::exists(data() / "LOCK"));
}

TEST_F(DataDirectoryTest, LockFileOfSomethingElseDoesNotCount) {
  MakeFile("LOCK", "");
  MakeFile("CURRENT", "MANIFEST-000001\n");

  EXPECT_EQ(Refusal(IfMissing::kCreate), ErrorCode::kNotFound);
}

TEST_F(DataDirectoryTest, PathThatIsAFileIsRefused) {
  std::ofstream(data()) << "text";

  EXPECT_EQ(Refusal(IfMissing::kCreate), ErrorCode::kNotFound);
}

TEST_F(DataDirectoryTest, EmptyDirectoryIsTakenOnlyToCreate) {
  std::filesystem::create_directories(data());

  EXPECT_EQ(Refusal(IfMissing::kRefuse), ErrorCode::kNotFound);
  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kCreate));
}

TEST_F(DataDirectoryTest, DirectoryWhoseMakingWasInterruptedIsOurs) {
  MakeFile("LOCK", "");

  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kCreate));
  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kRefuse));
}

TEST_F(DataDirectoryTest, DirectoryWithALogIsOurs) {
  std::filesystem::create_directories(data() / "log");
  MakeFile("notes.txt", "an operator's");

  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kRefuse));
}

TEST_F(DataDirectoryTest, SecondProcessIsToldWhoHoldsIt) {
  const Holder holder(data());

  EXPECT_EQ(Refusal(IfMissing::kRefuse), ErrorCode::kLocked);
  EXPECT_EQ(message_,
            data().string() + " is in use by process " + std::to_string(holder.process()));
}

TEST_F(DataDirectoryTest, KilledHolderLeavesItFree) {
  Holder holder(data());
  holder.Kill();

  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kRefuse));
}

TEST_F(DataDirectoryTest, SecondOpeningInOneProcessIsLockedOutToo) {
  const auto first = DataDirectory::Open(data(), IfMissing::kCreate);

  EXPECT_EQ(Refusal(IfMissing::kRefuse), ErrorCode::kLocked);
}

TEST_F(DataDirectoryTest, ReopenedAfterClosing) {
  { const auto first = DataDirectory::Open(data(), IfMissing::kCreate); }

  EXPECT_TRUE(DataDirectory::Open(data(), IfMissing::kRefuse));
}

}  // namespace
}  // namespace scimledger::storage
