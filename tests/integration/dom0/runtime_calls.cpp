// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A program for dom0: calls EFI's runtime services by Xen's hypercall (XENPF_efi_runtime_call), all those that Xen passes on. Linux itself
// uses only the variables'. Its findings are lines like those of guest/checks.

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

extern "C" {
#include <xen/xen.h>
#include <xen/platform.h>
#include <xen/sys/privcmd.h>
}

namespace {

using Call = xenpf_efi_runtime_call;

constexpr uint64_t kError = uint64_t{1} << 63;
constexpr uint64_t kSuccess = 0;
constexpr uint64_t kUnsupported = kError | 3;
constexpr uint64_t kInvalidParameter = kError | 2;
constexpr uint64_t kBufferTooSmall = kError | 5;
constexpr uint64_t kNotFound = kError | 14;
constexpr uint64_t kNotCalled = kError | 0xffff;  // the hypercall itself failed
constexpr uint32_t kAttributes = XEN_EFI_VARIABLE_NON_VOLATILE | XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS | XEN_EFI_VARIABLE_RUNTIME_ACCESS;
constexpr xenpf_efi_guid kVendor = {0xcfc8fc79, 0xbe2e, 0x4ddc, {0x97, 0xf0, 0x9f, 0x98, 0xbf, 0xe2, 0x98, 0xa0}};  // as in guest/checks
constexpr char16_t kName[] = u"EfiliteHypercall";
constexpr char kContent[] = "written by dom0";
constexpr int16_t kTimeZone = -210;  // minutes; a clock without EFI has no place for it
constexpr long kTolerance = 30;

int privcmd = -1;

void check(const char* name, bool good, uint64_t seen) {
  if (good) {
    printf("CHECK ok %s\n", name);
  } else {
    printf("CHECK FAIL %s: 0x%llx\n", name, static_cast<unsigned long long>(seen));
  }
}

void check(const char* name, uint64_t status, uint64_t wanted) { check(name, status == wanted, status); }

// The status that the firmware returned; `call` has its results.
uint64_t runtime_call(uint32_t function, Call& call) {
  static xen_platform_op operation;
  memset(&operation, 0, sizeof(operation));
  operation.cmd = XENPF_efi_runtime_call;
  operation.interface_version = XENPF_INTERFACE_VERSION;
  call.function = function;
  operation.u.efi_runtime_call = call;
  privcmd_hypercall hypercall = {__HYPERVISOR_platform_op, {reinterpret_cast<uintptr_t>(&operation)}};
  if (ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &hypercall) != 0) {
    perror("runtime_calls: the hypercall");
    return kNotCalled;
  }
  call = operation.u.efi_runtime_call;
  return call.status;
}

time_t seconds_of(const xenpf_efi_time& time) {
  tm broken{};
  broken.tm_year = time.year - 1900;
  broken.tm_mon = time.month - 1;
  broken.tm_mday = time.day;
  broken.tm_hour = time.hour;
  broken.tm_min = time.min;
  broken.tm_sec = time.sec;
  return timegm(&broken);
}

void set_fields(xenpf_efi_time& time, time_t seconds) {
  tm broken{};
  gmtime_r(&seconds, &broken);
  time.year = static_cast<uint16_t>(broken.tm_year + 1900);
  time.month = static_cast<uint8_t>(broken.tm_mon + 1);
  time.day = static_cast<uint8_t>(broken.tm_mday);
  time.hour = static_cast<uint8_t>(broken.tm_hour);
  time.min = static_cast<uint8_t>(broken.tm_min);
  time.sec = static_cast<uint8_t>(broken.tm_sec);
}

void check_time() {
  Call now{};
  check("call-get-time", runtime_call(XEN_EFI_get_time, now), kSuccess);
  const xenpf_efi_time before = now.u.get_time.time;
  check("call-time-resolution", now.u.get_time.resolution == 1, now.u.get_time.resolution);
  printf("FACT efi-time %lld\n", static_cast<long long>(seconds_of(before)));

  // A leap day, in another time zone.
  Call call{};
  call.u.set_time = before;
  constexpr time_t kLeapDay = 1709251190;  // 2024-02-29 23:59:50
  set_fields(call.u.set_time, kLeapDay);
  call.u.set_time.tz = kTimeZone;
  check("call-set-time", runtime_call(XEN_EFI_set_time, call), kSuccess);
  Call after{};
  check("call-get-time-again", runtime_call(XEN_EFI_get_time, after), kSuccess);
  const long passed = seconds_of(after.u.get_time.time) - kLeapDay;
  check("call-time-was-set", passed >= 0 && passed < kTolerance, static_cast<uint64_t>(passed));
  check("call-time-zone-was-set", after.u.get_time.time.tz == kTimeZone, static_cast<uint64_t>(after.u.get_time.time.tz));
  call.u.set_time.month = 13;
  check("call-month-13-refused", runtime_call(XEN_EFI_set_time, call), kInvalidParameter);
  call.u.set_time = before;
  check("call-set-time-back", runtime_call(XEN_EFI_set_time, call), kSuccess);

  Call alarm{};
  check("call-get-wakeup-time", runtime_call(XEN_EFI_get_wakeup_time, alarm), kUnsupported);
  alarm = Call{};
  alarm.misc = XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;
  check("call-set-wakeup-time", runtime_call(XEN_EFI_set_wakeup_time, alarm), kUnsupported);
}

