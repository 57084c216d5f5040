// SPDX-License-Identifier: BSD-2-Clause-Patent
// Events [UEFI 2.10, 7.1.1 to 7.1.6].
#include "timers.hpp"

namespace conformance {
namespace {

EFI_GUID kReadyGroup = {0x3d51f3e3, 0x717e, 0x46c8, {0xb0, 0x2d, 0x47, 0x72, 0x6f, 0x75, 0x70, 0x21}};
EFI_GUID kOtherGroup = {0x4e6204f4, 0x828f, 0x47d9, {0xb1, 0x3e, 0x47, 0x72, 0x6f, 0x75, 0x70, 0x22}};
EFI_GUID kExitGroup = {0x27abf055, 0xb1b8, 0x4c26, {0x80, 0x48, 0x74, 0x8f, 0x37, 0xba, 0xa2, 0xdf}};
EFI_GUID kMemoryMapGroup = {0x78bee926, 0x692f, 0x48fd, {0x9e, 0xdb, 0x01, 0x42, 0x2e, 0xf0, 0xd7, 0xab}};

const EFI_GUID kOtherGroups[] = {{0x7ce88fb3, 0x4bd7, 0x4679, {0x87, 0xa8, 0xa8, 0xd8, 0xde, 0xe5, 0x0d, 0x2b}},
                                 {0x3a2a00ad, 0x98b9, 0x4cdf, {0xa4, 0x78, 0x70, 0x27, 0x77, 0xf1, 0xc1, 0x0b}},
                                 {0x62da6a56, 0x13fb, 0x485a, {0xa8, 0xda, 0xa3, 0xdd, 0x79, 0x12, 0xcb, 0x6b}}};

EFI_STATUS create(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY function) {
  EFI_EVENT event = nullptr;
  static Calls calls;
  EFI_STATUS status = bs->CreateEvent(type, tpl, function, &calls, &event);
  if (!EFI_ERROR(status)) bs->CloseEvent(event);
  return status;
}

EFI_STATUS create_ex(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY function, const EFI_GUID* group) {
  EFI_EVENT event = nullptr;
  static Calls calls;
  EFI_STATUS status = bs->CreateEventEx(type, tpl, function, &calls, group, &event);
  if (!EFI_ERROR(status)) bs->CloseEvent(event);
  return status;
}

// A notification function that becomes ready after some looks at it.
VOID EFIAPI ready_at_third(EFI_EVENT event, VOID* context) {
  if (++static_cast<Calls*>(context)->count == 3) bs->SignalEvent(event);
}
VOID EFIAPI close_me(EFI_EVENT event, VOID* context) {
  ++static_cast<Calls*>(context)->count;
  bs->CloseEvent(event);
}
VOID EFIAPI signal_self_twice(EFI_EVENT event, VOID* context) {
  if (++static_cast<Calls*>(context)->count < 3) bs->SignalEvent(event);
}
VOID EFIAPI signal_other(EFI_EVENT, VOID* context) { bs->SignalEvent(context); }

const Test kTests[] = {
    {"7.1.1 CreateEvent: no place for the event is INVALID_PARAMETER",
     [] { return is(bs->CreateEvent(0, TPL_CALLBACK, nullptr, nullptr, nullptr), kInvalid); }},
    {"7.1.1 CreateEvent: an event of type 0 needs no function", [] { return ok(create(0, 0, nullptr)); }},
    {"7.1.1 CreateEvent: a timer without notification needs no function", [] { return ok(create(EVT_TIMER, 0, nullptr)); }},
    {"7.1.1 CreateEvent: EVT_NOTIFY_SIGNAL with a function at TPL_CALLBACK",
     [] { return ok(create(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: EVT_NOTIFY_SIGNAL with a function at TPL_NOTIFY", [] { return ok(create(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note)); }},
    {"7.1.1 CreateEvent: EVT_NOTIFY_WAIT with a function", [] { return ok(create(EVT_NOTIFY_WAIT, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: EVT_TIMER together with EVT_NOTIFY_SIGNAL",
     [] { return ok(create(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: EVT_TIMER together with EVT_NOTIFY_WAIT",
     [] { return ok(create(EVT_TIMER | EVT_NOTIFY_WAIT, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: both kinds of notification are INVALID_PARAMETER",
     [] { return is(create(EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT, TPL_CALLBACK, note), kInvalid); }},
    {"7.1.1 CreateEvent: an unknown bit of the type is INVALID_PARAMETER", [] { return is(create(0x1, TPL_CALLBACK, note), kInvalid); }},
    {"7.1.1 CreateEvent: an unknown high bit of the type is INVALID_PARAMETER",
     [] { return is(create(0x10000000, TPL_CALLBACK, note), kInvalid); }},
    {"7.1.1 CreateEvent: EVT_NOTIFY_SIGNAL without a function is INVALID_PARAMETER",
     [] { return is(create(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, nullptr), kInvalid); }},
    {"7.1.1 CreateEvent: EVT_NOTIFY_WAIT without a function is INVALID_PARAMETER",
     [] { return is(create(EVT_NOTIFY_WAIT, TPL_CALLBACK, nullptr), kInvalid); }},
    {"7.1.1 CreateEvent: NotifyTpl 0 is INVALID_PARAMETER with EVT_NOTIFY_SIGNAL",
     [] { return is(create(EVT_NOTIFY_SIGNAL, 0, note), kInvalid); }},
    {"7.1.1 CreateEvent: NotifyTpl 0 is INVALID_PARAMETER with EVT_NOTIFY_WAIT",
     [] { return is(create(EVT_NOTIFY_WAIT, 0, note), kInvalid); }},
    {"7.1.1 CreateEvent: NotifyTpl TPL_APPLICATION is INVALID_PARAMETER",
     [] { return is(create(EVT_NOTIFY_SIGNAL, TPL_APPLICATION, note), kInvalid); }},
    {"7.1.1 CreateEvent: NotifyTpl above TPL_HIGH_LEVEL is INVALID_PARAMETER",
     [] { return is(create(EVT_NOTIFY_SIGNAL, TPL_HIGH_LEVEL + 1, note), kInvalid); }},
    {"7.1.1 CreateEvent: EVT_SIGNAL_EXIT_BOOT_SERVICES with a function",
     [] { return ok(create(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: EVT_SIGNAL_EXIT_BOOT_SERVICES without a function is INVALID_PARAMETER",
     [] { return is(create(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, nullptr), kInvalid); }},
    {"7.1.1 CreateEvent: EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE with a function",
     [] { return ok(create(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_CALLBACK, note)); }},
    {"7.1.1 CreateEvent: EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE without a function is INVALID_PARAMETER",
     [] { return is(create(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_CALLBACK, nullptr), kInvalid); }},
    {"7.1.1 CreateEvent: EVT_SIGNAL_EXIT_BOOT_SERVICES goes with no other bit",
     [] { return is(create(EVT_SIGNAL_EXIT_BOOT_SERVICES | EVT_TIMER, TPL_CALLBACK, note), kInvalid); }},
    {"7.1.1 CreateEvent: a new event is not signaled",
     [] {
       AnEvent event(0);
       return is(bs->CheckEvent(event), EFI_NOT_READY);
     }},

    {"7.1.2 CreateEventEx: no place for the event is INVALID_PARAMETER",
     [] { return is(bs->CreateEventEx(0, TPL_CALLBACK, nullptr, nullptr, &kReadyGroup, nullptr), kInvalid); }},
    {"7.1.2 CreateEventEx: without a group it is CreateEvent",
     [] { return ok(create_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, nullptr)); }},
    {"7.1.2 CreateEventEx: an event of a group without notification", [] { return ok(create_ex(0, TPL_CALLBACK, nullptr, &kReadyGroup)); }},
    {"7.1.2 CreateEventEx: EVT_SIGNAL_EXIT_BOOT_SERVICES with a group is INVALID_PARAMETER",
     [] { return is(create_ex(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, note, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE with a group is INVALID_PARAMETER",
     [] { return is(create_ex(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_CALLBACK, note, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: both kinds of notification are INVALID_PARAMETER",
     [] { return is(create_ex(EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT, TPL_CALLBACK, note, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: EVT_NOTIFY_SIGNAL without a function is INVALID_PARAMETER",
     [] { return is(create_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, nullptr, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: an unsupported NotifyTpl is INVALID_PARAMETER",
     [] { return is(create_ex(EVT_NOTIFY_SIGNAL, TPL_APPLICATION, note, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: an unknown bit of the type is INVALID_PARAMETER",
     [] { return is(create_ex(0x2, TPL_CALLBACK, note, &kReadyGroup), kInvalid); }},
    {"7.1.2 CreateEventEx: an event of the group ExitBootServices",
     [] { return ok(create_ex(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, &kExitGroup)); }},
    {"7.1.2 CreateEventEx: the group of the memory map is signaled when pages are taken",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kMemoryMapGroup);
       Pages pages(3, EfiRuntimeServicesData);
       return that(event.event != nullptr) && that(calls.count > 0);
     }},
    {"7.1.2 CreateEventEx: events of the groups ReadyToBoot, AfterReadyToBoot and ResetSystem",
     [] {
       for (const EFI_GUID& group : kOtherGroups) {
         if (!ok(create_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, &group))) return false;
       }
       return true;
     }},
    {"7.1.2 CreateEventEx: a timer in a group signals the group",
     [] {
       Calls calls;
       AnEvent timer(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kReadyGroup);
       Calls others;
       AnEvent other(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &others, kReadyGroup);
       return ok(bs->SetTimer(timer, TimerRelative, 2 * kMillisecond)) && that(called(others, 1)) && equal(calls.count, 1);
     }},

    {"7.1.3 CloseEvent: an open event is closed",
     [] {
       EFI_EVENT event;
       return ok(bs->CreateEvent(0, 0, nullptr, nullptr, &event)) && ok(bs->CloseEvent(event));
     }},
    {"7.1.3 CloseEvent: a running timer does not call after it",
     [] {
       Calls calls;
       {
         AnEvent event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
         if (!ok(bs->SetTimer(event, TimerPeriodic, 5 * kMillisecond))) return false;
       }
       UINTN count = calls.count;  // on a busy host the timer may have come already
       bs->Stall(30000);
       return equal(calls.count, count);
     }},
    {"7.1.3 CloseEvent: a notification that waits for its priority is dropped",
     [] {
       Calls calls;
       {
         AtTpl high(TPL_NOTIFY);
         AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
         bs->SignalEvent(event);
       }
       return equal(calls.count, 0);
     }},
    {"7.1.3 CloseEvent: a closed event is no longer in its group",
     [] {
       Calls gone, stays;
       AnEvent b(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &stays, kReadyGroup);
       {
         AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &gone, kReadyGroup);
       }
       return ok(bs->SignalEvent(b)) && equal(stays.count, 1) && equal(gone.count, 0);
     }},
    {"7.1.3 CloseEvent: a notification function may close its own event",
     [] {
       Calls calls;
       EFI_EVENT event;
       return ok(bs->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, close_me, &calls, &event)) && ok(bs->SignalEvent(event)) &&
              equal(calls.count, 1);
     }},

    {"7.1.4 SignalEvent: the event becomes signaled",
     [] {
       AnEvent event(0);
       return ok(bs->SignalEvent(event)) && ok(bs->CheckEvent(event));
     }},
    {"7.1.4 SignalEvent: a signaled event can be signaled again",
     [] {
       AnEvent event(0);
       return ok(bs->SignalEvent(event)) && ok(bs->SignalEvent(event));
     }},
    {"7.1.4 SignalEvent: the notification function is called with its event",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       return ok(bs->SignalEvent(event)) && equal(calls.count, 1) && that(calls.event == event);
     }},
    {"7.1.4 SignalEvent: the notification function runs at its priority",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &calls);
       return ok(bs->SignalEvent(event)) && equal(calls.tpl, TPL_NOTIFY);
     }},
    {"7.1.4 SignalEvent: every signal of EVT_NOTIFY_SIGNAL calls again",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       bs->SignalEvent(event), bs->SignalEvent(event), bs->SignalEvent(event);
       return equal(calls.count, 3);
     }},
    {"7.1.4 SignalEvent: EVT_NOTIFY_WAIT does not call on a signal",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_WAIT, TPL_CALLBACK, &calls);
       return ok(bs->SignalEvent(event)) && equal(calls.count, 0) && ok(bs->CheckEvent(event));
     }},
    {"7.1.4 SignalEvent: one signal reaches all events of a group",
     [] {
       Calls first, second;
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &first, kReadyGroup), b(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &second, kReadyGroup);
       return ok(bs->SignalEvent(a)) && equal(first.count, 1) && equal(second.count, 1);
     }},
    {"7.1.4 SignalEvent: a group member without notification passes the signal on",
     [] {
       Calls calls;
       AnEvent quiet(0, 0, nullptr, kReadyGroup), loud(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kReadyGroup);
       return that(quiet.event != nullptr) && ok(bs->SignalEvent(quiet)) && equal(calls.count, 1);
     }},
    {"7.1.4 SignalEvent: members that wait are signaled with their group",
     [] {
       Calls calls;
       AnEvent loud(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kReadyGroup), quiet(0, 0, nullptr, kReadyGroup);
       return ok(bs->SignalEvent(loud)) && ok(bs->CheckEvent(quiet)) && is(bs->CheckEvent(quiet), EFI_NOT_READY);
     }},
    {"7.1.4 SignalEvent: an event made for the purpose signals its group",
     [] {
       Calls calls;
       AnEvent loud(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kReadyGroup);
       Calls none;
       EFI_EVENT signal = nullptr;
       return ok(bs->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, &none, &kReadyGroup, &signal)) && ok(bs->SignalEvent(signal)) &&
              ok(bs->CloseEvent(signal)) && equal(calls.count, 1);
     }},
    {"7.1.4 SignalEvent: it works at TPL_HIGH_LEVEL",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &calls);
       EFI_STATUS status;
       UINTN during;
       {
         AtTpl raised(TPL_HIGH_LEVEL);
         status = bs->SignalEvent(event);
         during = calls.count;
       }
       return ok(status) && equal(during, 0) && equal(calls.count, 1);
     }},
    {"7.1.4 SignalEvent: a notification function that signals its own event is called again",
     [] {
       Calls calls;
       EFI_EVENT event;
       if (!ok(bs->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, signal_self_twice, &calls, &event))) return false;
       bs->SignalEvent(event);
       bs->CloseEvent(event);
       return equal(calls.count, 3);
     }},
    {"7.1.4 SignalEvent: a signal stays within its group",
     [] {
       Calls mine, others;
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &mine, kReadyGroup), b(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &others, kOtherGroup);
       return ok(bs->SignalEvent(a)) && equal(others.count, 0);
     }},
    {"7.1.4 SignalEvent: the higher priority of a group is called first",
     [] {
       Calls low, high;
       AtTpl held(TPL_HIGH_LEVEL);
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &low, kReadyGroup), b(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &high, kReadyGroup);
       EFI_STATUS status = bs->SignalEvent(a);
       bs->RestoreTPL(TPL_APPLICATION);
       bool good = ok(status) && that(low.count == 1 && high.count == 1) && that(high.order < low.order);
       bs->RaiseTPL(TPL_HIGH_LEVEL);
       return good;
     }},
    {"7.1.4 SignalEvent: within one priority the order is that of the signals",
     [] {
       Calls first, second;
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &first), b(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &second);
       {
         AtTpl held(TPL_NOTIFY);
         bs->SignalEvent(b), bs->SignalEvent(a);
       }
       return that(second.order != 0 && second.order < first.order);
     }},
    {"7.1.4 SignalEvent: a notification function may signal another event",
     [] {
       Calls calls;
       AnEvent second(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &calls);
       EFI_EVENT first;
       if (!ok(bs->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, signal_other, second.event, &first))) return false;
       bs->SignalEvent(first);
       bs->CloseEvent(first);
       return equal(calls.count, 1);
     }},

    {"7.1.5 WaitForEvent: no events are INVALID_PARAMETER",
     [] {
       AnEvent event(0);
       UINTN index;
       return is(bs->WaitForEvent(0, &event.event, &index), kInvalid);
     }},
    {"7.1.5 WaitForEvent: an event of EVT_NOTIFY_SIGNAL is INVALID_PARAMETER, with its index",
     [] {
       Calls calls;
       AnEvent plain(0), loud(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       EFI_EVENT events[] = {plain, loud};
       UINTN index = 9;
       return is(bs->WaitForEvent(2, events, &index), kInvalid) && equal(index, 1);
     }},
    {"7.1.5 WaitForEvent: above TPL_APPLICATION it is UNSUPPORTED",
     [] {
       AnEvent event(0);
       UINTN index;
       bs->SignalEvent(event);
       AtTpl callback(TPL_CALLBACK);
       return is(bs->WaitForEvent(1, &event.event, &index), EFI_UNSUPPORTED);
     }},
    {"7.1.5 WaitForEvent: the priority is looked at before the count of events",
     [] {
       UINTN index;
       AnEvent event(0);
       AtTpl callback(TPL_CALLBACK);
       return is(bs->WaitForEvent(0, &event.event, &index), EFI_UNSUPPORTED);
     }},
    {"7.1.5 WaitForEvent: a signaled event before one of EVT_NOTIFY_SIGNAL is told",
     [] {
       Calls calls;
       AnEvent plain(0), loud(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       EFI_EVENT events[] = {plain, loud};
       UINTN index = 9;
       bs->SignalEvent(plain);
       return ok(bs->WaitForEvent(2, events, &index)) && equal(index, 0);
     }},
    {"7.1.5 WaitForEvent: it tells which event was signaled",
     [] {
       AnEvent a(0), b(0), c(0);
       EFI_EVENT events[] = {a, b, c};
       UINTN index = 9;
       bs->SignalEvent(c);
       return ok(bs->WaitForEvent(3, events, &index)) && equal(index, 2);
     }},
    {"7.1.5 WaitForEvent: of two it takes the first in the list",
     [] {
       AnEvent a(0), b(0), c(0);
       EFI_EVENT events[] = {a, b, c};
       UINTN index = 9;
       bs->SignalEvent(c), bs->SignalEvent(b);
       return ok(bs->WaitForEvent(3, events, &index)) && equal(index, 1);
     }},
    {"7.1.5 WaitForEvent: only the event that it tells is cleared",
     [] {
       AnEvent a(0), b(0);
       EFI_EVENT events[] = {a, b};
       UINTN index = 9;
       bs->SignalEvent(a), bs->SignalEvent(b);
       return ok(bs->WaitForEvent(2, events, &index)) && is(bs->CheckEvent(a), EFI_NOT_READY) && ok(bs->CheckEvent(b));
     }},
    {"7.1.5 WaitForEvent: it waits for a timer",
     [] {
       AnEvent timer(EVT_TIMER);
       UINTN index = 9;
       return ok(bs->SetTimer(timer, TimerRelative, 3 * kMillisecond)) && ok(bs->WaitForEvent(1, &timer.event, &index)) && equal(index, 0);
     }},
    {"7.1.5 WaitForEvent: it calls an EVT_NOTIFY_WAIT event's function until that signals",
     [] {
       Calls calls;
       EFI_EVENT event;
       UINTN index = 9;
       if (!ok(bs->CreateEvent(EVT_NOTIFY_WAIT, TPL_CALLBACK, ready_at_third, &calls, &event))) return false;
       bool good = ok(bs->WaitForEvent(1, &event, &index)) && equal(index, 0) && equal(calls.count, 3);
       bs->CloseEvent(event);
       return good;
     }},

    {"7.1.6 CheckEvent: an event of EVT_NOTIFY_SIGNAL is INVALID_PARAMETER",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       return is(bs->CheckEvent(event), kInvalid);
     }},
    {"7.1.6 CheckEvent: a signaled event is cleared by the look at it",
     [] {
       AnEvent event(0);
       bs->SignalEvent(event);
       return ok(bs->CheckEvent(event)) && is(bs->CheckEvent(event), EFI_NOT_READY);
     }},
    {"7.1.6 CheckEvent: two signals are one",
     [] {
       AnEvent event(0);
       bs->SignalEvent(event), bs->SignalEvent(event);
       return ok(bs->CheckEvent(event)) && is(bs->CheckEvent(event), EFI_NOT_READY);
     }},
    {"7.1.6 CheckEvent: an unsignaled event without notification is NOT_READY",
     [] {
       AnEvent event(EVT_TIMER);
       return is(bs->CheckEvent(event), EFI_NOT_READY);
     }},
    {"7.1.6 CheckEvent: the function of EVT_NOTIFY_WAIT is called once when it is not signaled",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_WAIT, TPL_CALLBACK, &calls);
       return is(bs->CheckEvent(event), EFI_NOT_READY) && equal(calls.count, 1);
     }},
    {"7.1.6 CheckEvent: a function that signals its event makes it ready at once",
     [] {
       Calls calls{.count = 2};
       EFI_EVENT event;
       if (!ok(bs->CreateEvent(EVT_NOTIFY_WAIT, TPL_CALLBACK, ready_at_third, &calls, &event))) return false;
       bool good = ok(bs->CheckEvent(event));
       bs->CloseEvent(event);
       return good;
     }},
    {"7.1.6 CheckEvent: it works at TPL_NOTIFY",
     [] {
       AnEvent event(0);
       AtTpl raised(TPL_NOTIFY);
       return ok(bs->SignalEvent(event)) && ok(bs->CheckEvent(event));
     }},
};

}  // namespace

constinit const Chapter kEvents(kTests);

}  // namespace conformance
