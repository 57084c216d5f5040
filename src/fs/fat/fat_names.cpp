// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_names.hpp"

#include <algorithm>

#include "base/letter_case.hpp"

namespace efilite::fs {

namespace {

constexpr char16_t kCodePage437[] =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
    u"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";
static_assert(sizeof(kCodePage437) == 129 * sizeof(char16_t));

constexpr char16_t to_unicode(uint8_t c) { return c < 0x80 ? c : kCodePage437[c - 0x80]; }

constexpr std::u16string_view kNeverInNames = u"\"*/:<>?\\|";
constexpr std::u16string_view kNotInShortNames = u"+,;=[]";

constexpr bool is_short_character(char16_t c) {
  return c > 0x20 && c < 0x7F && c != '.' && !kNeverInNames.contains(c) && !kNotInShortNames.contains(c);
}

// The characters' places in a long slot.
uint8_t* place(LongEntry& slot, size_t i) {
  if (i < 5) return slot.name1 + 2 * i;
  if (i < 11) return slot.name2 + 2 * (i - 5);
  return slot.name3 + 2 * (i - 11);
}

}  // namespace

std::u16string_view trimmed(std::u16string_view name) {
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.remove_suffix(1);
  return name;
}

bool is_storable(std::u16string_view name) {
  return !name.empty() && name.size() <= core::kMaxFileName &&
         std::ranges::all_of(name, [](char16_t c) { return c >= 0x20 && c != 0xFFFF && !kNeverInNames.contains(c); });
}

uint8_t checksum(const ShortName& name) {
  uint8_t sum = 0;
  for (uint8_t c : name) sum = static_cast<uint8_t>((sum << 7 | sum >> 1) + c);
  return sum;
}

ShortText::ShortText(const ShortName& name, uint8_t nt_case) {
  auto part = [&](size_t from, size_t to, bool lower) {
    while (to > from && name[to - 1] == ' ') --to;
    for (size_t i = from; i < to; ++i) {
      const char16_t c = to_unicode(i == 0 && name[0] == kSlotIsE5 ? kSlotFree : name[i]);
      text_[length_++] = lower ? to_lower(c) : c;
    }
  };
  part(0, 8, (nt_case & kNameIsLower) != 0);
  text_[length_++] = '.';
  part(8, 11, (nt_case & kExtensionIsLower) != 0);
  if (text_[length_ - 1] == '.' && name[8] == ' ') --length_;
}

namespace {

// One part of an alias: upper case, and what it takes for being the same text.
struct AliasPart {
  bool lossy = false;
  bool upper = false;  // has letters of that case
  bool lower = false;

  AliasPart(std::u16string_view text, std::span<uint8_t> out) {
    size_t length = 0;
    for (char16_t c : text) {
      if (c == ' ' || c == '.' || length == out.size()) {
        lossy = true;
        continue;
      }
      const bool fits = is_short_character(c);
      lossy |= !fits;
      upper |= c >= 'A' && c <= 'Z';
      lower |= c >= 'a' && c <= 'z';
      out[length++] = fits ? static_cast<uint8_t>(to_upper(c)) : '_';
    }
  }
  bool one_case() const { return !(upper && lower); }
};

}  // namespace

Alias make_alias(std::u16string_view name) {
  Alias out;
  out.name.fill(' ');
  size_t begin = 0;
  while (begin < name.size() && (name[begin] == '.' || name[begin] == ' ')) ++begin;
  const size_t dot = name.rfind(u'.');
  const bool has_extension = dot != name.npos && dot > begin;
  const AliasPart base(name.substr(begin, has_extension ? dot - begin : name.npos), std::span(out.name).first(8));
  const AliasPart extension(has_extension ? name.substr(dot + 1) : std::u16string_view(), std::span(out.name).last(3));
  out.needs_tail = begin != 0 || base.lossy || extension.lossy;
  out.is_exact = !out.needs_tail && base.one_case() && extension.one_case();
  if (out.is_exact) {
    out.nt_case = static_cast<uint8_t>((base.lower ? kNameIsLower : 0) | (extension.lower ? kExtensionIsLower : 0));
  }
  return out;
}

ShortName with_tail(const ShortName& name, uint32_t number) {
  uint8_t digits[8];
  size_t count = 0;
  for (uint32_t rest = number; rest != 0 && count < 6; rest /= 10) digits[count++] = static_cast<uint8_t>('0' + rest % 10);
  digits[count++] = '~';
  ShortName out = name;
  size_t at = 0;
  while (at < 8 - count && out[at] != ' ') ++at;
  while (count != 0) out[at++] = digits[--count];
  std::fill(out.begin() + static_cast<ptrdiff_t>(at), out.begin() + 8, ' ');
  return out;
}

std::optional<uint32_t> tail_of(const ShortName& name) {
  size_t at = 8;
  while (at > 0 && name[at - 1] == ' ') --at;
  uint32_t number = 0;
  for (uint32_t digit = 1; at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9' && digit <= 100'000; digit *= 10) {
    number += digit * (name[--at] - '0');
  }
  if (number == 0 || at == 0 || name[at - 1] != '~') return std::nullopt;
  return number;
}

LongEntry make_long(std::u16string_view name, size_t order, uint8_t sum) {
  LongEntry out{};
  out.order = static_cast<uint8_t>(order | (order == long_slots(name) ? kLastLong : 0));
  out.attributes = kAttrLongName;
  out.checksum = sum;
  for (size_t i = 0; i < kLongChars; ++i) {
    const size_t at = (order - 1) * kLongChars + i;
    const char16_t c = at < name.size() ? name[at] : at == name.size() ? u'\0' : u'\xFFFF';
    memcpy(place(out, i), &c, sizeof(c));
  }
  return out;
}

void LongNameReader::add(const LongEntry& slot) {
  const size_t order = slot.order & 0x3F;
  if ((slot.order & kLastLong) != 0) {
    slots_ = order <= kMostLongSlots ? order : 0;
    left_ = slots_;
    sum_ = slot.checksum;
  }
  if (slots_ == 0) return;
  if (left_ == 0 || order != left_ || slot.checksum != sum_) return reset();
  --left_;
  LongEntry copy = slot;
  for (size_t i = 0; i < kLongChars; ++i) memcpy(&text_[left_ * kLongChars + i], place(copy, i), sizeof(char16_t));
}

std::u16string_view LongNameReader::view() const {
  const std::u16string_view all(text_, slots_ * kLongChars);
  return all.substr(0, all.find(u'\0'));
}

std::optional<ShortName> make_label(std::u16string_view label) {
  ShortName out;
  out.fill(' ');
  if (label.size() > out.size() || (!label.empty() && label.front() == ' ')) return std::nullopt;
  for (size_t i = 0; i < label.size(); ++i) {
    if (label[i] != ' ' && !is_short_character(label[i])) return std::nullopt;
    out[i] = static_cast<uint8_t>(to_upper(label[i]));
  }
  return out;
}

void label_text(const ShortName& label, core::FileName& out) {
  char16_t text[11];
  size_t length = label.size();
  while (length != 0 && label[length - 1] == ' ') --length;
  for (size_t i = 0; i < length; ++i) text[i] = to_unicode(i == 0 && label[0] == kSlotIsE5 ? kSlotFree : label[i]);
  (void)out.assign({text, length});
}

}  // namespace efilite::fs
