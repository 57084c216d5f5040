// SPDX-License-Identifier: BSD-2-Clause-Patent
// OpenProtocol's table of conflicts [UEFI 2.10, 7.3.9], closing, and the open list.
#include <gtest/gtest.h>

#include "core/handles/handles_testing.hpp"

namespace efilite::core {
namespace {

using testing::guid;
using testing::World;

constexpr uint32_t kByHandle = efi::kOpenByHandleProtocol, kGet = efi::kOpenGetProtocol, kTest = efi::kOpenTestProtocol,
                   kChild = efi::kOpenByChildController, kDriver = efi::kOpenByDriver, kExclusive = efi::kOpenExclusive;

class OpenProtocol : public ::testing::Test {
 protected:
  World world;
  HandleDatabase& db = world.db;
  efi::Handle handle = nullptr;
  efi::Handle agent = world.make_handle(8), other = world.make_handle(9), controller = world.make_handle(10);
  void* interface = nullptr;
  void SetUp() override { ASSERT_TRUE(db.install(&handle, guid(1), world.objects)); }
  Status open(efi::Handle who, efi::Handle on_behalf_of, uint32_t attributes) {
    interface = this;
    return db.open(handle, guid(1), &interface, who, on_behalf_of, attributes).status();
  }
};

TEST_F(OpenProtocol, EveryLegalAttributeOpens) {
  for (uint32_t attributes : {kByHandle, kGet, kChild, kDriver, kExclusive, kDriver | kExclusive}) {
    EXPECT_EQ(open(agent, controller, attributes), Status::Success) << attributes;
    EXPECT_EQ(interface, world.objects);
    EXPECT_EQ(db.close(handle, guid(1), agent, controller).status(), Status::Success);
  }
}

TEST_F(OpenProtocol, OtherAttributesAreInvalid) {
  for (uint32_t attributes : {0u, 0x40u, kDriver | kGet, kChild | kDriver, kChild | kExclusive, kGet | kTest, 0x80000000u | kGet}) {
    EXPECT_EQ(open(agent, controller, attributes), Status::InvalidParameter) << attributes;
    EXPECT_EQ(interface, nullptr);
  }
}

TEST_F(OpenProtocol, UnsupportedWithoutTheProtocol) {
  EXPECT_EQ(db.open(handle, guid(2), &interface, agent, controller, kGet).status(), Status::Unsupported);
  EXPECT_EQ(interface, nullptr);
}

TEST_F(OpenProtocol, TestDoesNotLookAtTheInterfacePointer) {
  EXPECT_EQ(db.open(handle, guid(1), nullptr, agent, nullptr, kTest).status(), Status::Success);
  EXPECT_EQ(db.open(handle, guid(1), reinterpret_cast<void**>(1), nullptr, nullptr, kTest).status(), Status::Success);
  EXPECT_EQ(db.open(handle, guid(2), nullptr, agent, nullptr, kTest).status(), Status::Unsupported);
  EXPECT_EQ(db.open(handle, guid(1), nullptr, agent, nullptr, kGet).status(), Status::InvalidParameter);
}

TEST_F(OpenProtocol, WhoeverOwnsMustBeKnown) {
  auto wild = reinterpret_cast<efi::Handle>(0x1234);
  for (efi::Handle nobody : {efi::Handle{}, wild}) {
    for (uint32_t attributes : {kChild, kDriver, kDriver | kExclusive, kExclusive}) {
      EXPECT_EQ(open(nobody, controller, attributes), Status::InvalidParameter) << attributes;
    }
    for (uint32_t attributes : {kChild, kDriver, kDriver | kExclusive}) {
      EXPECT_EQ(open(agent, nobody, attributes), Status::InvalidParameter) << attributes;
    }
  }
  EXPECT_EQ(open(agent, nullptr, kExclusive), Status::Success);
  handle = wild;
  EXPECT_EQ(open(agent, controller, kGet), Status::InvalidParameter);
}

TEST_F(OpenProtocol, AControllerIsNotItsOwnChild) {
  EXPECT_EQ(open(agent, handle, kChild), Status::InvalidParameter);
  EXPECT_EQ(open(agent, handle, kDriver), Status::Success);
}

struct Conflict {
  uint32_t held, asked;
  Status same_agent, other_agent;
};

TEST_F(OpenProtocol, OwnersConflictAsTheTableSays) {
  constexpr uint32_t kBoth = kDriver | kExclusive;
  constexpr Status kOk = Status::Success, kDenied = Status::AccessDenied, kStarted = Status::AlreadyStarted;
  // No driver here can be disconnected: the agents have no driver binding.
  const Conflict table[] = {
      {kDriver, kDriver, kStarted, kDenied},   {kDriver, kBoth, kDenied, kDenied},    {kDriver, kExclusive, kDenied, kDenied},
      {kBoth, kDriver, kDenied, kDenied},      {kBoth, kBoth, kStarted, kDenied},     {kBoth, kExclusive, kDenied, kDenied},
      {kExclusive, kDriver, kDenied, kDenied}, {kExclusive, kBoth, kDenied, kDenied}, {kExclusive, kExclusive, kDenied, kDenied},
      {kDriver, kChild, kOk, kOk},             {kBoth, kGet, kOk, kOk},               {kExclusive, kByHandle, kOk, kOk},
      {kExclusive, kTest, kOk, kOk},           {kChild, kDriver, kOk, kOk},           {kChild, kExclusive, kOk, kOk},
      {kGet, kExclusive, kOk, kOk},
  };
  for (const Conflict& row : table) {
    for (efi::Handle who : {agent, other}) {
      ASSERT_EQ(open(agent, controller, row.held), Status::Success);
      Status expected = who == agent ? row.same_agent : row.other_agent;
      EXPECT_EQ(open(who, controller, row.asked), expected) << row.held << " then " << row.asked;
      void* told = expected == kDenied ? nullptr : world.objects;
      EXPECT_EQ(interface, row.asked == kTest ? this : told);
      size_t items = world.opens(handle, 1).size();
      EXPECT_EQ(items, expected == kOk ? 2u : 1u);
      db.close_all_by(agent);
      db.close_all_by(other);
      EXPECT_TRUE(world.opens(handle, 1).empty());
    }
  }
}

TEST_F(OpenProtocol, TheSameDriverForAnotherControllerHasAlreadyStarted) {
  ASSERT_EQ(open(agent, controller, kDriver), Status::Success);
  EXPECT_EQ(open(agent, other, kDriver), Status::AlreadyStarted);
  EXPECT_EQ(interface, world.objects);
}

TEST_F(OpenProtocol, OpeningAgainCounts) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(open(agent, controller, kGet), Status::Success);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(open(agent, controller, kChild), Status::Success);
  EXPECT_EQ(open(agent, nullptr, kGet), Status::Success);
  auto items = world.opens(handle, 1);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].agent_handle, agent);
  EXPECT_EQ(items[0].controller_handle, controller);
  EXPECT_EQ(items[0].attributes, kGet);
  EXPECT_EQ(items[0].open_count, 3u);
  EXPECT_EQ(items[1].open_count, 2u);
  EXPECT_EQ(items[2].controller_handle, nullptr);
}

