// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the bench's programs say: lines on the debug port, which is there before and after boot services.
#pragma once

namespace bench {

// Not <stdint.h>'s names: gnu-efi's headers, which one of the programs includes, have their own idea of them.
using Byte = unsigned char;
using Port = unsigned short;
using Number = unsigned long long;
using Size = __SIZE_TYPE__;

constexpr Port kDebugPort = 0x402;
constexpr Port kXenDebugPort = 0xe9;  // of a guest of Xen, which shows it on its own console
constexpr Port kExitPort = 0xf4;  // isa-debug-exit, where the machine has one

inline void out8(Port port, Byte value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

inline Number read_tsc() {
  unsigned low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return Number{high} << 32 | low;
}

// A place that marks.cpp tells of each time that it is passed, by its number, 0 to 65535.
#define POINT(number) asm volatile("nopl 0x45460000 + %c0(%%rax, %%rax, 1)" : : "i"(number) : "memory")

// [Xen public/arch-x86/cpuid.h]
inline bool on_xen() {
  unsigned eax = 0x4000'0000, ebx, ecx, edx;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  return ebx == 0x566e'6558 && ecx == 0x6558'4d4d && edx == 0x4d4d'566e;
}

inline Port debug_port() {
  static constinit Port port = 0;  // 0: not asked yet
  if (port == 0) port = on_xen() ? kXenDebugPort : kDebugPort;
  return port;
}

struct Hex {
  Number value;
};

// One line, gathered first: firmware may print on the debug port too, and ConOut wants a whole string.
class Line {
 public:
  explicit Line(const char* prefix) { *this << prefix; }

  Line& operator<<(const char* text) {
    while (*text != '\0') put(*text++);
    return *this;
  }
  Line& operator<<(Number value) { return number(value, 10); }
  Line& operator<<(Hex value) { return number(value.value, 16); }

  void print() {
    for (Size i = 0; i < size_; ++i) out8(debug_port(), static_cast<Byte>(text_[i]));
    out8(debug_port(), '\n');
  }
  // ConOut as well, which has to be there.
  template <typename TextOutput>
  void print(TextOutput* console) {
    print();
    text_[size_] = u'\r';
    text_[size_ + 1] = u'\n';
    text_[size_ + 2] = u'\0';
    console->output_string(console, text_);
  }

 private:
  static constexpr Size kCapacity = 120;

  void put(char c) {
    if (size_ < kCapacity) text_[size_++] = static_cast<unsigned char>(c);
  }
  Line& number(Number value, unsigned base) {
    char digits[20];
    Size n = 0;
    do {
      digits[n++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (n != 0) put(digits[--n]);
    return *this;
  }

  char16_t text_[kCapacity + 3];
  Size size_ = 0;
};

// The compiler may call these for arrays; there is no library behind these programs.
extern "C" void* memset(void* to, int value, Size size) {
  auto* bytes = static_cast<volatile Byte*>(to);
  for (Size i = 0; i < size; ++i) bytes[i] = static_cast<Byte>(value);
  return to;
}
extern "C" void* memcpy(void* to, const void* from, Size size) {
  auto* bytes = static_cast<volatile Byte*>(to);
  for (Size i = 0; i < size; ++i) bytes[i] = static_cast<const Byte*>(from)[i];
  return to;
}

}  // namespace bench
