// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a test's kernel without anything below it needs to say what it sees, on the serial line and to Xen's port, and to end the machine.
#pragma once

#include <stdint.h>

static uint32_t good, bad;

static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline uint8_t in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static void put(char c) {
  for (int i = 0; i < 100000 && (in8(0x3f8 + 5) & 0x20) == 0; ++i) {
  }
  out8(0x3f8, (uint8_t)c);
  out8(0xe9, (uint8_t)c);
}
static void say(const char *text) {
  while (*text != '\0') put(*text++);
}
static void say_hex(uint64_t value) {
  say("0x");
  for (int shift = 60; shift >= 0; shift -= 4)
    if (value >> shift != 0 || shift == 0) put("0123456789abcdef"[value >> shift & 15]);
}
static void fact(const char *name, uint64_t value) { say("FACT "), say(name), put(' '), say_hex(value), put('\n'); }
static void check(int holds, const char *name, uint64_t value) {
  if (holds) ++good;
  else ++bad;
  say(holds ? "CHECK ok " : "CHECK FAIL "), say(name);
  if (!holds) say(": "), say_hex(value);
  put('\n');
}

static void say_done(void) { say("GUEST-DONE ok="), say_hex(good), say(" failed="), say_hex(bad), put('\n'); }

// A reset, by a triple fault.
static void end(void) {
  const struct __attribute__((packed)) {
    uint16_t limit;
    uintptr_t base;
  } none = {0, 0};
  __asm__ volatile("lidt %0\n\tud2" : : "m"(none));
}