TEST_F(OpenProtocol, WithoutAnAgentNothingIsNoted) {
  EXPECT_EQ(open(nullptr, nullptr, kGet), Status::Success);
  EXPECT_TRUE(world.opens(handle, 1).empty());
}

TEST_F(OpenProtocol, ClosingTakesEveryItemOfAgentAndController) {
  open(agent, controller, kGet);
  open(agent, controller, kGet);
  open(agent, controller, kDriver);
  open(agent, nullptr, kGet);
  open(other, controller, kGet);
  EXPECT_EQ(db.close(handle, guid(1), agent, controller).status(), Status::Success);
  EXPECT_EQ(world.opens(handle, 1).size(), 2u);
  EXPECT_EQ(db.close(handle, guid(1), agent, controller).status(), Status::NotFound);
  EXPECT_EQ(db.close(handle, guid(1), agent, nullptr).status(), Status::Success);
}

TEST_F(OpenProtocol, ClosingChecksItsHandles) {
  auto wild = reinterpret_cast<efi::Handle>(0x1234);
  EXPECT_EQ(db.close(nullptr, guid(1), agent, controller).status(), Status::InvalidParameter);
  EXPECT_EQ(db.close(wild, guid(1), agent, controller).status(), Status::InvalidParameter);
  EXPECT_EQ(db.close(handle, guid(1), nullptr, controller).status(), Status::InvalidParameter);
  EXPECT_EQ(db.close(handle, guid(1), agent, wild).status(), Status::InvalidParameter);
  EXPECT_EQ(db.close(handle, guid(2), agent, controller).status(), Status::NotFound);
}

TEST_F(OpenProtocol, InformationIsABufferEvenWhenNobodyHasItOpen) {
  auto nobody = db.open_information(handle, guid(1));
  ASSERT_TRUE(nobody);
  EXPECT_TRUE(nobody->empty());
  EXPECT_NE(nobody->data(), nullptr);
  world.heap.release(nobody->data());
  EXPECT_EQ(db.open_information(handle, guid(2)).status(), Status::NotFound);
  EXPECT_EQ(db.open_information(nullptr, guid(1)).status(), Status::NotFound);
}

TEST_F(OpenProtocol, AnImageThatGoesLosesItsOpens) {
  open(agent, controller, kDriver);
  open(other, nullptr, kGet);
  void* unused;
  EXPECT_TRUE(db.open(controller, guid(10), &unused, agent, nullptr, kExclusive));
  db.close_all_by(agent);
  EXPECT_EQ(world.opens(handle, 1).size(), 1u);
  EXPECT_TRUE(world.opens(controller, 10).empty());
}

}  // namespace
}  // namespace efilite::core
