// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A QEMU TCG plugin that tells how many guest instructions had run when the guest first reached a place in its code.
//
// The bench needs the moment an unmodified kernel is entered, whatever firmware started it and wherever it was loaded.
// So a place is named by the bytes found there (`sig`) or, for the firmware's own entry, by its address (`addr`). A program can
// name places, too, as often as it passes them: `POINT` of line.hpp, a NOP that has a number.
// Arguments: out=FILE, then any number of `NAME=sig:HEX` and `NAME=addr:HEX`. With `count=FROM-TO:FROM-TO...` only the instructions at
// these addresses (hexadecimal, TO is the first behind) are counted; each further `count=` is a count of its own. With `copies=FILE` the
// last count has, too, what runs of the code in FILE wherever it has been copied to, if it begins a page there.
// Output: a line `mark: NAME <instructions>...` for each place reached, in order, and `mark: end <instructions>...` at exit.
// With `stop=NAME` QEMU ends when that place is reached, or one whose name begins so. With `profile=FROM-TO` the output has, then, a line
// `block: ADDRESS <instructions>` for each block of instructions at these addresses: what it has run since the first place was reached.
//
// QEMU's plugin header is in no Debian package, so what is used of it is declared here. Plugin API versions differ in their number, see
// MARKS_API, and in who keeps a counter: QEMU itself from 9.0 on.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
using qemu_plugin_id_t = std::uint64_t;
using TranslateCallback = void (*)(qemu_plugin_id_t, qemu_plugin_tb*);
using ExecuteCallback = void (*)(unsigned, void*);
using ExitCallback = void (*)(qemu_plugin_id_t, void*);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, TranslateCallback);
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb*, ExecuteCallback, int flags, void*);
void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn*, ExecuteCallback, int flags, void*);
#if MARKS_API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(qemu_plugin_insn*, int operation, void*, std::uint64_t);
#else
struct qemu_plugin_scoreboard;
struct qemu_plugin_u64 {
  qemu_plugin_scoreboard* score;
  std::size_t offset;
};
qemu_plugin_scoreboard* qemu_plugin_scoreboard_new(std::size_t);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(qemu_plugin_insn*, int operation, qemu_plugin_u64, std::uint64_t);
std::uint64_t qemu_plugin_u64_sum(qemu_plugin_u64);
#endif
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, ExitCallback, void*);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, std::size_t);
std::size_t qemu_plugin_insn_size(const qemu_plugin_insn*);
std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn*);
void* qemu_plugin_insn_haddr(const qemu_plugin_insn*);

// QEMU refuses a plugin outside its own range: 0..1 up to QEMU 8.2, 2 and more from 9.0 on.
[[gnu::visibility("default")]] int qemu_plugin_version = MARKS_API;
}

namespace {

constexpr int kNoRegisters = 0;  // QEMU_PLUGIN_CB_NO_REGS
constexpr int kAdd = 0;          // QEMU_PLUGIN_INLINE_ADD_U64
constexpr std::size_t kPage = 4096;
constexpr std::size_t kMaxPlaces = 8;
constexpr std::size_t kMaxSignature = 64;
constexpr std::size_t kMaxCounts = 4, kMaxRanges = 512;
constexpr std::size_t kMaxCopied = 64 * 1024;
constexpr std::size_t kAlike = 24;  // bytes of a block's code by which it is known; fewer where the page ends
// nopl 0x4546nnnn(%rax,%rax,1) [Intel SDM 2B, NOP]: line.hpp
constexpr std::uint8_t kPoint[] = {0x0f, 0x1f, 0x84, 0x00};
constexpr std::uint8_t kPointEnd[] = {0x46, 0x45};
constexpr std::size_t kPointSize = 8;

struct Place {
  const char* name;
  std::uint64_t address;
  std::uint8_t signature[kMaxSignature];
  std::size_t signature_size;  // 0: the place is an address
  bool reached;
};

struct Range {
  std::uint64_t from, to;
};

// The count is by instruction, not by block: an access to a device cuts a block short, and the rest of it runs as a block of its own.
// A vCPU is no thread of its own under -icount, so a plain variable counts for all.
#if MARKS_API == 1
class Counter {
 public:
  void prepare() {}
  void count(qemu_plugin_insn* insn) { qemu_plugin_register_vcpu_insn_exec_inline(insn, kAdd, &value_, 1); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};
#else
class Counter {
 public:
  void prepare() { value_ = {qemu_plugin_scoreboard_new(sizeof(std::uint64_t)), 0}; }
  void count(qemu_plugin_insn* insn) { qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, kAdd, value_, 1); }
  std::uint64_t value() const { return qemu_plugin_u64_sum(value_); }

