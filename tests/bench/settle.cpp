// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A QEMU TCG plugin that makes disks take no time: after a guest has written to a device it goes on only when QEMU has nothing left to do.
//
// A firmware that polls a disk runs as many instructions as the host's disk and threads take time, so that no two runs
// count the same. Here the processor stands still meanwhile (and under -icount its clock with it): its first look at the queue
// finds the request done. QEMU has nothing left to do when each of its other threads sleeps and has not run between two looks
// at all of them: then there is a moment at which all of them slept, and only the processor, or time, could wake one.
// Arguments: none.
//
// What is used of QEMU's plugin header is declared here: see marks.cpp.

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
struct qemu_info_t;
using qemu_plugin_id_t = std::uint64_t;
using TranslateCallback = void (*)(qemu_plugin_id_t, qemu_plugin_tb*);
using ExecuteCallback = void (*)(unsigned, void*);
using MemoryCallback = void (*)(unsigned, std::uint32_t info, std::uint64_t address, void*);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, TranslateCallback);
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb*, ExecuteCallback, int flags, void*);
void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn*, ExecuteCallback, int flags, void*);
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn*, MemoryCallback, int flags, int access, void*);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, std::size_t);
std::size_t qemu_plugin_insn_size(const qemu_plugin_insn*);
void* qemu_plugin_insn_haddr(const qemu_plugin_insn*);
qemu_plugin_hwaddr* qemu_plugin_get_hwaddr(std::uint32_t info, std::uint64_t address);
bool qemu_plugin_hwaddr_is_io(const qemu_plugin_hwaddr*);

[[gnu::visibility("default")]] int qemu_plugin_version = MARKS_API;
}

namespace {

constexpr int kNoRegisters = 0;  // QEMU_PLUGIN_CB_NO_REGS
constexpr int kWrites = 2;       // QEMU_PLUGIN_MEM_W
constexpr std::size_t kMaxThreads = 128;

struct Thread {
  long id = 0;
  long switches = -1;  // how often it went to sleep, or was made to
  bool sleeps = false;
  bool operator==(const Thread&) const = default;
};

struct Look {
  Thread threads[kMaxThreads];
  std::size_t count = 0;
  bool all_sleep = false;

  bool operator==(const Look& other) const {
    if (count != other.count) return false;
    for (std::size_t i = 0; i < count; ++i)
      if (!(threads[i] == other.threads[i])) return false;
    return true;
  }
};

long number_after(const char* text, const char* name) {
  const char* found = std::strstr(text, name);
  return found == nullptr ? -1 : std::strtol(found + std::strlen(name), nullptr, 10);
}

// A thread that has just ended cannot be read any more and counts as awake: the next look is without it.
Thread look_at(long id) {
  char path[64], text[4096];
  std::snprintf(path, sizeof path, "/proc/self/task/%ld/status", id);
  Thread thread{.id = id};
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return thread;
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return thread;
  text[size] = '\0';
  const char* state = std::strstr(text, "\nState:\t");
  thread.sleeps = state != nullptr && state[8] == 'S';
  thread.switches = number_after(text, "\nvoluntary_ctxt_switches:") + number_after(text, "\nnonvoluntary_ctxt_switches:");
  return thread;
}

Look look() {
  Look seen;
  DIR* directory = opendir("/proc/self/task");
  if (directory == nullptr) return seen;
  seen.all_sleep = true;
  while (const dirent* entry = readdir(directory)) {
    const long id = std::strtol(entry->d_name, nullptr, 10);
    if (id == 0 || id == gettid()) continue;
    const Thread thread = look_at(id);
    if (!thread.sleeps || seen.count == kMaxThreads) seen.all_sleep = false;
    if (!seen.all_sleep) break;
    seen.threads[seen.count++] = thread;
  }
  closedir(directory);
  return seen;
}

void settle() {
  for (Look before = look();;) {
    const Look now = look();
    if (before.all_sleep && now.all_sleep && before == now) return;
    before = now;
    sched_yield();
  }
}

bool port_written;

void write(unsigned, std::uint32_t info, std::uint64_t address, void*) {
  const qemu_plugin_hwaddr* place = qemu_plugin_get_hwaddr(info, address);
  if (place != nullptr && qemu_plugin_hwaddr_is_io(place)) settle();
}

void write_port(unsigned, void*) { port_written = true; }

void begin_block(unsigned, void*) {
  if (!port_written) return;
  port_written = false;
  settle();
}

// A legacy virtio device is notified by a 16-bit OUT; the other sizes are left alone, for consoles have their ports, too.
bool is_word_out(const qemu_plugin_insn* insn) {
  const auto* code = static_cast<const unsigned char*>(qemu_plugin_insn_haddr(insn));
  return code != nullptr && qemu_plugin_insn_size(insn) == 2 && code[0] == 0x66 && code[1] == 0xef;
}

void translate(qemu_plugin_id_t, qemu_plugin_tb* tb) {
  // The callback of an instruction comes before it is carried out: what it did is seen at the next block's begin.
  qemu_plugin_register_vcpu_tb_exec_cb(tb, begin_block, kNoRegisters, nullptr);
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
    qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    qemu_plugin_register_vcpu_mem_cb(insn, write, kNoRegisters, kWrites, nullptr);
    if (is_word_out(insn)) qemu_plugin_register_vcpu_insn_exec_cb(insn, write_port, kNoRegisters, nullptr);
  }
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int, char**) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}
