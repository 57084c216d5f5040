// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/interrupts.hpp"

#include <__verbose_abort>
#include <array>
#include <utility>

#include "arch/x86_64/apic.hpp"
#include "arch/cpu.hpp"
#include "arch/io.hpp"
#include "arch/layout.h"
#include "arch/sections.hpp"
#include "base/log.hpp"
#include "base/poison.hpp"

extern "C" const uint64_t boot_gdt[4];
extern "C" const uint64_t exception_entries[32];
extern "C" void timer_entry();
extern "C" void spurious_entry();

namespace efilite::arch {

namespace {

// What exception_common leaves on the stack, lowest address first.
struct ExceptionFrame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

// Intel SDM volume 3, 6.14.1
struct Gate {
  uint16_t offset_low;
  uint16_t selector;
  uint8_t ist;
  uint8_t type;
  uint16_t offset_middle;
  uint32_t offset_high;
  uint32_t reserved;
};
static_assert(sizeof(Gate) == 16);

struct [[gnu::packed]] TablePointer {
  uint16_t limit;
  uint64_t base;
};

// Intel SDM volume 3, 7.7: only the interrupt stack matters here.
struct [[gnu::packed]] TaskState {
  uint32_t reserved0;
  uint64_t rsp[3];
  uint64_t reserved1;
  uint64_t ist[7];
  uint64_t reserved2;
  uint16_t reserved3;
  uint16_t io_map_base;
};
static_assert(sizeof(TaskState) == 104);

constinit std::array<Gate, VECTOR_COUNT> idt{};
constinit std::array<uint64_t, 6> gdt{};
constinit TaskState tss{};
// A stack overflow cannot be reported on the stack that overflowed.
alignas(16) constinit std::array<uint8_t, 8192> crash_stack{};

constinit void (*timer_handler)() = nullptr;
constinit bool (*missing_page_handler)(uint64_t) = nullptr;
constinit CodePlace (*code_locator)(uint64_t) = nullptr;
constinit void (*stop_handler)() = nullptr;
constinit bool crashing = false;

constexpr std::array<const char*, 32> kExceptionNames = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range exceeded", "invalid opcode", "no FPU",
    "double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack fault", "general protection fault", "page fault",
    "vector 15",
    "x87 error", "alignment check", "machine check", "SIMD error", "virtualization", "control protection", "vector 22", "vector 23",
    "vector 24", "vector 25", "vector 26", "vector 27", "hypervisor injection", "VMM communication", "security", "vector 31"};

void set_gate(unsigned vector, uint64_t handler, uint8_t ist) {
  idt[vector] = {.offset_low = static_cast<uint16_t>(handler), .selector = SELECTOR_CODE, .ist = ist, .type = 0x8E,
                 .offset_middle = static_cast<uint16_t>(handler >> 16), .offset_high = static_cast<uint32_t>(handler >> 32), .reserved = 0};
}

void load_gdt() {
  for (unsigned i = 0; i < 4; ++i) gdt[i] = boot_gdt[i];
  uint64_t base = reinterpret_cast<uint64_t>(&tss);
  tss.ist[0] = reinterpret_cast<uint64_t>(crash_stack.data() + crash_stack.size());
  tss.io_map_base = sizeof(TaskState);
  gdt[4] = (sizeof(TaskState) - 1) | (base & 0xFFFFFF) << 16 | uint64_t{0x89} << 40 | (base >> 24 & 0xFF) << 56;
  gdt[5] = base >> 32;
  TablePointer pointer{sizeof(gdt) - 1, reinterpret_cast<uint64_t>(gdt.data())};
  asm volatile("lgdt %0" : : "m"(pointer));
  asm volatile("ltr %0" : : "r"(static_cast<uint16_t>(SELECTOR_TSS)));
}

// The handler has one chance, for it may crash as well.
[[noreturn]] void stop() {
  if (void (*handler)() = std::exchange(stop_handler, nullptr)) handler();
  halt_forever();
}

void print_register(const char* name, uint64_t value) {
  char text[17];
  for (unsigned i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
  log::print(name);
  log::print(std::string_view(text, 16));
}

// What the fault says of its cause. Intel SDM volume 3, 4.7: bit 1 of a page fault's error code is a write, bit 4 a fetch.
void print_cause(const ExceptionFrame& f, uint64_t cr2) {
  if (f.vector == VECTOR_PAGE_FAULT && cr2 < kPageSize)
    log::line("  a NULL pointer was ", (f.error & 16) != 0 ? "called" : (f.error & 2) != 0 ? "written to" : "read from");
  if constexpr (kPoison) {
    constexpr const char* kNames[] = {"r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8",
                                      "rdi", "rsi", "rbp", "rbx", "rdx", "rcx", "rax"};
    const uint64_t* value = &f.r15;  // in the order of the frame
    for (const char* name : kNames)
      if (const char* what = poison_of(*value++)) log::line("  ", name, " was read from ", what);
  }
}

void print_place(uint64_t rip) {
  if (rip >= reinterpret_cast<uint64_t>(&image_start) && rip < reinterpret_cast<uint64_t>(&packed_start)) {
    log::line("  in efilite + ", log::Hex{rip - reinterpret_cast<uint64_t>(&image_start)});
    return;
  }
  CodePlace place = code_locator == nullptr ? CodePlace{} : code_locator(rip);
  if (place.name != nullptr)
    log::line("  in ", place.name, " + ", log::Hex{place.offset});
  else
    log::line("  in no image that efilite started");
}

[[noreturn]] void report(const ExceptionFrame* f, uint64_t cr2) {
  if (crashing) stop();  // the report itself crashed
  crashing = true;
  // It may come to a page that is not there yet. On the stack of its own that fault would overwrite ours.
  idt[VECTOR_PAGE_FAULT].ist = 0;
  log::line("\nefilite: CRASH: ", kExceptionNames[f->vector % 32], " (vector ", f->vector, "), error code ", log::Hex{f->error});
  print_cause(*f, cr2);
  print_place(f->rip);
  print_register("  rip ", f->rip);
  print_register("  rsp ", f->rsp);
  print_register("  cr2 ", cr2);
  print_register("  flags ", f->rflags);
  print_register("\n  rax ", f->rax);
  print_register("  rbx ", f->rbx);
  print_register("  rcx ", f->rcx);
  print_register("  rdx ", f->rdx);
  print_register("\n  rsi ", f->rsi);
  print_register("  rdi ", f->rdi);
  print_register("  rbp ", f->rbp);
  print_register("  r8  ", f->r8);
  print_register("\n  r9  ", f->r9);
  print_register("  r10 ", f->r10);
  print_register("  r11 ", f->r11);
  print_register("  r12 ", f->r12);
  print_register("\n  r13 ", f->r13);
  print_register("  r14 ", f->r14);
  print_register("  r15 ", f->r15);
  if (f->rsp >= reinterpret_cast<uint64_t>(&stack_guard) - kPageSize && f->rsp < reinterpret_cast<uint64_t>(&stack_bottom) + kPageSize)
    log::print("\n  the stack is full: it ran into its guard page");
  log::line("\nefilite: the machine is stopped.");
  stop();
}

}  // namespace

void set_timer_handler(void (*handler)()) { timer_handler = handler; }
void set_missing_page_handler(bool (*handler)(uint64_t)) { missing_page_handler = handler; }
void set_code_locator(CodePlace (*locator)(uint64_t)) { code_locator = locator; }
void set_stop_handler(void (*handler)()) { stop_handler = handler; }

void init_interrupts() {
  load_gdt();
  for (unsigned i = 0; i < 32; ++i) set_gate(i, exception_entries[i], i == 8 || i == VECTOR_PAGE_FAULT || i == 12 ? 1 : 0);
  set_gate(VECTOR_TIMER, reinterpret_cast<uint64_t>(&timer_entry), 0);
  set_gate(VECTOR_SPURIOUS, reinterpret_cast<uint64_t>(&spurious_entry), 0);
  TablePointer pointer{sizeof(idt) - 1, reinterpret_cast<uint64_t>(idt.data())};
  asm volatile("lidt %0" : : "m"(pointer));
  // What ran before (SeaBIOS) may have left the PIT's interrupt on, at a vector that is an exception to us.
  out8(0x21, 0xFF);
  out8(0xA1, 0xFF);
}

extern "C" void timer_interrupt() {
  apic_end_of_interrupt();
  if (timer_handler != nullptr) timer_handler();
}

extern "C" void exception(const ExceptionFrame* f) {
  // Intel SDM volume 3, 4.7: bit 0 of a page fault's error code is clear when a page is not there.
  constexpr uint64_t kPresent = 1;
  const uint64_t cr2 = read_cr2();
  if (f->vector == VECTOR_PAGE_FAULT && (f->error & kPresent) == 0 && missing_page_handler != nullptr && missing_page_handler(cr2)) return;
  report(f, cr2);
}

}  // namespace efilite::arch

namespace efilite {

void check_failed(const char* expression, const char* file, int line) {
  log::line("\nefilite: BUG: CHECK(", expression, ") failed at ", file, ":", line, "\nefilite: the machine is stopped.");
  arch::stop();
}

}  // namespace efilite

// Where libc++ ends when one of its own preconditions is broken.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char* format, ...) {
  efilite::log::line("\nefilite: BUG: ", format, "\nefilite: the machine is stopped.");
  efilite::arch::stop();
}
_LIBCPP_END_NAMESPACE_STD
