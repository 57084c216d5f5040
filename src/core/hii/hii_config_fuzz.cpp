// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any text as a configuration string. What a block gives as a string gives the block back.
#include <cstdlib>
#include <string>
#include <vector>

#include "core/hii/hii_config.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using namespace efilite;
using namespace efilite::core;
using test::FuzzHeap;
using test::NoInterrupts;
using test::NoClock;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzHeap heap;
  NoInterrupts interrupts;
  NoClock clock;
  EventQueue events(heap, interrupts, clock);
  HandleDatabase handles(heap, events);
  hii::ConfigRouting routing(handles, events);
  std::u16string text;
  for (size_t i = 0; i < size && data[i] != 0; ++i) text += static_cast<char16_t>(data[i]);

  size_t done = 0;
  EXPECT(!routing.extract(text, done));
  EXPECT(done <= text.size());
  EXPECT(!routing.route(text, done));
  std::vector<uint8_t> block(64);
  for (size_t i = 0; i < block.size(); ++i) block[i] = static_cast<uint8_t>(i * 37);
  auto config = routing.block_to_config(text, std::as_bytes(std::span(block)), done);
  EXPECT(done <= text.size());
  if (config) {
    std::vector<uint8_t> again = block;
    efi::Uintn length = again.size();
    EXPECT(routing.config_to_block(*config, again.data(), length, done));
    EXPECT(again == block && done == std::u16string_view(*config).size());
    heap.release(*config);
  }
  std::vector<uint8_t> out(64);
  efi::Uintn length = out.size();
  (void)routing.config_to_block(text, out.data(), length, done);
  EXPECT(done <= text.size());
  if (auto found = routing.alt_config(text, {nullptr, nullptr, nullptr, u"1"})) heap.release(*found);
  if (auto found = routing.alt_config(text, {nullptr, u"A", nullptr, nullptr})) heap.release(*found);
  EXPECT(heap.live == 0);
  return 0;
}
