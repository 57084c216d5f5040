// SPDX-License-Identifier: BSD-2-Clause-Patent
// Names on a FAT volume: eight and three characters of code page 437, and a long name of up to 255 UCS-2 characters in slots in front of
// it.
#pragma once

#include <optional>
#include <string_view>

#include "core/storage_ports.hpp"
#include "fs/fat/fat_format.hpp"

namespace efilite::fs {

// What a name is compared and stored as: spaces and periods at its end do not count. Empty when nothing is left.
std::u16string_view trimmed(std::u16string_view name);
// Whether a trimmed name can be stored.
bool is_storable(std::u16string_view name);

uint8_t checksum(const ShortName& name);

// The short name as it is shown, with NT's bits (0: all upper case).
class ShortText {
 public:
  ShortText(const ShortName& name, uint8_t nt_case);
  std::u16string_view view() const { return {text_, length_}; }

 private:
  char16_t text_[12];
  size_t length_ = 0;
};

// A short name for a long one.
struct Alias {
  ShortName name;
  uint8_t nt_case = 0;
  bool is_exact = false;  // shown with its bits it is the name itself: no long name is needed
  bool needs_tail = false;  // something was left out or replaced: only with ~1 does it tell that there is more
};
Alias make_alias(std::u16string_view name);
// The alias with ~number at the end of its first part.
ShortName with_tail(const ShortName& name, uint32_t number);
// The number at the end of a name that with_tail() may have made.
std::optional<uint32_t> tail_of(const ShortName& name);

// How many slots a long name takes, besides that of its short one.
inline size_t long_slots(std::u16string_view name) { return (name.size() + kLongChars - 1) / kLongChars; }
// Slot `order` of them, 1 being the one with the first characters.
LongEntry make_long(std::u16string_view name, size_t order, uint8_t sum);

// Long slots one after the other as they lie on the volume, until the short one that they are for.
class LongNameReader {
 public:
  void reset() { slots_ = 0; }
  void add(const LongEntry& slot);
  // Slots that belong to this short name and make a name; 0: none do.
  size_t slots_for(const ShortName& name) const { return slots_ != 0 && left_ == 0 && sum_ == checksum(name) && valid() ? slots_ : 0; }
  std::u16string_view view() const;

 private:
  bool valid() const { return !view().empty() && view().size() <= core::kMaxFileName; }

  char16_t text_[kMostLongSlots * kLongChars];
  size_t slots_ = 0;  // 0: no name has begun
  size_t left_ = 0;
  uint8_t sum_ = 0;
};

// A volume's label: eleven characters, upper case. nullopt when it cannot be stored.
std::optional<ShortName> make_label(std::u16string_view label);
void label_text(const ShortName& label, core::FileName& out);

}  // namespace efilite::fs