 private:
  qemu_plugin_u64 value_;
};
#endif

// Code that is copied to where nobody knows beforehand, as firmware does with its runtime services.
struct Copied {
  std::uint8_t code[kMaxCopied];
  std::size_t size;

  bool has(const qemu_plugin_insn* insn) const {
    const auto* there = static_cast<const std::uint8_t*>(qemu_plugin_insn_haddr(insn));
    if (there == nullptr) return false;
    const std::size_t in_page = qemu_plugin_insn_vaddr(insn) % kPage;
    const std::size_t length = kPage - in_page < kAlike ? kPage - in_page : kAlike;
    for (std::size_t at = in_page; at + length <= size; at += kPage)
      if (std::memcmp(code + at, there, length) == 0) return true;
    return false;
  }
};

// Of everything, unless there are ranges.
struct Count {
  Range ranges[kMaxRanges];
  std::size_t range_count;
  Copied copied;
  Counter instructions;

  bool has(const qemu_plugin_insn* insn) const {
    const std::uint64_t address = qemu_plugin_insn_vaddr(insn);
    for (std::size_t i = 0; i < range_count; ++i)
      if (address >= ranges[i].from && address < ranges[i].to) return true;
    return range_count == 0 || copied.has(insn);
  }
};

Place places[kMaxPlaces];
std::size_t place_count;
Count counts[kMaxCounts];
std::size_t count_count;
const char* last;  // the name of the place at which QEMU ends
std::FILE* out;

struct Block {
  std::uint64_t address, size, times;
  Block* next;
};
Range profiled;
Block* blocks;  // each translation is a block of its own, so that an address may come twice

void run_block(unsigned, void* block) { ++static_cast<Block*>(block)->times; }

void profile(qemu_plugin_tb* tb, std::uint64_t address) {
  if (address < profiled.from || address >= profiled.to) return;
  blocks = new Block{address, qemu_plugin_tb_n_insns(tb), 0, blocks};
  qemu_plugin_register_vcpu_tb_exec_cb(tb, run_block, kNoRegisters, blocks);
}

void forget_blocks() {
  for (Block* block = blocks; block != nullptr; block = block->next) block->times = 0;
}

void tell_blocks() {
  for (const Block* block = blocks; block != nullptr; block = block->next)
    if (block->times != 0)
      std::fprintf(out, "block: %llx %llu\n", static_cast<unsigned long long>(block->address),
                   static_cast<unsigned long long>(block->times * block->size));
  std::fflush(out);
}

void mark(const char* name) {
  std::fprintf(out, "mark: %s", name);
  for (std::size_t i = 0; i < count_count; ++i) std::fprintf(out, " %llu", static_cast<unsigned long long>(counts[i].instructions.value()));
  std::fprintf(out, "\n");
  std::fflush(out);
}

void reach(unsigned, void* argument) {
  auto& place = *static_cast<Place*>(argument);
  if (place.reached) return;
  place.reached = true;
  mark(place.name);
  if (&place == &places[0]) forget_blocks();
  if (last == nullptr || std::strncmp(place.name, last, std::strlen(last)) != 0) return;
  tell_blocks();
  _exit(0);  // without a word to the rest of QEMU: its own way out would wait for this very thread
}

void pass(unsigned, void* number) {
  char name[24];
  std::snprintf(name, sizeof name, "point-%u", static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(number)));
  mark(name);
}

// The number of a point, or -1.
int point(const qemu_plugin_insn* insn) {
  const auto* code = static_cast<const std::uint8_t*>(qemu_plugin_insn_haddr(insn));
  if (qemu_plugin_insn_size(insn) != kPointSize || code == nullptr || qemu_plugin_insn_vaddr(insn) % kPage > kPage - kPointSize) return -1;
  if (std::memcmp(code, kPoint, sizeof kPoint) != 0 || std::memcmp(code + 6, kPointEnd, sizeof kPointEnd) != 0) return -1;
  return code[4] | code[5] << 8;
}

bool is_at(const Place& place, const qemu_plugin_insn* insn) {
  if (place.signature_size == 0) return qemu_plugin_insn_vaddr(insn) == place.address;
  const void* code = qemu_plugin_insn_haddr(insn);
  if (code == nullptr) return false;
  // Only the page that holds the instruction is known to be mapped behind the host address.
  const std::size_t in_page = kPage - qemu_plugin_insn_vaddr(insn) % kPage;
  return in_page >= place.signature_size && std::memcmp(code, place.signature, place.signature_size) == 0;
}

