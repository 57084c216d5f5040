// SPDX-License-Identifier: BSD-2-Clause-Patent
// The device that the program came from, as EFI sees it: a handle with a device path, fw_cfg's or the module's memory, and behind it the
// program as a file. Where its bytes can be had again, LoadImage finds them by that path.
#pragma once

#include <array>
#include <optional>

#include "boot/payload.hpp"
#include "boot/source_loader.hpp"

namespace efilite::core {
class HandleDatabase;
}

namespace efilite::boot {

class PayloadDevice {
 public:
  explicit PayloadDevice(const Payload& payload) : payload_(payload) {}
  PayloadDevice(const PayloadDevice&) = delete;
  PayloadDevice& operator=(const PayloadDevice&) = delete;

  // A new handle. The object has to live until ExitBootServices.
  Result<efi::Handle> install(core::HandleDatabase& handles);
  // The device's path and the file's behind it.
  const efi::DevicePath* image_path() const { return reinterpret_cast<const efi::DevicePath*>(image_path_.data()); }

 private:
  Result<> build_paths();

  const Payload& payload_;
  std::array<std::byte, 64> device_path_{};
  std::array<std::byte, 128> image_path_{};
  std::optional<SourceLoader> loader_;
};

}  // namespace efilite::boot
