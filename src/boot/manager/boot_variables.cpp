// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_variables.hpp"

#include "base/crc32.hpp"

namespace efilite::boot {

OptionName::OptionName(std::u16string_view kind, uint16_t number) {
  size_t size = 0;
  for (char16_t c : kind) text[size++] = c;
  for (int shift = 12; shift >= 0; shift -= 4) text[size++] = u"0123456789ABCDEF"[number >> shift & 0xF];
  text[size] = u'\0';
}

// Notifications may set variables at any priority.
HeapBytes BootVariables::get(const char16_t* name) const {
  core::TplGuard guard(events_, efi::kTplHighLevel);
  uint64_t size = 0;
  const auto read = [&](void* to) {
    return runtime::get_variable(store_, runtime::Phase::Boot, name, &efi::kGlobalVariable, nullptr, &size, to);
  };
  (void)read(nullptr);
  void* block = size != 0 ? heap_.allocate(size) : nullptr;
  if (block == nullptr) return {};
  (void)read(block);
  return HeapBytes(heap_, block, size);
}

std::optional<uint64_t> BootVariables::number(const char16_t* name, size_t size) const {
  const HeapBytes bytes = get(name);
  uint64_t number = 0;
  if (bytes.size() != size) return std::nullopt;
  memcpy(&number, bytes.data(), size);
  return number;
}

Result<> BootVariables::set(const char16_t* name, uint32_t attributes, ByteSpan value, bool read_only) {
  core::TplGuard guard(events_, efi::kTplHighLevel);
  const Status status =
      runtime::set_firmware_variable(store_, name, efi::kGlobalVariable, attributes, value.size(), value.data(), read_only);
  return status == Status::Success ? Result<>() : Result<>(status);
}

uint32_t BootVariables::checksum(const char16_t* name) const { return crc32(get(name).bytes()); }

}  // namespace efilite::boot
