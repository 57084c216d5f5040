// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_variables.hpp"

#include <array>

#include "base/crc32.hpp"

namespace efilite::boot {

OptionName::OptionName(std::u16string_view kind, uint16_t number) {
  size_t size = 0;
  for (char16_t c : kind) text[size++] = c;
  for (int shift = 12; shift >= 0; shift -= 4) text[size++] = u"0123456789ABCDEF"[number >> shift & 0xF];
  text[size] = u'\0';
}

// Notifications may set variables at any priority.
Result<HeapBytes> BootVariables::get(const char16_t* name) const {
  for (uint64_t size = 0;;) {
    HeapBytes out = TRY(HeapBytes::allocate(heap_, size + 1));
    core::TplGuard guard(events_, efi::kTplHighLevel);
    const uint64_t room = size;
    const Status status =
        runtime::get_variable(store_, runtime::Phase::Boot, name, &efi::kGlobalVariable, nullptr, &size, out.data());
    if (status == Status::Success) return HeapBytes(std::move(out), size);
    if (status != Status::BufferTooSmall || size <= room) return status;
  }
}

Result<> BootVariables::set(const char16_t* name, uint32_t attributes, ByteSpan value, bool read_only) {
  core::TplGuard guard(events_, efi::kTplHighLevel);
  const Status status =
      runtime::set_firmware_variable(store_, name, efi::kGlobalVariable, attributes, value.size(), value.data(), read_only);
  return status == Status::Success ? Result<>() : Result<>(status);
}

void BootVariables::visit_numbers(std::u16string_view kind, void (*visit)(void* context, uint16_t number), void* context) const {
  std::array<char16_t, 256> name{};  // a longer one ends the search: nobody needs it
  efi::Guid vendor{};
  for (;;) {
    uint64_t size = sizeof name;
    {
      core::TplGuard guard(events_, efi::kTplHighLevel);
      if (runtime::get_next_variable_name(store_, runtime::Phase::Boot, &size, name.data(), &vendor) != Status::Success) return;
    }
    const std::u16string_view text(name.data(), size / sizeof(char16_t) - 1);
    uint32_t number = 0;
    size_t at = kind.size();
    for (; vendor == efi::kGlobalVariable && text.size() == kind.size() + 4 && text.starts_with(kind) && at < text.size(); ++at) {
      const bool digit = text[at] >= u'0' && text[at] <= u'9', letter = text[at] >= u'A' && text[at] <= u'F';
      if (!digit && !letter) break;
      number = number << 4 | static_cast<uint32_t>(digit ? text[at] - u'0' : text[at] - u'A' + 10);
    }
    if (at == text.size() && at != kind.size()) visit(context, static_cast<uint16_t>(number));
  }
}

uint32_t BootVariables::checksum(const char16_t* name) const {
  auto bytes = get(name);
  return bytes ? crc32(bytes->bytes()) : 0;
}

}  // namespace efilite::boot
