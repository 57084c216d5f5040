// SPDX-License-Identifier: BSD-2-Clause-Patent
// Keyboard layout packages of the HII database [UEFI 2.10, 33.3.9]. Nothing here types by them: the console's keyboard is a terminal's.
#include "core/hii/hii_database.hpp"

namespace efilite::core::hii {

namespace {
// Of a layout: its length, which counts itself, and its GUID.
constexpr size_t kSmallestLayout = 2 + sizeof(efi::Guid);
}  // namespace

// The first layout that `visit(guid)` says yes to.
template <typename Visit>
ByteSpan Database::find_layout(Visit visit) const {
  for (const List* list = lists_; list != nullptr; list = list->next) {
    for (const Package* p = list->packages; p != nullptr; p = p->next) {
      if (!is_of(p->bytes(), {efi::HiiPackageType::KeyboardLayout, {}})) continue;
      const uint16_t count = read_at<uint16_t>(p->bytes(), 4).value_or(0);
      size_t at = 6;
      for (unsigned i = 0; i < count; ++i) {
        const uint16_t length = read_at<uint16_t>(p->bytes(), at).value_or(0);
        const auto layout = slice(p->bytes(), at, length);
        if (length < kSmallestLayout || !layout) break;
        if (visit(*read_at<efi::Guid>(*layout, 2))) return *layout;
        at += length;
      }
    }
  }
  return {};
}

size_t Database::layouts(std::span<efi::Guid> out) const {
  size_t count = 0;
  find_layout([&](const efi::Guid& guid) {
    if (count < out.size()) out[count] = guid;
    ++count;
    return false;
  });
  return count;
}

Result<ByteSpan> Database::layout(const efi::Guid* guid) const {
  if (guid == nullptr && !has_layout_) return Status::NotFound;
  const efi::Guid wanted = guid != nullptr ? *guid : layout_;
  const ByteSpan found = find_layout([&](const efi::Guid& candidate) { return candidate == wanted; });
  if (found.empty()) return Status::NotFound;
  return found;
}

Result<> Database::set_layout(const efi::Guid& guid) {
  TRY(layout(&guid));
  layout_ = guid;
  has_layout_ = true;
  events_.signal_group(efi::kHiiSetKeyboardLayoutEvent);
  return {};
}

}  // namespace efilite::core::hii