// Entry points are reached by a jump or a call, so they always begin a translation block.
void translate(qemu_plugin_id_t, qemu_plugin_tb* tb) {
  qemu_plugin_insn* first = qemu_plugin_tb_get_insn(tb, 0);
  for (std::size_t i = 0; i < place_count; ++i)
    if (!places[i].reached && is_at(places[i], first))
      qemu_plugin_register_vcpu_tb_exec_cb(tb, reach, kNoRegisters, &places[i]);
  profile(tb, qemu_plugin_insn_vaddr(first));
  bool counted[kMaxCounts];
  for (std::size_t i = 0; i < count_count; ++i) counted[i] = counts[i].has(first);
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
    qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    for (std::size_t k = 0; k < count_count; ++k)
      if (counted[k]) counts[k].instructions.count(insn);
    if (const int number = point(insn); number >= 0)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, pass, kNoRegisters, reinterpret_cast<void*>(static_cast<std::uintptr_t>(number)));
  }
}

void finish(qemu_plugin_id_t, void*) {
  mark("end");
  tell_blocks();
  std::fclose(out);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool parse_signature(const char* hex, Place& place) {
  std::size_t size = 0;
  for (; hex[0] != '\0'; hex += 2, ++size) {
    const int high = hex_digit(hex[0]);
    const int low = high < 0 ? -1 : hex_digit(hex[1]);
    if (low < 0 || size == kMaxSignature) return false;
    place.signature[size] = static_cast<std::uint8_t>(high << 4 | low);
  }
  place.signature_size = size;
  return size != 0;
}

// Where the range ends in the text, or nullptr.
const char* parse_range(const char* text, Range& range) {
  char* end = nullptr;
  range.from = std::strtoull(text, &end, 16);
  if (*end != '-') return nullptr;
  range.to = std::strtoull(end + 1, &end, 16);
  return range.from < range.to ? end : nullptr;
}

bool parse_count(const char* text) {
  if (count_count == kMaxCounts) return false;
  Count& count = counts[count_count++];
  for (;; ++text) {
    if (count.range_count == kMaxRanges) return false;
    text = parse_range(text, count.ranges[count.range_count++]);
    if (text == nullptr || (*text != ':' && *text != '\0')) return false;
    if (*text == '\0') return true;
  }
}

bool read_copied(const char* path) {
  if (count_count == 0) return false;
  Copied& copied = counts[count_count - 1].copied;
  std::FILE* const file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  copied.size = std::fread(copied.code, 1, kMaxCopied, file);
  std::fclose(file);
  return copied.size != 0 && copied.size != kMaxCopied;
}

bool parse_profile(const char* text) {
  const char* end = parse_range(text, profiled);
  return end != nullptr && *end == '\0';
}

bool parse_place(char* argument) {
  char* value = std::strchr(argument, '=');
  if (value == nullptr || place_count == kMaxPlaces) return false;
  *value++ = '\0';
  Place& place = places[place_count];
  place.name = strdup(argument);
  if (std::strncmp(value, "sig:", 4) == 0) {
    if (!parse_signature(value + 4, place)) return false;
  } else if (std::strncmp(value, "addr:", 5) == 0) {
    place.address = std::strtoull(value + 5, nullptr, 16);
  } else {
    return false;
  }
  ++place_count;
  return true;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int argc,
                                                                  char** argv) {
  for (int i = 0; i < argc; ++i) {
    if (std::strncmp(argv[i], "out=", 4) == 0) {
      out = std::fopen(argv[i] + 4, "w");
    } else if (std::strncmp(argv[i], "stop=", 5) == 0) {
      last = strdup(argv[i] + 5);
    } else if (std::strncmp(argv[i], "count=", 6) == 0     ? !parse_count(argv[i] + 6)
               : std::strncmp(argv[i], "copies=", 7) == 0  ? !read_copied(argv[i] + 7)
               : std::strncmp(argv[i], "profile=", 8) == 0 ? !parse_profile(argv[i] + 8)
                                                           : !parse_place(argv[i])) {
      std::fprintf(stderr, "marks: cannot read the argument '%s'\n", argv[i]);
      return 1;
    }
  }
  if (out == nullptr) {
    std::fprintf(stderr, "marks: out=FILE is missing or cannot be written\n");
    return 1;
  }
  if (count_count == 0) count_count = 1;
  for (std::size_t i = 0; i < count_count; ++i) counts[i].instructions.prepare();
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, finish, nullptr);
  return 0;
}
