// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/xen_store.hpp"

#include <gtest/gtest.h>

#include "tests/support/clock.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/xen.hpp"
#include "tests/support/xen_store.hpp"

namespace efilite::drivers::xen {
namespace {

constexpr uint64_t kSecond = 10'000'000;
constexpr uint64_t kFrame = 0xFEFFC;
constexpr EventPort kPort = 2;

struct XenStoreTest : testing::Test, test::FakeXen {
  XenStoreTest() {
    parameters = {{HVM_PARAM_STORE_PFN, kFrame}, {HVM_PARAM_STORE_EVTCHN, kPort}};
    channels[kPort] = {};
    events.use(&shared);
    server.nodes = {{"/local/domain/1", ""},          {"/local/domain/1/name", "guest"},  {"/local/domain/1/device", ""},
                    {"/local/domain/1/device/vbd", ""}, {"/local/domain/1/device/vbd/51712", ""},
                    {"/local/domain/1/device/vbd/51728", ""}, {"/local/domain/0/backend", "b"}, {"/hidden", "secret"}};
  }
  void notified(evtchn_port_t port) override {
    if (port == kPort) server.notified();
    raise(port);
  }
  void waited() override {
    clock.advance(kSecond / 100);
    server.time_passes();
  }
  void start() { ASSERT_TRUE(store.wait(0)); }
  std::string read(std::string_view path) {
    auto value = store.read(path);
    return value ? std::string(*value) : std::string("!") + status_name(value.error());
  }

