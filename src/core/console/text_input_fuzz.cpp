// SPDX-License-Identifier: BSD-2-Clause-Patent
// Bytes of a terminal as keys: it does not matter in how many pieces they arrive, each key is a key of EFI, and after a pause whatever
// was left unfinished is forgotten.
#include <algorithm>
#include <vector>

#include "core/console/text_input.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core {
namespace {

struct Line final : ConsolePort {
  const uint8_t* at = nullptr;
  const uint8_t* end = nullptr;
  void write(std::string_view) override {}
  std::optional<uint8_t> read() override { return at != end ? std::optional(*at++) : std::nullopt; }
};

void check(const efi::KeyData& key) {
  const uint16_t scan = key.key.scan_code;
  EXPECT((scan != 0) != (key.key.unicode_char != 0));
  EXPECT(scan <= 0x17 || (scan >= 0x68 && scan <= 0x73));
  const uint32_t state = key.key_state.key_shift_state;
  EXPECT(state == 0 || (state & efi::kShiftStateValid) != 0);
  const efi::Char16 plain = plain_character(key);
  EXPECT((plain != 0) == (key.key.unicode_char != 0));
}

class Machine {
 public:
  std::vector<efi::KeyData> keys;

  void type(const uint8_t* from, const uint8_t* to) {
    line_.at = from;
    line_.end = to;
    do {
      while (auto key = input_.read_key()) {
        check(*key);
        keys.push_back(*key);
      }
    } while (line_.at != line_.end);
  }
  void pause() {
    watch_.time += 10'000'000;
    type(nullptr, nullptr);
  }

 private:
  test::FuzzHeap heap_;
  test::NoInterrupts interrupts_;
  test::FakeClock watch_;
  EventQueue events_{heap_, interrupts_, watch_};
  Line line_;
  TextInput input_{line_, events_, watch_};
};

bool same(const efi::KeyData& a, const efi::KeyData& b) {
  return a.key.scan_code == b.key.scan_code && a.key.unicode_char == b.key.unicode_char &&
         a.key_state.key_shift_state == b.key_state.key_shift_state;
}

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::core;
  Machine whole, pieces;
  whole.type(data, data + size);
  for (size_t i = 0; i < size; ++i) pieces.type(data + i, data + i + 1);
  EXPECT(std::ranges::equal(whole.keys, pieces.keys, same));
  whole.pause();
  const size_t before = whole.keys.size();
  // ESC [ A and "a", after an "x" that may end a broken character.
  constexpr uint8_t kProbe[] = {'x', 0x1B, '[', 'A', 'a'};
  whole.type(kProbe, kProbe + sizeof kProbe);
  EXPECT(whole.keys.size() == before + 3);
  EXPECT(whole.keys[before + 1].key.scan_code == 1 && whole.keys[before + 2].key.unicode_char == 'a');
  return 0;
}
