// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/reset_notification.hpp"

#include <gtest/gtest.h>

#include "tests/support/events.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::ResetType;

constexpr EfiStatus kOk = efi::encode(Status::Success);
constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

class ResetNotificationTest;
ResetNotificationTest* the_test;

class ResetNotificationTest : public test::EventTest {
 protected:
  ResetNotificationTest() { the_test = this; }
  ~ResetNotificationTest() override { the_test = nullptr; }

 public:
  // Functions that are told apart by their number.
  template <char kName>
  static void EFIAPI heard(ResetType type, EfiStatus status, efi::Uintn size, void* data) {
    the_test->calls += kName;
    the_test->type = type;
    the_test->status = status;
    the_test->size = size;
    the_test->data = data;
    the_test->tpl = the_test->queue.tpl();
    if (the_test->also) the_test->also(kName);
  }
  EfiStatus add(efi::ResetSystemFunction function) { return p->register_reset_notify(p, function); }
  EfiStatus remove(efi::ResetSystemFunction function) { return p->unregister_reset_notify(p, function); }
  void reset(ResetType with = ResetType::Cold) { notification.notify(with, EfiStatus{}, 0, nullptr); }

  ResetNotification notification{machine.heap, machine.queue};
  efi::ResetNotificationProtocol* p = notification.protocol();
  std::string calls;
  std::function<void(char)> also;
  ResetType type{};
  EfiStatus status{};
  uint64_t size = 0;
  void* data = nullptr;
  efi::Tpl tpl = 0;
};

TEST_F(ResetNotificationTest, FunctionsAreCalledInTheOrderOfTheirRegistrationWithWhatResetSystemWasTold) {
  EXPECT_EQ(add(heard<'b'>), kOk);
  EXPECT_EQ(add(heard<'a'>), kOk);
  EXPECT_EQ(add(heard<'c'>), kOk);
  char16_t text[] = u"why";
  const efi::Tpl old = queue.raise_tpl(efi::kTplCallback);
  notification.notify(ResetType::PlatformSpecific, efi::encode(Status::Timeout), sizeof text, text);
  queue.restore_tpl(old);
  EXPECT_EQ(calls, "bac");
  EXPECT_EQ(type, ResetType::PlatformSpecific);
  EXPECT_EQ(status, efi::encode(Status::Timeout));
  EXPECT_EQ(size, sizeof text);
  EXPECT_EQ(data, text);
  EXPECT_EQ(tpl, efi::kTplCallback) << "the caller's";
}

TEST_F(ResetNotificationTest, RegisterAndUnregisterNameEachFault) {
  EXPECT_EQ(add(nullptr), kInvalid);
  EXPECT_EQ(p->register_reset_notify(nullptr, heard<'a'>), kInvalid);
  EXPECT_EQ(remove(nullptr), kInvalid);
  EXPECT_EQ(p->unregister_reset_notify(nullptr, heard<'a'>), kInvalid);
  EXPECT_EQ(remove(heard<'a'>), kInvalid) << "was never registered";
  EXPECT_EQ(add(heard<'a'>), kOk);
  EXPECT_EQ(add(heard<'a'>), efi::encode(Status::AlreadyStarted));
  EXPECT_EQ(remove(heard<'a'>), kOk);
  EXPECT_EQ(remove(heard<'a'>), kInvalid);
  EXPECT_EQ(machine.heap.blocks(), 0u);
  machine.heap.allowed = 0;
  EXPECT_EQ(add(heard<'a'>), efi::encode(Status::OutOfResources));
  reset();
  EXPECT_EQ(calls, "");
}

TEST_F(ResetNotificationTest, WhoIsUnregisteredIsNotCalled) {
  add(heard<'a'>);
  add(heard<'b'>);
  add(heard<'c'>);
  EXPECT_EQ(remove(heard<'b'>), kOk);
  EXPECT_EQ(add(heard<'b'>), kOk);
  reset();
  EXPECT_EQ(calls, "acb");
}

TEST_F(ResetNotificationTest, AFunctionThatResetsIsNotCalledAgainAndThoseBehindItAreOnce) {
  add(heard<'a'>);
  add(heard<'b'>);
  add(heard<'c'>);
  also = [this](char name) {
    if (name != 'b') return;
    reset(ResetType::Shutdown);
    calls += '|';  // a real reset would not come back
  };
  reset(ResetType::Cold);
  EXPECT_EQ(calls, "abc|");
  EXPECT_EQ(type, ResetType::Shutdown);
}

TEST_F(ResetNotificationTest, FunctionsMayRegisterAndUnregisterWhileTheyAreCalled) {
  add(heard<'a'>);
  add(heard<'b'>);
  add(heard<'c'>);
  also = [this](char name) {
    if (name == 'a') {
      EXPECT_EQ(remove(heard<'a'>), kOk);
      EXPECT_EQ(remove(heard<'b'>), kOk);
    }
    if (name == 'c') {
      EXPECT_EQ(add(heard<'d'>), kOk);
    }
  };
  reset();
  EXPECT_EQ(calls, "acd");
}

TEST_F(ResetNotificationTest, AFunctionThatRegistersItselfAnewComesLastAndNotForEver) {
  add(heard<'a'>);
  add(heard<'b'>);
  also = [this](char name) {
    if (name == 'b') return;
    EXPECT_EQ(remove(heard<'a'>), kOk);
    EXPECT_EQ(remove(heard<'a'>), efi::encode(Status::InvalidParameter));
    EXPECT_EQ(add(heard<'a'>), kOk);
    EXPECT_EQ(add(heard<'a'>), efi::encode(Status::AlreadyStarted));
  };
  reset();
  EXPECT_EQ(calls, "ab" + std::string(15, 'a'));
}

TEST_F(ResetNotificationTest, TheEventGroupIsSignalledOnceAfterTheFunctions) {
  make(efi::kEvtNotifySignal, efi::kTplCallback, "group", [this](efi::Event) { calls += 'g'; }, &efi::kEventGroupResetSystem);
  add(heard<'a'>);
  also = [this](char) { reset(); };
  reset();
  EXPECT_EQ(calls, "ag");
}

}  // namespace
}  // namespace efilite::core
