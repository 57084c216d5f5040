// SPDX-License-Identifier: BSD-2-Clause-Patent
// The boot manager's menu: boot options, what can be booted on the disks, the EFI Shell, restart and power-off. All disks are looked at
// when it is shown, and nothing before.
#pragma once

#include <array>

#include "base/static_vector.hpp"
#include "boot/manager/boot_manager.hpp"
#include "boot/manager/screen.hpp"

namespace efilite::boot {

class BootMenu {
 public:
  BootMenu(BootManager& manager, Screen& screen) : manager_(manager), screen_(screen) {}

  // Until somebody leaves it, to go on with the boot.
  void run();

 private:
  enum class Kind : uint8_t { Option, File, Restart, PowerOff };
  struct Item {
    Kind kind;
    uint8_t file = 0;  // of kFiles
    uint16_t number = 0;
    efi::Handle volume = nullptr;
  };
  static constexpr size_t kFirstRow = 3, kShown = Screen::kRows - 7;  // below them a message and the keys
  static constexpr size_t kMostOptions = 512;                         // characters
  struct KnownFile;
  static const KnownFile kFiles[];

  void collect();
  void add_option(uint16_t number);
  void draw();
  void describe(const Item& item, Line& line);
  void start(const Item& item, bool edit);
  bool edit_options(const Item& item);

  BootManager& manager_;
  Screen& screen_;
  StaticVector<Item, 96> items_;
  size_t chosen_ = 0;
  std::array<char16_t, kMostOptions + 1> text_{};  // edited options
  size_t text_size_ = 0;
};

}  // namespace efilite::boot
