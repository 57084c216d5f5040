// SPDX-License-Identifier: BSD-2-Clause-Patent
// Back ends that lie or die: all that a front end does is said in one line, nothing is asked of them any more, and no page that they may
// still write to is given back.
#include "tests/support/xen_disk_test.hpp"

namespace efilite::drivers::xen {
namespace {

struct BrokenXenDisk : testing_disks::DiskTest {
  BrokenXenDisk() { device.back("feature-flush-cache") = "1"; }

  void expect_broken(std::string_view what_it_did, long lines = 1) {
    EXPECT_NE(log.find("efilite: disk 1: "), std::string::npos) << log;
    EXPECT_NE(log.find(what_it_did), std::string::npos) << log;
    EXPECT_EQ(std::ranges::count(log, '\n'), lines) << log;
    const int requests = device.requests, notifies = device.notifies;
    EXPECT_EQ(read_status(), Status::DeviceError);
    EXPECT_EQ(disk.flush().status(), Status::DeviceError);
    EXPECT_EQ(device.requests, requests);
    EXPECT_EQ(device.notifies, notifies);
    EXPECT_TRUE(xen.channels.empty());
  }
  void expect_refused(std::string_view why) {
    EXPECT_EQ(disk.start().status(), Status::DeviceError);
    EXPECT_NE(log.find(why), std::string::npos) << log;
    EXPECT_EQ(xen.grants.active(), 0u);
    EXPECT_EQ(memory.held(), 0u);
    EXPECT_EQ(read_status(), Status::DeviceError);
    log.clear();
  }
  // Two requests, the second of which is answered as `twist` says.
  void read_with(std::function<void(blkif_response&)> twist) {
    ASSERT_TRUE(disk.start());
    int count = 0;
    device.twist = [=](blkif_response& response) mutable {
      if (++count == 2) twist(response);
    };
    EXPECT_EQ(read_status(0, 90112), Status::DeviceError);
  }
};

TEST_F(BrokenXenDisk, AnIdThatWasNotGiven) {
  read_with([](blkif_response& response) { response.id += 1; });
  expect_broken("it is done with a request that it was not given: 0x202");
  expect_fresh();
}

TEST_F(BrokenXenDisk, AnIdFarFromAny) {
  read_with([](blkif_response& response) { response.id = ~uint64_t{0}; });
  expect_broken("it is done with a request that it was not given: 0xffffffffffffffff");
}

TEST_F(BrokenXenDisk, AnIdTwice) {
  uint64_t first = 0;
  ASSERT_TRUE(disk.start());
  device.twist = [&](blkif_response& response) { first == 0 ? void(first = response.id) : void(response.id = first); };
  EXPECT_EQ(read_status(0, 90112), Status::DeviceError);
  expect_broken("it is done with a request that it was not given: 0x100");
}

TEST_F(BrokenXenDisk, AnIdOfLongAgo) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 512), expected(0, 512));
  device.twist = [&](blkif_response& response) { response.id = 0x100; };
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("it is done with a request that it was not given: 0x100");
}

TEST_F(BrokenXenDisk, AnotherOperation) {
  read_with([](blkif_response& response) { response.operation = BLKIF_OP_WRITE; });
  expect_broken("it is done with something else than it was asked for: 0x1");
}

TEST_F(BrokenXenDisk, IndirectWhereNothingWas) {
  read_with([](blkif_response& response) { response.operation = BLKIF_OP_INDIRECT; });
  expect_broken("it is done with something else than it was asked for: 0x6");
}

TEST_F(BrokenXenDisk, MoreResponsesThanRequests) {
  ASSERT_TRUE(disk.start());
  device.meddle = [](blkif_sring& ring) { ring.rsp_prod += 1; };
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("more requests are done than it was given");
}

TEST_F(BrokenXenDisk, ResponsesThatGoBackwards) {
  ASSERT_TRUE(disk.start());
  device.meddle = [](blkif_sring& ring) { ring.rsp_prod = ~0u; };
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("more requests are done than it was given");
}

