// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as package lists and calls in any order: what is exported can be imported and is the same again, and no memory is lost.
#include <cstdlib>
#include <vector>

#include "core/hii/hii.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core::hii {
namespace {

using test::FuzzHeap;
using test::NoInterrupts;
using test::NoClock;

struct Machine {
  FuzzHeap heap;
  NoInterrupts interrupts;
  NoClock clock;
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  Database db{handles, events};
};
Machine* machine;
unsigned notified;

// Does what a program's function might: now and then it changes what it is told of.
efi::EfiStatus EFIAPI notified_function(uint8_t, const efi::Guid* guid, const void* package, efi::HiiHandle list, efi::Uintn) {
  volatile uint8_t byte = static_cast<const uint8_t*>(package)[3] ^ (guid ? guid->data4[7] : 0);
  (void)byte;
  if (++notified % 7 == 0) (void)machine->db.remove(list);
  if (notified % 11 == 0) (void)machine->db.set_string(list, 1, "en", u"changed");
  return efi::encode(Status::Success);
}

std::vector<std::byte> exported(Database& db, efi::HiiHandle handle) {
  auto size = db.export_size(handle);
  if (!size) return {};
  std::vector<std::byte> out(*size);
  (void)db.export_to(handle, out);
  return out;
}

}  // namespace
}  // namespace efilite::core::hii

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::core::hii;
  Machine here;
  machine = &here;
  notified = 0;
  Database& db = here.db;
  std::vector<efi::HiiHandle> lists;
  std::vector<efi::Handle> registrations;
  const auto list_of = [&](uint8_t n) { return lists.empty() ? nullptr : lists[n % lists.size()]; };
  size_t at = 0;
  const auto byte = [&] { return at < size ? data[at++] : uint8_t{0}; };
  for (int steps = 0; at < size && steps < 64; ++steps) {
    switch (byte() % 9) {
      case 0:
      case 1: {
        // A list of the next bytes, told to be as long as they are.
        const size_t length = std::min<size_t>(byte() | byte() << 8, size - at);
        std::vector<uint8_t> bytes(20 + length);
        memcpy(bytes.data() + 20, data + at, length);
        const auto total = static_cast<uint32_t>(bytes.size());
        memcpy(bytes.data() + 16, &total, 4);
        at += length;
        const auto* list = reinterpret_cast<const efi::HiiPackageListHeader*>(bytes.data());
        if (byte() % 2) {
          (void)db.update(list_of(byte()), list);
        } else if (auto made = db.add(list, nullptr)) {
          lists.push_back(*made);
        }
        break;
      }
      case 2: (void)db.remove(list_of(byte())); break;
      case 3:
      case 4: {
        const efi::FontInfo font{byte(), 12, {u'\0'}};
        const efi::FontInfo* wanted = byte() % 2 ? &font : nullptr;
        if (byte() % 2) (void)db.set_string(list_of(byte()), byte(), "en", u"other", wanted);
        else (void)db.new_string(list_of(byte()), byte() % 2 ? "en" : "fr", byte() % 2 ? u"name" : nullptr, u"text", wanted);
        break;
      }
      case 5: {
        efi::Char16 text[64];
        efi::Uintn room = sizeof(text);
        efi::FontInfo* font = nullptr;
        if (db.get_string(list_of(byte()), byte(), "en", text, room, &font) && font) here.heap.release(font);
        char names[16];
        room = sizeof(names);
        (void)db.languages(list_of(byte()), names, room);
        room = sizeof(names);
        (void)db.secondary_languages(list_of(byte()), "en", names, room);
        break;
      }
      case 6: {
        auto made = db.register_notify({static_cast<efi::HiiPackageType>(byte() % 10), {}}, notified_function, byte());
        if (made) registrations.push_back(*made);
        break;
      }
      case 7: {
        efi::Guid guids[4];
        (void)db.layouts(guids);
        if (db.layouts({}) > 0) (void)db.set_layout(guids[0]);
        (void)db.layout(nullptr);
        break;
      }
      case 8: here.heap.left = byte() < 200 ? SIZE_MAX : byte() % 4; break;
    }
  }
  here.heap.left = SIZE_MAX;
  for (efi::Handle r : registrations) (void)db.unregister_notify(r);
  for (efi::HiiHandle handle : lists) {
    const auto first = exported(db, handle);
    if (!first.empty()) {
      auto copy = db.add(reinterpret_cast<const efi::HiiPackageListHeader*>(first.data()), nullptr);
      EXPECT(copy && exported(db, *copy) == first);
      EXPECT(db.remove(*copy));
    }
    (void)db.remove(handle);
  }
  EXPECT(db.export_size(nullptr).status() == Status::NotFound);
  EXPECT(here.heap.live == 0);
  return 0;
}
