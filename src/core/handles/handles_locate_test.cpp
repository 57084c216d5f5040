// SPDX-License-Identifier: BSD-2-Clause-Patent
// Searching by protocol, by registration and by device path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles_testing.hpp"

namespace efilite::core {
namespace {

using testing::guid;
using testing::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
constexpr auto kAll = efi::LocateSearchType::AllHandles;
constexpr auto kByProtocol = efi::LocateSearchType::ByProtocol;
constexpr auto kByNotify = efi::LocateSearchType::ByRegisterNotify;

class Locate : public ::testing::Test {
 protected:
  World world;
  HandleDatabase& db = world.db;
  std::vector<efi::Handle> news(void* key) {
    std::vector<efi::Handle> out;
    for (;;) {
      auto one = world.list(kByNotify, nullptr, key);
      if (one.empty()) return out;
      EXPECT_EQ(one.size(), 1u);
      out.push_back(one[0]);
    }
  }
};

TEST_F(Locate, HandlesComeInTheOrderOfTheirMaking) {
  EXPECT_EQ(db.count(kAll, nullptr, nullptr).status(), Status::NotFound);
  efi::Handle a = world.make_handle(1), b = world.make_handle(2), c = world.make_handle(1);
  EXPECT_THAT(world.all(), ElementsAre(a, b, c));
  EXPECT_THAT(world.having(1), ElementsAre(a, c));
  EXPECT_THAT(world.having(3), IsEmpty());
  ASSERT_TRUE(db.uninstall(b, guid(2), nullptr));
  efi::Handle d = world.make_handle(2);  // in b's slot
  EXPECT_THAT(world.all(), ElementsAre(a, c, d));
}

TEST_F(Locate, SearchesCheckTheirParameters) {
  efi::Guid protocol = guid(1);
  world.make_handle(1);
  EXPECT_EQ(db.count(kByProtocol, nullptr, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.count(kByNotify, &protocol, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.count(static_cast<efi::LocateSearchType>(3), &protocol, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.count(kByNotify, nullptr, reinterpret_cast<void*>(0x1234)).status(), Status::NotFound);
  EXPECT_EQ(db.count(kByProtocol, &protocol, nullptr).value(), 1u);
}

TEST_F(Locate, ARegistrationTellsEachHandleOnceOldOnesToo) {
  efi::Handle old = world.make_handle(1);
  efi::Event event = world.events.make();
  void* key = *db.register_notify(guid(1), event);
  EXPECT_EQ(world.events.signals[event], 0);
  EXPECT_THAT(news(key), ElementsAre(old));
  efi::Handle a = world.make_handle(1), b = world.make_handle(1);
  world.make_handle(2);
  EXPECT_EQ(world.events.signals[event], 2);
  EXPECT_THAT(news(key), ElementsAre(a, b));
  efi::Handle c = world.make_handle(1);
  EXPECT_THAT(news(key), ElementsAre(c));
}

TEST_F(Locate, ReinstallingIsNews) {
  efi::Handle old = world.make_handle(1);
  efi::Event event = world.events.make();
  void* key = *db.register_notify(guid(1), event);
  EXPECT_THAT(news(key), ElementsAre(old));
  ASSERT_TRUE(db.reinstall(old, guid(1), nullptr, nullptr));
  EXPECT_EQ(world.events.signals[event], 1);
  EXPECT_THAT(news(key), ElementsAre(old));
}

TEST_F(Locate, ARemovedHandleIsNoNews) {
  void* key = *db.register_notify(guid(1), world.events.make());
  efi::Handle a = world.make_handle(1), b = world.make_handle(1);
  ASSERT_TRUE(db.uninstall(a, guid(1), nullptr));
  EXPECT_THAT(news(key), ElementsAre(b));
  efi::Handle c = world.make_handle(1);
  ASSERT_TRUE(db.uninstall(c, guid(1), nullptr));
  EXPECT_THAT(news(key), IsEmpty());
}

TEST_F(Locate, RegistrationsDoNotDisturbEachOther) {
  void* first = *db.register_notify(guid(1), world.events.make());
  efi::Handle a = world.make_handle(1);
  void* second = *db.register_notify(guid(1), world.events.make());
  efi::Handle b = world.make_handle(1);
  EXPECT_NE(first, second);
  EXPECT_THAT(news(second), ElementsAre(a, b));
  EXPECT_THAT(news(first), ElementsAre(a, b));
}

TEST_F(Locate, RegisteringWantsALiveEvent) {
  EXPECT_EQ(db.register_notify(guid(1), reinterpret_cast<efi::Event>(0x99)).status(), Status::InvalidParameter);
}

TEST_F(Locate, AClosedEventEndsItsRegistration) {
  efi::Event lazy = world.events.make(), told = world.events.make(), kept = world.events.make();
  void* lazy_key = *db.register_notify(guid(1), lazy);
  void* told_key = *db.register_notify(guid(1), told);
  void* kept_key = *db.register_notify(guid(1), kept);
  world.events.live.erase(lazy);
  db.forget_event(told);
  efi::Handle a = world.make_handle(1);
  EXPECT_THAT(news(lazy_key), IsEmpty());
  EXPECT_THAT(news(told_key), IsEmpty());
  EXPECT_THAT(news(kept_key), ElementsAre(a));
  EXPECT_EQ(world.events.signals[told], 0);
}

TEST_F(Locate, LocateProtocolTakesTheFirstOrTheNews) {
  EXPECT_EQ(db.locate_protocol(guid(1)).status(), Status::NotFound);
  void* key = *db.register_notify(guid(1), world.events.make());
  EXPECT_EQ(db.locate_protocol(guid(1)).status(), Status::NotFound);
  efi::Handle a = nullptr, b = nullptr;
  ASSERT_TRUE(db.install(&a, guid(1), &world.objects[1]));
  ASSERT_TRUE(db.install(&b, guid(1), &world.objects[2]));
  EXPECT_EQ(db.locate_protocol(guid(1)).value(), &world.objects[1]);
  EXPECT_EQ(db.locate_protocol(guid(1)).value(), &world.objects[1]);
  EXPECT_EQ(db.locate_protocol(guid(2), key).status(), Status::NotFound);
  EXPECT_EQ(db.locate_protocol(guid(1), key).value(), &world.objects[1]);
  EXPECT_EQ(db.locate_protocol(guid(1), key).value(), &world.objects[2]);
  EXPECT_EQ(db.locate_protocol(guid(1), key).status(), Status::NotFound);
  EXPECT_EQ(db.locate_protocol(guid(1), reinterpret_cast<void*>(0x1234)).status(), Status::NotFound);
}

// Paths of tagged four-byte nodes, written as text: "ab" is two nodes, "a,b" two instances of one each.
struct Path {
  explicit Path(const char* text) {
    for (; *text != 0; ++text) {
      uint8_t tag = static_cast<uint8_t>(*text);
      if (*text == ',') bytes.insert(bytes.end(), {0x7F, 0x01, 4, 0});
      else bytes.insert(bytes.end(), {1, tag, 5, 0, tag});
    }
    bytes.insert(bytes.end(), {0x7F, 0xFF, 4, 0});
    bytes.shrink_to_fit();
  }
  efi::DevicePath* get() { return reinterpret_cast<efi::DevicePath*>(bytes.data()); }
  std::vector<uint8_t> bytes;
};

class LocateDevicePath : public Locate {
 protected:
  efi::Handle device(Path& path, bool with_protocol = true) {
    efi::Handle handle = nullptr;
    EXPECT_TRUE(db.install(&handle, efi::kDevicePathGuid, path.get()));
    if (with_protocol) EXPECT_TRUE(db.install(&handle, guid(1), nullptr));
    return handle;
  }
  // The bytes by which the path advanced.
  std::pair<Status, ptrdiff_t> find(Path& wanted, efi::Handle expected) {
    efi::DevicePath* rest = wanted.get();
    auto found = db.locate_device_path(guid(1), rest);
    if (found) EXPECT_EQ(*found, expected);
    return {found.status(), reinterpret_cast<uint8_t*>(rest) - wanted.bytes.data()};
  }
};

TEST_F(LocateDevicePath, TheLongestBeginningWins) {
  Path a("a"), abc("abc"), ab("ab"), x("x"), wanted("abcd");
  device(a);
  efi::Handle nearest = device(abc);
  device(ab);
  device(x);
  EXPECT_EQ(find(wanted, nearest), std::pair(Status::Success, ptrdiff_t{15}));
}

TEST_F(LocateDevicePath, AWholeMatchLeavesTheEnd) {
  Path ab("ab"), wanted("ab");
  efi::Handle handle = device(ab);
  efi::DevicePath* rest = wanted.get();
  EXPECT_EQ(db.locate_device_path(guid(1), rest).value(), handle);
  EXPECT_TRUE(device_path::is_end(rest));
}

TEST_F(LocateDevicePath, NothingMatchesIsExactlyNotFound) {
  Path a("a"), ab("ab"), wanted("a");
  EXPECT_EQ(find(wanted, nullptr), std::pair(Status::NotFound, ptrdiff_t{0}));
  device(a, false);  // without the protocol
  device(ab);        // longer than what is wanted
  world.make_handle(1);  // without a path
  EXPECT_EQ(find(wanted, nullptr), std::pair(Status::NotFound, ptrdiff_t{0}));
}

TEST_F(LocateDevicePath, OnlyTheFirstInstanceCounts) {
  Path a("a"), ab("ab"), wanted("a,b");
  efi::Handle handle = device(a);
  device(ab);
  EXPECT_EQ(find(wanted, handle), std::pair(Status::Success, ptrdiff_t{5}));
}

TEST_F(LocateDevicePath, AHandlesMultiInstancePathIsNoBeginning) {
  Path both("a,b"), wanted("a,b");
  device(both);
  EXPECT_EQ(find(wanted, nullptr).first, Status::NotFound);
}

TEST_F(LocateDevicePath, MalformedPathsAreInvalidOrPassedOver) {
  Path broken("a"), a("a"), wanted("ab");
  broken.bytes[2] = 3;
  device(broken);
  EXPECT_EQ(find(broken, nullptr).first, Status::InvalidParameter);
  EXPECT_EQ(find(wanted, nullptr).first, Status::NotFound);
  efi::Handle handle = device(a);
  EXPECT_EQ(find(wanted, handle).first, Status::Success);
  efi::DevicePath* nothing = nullptr;
  EXPECT_EQ(db.locate_device_path(guid(1), nothing).status(), Status::InvalidParameter);
}

}  // namespace
}  // namespace efilite::core
