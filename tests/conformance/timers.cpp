// SPDX-License-Identifier: BSD-2-Clause-Patent
// Timers and task priorities [UEFI 2.10, 7.1.7 to 7.1.9].
#include "timers.hpp"

namespace conformance {
namespace {

const Test kTests[] = {
    {"7.1.7 SetTimer: an event that is no timer is INVALID_PARAMETER",
     [] {
       AnEvent event(0);
       return is(bs->SetTimer(event, TimerRelative, kMillisecond), kInvalid);
     }},
    {"7.1.7 SetTimer: an unknown kind is INVALID_PARAMETER",
     [] {
       AnEvent timer(EVT_TIMER);
       return is(bs->SetTimer(timer, static_cast<EFI_TIMER_DELAY>(3), kMillisecond), kInvalid);
     }},
    {"7.1.7 SetTimer: a relative timer is not signaled before its time",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerRelative, 100000 * kMillisecond)) && is(bs->CheckEvent(timer), EFI_NOT_READY);
     }},
    {"7.1.7 SetTimer: a relative timer is signaled once",
     [] {
       AnEvent timer(EVT_TIMER);
       if (!ok(bs->SetTimer(timer, TimerRelative, 2 * kMillisecond)) || !that(comes(timer))) return false;
       bs->Stall(30000);
       return is(bs->CheckEvent(timer), EFI_NOT_READY);
     }},
    {"7.1.7 SetTimer: a relative timer of 0 is signaled on the next tick",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerRelative, 0)) && that(comes(timer));
     }},
    {"7.1.7 SetTimer: a periodic timer is signaled again and again",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerPeriodic, 2 * kMillisecond)) && that(comes(timer)) && that(comes(timer)) && that(comes(timer));
     }},
    {"7.1.7 SetTimer: a periodic timer of 0 is signaled on every tick",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerPeriodic, 0)) && that(comes(timer)) && that(comes(timer));
     }},
    {"7.1.7 SetTimer: a timer calls its function",
     [] {
       Calls calls;
       AnEvent timer(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       return ok(bs->SetTimer(timer, TimerRelative, 2 * kMillisecond)) && that(called(calls, 1)) && equal(calls.tpl, TPL_CALLBACK);
     }},
    {"7.1.7 SetTimer: TimerCancel ends a periodic timer",
     [] {
       Calls calls;
       AnEvent timer(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       if (!ok(bs->SetTimer(timer, TimerPeriodic, 2 * kMillisecond)) || !that(called(calls, 1)) || !ok(bs->SetTimer(timer, TimerCancel, 0)))
         return false;
       UINTN count = calls.count;
       bs->Stall(30000);
       return equal(calls.count, count);
     }},
    {"7.1.7 SetTimer: TimerCancel of a timer that does not run",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerCancel, 0));
     }},
    {"7.1.7 SetTimer: a second setting replaces the first",
     [] {
       AnEvent timer(EVT_TIMER);
       if (!ok(bs->SetTimer(timer, TimerRelative, 5 * kMillisecond)) || !ok(bs->SetTimer(timer, TimerRelative, 100000 * kMillisecond)))
         return false;
       bs->CheckEvent(timer);  // on a busy host the first may have come already
       bs->Stall(40000);
       return is(bs->CheckEvent(timer), EFI_NOT_READY);
     }},
    {"7.1.7 SetTimer: setting a timer leaves the event signaled",
     [] {
       AnEvent timer(EVT_TIMER);
       bs->SignalEvent(timer);
       return ok(bs->SetTimer(timer, TimerRelative, 100000 * kMillisecond)) && ok(bs->CheckEvent(timer));
     }},
    {"7.1.7 SetTimer: of two timers the earlier one is first",
     [] {
       Calls late, early;
       AnEvent a(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &late), b(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &early);
       return ok(bs->SetTimer(a, TimerRelative, 60 * kMillisecond)) && ok(bs->SetTimer(b, TimerRelative, 2 * kMillisecond)) &&
              that(called(late, 1)) && that(early.order != 0 && early.order < late.order);
     }},
    {"7.1.7 SetTimer: an event can be signaled while its timer runs",
     [] {
       AnEvent timer(EVT_TIMER);
       return ok(bs->SetTimer(timer, TimerRelative, 100000 * kMillisecond)) && ok(bs->SignalEvent(timer)) && ok(bs->CheckEvent(timer));
     }},
    {"7.1.7 SetTimer: a relative timer keeps its time",
     [] {
       AnEvent timer(EVT_TIMER);
       if (!ok(bs->SetTimer(timer, TimerRelative, 5000 * kMillisecond))) return false;
       bs->Stall(50000);
       return is(bs->CheckEvent(timer), EFI_NOT_READY);
     }},

    {"7.1.8 RaiseTPL: a program starts at TPL_APPLICATION", [] { return equal(current_tpl(), TPL_APPLICATION); }},
    {"7.1.8 RaiseTPL: it returns the level before",
     [] {
       EFI_TPL first = bs->RaiseTPL(TPL_CALLBACK), second = bs->RaiseTPL(TPL_NOTIFY);
       bs->RestoreTPL(TPL_APPLICATION);
       return equal(first, TPL_APPLICATION) && equal(second, TPL_CALLBACK);
     }},
    {"7.1.8 RaiseTPL: raising to the current level is allowed",
     [] {
       EFI_TPL old = bs->RaiseTPL(TPL_APPLICATION);
       bs->RestoreTPL(old);
       return equal(old, TPL_APPLICATION);
     }},
    {"7.1.8 RaiseTPL: a notification of the same level waits",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       UINTN during;
       {
         AtTpl raised(TPL_CALLBACK);
         bs->SignalEvent(event);
         during = calls.count;
       }
       return equal(during, 0) && equal(calls.count, 1);
     }},
    {"7.1.8 RaiseTPL: a notification of a higher level does not wait",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &calls);
       AtTpl raised(TPL_CALLBACK);
       bs->SignalEvent(event);
       return equal(calls.count, 1);
     }},
    {"7.1.8 RaiseTPL: TPL_HIGH_LEVEL turns interrupts off",
     [] {
       UINTN flags;
       AtTpl raised(TPL_HIGH_LEVEL);
       asm volatile("pushfq; popq %0" : "=r"(flags));
       return that((flags & 0x200) == 0);
     }},
    {"7.1.8 RaiseTPL: interrupts are on below TPL_HIGH_LEVEL",
     [] {
       UINTN flags;
       AtTpl raised(TPL_NOTIFY);
       asm volatile("pushfq; popq %0" : "=r"(flags));
       return that((flags & 0x200) != 0);
     }},
    {"7.1.8 RaiseTPL: timers do not call at TPL_HIGH_LEVEL",
     [] {
       Calls calls;
       AnEvent timer(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &calls);
       UINTN during;
       {
         AtTpl raised(TPL_HIGH_LEVEL);
         bs->SetTimer(timer, TimerRelative, 2 * kMillisecond);
         bs->Stall(20000);
         during = calls.count;
       }
       return equal(during, 0) && that(called(calls, 1));
     }},

    {"7.1.9 RestoreTPL: what was held back is called before it returns",
     [] {
       Calls low, high;
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &low), b(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &high);
       {
         AtTpl raised(TPL_HIGH_LEVEL);
         bs->SignalEvent(a), bs->SignalEvent(b);
       }
       return that(low.count == 1 && high.count == 1) && that(high.order < low.order);
     }},
    {"7.1.9 RestoreTPL: only notifications above the new level are called",
     [] {
       Calls low, high;
       AnEvent a(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &low), b(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, &high);
       EFI_TPL old = bs->RaiseTPL(TPL_CALLBACK);
       bs->RaiseTPL(TPL_HIGH_LEVEL);
       bs->SignalEvent(a), bs->SignalEvent(b);
       bs->RestoreTPL(TPL_CALLBACK);
       UINTN low_then = low.count, high_then = high.count;
       bs->RestoreTPL(old);
       return equal(low_then, 0) && equal(high_then, 1) && equal(low.count, 1);
     }},
    {"7.1.9 RestoreTPL: several signals of a waiting notification are one call",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       {
         AtTpl raised(TPL_NOTIFY);
         bs->SignalEvent(event), bs->SignalEvent(event);
       }
       return equal(calls.count, 1);
     }},
};

}  // namespace

constinit const Chapter kTimers(kTests);

}  // namespace conformance
