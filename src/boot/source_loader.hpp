// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_LOAD_FILE2_PROTOCOL [UEFI 2.10, 13.2] for one thing that can be read: its bytes go straight from their source into the caller's
// buffer, as often as they are wanted.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::boot {

class SourceLoader {
 public:
  // `rest` is what has to be left of the path behind that of the device: nodes and an end.
  SourceLoader(core::ByteSource& source, ByteSpan rest) : interface_{{&load_file}, this}, source_(source), rest_(rest) {}
  SourceLoader(const SourceLoader&) = delete;
  SourceLoader& operator=(const SourceLoader&) = delete;

  efi::LoadFile2Protocol* protocol() { return &interface_.protocol; }

 private:
  static efi::EfiStatus EFIAPI load_file(efi::LoadFile2Protocol* self, efi::DevicePath* path, efi::Boolean boot_policy, efi::Uintn* size,
                                         void* buffer);

  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::LoadFile2Protocol protocol;
    SourceLoader* owner;
  };
  Interface interface_;
  core::ByteSource& source_;
  ByteSpan rest_;
};

}  // namespace efilite::boot
