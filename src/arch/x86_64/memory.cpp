// SPDX-License-Identifier: BSD-2-Clause-Patent
// memcpy and its kin, which the compiler calls by itself. efilite.ld puts this file into the runtime region, so that they are still there
// after ExitBootServices. String instructions: small, and fast on every CPU that has PVH hypervisors.
#include <stddef.h>
#include <stdint.h>

extern "C" {

void* memcpy(void* __restrict destination, const void* __restrict source, size_t length) {
  void* to = destination;
  size_t words = length / 8;
  size_t rest = length % 8;
  asm volatile("rep movsq\n\tmov %3, %%rcx\n\trep movsb" : "+&D"(to), "+&S"(source), "+&c"(words) : "r"(rest) : "memory");
  return destination;
}

void* memmove(void* destination, const void* source, size_t length) {
  if (reinterpret_cast<uintptr_t>(destination) - reinterpret_cast<uintptr_t>(source) >= length) return memcpy(destination, source, length);
  // The end of the source would be overwritten before it is read: go downwards.
  unsigned char* to = static_cast<unsigned char*>(destination) + length - 1;
  const unsigned char* from = static_cast<const unsigned char*>(source) + length - 1;
  size_t rest = length % 8;
  size_t words = length / 8;
  asm volatile("std\n\trep movsb\n\tsub $7, %0\n\tsub $7, %1\n\tmov %3, %%rcx\n\trep movsq\n\tcld"
               : "+&D"(to), "+&S"(from), "+&c"(rest) : "r"(words) : "memory");
  return destination;
}

void* memset(void* buffer, int value, size_t length) {
  void* to = buffer;
  size_t words = length / 8;
  size_t rest = length % 8;
  uint64_t pattern = static_cast<uint8_t>(value) * 0x0101010101010101u;
  asm volatile("rep stosq\n\tmov %3, %%rcx\n\trep stosb" : "+&D"(to), "+&c"(words) : "a"(pattern), "r"(rest) : "memory");
  return buffer;
}

int memcmp(const void* a, const void* b, size_t length) {
  const unsigned char* x = static_cast<const unsigned char*>(a);
  const unsigned char* y = static_cast<const unsigned char*>(b);
  // Most of what is compared are GUIDs, and most are equal or differ at once.
  struct [[gnu::packed, gnu::may_alias]] Word {
    uint64_t value;
  };
  const auto word = [](const unsigned char* at) { return reinterpret_cast<const Word*>(at)->value; };
  for (; length >= 8 && word(x) == word(y); length -= 8) x += 8, y += 8;
  for (; length != 0; --length, ++x, ++y)
    if (*x != *y) return *x - *y;
  return 0;
}

// What the compiler makes of a memcmp that asks only whether there is a difference.
[[gnu::alias("memcmp")]] int bcmp(const void* a, const void* b, size_t length);

void* memchr(const void* buffer, int value, size_t length) {
  const unsigned char* at = static_cast<const unsigned char*>(buffer);
  for (; length != 0; --length, ++at)
    if (*at == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(at);
  return nullptr;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') {
    ++length;
    asm volatile("");  // or the compiler turns this loop into a call of strlen
  }
  return length;
}

}  // extern "C"
