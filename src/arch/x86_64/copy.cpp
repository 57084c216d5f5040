// SPDX-License-Identifier: BSD-2-Clause-Patent
// Bulk copies, and bulk clearing, by 32-byte registers where the CPU has AVX. Under an emulator, which takes a string instruction apart
// into 8-byte steps, that is half the instructions and a fraction of the time; hardware does either at the speed of memory.
#include "base/copy.hpp"

#include <cstdint>
#include <cstring>

#include "arch/cpu.hpp"
#include "arch/io.hpp"

namespace efilite {

namespace {

constexpr size_t kBlock = 1024;        // eight registers, four times
constexpr size_t kWorthIt = 64 * 1024;  // below, switching AVX on costs more than it saves
constexpr uint64_t kCr4Osxsave = 1 << 18;
constexpr uint64_t kX87SseAvx = 7;  // XCR0

bool has_avx() {
  constexpr uint32_t kXsave = 1u << 26, kAvx = 1u << 28;
  return (arch::cpuid(1).ecx & (kXsave | kAvx)) == (kXsave | kAvx);
}

// The state that nobody but this function may see changed: whether the OS uses XSAVE, XCR0, and the registers as a program may have them.
// Interrupts stay off, since their handlers save only the SSE halves.
class AvxScope {
 public:
  AvxScope() : interrupts_(arch::interrupts_save_disable()) {
    asm volatile("mov %%cr4, %0" : "=r"(cr4_));
    asm volatile("mov %0, %%cr4" : : "r"(cr4_ | kCr4Osxsave) : "memory");
    xcr0_ = arch::read_xcr0();
    arch::write_xcr0(xcr0_ | kX87SseAvx);
    asm volatile(
        "vmovups %%ymm0, (%0)\n\tvmovups %%ymm1, 32(%0)\n\tvmovups %%ymm2, 64(%0)\n\tvmovups %%ymm3, 96(%0)\n\t"
        "vmovups %%ymm4, 128(%0)\n\tvmovups %%ymm5, 160(%0)\n\tvmovups %%ymm6, 192(%0)\n\tvmovups %%ymm7, 224(%0)"
        : : "r"(registers_) : "memory");
  }
  ~AvxScope() {
    asm volatile(
        "vmovups (%0), %%ymm0\n\tvmovups 32(%0), %%ymm1\n\tvmovups 64(%0), %%ymm2\n\tvmovups 96(%0), %%ymm3\n\t"
        "vmovups 128(%0), %%ymm4\n\tvmovups 160(%0), %%ymm5\n\tvmovups 192(%0), %%ymm6\n\tvmovups 224(%0), %%ymm7"
        : : "r"(registers_) : "memory");
    arch::write_xcr0(xcr0_);
    asm volatile("mov %0, %%cr4" : : "r"(cr4_) : "memory");
    arch::interrupts_restore(interrupts_);
  }
  AvxScope(const AvxScope&) = delete;
  AvxScope& operator=(const AvxScope&) = delete;

 private:
  bool interrupts_;
  uint64_t cr4_ = 0;
  uint64_t xcr0_ = 0;
  uint8_t registers_[8 * 32];
};

void copy_blocks(uint8_t* to, const uint8_t* from, size_t blocks) {
  AvxScope scope;
  asm volatile(
      "1:\n\t"
      ".set at, 0\n\t.rept 4\n\t"
      "vmovups at(%1), %%ymm0\n\tvmovups at+32(%1), %%ymm1\n\tvmovups at+64(%1), %%ymm2\n\tvmovups at+96(%1), %%ymm3\n\t"
      "vmovups at+128(%1), %%ymm4\n\tvmovups at+160(%1), %%ymm5\n\tvmovups at+192(%1), %%ymm6\n\tvmovups at+224(%1), %%ymm7\n\t"
      "vmovups %%ymm0, at(%0)\n\tvmovups %%ymm1, at+32(%0)\n\tvmovups %%ymm2, at+64(%0)\n\tvmovups %%ymm3, at+96(%0)\n\t"
      "vmovups %%ymm4, at+128(%0)\n\tvmovups %%ymm5, at+160(%0)\n\tvmovups %%ymm6, at+192(%0)\n\tvmovups %%ymm7, at+224(%0)\n\t"
      ".set at, at+256\n\t.endr\n\t"
      "add %3, %0\n\tadd %3, %1\n\tdec %2\n\tjnz 1b"
      : "+&r"(to), "+&r"(from), "+&r"(blocks)
      : "i"(kBlock)
      : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

void clear_blocks(uint8_t* to, size_t blocks) {
  AvxScope scope;
  asm volatile(
      "vxorps %%xmm0, %%xmm0, %%xmm0\n"
      "1:\n\t"
      ".set at, 0\n\t.rept 32\n\tvmovups %%ymm0, at(%0)\n\t.set at, at+32\n\t.endr\n\t"
      "add %2, %0\n\tdec %1\n\tjnz 1b"
      : "+&r"(to), "+&r"(blocks)
      : "i"(kBlock)
      : "memory", "cc", "xmm0");
}

}  // namespace

void clear_bulk(void* destination, size_t length) {
  auto* to = static_cast<uint8_t*>(destination);
  if (length >= kWorthIt && has_avx()) {
    const size_t blocks = length / kBlock;
    clear_blocks(to, blocks);
    to += blocks * kBlock;
    length %= kBlock;
  }
  memset(to, 0, length);
}

void copy_bulk(void* destination, const void* source, size_t length) {
  auto* to = static_cast<uint8_t*>(destination);
  auto* from = static_cast<const uint8_t*>(source);
  if (length >= kWorthIt && has_avx()) {
    size_t blocks = length / kBlock;
    copy_blocks(to, from, blocks);
    to += blocks * kBlock;
    from += blocks * kBlock;
    length %= kBlock;
  }
  memcpy(to, from, length);
}

}  // namespace efilite