TEST_F(BrokenXenDisk, AStatusThatThereIsNot) {
  ASSERT_TRUE(disk.start());
  device.twist = [](blkif_response& response) { response.status = 77; };
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_EQ(log, "efilite: disk 1: reading failed at sector 0: status 77\n");
  device.twist = nullptr;
  EXPECT_EQ(read(0, 512), expected(0, 512)) << "a request that fails is no broken device";
}

TEST_F(BrokenXenDisk, AnIndexWhereItWantsEventsThatNeverComes) {
  ASSERT_TRUE(disk.start());
  device.meddle = [](blkif_sring& ring) { ring.req_event = ring.req_prod + 1000; };
  EXPECT_EQ(read(0, 512), expected(0, 512));
  EXPECT_EQ(read(0, 512), expected(0, 512)) << "it works on what it sees while we wait";
}

TEST_F(BrokenXenDisk, NoAnswer) {
  ASSERT_TRUE(disk.start());
  device.answers = false;
  const uint64_t before = xen.clock.time;
  EXPECT_EQ(read_status(0, 90112), Status::DeviceError);
  EXPECT_GE(xen.clock.time - before, kPatience);
  EXPECT_LT(xen.clock.time - before, kPatience + 10 * kSecond);
  expect_broken("it has not answered for half a minute");
  expect_fresh();
}

TEST_F(BrokenXenDisk, NoAnswerToAFlush) {
  ASSERT_TRUE(disk.start());
  device.answers = false;
  EXPECT_EQ(disk.flush().status(), Status::DeviceError);
  expect_broken("it has not answered for half a minute");
}

TEST_F(BrokenXenDisk, ABackEndThatClosesIsNotWaitedFor) {
  ASSERT_TRUE(disk.start());
  device.answers = false;
  device.set_state(XenbusStateClosing);
  const uint64_t before = xen.clock.time;
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_LT(xen.clock.time - before, 3 * kSecond);
  expect_broken("its back end has closed");
}

TEST_F(BrokenXenDisk, ABackEndThatIsGoneIsNotWaitedFor) {
  ASSERT_TRUE(disk.start());
  device.answers = device.reacts = false;
  xen.store.nodes.erase("/local/domain/0/backend/vbd/1/51712/state");
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("its back end has closed", 3);
  device.reacts = device.answers = true;
  device.front("state") = "6";
  device.react();
  ASSERT_TRUE(disk.start()) << log;
}

// The caller's memory cannot be taken from it; what is granted of it stays so, and is said.
TEST_F(BrokenXenDisk, MemoryOfARequestThatIsNotLetGo) {
  ASSERT_TRUE(disk.start());
  device.lets_go = false;
  EXPECT_EQ(read_status(0, 8192), Status::DeviceError);
  expect_broken("it has not let go of the memory of a request that is done", 2);
  EXPECT_NE(log.find("efilite: disk 1: its back end may still write to memory that it was shown"), std::string::npos) << log;
  EXPECT_EQ(xen.grants.active(), 2u);
  EXPECT_EQ(memory.kept(), 0u) << "of our own all was";
  EXPECT_EQ(disk.start().status(), Status::DeviceError) << "as long as it is so";
  device.lets_go = true;
  device.let_go();
  EXPECT_TRUE(disk.start()) << log;
  EXPECT_EQ(read(0, 8192), expected(0, 8192));
}

TEST_F(BrokenXenDisk, ABufferThatIsNotLetGoIsNotGivenBack) {
  ASSERT_TRUE(disk.start());
  device.lets_go = false;
  MutableByteSpan bytes = buffer(4096);
  EXPECT_EQ(disk.read(0, bytes.subspan(1, 512)).status(), Status::DeviceError);
  EXPECT_EQ(memory.kept(), 1u);
  disk.shutdown();
  EXPECT_EQ(memory.kept(), 1u);
  EXPECT_EQ(xen.grants.active(), 1u);
}

TEST_F(BrokenXenDisk, ARingThatIsNotLetGoIsNotGivenBack) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 512), expected(0, 512));
  device.lets_go_of_ring = false;
  disk.stop();
  EXPECT_EQ(memory.kept(), 1u);
  EXPECT_EQ(xen.grants.active(), 1u);
  EXPECT_EQ(log, "efilite: disk 1: its back end may still write to memory that it was shown\n");
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
}

