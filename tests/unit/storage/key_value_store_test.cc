#include "storage/key_value_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

class KeyValueStoreTest : public testing::Test {
 protected:
  KeyValueStoreTest() { Open(); }
  ~KeyValueStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Open() {
    store_.reset();
    auto store = KeyValueStore::Open(directory_, "v");
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }

  void Put(const std::map<std::string, std::string>& rows) {
    KeyValueBatch batch = store_->MakeBatch();
    for (const auto& [key, value] : rows) batch.Put(key, value);
    ASSERT_TRUE(store_->Write(batch));
  }

  static std::string Rest(KeyValueCursor& cursor, bool is_forwards) {
    std::string keys;
    for (; cursor.is_valid(); is_forwards ? cursor.Next() : cursor.Previous()) {
      keys += std::string(cursor.key()) + ' ';
    }
    EXPECT_TRUE(cursor.status());
    return keys;
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("scimledger_keys_" + RandomUuid().ToString());
  std::unique_ptr<KeyValueStore> store_;
};

TEST_F(KeyValueStoreTest, AWalkStaysAmongKeysThatAreKeptApartOrAmongTheOthers) {
  Put({{"u1", ""}, {"v1", ""}, {"v2", ""}, {"w1", ""}});

  const auto cursor = store_->Scan();
  cursor->Seek("u");
  EXPECT_EQ(Rest(*cursor, true), "u1 w1 ");
  cursor->Seek("v1");
  EXPECT_EQ(Rest(*cursor, true), "v1 v2 ");
  cursor->SeekBack("vz");
  EXPECT_EQ(Rest(*cursor, false), "v2 v1 ");
  cursor->SeekBack("z");
  EXPECT_EQ(Rest(*cursor, false), "w1 u1 ");
}

TEST_F(KeyValueStoreTest, AWalkByPrefixEndsWithIt) {
  Put({{"aaaa1", ""},
       {"aaaa1x", ""},
       {"aaaa1y", ""},
       {"aaaa2", ""},
       {"vaaa1x", ""},
       {"vaaa2", ""}});
  ASSERT_TRUE(store_->Flush());
  Put({{"aaaa1z", ""}});

  const auto cursor = store_->ScanPrefix();
  cursor->Seek("aaaa1x");
  EXPECT_EQ(Rest(*cursor, true), "aaaa1x aaaa1y aaaa1z ");
  cursor->SeekBack("aaaa1yy");
  EXPECT_EQ(Rest(*cursor, false), "aaaa1y aaaa1x aaaa1 ");
  cursor->SeekBack("vaaa1z");
  EXPECT_EQ(Rest(*cursor, false), "vaaa1x ");
  cursor->Seek("aaaa3");
  EXPECT_FALSE(cursor->is_valid());
}

TEST_F(KeyValueStoreTest, BothPartsSurviveTogether) {
  std::map<std::string, std::string> expected;
  std::mt19937 dice(1);
  for (int part = 0; part < 6; ++part) {
    std::map<std::string, std::string> rows;
    for (int row = 0; row < 200; ++row) {
      const std::string key = (dice() % 2 == 0 ? "v" : "k") + std::to_string(dice() % 500);
      rows[key] = std::to_string(dice());
    }
    Put(rows);
    for (const auto& [key, value] : rows) expected[key] = value;
    if (part % 2 == 1) {
      ASSERT_TRUE(store_->Flush());
      Open();
    }
    for (const auto& [key, value] : expected) {
      const auto found = store_->Get(key);
      ASSERT_TRUE(found && *found) << key;
      EXPECT_EQ(**found, value);
    }
  }
  EXPECT_GT(store_->disk_bytes(), 0U);
  const auto missing = store_->Get("v9999");
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
}

TEST_F(KeyValueStoreTest, WhatIsAppendedStandsBehindWhatIsThereHoweverItIsRead) {
  std::map<std::string, std::string> expected;
  std::mt19937 dice(2);
  for (int part = 0; part < 8; ++part) {
    KeyValueBatch batch = store_->MakeBatch();
    for (int row = 0; row < 60; ++row) {
      const std::string key = (dice() % 2 == 0 ? "v00" : "k00") + std::to_string(10 + dice() % 40);
      const std::string value = std::to_string(dice() % 1000) + ",";
      if (dice() % 4 == 0) {
        batch.Put(key, value);
        expected[key] = value;
      } else {
        batch.Append(key, value);
        expected[key] += value;
      }
    }
    ASSERT_TRUE(store_->Write(batch));
    if (part % 3 != 0) {
      ASSERT_TRUE(store_->Flush());
    }
    if (part % 3 == 2) Open();
    for (const auto& [key, value] : expected) EXPECT_EQ(**store_->Get(key), value) << key;
    for (const std::string apart : {"v", "k"}) {
      const auto all = [&](std::unique_ptr<KeyValueCursor> cursor, bool is_forwards) {
        std::map<std::string, std::string> found;
        is_forwards ? cursor->Seek(apart) : cursor->SeekBack(apart + "z");
        for (; cursor->is_valid(); is_forwards ? cursor->Next() : cursor->Previous()) {
          found[std::string(cursor->key())] = cursor->value();
        }
        EXPECT_TRUE(cursor->status());
        return found;
      };
      std::map<std::string, std::string> part_expected;
      for (const auto& [key, value] : expected) {
        if (key.starts_with(apart)) part_expected[key] = value;
      }
      EXPECT_EQ(all(store_->Scan(), true), part_expected);
      EXPECT_EQ(all(store_->Scan(), false), part_expected);
      EXPECT_EQ(all(store_->ScanOnce(), true), part_expected);
    }
  }
}

TEST_F(KeyValueStoreTest, WhoOnlyReadsChangesNoFile) {
  Put({{"k1", "a"}, {"v1", "b"}});
  ASSERT_TRUE(store_->Flush());
  store_.reset();
  const auto files = [&] {
    std::map<std::string, std::uintmax_t> sizes;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      sizes[entry.path().filename().string()] = entry.file_size();
    }
    return sizes;
  };
  const auto before = files();
  {
    const auto store = KeyValueStore::OpenReadOnly(directory_, "v");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(**(*store)->Get("k1"), "a");
    EXPECT_EQ(**(*store)->Get("v1"), "b");
    KeyValueBatch batch = (*store)->MakeBatch();
    batch.Put("k2", "c");
    EXPECT_FALSE((*store)->Write(batch));
  }
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace scimledger::storage
