// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/console_variables.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/device_path/device_path.hpp"
#include "core/protocols/unicode_collation.hpp"

namespace efilite::boot {

namespace {

constexpr uint32_t kVolatile = efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess;
constexpr uint32_t kLasting = kVolatile | efi::kVariableNonVolatile;

Result<> set(runtime::VariableStore& store, const char16_t* name, uint32_t attributes, ByteSpan value, bool read_only = false) {
  const Status status =
      runtime::set_firmware_variable(store, name, efi::kGlobalVariable, attributes, value.size(), value.data(), read_only);
  return status == Status::Success ? Result<>() : Result<>(status);
}

// The value as it stands in the store; empty when there is none, or one that is longer than anything of ours.
ByteSpan get(const runtime::VariableStore& store, const char16_t* name, MutableByteSpan buffer) {
  uint64_t size = buffer.size();
  const Status status =
      runtime::get_variable(store, runtime::Phase::Boot, name, &efi::kGlobalVariable, nullptr, &size, buffer.data());
  return buffer.first(status == Status::Success ? size : 0);
}

template <typename Supported>
Result<> set_unless(Supported supported, runtime::VariableStore& store, const char16_t* name, ByteSpan value) {
  std::array<std::byte, 256> buffer;
  if (ByteSpan old = get(store, name, buffer); !old.empty() && supported(old)) return {};
  return set(store, name, kLasting, value);
}

// [UEFI 2.10, 3.3] ConIn, ConOut and ErrOut are subsets of what there is: here, of one console.
Result<> set_consoles(runtime::VariableStore& store, ByteSpan console) {
  const auto same = [&](ByteSpan old) { return std::ranges::equal(old, console); };
  for (auto name : {u"ConInDev", u"ConOutDev", u"ErrOutDev"}) TRY(set(store, name, kVolatile, console));
  for (auto name : {u"ConIn", u"ConOut", u"ErrOut"}) TRY(set_unless(same, store, name, console));
  return {};
}

// Of a value that a program may have set: up to its NUL, if it has one.
std::string_view language_in(ByteSpan value) {
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  return text.substr(0, text.find('\0'));
}

ByteSpan with_nul(const char* text) { return std::as_bytes(std::span(text, std::string_view(text).size() + 1)); }

// [UEFI 2.10, 3.3] A program may set any language; one that is not supported is replaced at the next start. There is a single one, that
// of the collation protocols.
Result<> set_language(runtime::VariableStore& store, const char16_t* codes, const char16_t* chosen, const char* supported) {
  const auto same = [&](ByteSpan old) { return language_in(old) == supported; };
  TRY(set(store, codes, kVolatile, with_nul(supported), true));
  return set_unless(same, store, chosen, with_nul(supported));
}

}  // namespace

Result<> set_console_variables(runtime::VariableStore& store, ByteSpan console) {
  if (!console.empty()) TRY(set_consoles(store, console));
  TRY(set_language(store, u"PlatformLangCodes", u"PlatformLang", core::collation::protocol2().supported_languages));
  return set_language(store, u"LangCodes", u"Lang", core::collation::protocol().supported_languages);
}

std::string_view platform_language(const runtime::VariableStore& store, std::span<char> buffer) {
  return language_in(get(store, u"PlatformLang", std::as_writable_bytes(buffer)));
}

}  // namespace efilite::boot
