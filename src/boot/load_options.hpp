// SPDX-License-Identifier: BSD-2-Clause-Patent
// From the hypervisor's command line to efilite's options and the payload's LoadOptions.
#pragma once

#include <utility>

#include "boot/boot_info.hpp"
#include "boot/options.hpp"
#include "boot/payload.hpp"
#include "core/images/images.hpp"

namespace efilite::boot {

// Takes the efilite.* words out of what was told; info.command_line() is what is left, the payload's.
Options take_firmware_options(BootInfo& info);

// What the payload is told: its own command line file where there is one, else what is left of info's. It lasts as long as this.
class CommandLine {
 public:
  static Result<CommandLine> read(const BootInfo& info, const Payload& payload, core::Heap& heap);
  CommandLine(CommandLine&& other) : heap_(other.heap_), block_(std::exchange(other.block_, nullptr)), text_(other.text_) {}
  CommandLine& operator=(CommandLine&&) = delete;
  ~CommandLine() {
    if (block_ != nullptr) heap_.release(block_);
  }
  std::string_view text() const { return text_; }

 private:
  CommandLine(core::Heap& heap, void* block, std::string_view text) : heap_(heap), block_(block), text_(text) {}

  core::Heap& heap_;
  void* block_;
  std::string_view text_;
};

// Gives `image` its LoadOptions.
Result<> set_payload_options(const BootInfo& info, const Payload& payload, core::Heap& heap, core::Images& images, efi::Handle image);

}  // namespace efilite::boot