  test::FakePhysicalMemory memory;
  xenstore_domain_interface& page = *reinterpret_cast<xenstore_domain_interface*>(memory.map(kFrame << 12, kPageSize).data());
  test::FakeXenstored server{page};
  test::FakeClock clock;
  test::CapturedLog log;
  EventChannels events{*this};
  XenStore store{*this, events, memory, clock};
};

// ---- what it is for

TEST_F(XenStoreTest, NodesAreReadByTheirPath) {
  start();
  EXPECT_EQ(server.requests, 0u) << "a new page needs no clearing up";
  EXPECT_EQ(read("name"), "guest");
  EXPECT_EQ(read("/local/domain/0/backend"), "b");
  EXPECT_EQ(read("device"), "");
  EXPECT_EQ(store.read("nobody").status(), Status::NotFound);
  EXPECT_EQ(store.read("/hidden").status(), Status::AccessDenied);
  EXPECT_TRUE(server.idle());
  EXPECT_EQ(log.text, "");
}

TEST_F(XenStoreTest, NodesAreWrittenAndRemoved) {
  start();
  EXPECT_TRUE(store.write("device/vbd/51712/state", "1"));
  EXPECT_TRUE(store.write("empty", ""));
  EXPECT_EQ(server.nodes.at("/local/domain/1/device/vbd/51712/state"), "1");
  EXPECT_EQ(server.nodes.at("/local/domain/1/empty"), "");
  const std::string binary("a\0b", 3);
  EXPECT_TRUE(store.write("name", binary));
  EXPECT_EQ(read("name"), binary);
  EXPECT_TRUE(store.remove("device/vbd/51712"));
  EXPECT_FALSE(server.nodes.contains("/local/domain/1/device/vbd/51712/state"));
  EXPECT_TRUE(store.remove("device/vbd/51712")) << "it is gone";
  EXPECT_EQ(store.remove("a/b/c").status(), Status::NotFound);
  EXPECT_EQ(store.write("/local/domain/0/backend", "x").status(), Status::AccessDenied);
}

TEST_F(XenStoreTest, ErrorsAreTheNearestStatus) {
  start();
  server.refused = "/local/domain/1/refused";
  const std::pair<const char*, Status> errors[] = {
      {"EINVAL", Status::InvalidParameter}, {"EPERM", Status::AccessDenied},    {"ENOSPC", Status::OutOfResources},
      {"ENOMEM", Status::OutOfResources},   {"EROFS", Status::WriteProtected},  {"EBUSY", Status::NotReady},
      {"EAGAIN", Status::NotReady},         {"EEXIST", Status::AlreadyStarted}, {"ENOSYS", Status::Unsupported},
      {"EIO", Status::DeviceError},         {"E", Status::DeviceError},         {"ENOENTX", Status::DeviceError}};
  for (const auto& [name, status] : errors) {
    server.refusal = name;
    EXPECT_EQ(store.write("refused", "").status(), status) << name;
  }
  EXPECT_EQ(read("name"), "guest") << "and it goes on";
  EXPECT_EQ(log.text, "");
}

TEST_F(XenStoreTest, PathsAreLookedAtBeforeTheyAreSent) {
  start();
  const std::string longest(XENSTORE_REL_PATH_MAX, 'x'), too_long = longest + 'x';
  const std::string absolute = '/' + std::string(XENSTORE_ABS_PATH_MAX - 1, 'x');
  for (std::string_view path : {std::string_view(""), std::string_view("a\0b", 3), std::string_view(too_long)}) {
    EXPECT_EQ(store.read(path).status(), Status::InvalidParameter);
    EXPECT_EQ(store.list(path, 0).status(), Status::InvalidParameter);
    EXPECT_EQ(store.write(path, "").status(), Status::InvalidParameter);
    EXPECT_EQ(store.remove(path).status(), Status::InvalidParameter);
    EXPECT_EQ(store.watch(path).status(), Status::InvalidParameter);
    EXPECT_EQ(store.unwatch(path).status(), Status::InvalidParameter);
  }
  EXPECT_EQ(server.requests, 0u);
  EXPECT_EQ(store.read(longest).status(), Status::NotFound);
  EXPECT_EQ(store.read(absolute).status(), Status::NotFound);
  EXPECT_EQ(store.read(absolute + 'x').status(), Status::InvalidParameter);
  EXPECT_TRUE(store.write("long", std::string(XENSTORE_PAYLOAD_MAX - 5, 'v')));
  EXPECT_EQ(read("long").size(), XENSTORE_PAYLOAD_MAX - 5u);
  EXPECT_EQ(store.write("long", std::string(XENSTORE_PAYLOAD_MAX - 4, 'v')).status(), Status::InvalidParameter);
}

TEST_F(XenStoreTest, ChildrenAreListed) {
  start();
  auto names = store.list("device/vbd", 0);
  ASSERT_TRUE(names);
  EXPECT_EQ(names->names, std::string_view("51712\00051728\0", 12));
  EXPECT_FALSE(names->more);
  EXPECT_EQ(store.list("name", 0)->names, "");
  EXPECT_EQ(store.list("nobody", 0).status(), Status::NotFound);
  EXPECT_EQ(store.list("/hidden", 0).status(), Status::AccessDenied);
}

TEST_F(XenStoreTest, ADirectoryMayBeLongerThanAMessage) {
  start();
  std::string expected;
  for (int i = 1000; i < 3000; ++i) {
    server.nodes["/local/domain/1/many/" + std::to_string(i)] = "";
    expected += std::to_string(i) + '\0';
  }
  server.nodes["/local/domain/1/many"] = "";
  std::string names;
  for (bool more = true; more;) {
    auto part = store.list("many", static_cast<uint32_t>(names.size()));
    ASSERT_TRUE(part);
    names += part->names;
    more = part->more;
  }
  EXPECT_EQ(names, expected);
}

TEST_F(XenStoreTest, ADirectoryThatChangesInBetweenIsToBeReadAgain) {
  start();
  for (int i = 0; i < 500; ++i) server.nodes["/local/domain/1/many/a-long-name-" + std::to_string(i)] = "";
  server.nodes["/local/domain/1/many"] = "";
  auto part = store.list("many", 0);
  ASSERT_TRUE(part && part->more);
  const auto next = static_cast<uint32_t>(part->names.size());
  server.set("/local/domain/1/many/another", "");
  EXPECT_EQ(store.list("many", next).status(), Status::NotReady);
  EXPECT_TRUE(store.list("many", 0));
  server.knows_parts = false;
  EXPECT_EQ(store.list("many", 0).status(), Status::Unsupported);
}

TEST_F(XenStoreTest, TransactionsHappenAtOnceOrNotAtAll) {
  start();
  EXPECT_EQ(store.commit().status(), Status::NotStarted);
  ASSERT_TRUE(store.begin());
  EXPECT_EQ(store.begin().status(), Status::AlreadyStarted);
  EXPECT_TRUE(store.write("name", "other"));
  EXPECT_EQ(read("name"), "other");
  EXPECT_EQ(server.nodes.at("/local/domain/1/name"), "guest");
  EXPECT_TRUE(store.commit());
  EXPECT_EQ(server.nodes.at("/local/domain/1/name"), "other");

  ASSERT_TRUE(store.begin());
  EXPECT_TRUE(store.write("name", "third"));
  store.abort();
  EXPECT_EQ(read("name"), "other");
  EXPECT_TRUE(server.transactions.empty());
}

TEST_F(XenStoreTest, ATransactionThatSomebodyCrossesIsToBeDoneAgain) {
  start();
  server.before_commit = [&] { server.set("/local/domain/1/x", "1"); };
  ASSERT_TRUE(store.begin());
  EXPECT_TRUE(store.write("name", "other"));
  EXPECT_EQ(store.commit().status(), Status::NotReady);
  EXPECT_EQ(read("name"), "guest");
  server.before_commit = nullptr;
  ASSERT_TRUE(store.begin()) << "it is over";
  EXPECT_TRUE(store.write("name", "other"));
  EXPECT_TRUE(store.commit());
}

TEST_F(XenStoreTest, WhatIsWatchedEndsTheWait) {
  start();
  const uint64_t before = clock.time;
  EXPECT_FALSE(*store.wait(kSecond));
  EXPECT_GE(clock.time, before + kSecond);
  ASSERT_TRUE(store.watch("device"));
  EXPECT_TRUE(*store.wait(kSecond)) << "the first comes at once";
  EXPECT_FALSE(*store.wait(kSecond));
  server.set("/local/domain/1/name", "x");
  EXPECT_FALSE(*store.wait(0));
  server.set("/local/domain/1/device/vbd/51712/state", "2");
  EXPECT_TRUE(*store.wait(0));
  ASSERT_TRUE(store.unwatch("device"));
  EXPECT_EQ(store.unwatch("device").status(), Status::NotFound);
  server.set("/local/domain/1/device/vbd/51712/state", "3");
  EXPECT_FALSE(*store.wait(kSecond));
}

TEST_F(XenStoreTest, EventsAreKeptWhileAnAnswerIsAwaited) {
  start();
  ASSERT_TRUE(store.watch("device"));
  EXPECT_TRUE(*store.wait(0));
  server.set("/local/domain/1/device/x", "");
  EXPECT_EQ(read("name"), "guest");
  EXPECT_TRUE(server.idle());
  EXPECT_TRUE(*store.wait(0));
  EXPECT_FALSE(*store.wait(0));
}

TEST_F(XenStoreTest, MessagesComeInPieces) {
  server.piece = 3;
  start();
  EXPECT_TRUE(store.write("name", std::string(3000, 'y')));
  EXPECT_EQ(read("name"), std::string(3000, 'y'));
  EXPECT_GT(server.waits, 1000u);
  ASSERT_TRUE(store.watch("name"));
  EXPECT_TRUE(*store.wait(kSecond));
}

TEST_F(XenStoreTest, WithoutOneThereIsNoStore) {
  parameters.clear();
  EXPECT_EQ(store.wait(0).status(), Status::NotFound);
  for (uint64_t frame : {uint64_t{0}, ~uint64_t{0}}) {
    parameters = {{HVM_PARAM_STORE_PFN, frame}, {HVM_PARAM_STORE_EVTCHN, kPort}};
    EXPECT_EQ(store.wait(0).status(), Status::NotFound);
  }
  parameters = {{HVM_PARAM_STORE_PFN, kFrame}, {HVM_PARAM_STORE_EVTCHN, 0}};
  EXPECT_EQ(store.wait(0).status(), Status::NotFound);
  for (uint64_t frame : {kFrame + 1, uint64_t{1} << 60}) {
    parameters = {{HVM_PARAM_STORE_PFN, frame}, {HVM_PARAM_STORE_EVTCHN, kPort}};
    EXPECT_EQ(store.wait(0).status(), Status::NoMapping);
  }
  EXPECT_EQ(store.read("name").status(), Status::NoMapping);
  EXPECT_TRUE(store.quiesce());
  EXPECT_EQ(log.text, "");
}

// ---- before and after us

TEST_F(XenStoreTest, TheNextFindsNothingOfUs) {
  start();
  ASSERT_TRUE(store.watch("device"));
  ASSERT_TRUE(store.begin());
  server.set("/local/domain/1/device/x", "");
  EXPECT_TRUE(store.quiesce());
  EXPECT_TRUE(server.watches.empty());
  EXPECT_TRUE(server.transactions.empty());
  EXPECT_TRUE(server.idle());
  EXPECT_FALSE(events.take(kPort));
  EXPECT_EQ(read("name"), "guest") << "should there be no next";
}

TEST_F(XenStoreTest, AWatchThatIsTheFirstOfAllIsDroppedToo) {
  ASSERT_TRUE(store.watch("device"));
  EXPECT_TRUE(store.quiesce());
  EXPECT_TRUE(server.watches.empty());
}

TEST_F(XenStoreTest, WhatNeedsNoClearingUpIsNotCleared) {
  start();
  EXPECT_EQ(read("name"), "guest");
  EXPECT_TRUE(store.quiesce());
  EXPECT_EQ(server.requests, 1u);
  EXPECT_TRUE(store.quiesce());
}

struct Predecessor : XenStoreTest {
  Predecessor() {
    page.req_cons = page.req_prod = 0xFFFFFFF0;
    page.rsp_cons = page.rsp_prod = 0xFFFFFFE0;
    server.watches = {{"/", "predecessor"}, {"/", "efilite"}};
    server.transactions[7] = {};
  }
  void expect_new() {
    start();
    EXPECT_TRUE(server.watches.empty());
    EXPECT_TRUE(server.transactions.empty());
    EXPECT_EQ(read("name"), "guest");
    EXPECT_FALSE(*store.wait(0));
    EXPECT_EQ(log.text, "");
  }
};

TEST_F(Predecessor, HisWatchesAndTransactionsAreForgotten) {
  expect_new();
  EXPECT_EQ(server.reconnections, 0u);
}

TEST_F(Predecessor, AnswersToHimAreSkipped) {
  server.say(XS_READ, 1, "value");
  server.say(XS_WATCH_EVENT, 0, std::string_view("/x\0efilite\0", 11));
  expect_new();
}

TEST_F(Predecessor, TheEndOfAMessageWhoseBeginningHeHasReadIsSkipped) {
  server.say("rest of what he asked for");
  server.say(XS_ERROR, 3, std::string_view("ENOENT\0", 7));
  server.say(XS_READ, 4, std::string(900, 'v'));
  expect_new();
}

TEST_F(Predecessor, AServerThatCanBeginAnewDoes) {
  page.server_features = XENSTORE_SERVER_FEATURE_RECONNECTION;
  server.say("rest of what he asked for");
  expect_new();
  EXPECT_EQ(server.reconnections, 1u);
  EXPECT_EQ(server.requests, 1u) << "the one of this test";
}

TEST_F(Predecessor, EvenAfterABrokenRing) {
  page.server_features = XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
  page.error = XENSTORE_ERROR_RINGIDX;
  page.rsp_prod += 2000;
  expect_new();
}

TEST_F(Predecessor, AServerThatDoesNotKnowHowToForgetIsNoHindrance) {
  server.knows_reset = false;
  start();
  EXPECT_EQ(read("name"), "guest");
  EXPECT_TRUE(store.quiesce());
}

TEST_F(Predecessor, AReconnectionThatIsUnderWayIsWaitedFor) {
  page = {};
  page.server_features = XENSTORE_SERVER_FEATURE_RECONNECTION;
  page.connection = XENSTORE_RECONNECT;
  server.silent = true;
  EXPECT_EQ(store.wait(0).status(), Status::DeviceError);
  EXPECT_GE(clock.time, 30 * kSecond);
  EXPECT_NE(log.text.find("it does not answer"), std::string::npos) << log.text;
}

// ---- a server that breaks the rules

struct BadServer : XenStoreTest {
  // A xenstored that is left alone is not even looked at, and costs its patience once.
  void expect_end(std::string_view why) {
    const uint64_t before = clock.time;
    const unsigned requests = server.requests;
    EXPECT_EQ(store.read("name").status(), Status::DeviceError);
    EXPECT_LE(clock.time - before, 31 * kSecond);
    EXPECT_NE(log.text.find(why), std::string::npos) << log.text;
    const uint64_t then = clock.time;
    EXPECT_EQ(store.write("name", "").status(), Status::DeviceError);
    EXPECT_EQ(store.list("name", 0).status(), Status::DeviceError);
    EXPECT_EQ(store.begin().status(), Status::DeviceError);
    EXPECT_EQ(store.watch("name").status(), Status::DeviceError);
    EXPECT_EQ(store.wait(kSecond).status(), Status::DeviceError);
    EXPECT_EQ(store.quiesce().status(), Status::DeviceError);
    EXPECT_TRUE(store.quiesce()) << "there is nothing that it could do";
    EXPECT_EQ(clock.time, then);
    EXPECT_LE(server.requests, requests + 1);
    EXPECT_EQ(std::ranges::count(log.text, '\n'), 1) << log.text;
  }
};

TEST_F(BadServer, SilenceIsNotWaitedForForever) {
  start();
  server.silent = true;
  expect_end("xenstore: it does not answer");
}

TEST_F(BadServer, AnswersToOthersAreNone) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.req_id ^= 0x100; };
  expect_end("it does not answer");
}

