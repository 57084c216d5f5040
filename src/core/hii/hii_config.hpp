// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_HII_CONFIG_ROUTING_PROTOCOL [UEFI 2.10, 35.4]: hands configuration strings to the drivers whose device path they name, and turns
// blocks of bytes into such strings and back.
#pragma once

#include <string_view>

#include "abi/uefi/hii.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/program_calls.hpp"

namespace efilite::core::hii {

class ConfigRouting {
 public:
  ConfigRouting(HandleDatabase& handles, EventQueue& events);
  ConfigRouting(const ConfigRouting&) = delete;
  ConfigRouting& operator=(const ConfigRouting&) = delete;

  efi::HiiConfigRoutingProtocol* protocol() { return &edge_; }
  const efi::HiiConfigRoutingProtocol* protocol() const { return &edge_; }

  // `done` becomes how much of the string was taken. Results are blocks of the heap.
  Result<efi::Char16*> extract(std::u16string_view request, size_t& done);
  Result<efi::Char16*> export_all();
  Result<> route(std::u16string_view configuration, size_t& done);
  Result<efi::Char16*> block_to_config(std::u16string_view request, ByteSpan block, size_t& done);
  // `size` becomes the index of the last byte written, or the size that is needed, with BUFFER_TOO_SMALL and without a block.
  Result<> config_to_block(std::u16string_view response, uint8_t* block, efi::Uintn& size, size_t& done);
  struct AltConfig {
    const efi::Guid* guid;  // nullptr: any, and so on
    const efi::Char16* name;
    const efi::DevicePath* path;
    const efi::Char16* id;  // nullptr: the current configuration, which has no ALTCFG
  };
  Result<efi::Char16*> alt_config(std::u16string_view response, const AltConfig& wanted);

 private:
  class Text;
  struct Edge : efi::HiiConfigRoutingProtocol {
    ConfigRouting* owner;
  };
  friend struct ConfigThunks;

  efi::HiiConfigAccessProtocol* driver_at(std::u16string_view path);
  Result<> each_part(std::u16string_view text, size_t& done, Text* results);

  HandleDatabase& handles_;
  ProgramCalls calls_;
  Edge edge_{};
};

}  // namespace efilite::core::hii
