// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A QEMU TCG plugin that tells how often the guest ran each instruction of a range of addresses: where instructions go, by symbol.
//
// Arguments: out=FILE, from=HEX, to=HEX (the first address behind). Output: a line `ADDRESS COUNT`, the address in hexadecimal, for each
// instruction that ran, at exit. What is used of QEMU's plugin header is declared here: see tests/bench/marks.cpp.

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

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, qemu_plugin_tb*));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void*), void*);
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
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, std::size_t);
std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn*);

[[gnu::visibility("default")]] int qemu_plugin_version = MARKS_API;
}

namespace {

constexpr int kAdd = 0;  // QEMU_PLUGIN_INLINE_ADD_U64
constexpr std::uint64_t kMostAddresses = 1 << 20;

std::uint64_t from, to;
std::FILE* out;

// A count for each address of the range.
#if MARKS_API == 1
std::uint64_t* counts;
void prepare() { counts = static_cast<std::uint64_t*>(std::calloc(to - from, sizeof *counts)); }
void count(qemu_plugin_insn* insn, std::uint64_t at) { qemu_plugin_register_vcpu_insn_exec_inline(insn, kAdd, &counts[at], 1); }
std::uint64_t value(std::uint64_t at) { return counts[at]; }
#else
qemu_plugin_scoreboard* counts;
qemu_plugin_u64 entry(std::uint64_t at) { return {counts, at * sizeof(std::uint64_t)}; }
void prepare() { counts = qemu_plugin_scoreboard_new((to - from) * sizeof(std::uint64_t)); }
void count(qemu_plugin_insn* insn, std::uint64_t at) { qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, kAdd, entry(at), 1); }
std::uint64_t value(std::uint64_t at) { return qemu_plugin_u64_sum(entry(at)); }
#endif

void translate(qemu_plugin_id_t, qemu_plugin_tb* tb) {
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
    qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    const std::uint64_t address = qemu_plugin_insn_vaddr(insn);
    if (address >= from && address < to) count(insn, address - from);
  }
}

void finish(qemu_plugin_id_t, void*) {
  for (std::uint64_t at = 0; at < to - from; ++at) {
    const unsigned long long address = from + at, times = value(at);
    if (times != 0) std::fprintf(out, "%llx %llu\n", address, times);
  }
  std::fclose(out);
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    if (std::strncmp(argv[i], "out=", 4) == 0) out = std::fopen(argv[i] + 4, "w");
    if (std::strncmp(argv[i], "from=", 5) == 0) from = std::strtoull(argv[i] + 5, nullptr, 16);
    if (std::strncmp(argv[i], "to=", 3) == 0) to = std::strtoull(argv[i] + 3, nullptr, 16);
  }
  if (out == nullptr || from >= to || to - from > kMostAddresses) {
    std::fprintf(stderr, "profile: wanted are out=FILE, from=HEX and to=HEX, a megabyte apart at most\n");
    return 1;
  }
  prepare();
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, finish, nullptr);
  return 0;
}