TEST_F(BadServer, AnAnswerOfAnotherKindIsRefused) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.type = XS_WRITE; };
  expect_end("it answers what was not asked");
}

TEST_F(BadServer, AnAnswerInAnotherTransactionIsRefused) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.tx_id = 5; };
  expect_end("it answers what was not asked");
}

TEST_F(BadServer, ALengthBeyondTheLimitIsRefused) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.len = XENSTORE_PAYLOAD_MAX + 1; };
  expect_end("a message of it is too long");
}

TEST_F(BadServer, ALengthBeyondWhatFollowsIsWaitedForInVain) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.len += 1; };
  expect_end("it does not answer");
}

TEST_F(BadServer, IndexesThatMakeNoSenseAreRefused) {
  start();
  page.rsp_prod = page.rsp_cons + XENSTORE_RING_SIZE + 1;
  expect_end("there is more in its ring than there is room for");
}

TEST_F(BadServer, IndexesOfTheOtherDirectionToo) {
  start();
  page.req_cons = page.req_prod + 1;
  expect_end("there is more in its ring than there is room for");
}

TEST_F(BadServer, WhatAnOlderServerHasInItsPageBeyondTheRingsMeansNothing) {
  start();
  server.silent = true;
  page.error = XENSTORE_ERROR_PROTO;
  page.connection = XENSTORE_RECONNECT;
  expect_end("it does not answer");
}

