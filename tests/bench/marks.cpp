// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A QEMU TCG plugin that tells how many guest instructions had run when the guest first reached a place in its code.
//
// The bench needs the moment an unmodified kernel is entered, whatever firmware started it and wherever it was loaded.
// So a place is named by the bytes found there (`sig`) or, for the firmware's own entry, by its address (`addr`).
// Arguments: out=FILE, then any number of `NAME=sig:HEX` and `NAME=addr:HEX`.
// Output: a line `mark: NAME <instructions>` for each place reached, in order, and `mark: end <instructions>` at exit.
//
// QEMU's plugin header is in no Debian package, so what is used of it is declared here; these calls are the same in
// every plugin API version. Only the version number differs: see MARKS_API.

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
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, ExitCallback, void*);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, std::size_t);
std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn*);
void* qemu_plugin_insn_haddr(const qemu_plugin_insn*);

// QEMU refuses a plugin outside its own range: 0..1 up to QEMU 8.2, 2 and more from 9.0 on.
[[gnu::visibility("default")]] int qemu_plugin_version = MARKS_API;
}

namespace {

constexpr int kNoRegisters = 0;  // QEMU_PLUGIN_CB_NO_REGS
constexpr std::size_t kPage = 4096;
constexpr std::size_t kMaxPlaces = 8;
constexpr std::size_t kMaxSignature = 64;

struct Place {
  const char* name;
  std::uint64_t address;
  std::uint8_t signature[kMaxSignature];
  std::size_t signature_size;  // 0: the place is an address
  bool reached;
};

// One vCPU only (the bench never asks for more), so plain variables do.
Place places[kMaxPlaces];
std::size_t place_count;
std::uint64_t instructions;
std::FILE* out;

void count(unsigned, void* size) { instructions += reinterpret_cast<std::uintptr_t>(size); }

void reach(unsigned, void* argument) {
  auto& place = *static_cast<Place*>(argument);
  if (place.reached) return;
  place.reached = true;
  std::fprintf(out, "mark: %s %llu\n", place.name, static_cast<unsigned long long>(instructions));
  std::fflush(out);
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
  qemu_plugin_register_vcpu_tb_exec_cb(tb, count, kNoRegisters, reinterpret_cast<void*>(qemu_plugin_tb_n_insns(tb)));
}

void finish(qemu_plugin_id_t, void*) {
  std::fprintf(out, "mark: end %llu\n", static_cast<unsigned long long>(instructions));
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
    } else if (!parse_place(argv[i])) {
      std::fprintf(stderr, "marks: cannot read the argument '%s'\n", argv[i]);
      return 1;
    }
  }
  if (out == nullptr) {
    std::fprintf(stderr, "marks: out=FILE is missing or cannot be written\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, finish, nullptr);
  return 0;
}