Call variable(void* data, size_t size) {
  Call call{};
  call.u.set_variable.name = const_cast<char16_t*>(kName);
  call.u.set_variable.data = data;
  call.u.set_variable.size = size;
  call.u.set_variable.vendor_guid = kVendor;
  return call;
}

uint64_t set_variable(uint32_t attributes, size_t size) {
  char content[sizeof(kContent)];
  memcpy(content, kContent, sizeof(content));
  Call call = variable(content, size);
  call.misc = attributes;
  return runtime_call(XEN_EFI_set_variable, call);
}

// How often the name is in the list; -1 when the list does not end as it shall.
int times_listed() {
  char16_t name[512] = {};
  xenpf_efi_guid vendor{};
  int found = 0;
  for (int steps = 0; steps < 1000; ++steps) {
    Call call{};
    call.u.get_next_variable_name.name = name;
    call.u.get_next_variable_name.size = sizeof(name);
    call.u.get_next_variable_name.vendor_guid = vendor;
    const uint64_t status = runtime_call(XEN_EFI_get_next_variable_name, call);
    if (status == kNotFound) return found;
    if (status != kSuccess) return -1;
    vendor = call.u.get_next_variable_name.vendor_guid;
    if (memcmp(name, kName, sizeof(kName)) == 0 && memcmp(&vendor, &kVendor, sizeof(vendor)) == 0) ++found;
  }
  return -1;
}

void check_variables() {
  char data[sizeof(kContent)] = {};
  Call call = variable(data, sizeof(data));
  check("call-get-missing", runtime_call(XEN_EFI_get_variable, call), kNotFound);
  check("call-set-variable", set_variable(kAttributes, sizeof(kContent)), kSuccess);
  call = variable(data, 1);
  check("call-get-too-small", runtime_call(XEN_EFI_get_variable, call), kBufferTooSmall);
  check("call-get-tells-size", call.u.get_variable.size == sizeof(kContent), call.u.get_variable.size);
  call = variable(data, sizeof(data));
  check("call-get-variable", runtime_call(XEN_EFI_get_variable, call), kSuccess);
  check("call-get-content", memcmp(data, kContent, sizeof(data)) == 0, 0);
  check("call-get-attributes", call.misc == kAttributes, call.misc);
  check("call-listed-once", times_listed() == 1, static_cast<uint64_t>(times_listed()));
  check("call-volatile-refused", set_variable(kAttributes & ~XEN_EFI_VARIABLE_NON_VOLATILE, 1), kInvalidParameter);
  check("call-delete", set_variable(kAttributes, 0), kSuccess);
  check("call-delete-missing", set_variable(kAttributes, 0), kNotFound);
  check("call-not-listed", times_listed() == 0, static_cast<uint64_t>(times_listed()));
}

void check_space() {
  const auto info = [](uint32_t flags, Call& call) {
    call = Call{};
    call.misc = flags;
    call.u.query_variable_info.attr = kAttributes;
    return runtime_call(XEN_EFI_query_variable_info, call);
  };
  Call now{};
  Call at_boot{};
  check("call-query-info", info(0, now), kSuccess);
  const auto& space = now.u.query_variable_info;
  check("call-query-sane", space.max_size > 0 && space.max_size <= space.max_store_size && space.remain_store_size <= space.max_store_size,
        space.remain_store_size);
  check("call-query-at-boot", info(XEN_EFI_VARINFO_BOOT_SNAPSHOT, at_boot), kSuccess);
  // The OS is given what the boot did not need of the store.
  check("call-query-no-larger-store", at_boot.u.query_variable_info.max_store_size >= space.max_store_size,
        at_boot.u.query_variable_info.max_store_size);
}

void check_monotonic_count() {
  Call first{};
  Call second{};
  check("call-high-count", runtime_call(XEN_EFI_get_next_high_monotonic_count, first), kSuccess);
  check("call-high-count-again", runtime_call(XEN_EFI_get_next_high_monotonic_count, second), kSuccess);
  check("call-high-count-grows", second.misc == first.misc + 1, second.misc);
}

}  // namespace

int main() {
  // Xen reads what a hypercall points to by our own page tables, and faults in nothing.
  mlockall(MCL_CURRENT | MCL_FUTURE);
  privcmd = open("/dev/xen/privcmd", O_RDWR);
  if (privcmd < 0) {
    perror("runtime_calls: /dev/xen/privcmd");
    return 1;
  }
  check_time();
  check_variables();
  check_space();
  check_monotonic_count();
  return 0;
}