TEST_F(BadServer, AServerThatSaysThatItIsOverIsNotWaitedFor) {
  start();
  server.silent = true;
  page.server_features = XENSTORE_SERVER_FEATURE_ERROR;
  page.error = XENSTORE_ERROR_PROTO;
  expect_end("it has given this domain up");
  EXPECT_EQ(clock.time, 0u);
}

// Whenever somebody makes room, there are more messages of no length to nobody.
struct TalkWithoutEnd : XenStoreTest {
  void notified(evtchn_port_t) override {
    if (talks) page.rsp_prod = page.rsp_cons + XENSTORE_RING_SIZE;
    page.req_cons = page.req_prod;
  }
  bool talks = true;
};

TEST_F(TalkWithoutEnd, InsteadOfAnAnswerIsNotListenedTo) {
  start();
  EXPECT_EQ(store.read("name").status(), Status::DeviceError);
  EXPECT_NE(log.text.find("it talks without end"), std::string::npos) << log.text;
}

TEST_F(TalkWithoutEnd, ToSomebodyBeforeUsIsNotListenedTo) {
  page.req_cons = page.req_prod = 1;
  EXPECT_EQ(store.wait(0).status(), Status::DeviceError);
  EXPECT_NE(log.text.find("it talks without end"), std::string::npos) << log.text;
}