TEST_F(BrokenXenDisk, ABackEndThatDoesNotCloseIsLeftAfterAWhile) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 512), expected(0, 512));
  device.reacts = false;
  const uint64_t before = xen.clock.time;
  disk.stop();
  EXPECT_LT(xen.clock.time - before, 11 * kSecond);
  EXPECT_EQ(log, "efilite: disk 1: its back end may still write to memory that it was shown\n"
                 "efilite: disk 1: its back end was not closed: TIMEOUT\n");
  EXPECT_EQ(memory.kept(), 1u);
  device.reacts = true;
  device.set_state(XenbusStateClosing);
  device.react();
  xen.store.change("device/vbd/51712/state", "6");
  device.react();
  ASSERT_TRUE(disk.start()) << log;
}

TEST_F(BrokenXenDisk, AStoreThatDiesIsNoReasonToHang) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 512), expected(0, 512));
  device.answers = false;
  xen.store.failure = Status::DeviceError;
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_NE(log.find("its back end has closed"), std::string::npos) << log;
  EXPECT_EQ(memory.kept(), 1u);
  xen.store.failure = Status::Success;
  device.answers = true;
  disk.stop();
  EXPECT_TRUE(disk.start()) << "a predecessor has left it open";
}

// ---- what is never connected

TEST_F(BrokenXenDisk, SizesThatCannotBe) {
  for (const char* size : {"0", "3", "511", "1536", "8192", "18446744073709551615"}) {
    device.back("sector-size") = size;
    expect_refused("its sectors are of an impossible size: ");
    expect_fresh();
  }
  device.back("sector-size") = "512";
  device.back("sectors") = "18446744073709551615";
  expect_refused("it has more sectors than there can be: ");
}

TEST_F(BrokenXenDisk, NumbersThatAreNone) {
  for (const char* key : {"sectors", "sector-size", "info", "physical-sector-size", "feature-flush-cache", "feature-max-indirect-segments",
                          "max-ring-page-order", "state"}) {
    const std::string before = device.back("info");
    const std::string value = xen.store.has("/local/domain/0/backend/vbd/1/51712/" + std::string(key)) ? device.back(key) : "0";
    for (const char* wrong : {"", "x", "-1", "1x", " 1", "99999999999999999999"}) {
      device.back(key) = wrong;
      expect_refused(std::string(key) + " is no number");
    }
    device.back(key) = value;
    device.front("state") = "1";
    device.set_state(XenbusStateInitWait);
  }
}

TEST_F(BrokenXenDisk, WithoutASizeThereIsNoDisk) {
  xen.store.nodes.erase("/local/domain/0/backend/vbd/1/51712/sectors");
  expect_refused("efilite: disk 1: there is no sectors");
}

TEST_F(BrokenXenDisk, ABackEndThatCannotBe) {
  for (const char* domain : {"x", "32752", "65536", "18446744073709551615"}) {
    device.front("backend-id") = domain;
    EXPECT_EQ(disk.start().status(), Status::DeviceError);
    EXPECT_FALSE(log.empty());
  }
  device.front("backend-id") = "0";
  device.front("backend") = std::string(200, 'a');
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  device.front("backend") = "";
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_EQ(device.connections, 0);
}

TEST_F(BrokenXenDisk, ABackEndThatDoesNotConnect) {
  for (unsigned state : {XenbusStateClosing, XenbusStateClosed, XenbusStateInitWait}) {
    device.comes_to = state;
    const uint64_t before = xen.clock.time;
    expect_refused("efilite: disk 1 cannot be used: ");
    EXPECT_LE(xen.clock.time - before, kPatience + 3 * kSecond);
  }
}

TEST_F(BrokenXenDisk, ABackEndThatNeverGetsReady) {
  device.set_state(XenbusStateInitialising);
  expect_refused("efilite: disk 1 cannot be used: TIMEOUT");
  EXPECT_EQ(device.front("state"), "1");
}

}  // namespace
}  // namespace efilite::drivers::xen