TEST_F(TalkWithoutEnd, DoesNotKeepAnybodyWaiting) {
  start();
  clock.step = 1;
  page.rsp_prod = page.rsp_cons + XENSTORE_RING_SIZE;
  EXPECT_FALSE(*store.wait(100));
}

TEST_F(BadServer, ATransactionWithoutNumberIsNone) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string& text) {
    text = std::string("0\0", 2);
    header.len = 2;
  };
  EXPECT_EQ(store.begin().status(), Status::DeviceError);
  EXPECT_NE(log.text.find("a transaction has no number"), std::string::npos) << log.text;
}

TEST_F(BadServer, AListWithoutItsEndIsRefused) {
  start();
  server.change_answer = [](xsd_sockmsg& header, std::string& text) {
    text = "51712";
    header.len = 5;
  };
  EXPECT_EQ(store.list("device/vbd", 0).status(), Status::DeviceError);
  EXPECT_NE(log.text.find("a name in a list has no end"), std::string::npos) << log.text;
}

TEST_F(BadServer, APartOfAListWithoutItsNumberIsRefused) {
  for (std::string_view part : {std::string_view(""), std::string_view("12"), std::string_view("x\0a\0", 4), std::string_view("12\0a", 4),
                                std::string_view("99999999999999999999\0a\0", 23)}) {
    start();
    server.change_answer = [&](xsd_sockmsg& header, std::string& text) {
      text = part;
      header.len = static_cast<uint32_t>(part.size());
    };
    EXPECT_EQ(store.list("device/vbd", 6).status(), Status::DeviceError) << part;
    EXPECT_NE(log.text.find("a part of a list makes no sense"), std::string::npos) << log.text;
    log.text.clear();
    server.change_answer = nullptr;
    (void)store.quiesce();
  }
}

TEST_F(BadServer, AChannelThatIsGoneIsNoticed) {
  start();
  channels.clear();
  expect_end("its event channel is gone");
}

TEST_F(BadServer, OneThatCanBeginAnewIsLeftAsNew) {
  start();
  page.server_features = XENSTORE_SERVER_FEATURE_RECONNECTION;
  server.change_answer = [](xsd_sockmsg& header, std::string&) { header.len = ~0u; };
  EXPECT_EQ(store.read("name").status(), Status::DeviceError);
  EXPECT_TRUE(store.quiesce());
  EXPECT_EQ(server.reconnections, 1u);
  EXPECT_TRUE(server.idle());
}

}  // namespace
}  // namespace efilite::drivers::xen
