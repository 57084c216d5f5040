// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a string package: reading must end and stay inside, and a package written anew has all its strings as before but the one.
#include <map>
#include <string>
#include <vector>

#include "core/hii/hii_strings.hpp"

namespace efilite::core::hii {
namespace {

#define EXPECT(condition) \
  if (!(condition)) __builtin_trap()

std::u16string text_of(ByteSpan package, const StringItem& item) {
  std::u16string text(decode(package, item, {}), u'?');
  EXPECT(decode(package, item, {text.data(), text.size()}) == text.size());
  return text;
}

std::map<unsigned, std::u16string> all_strings(ByteSpan package) {
  std::map<unsigned, std::u16string> all;
  std::vector<unsigned> ids;
  StringWalk walk(package);
  while (auto item = walk.next()) {
    if (item->kind == StringItem::Kind::Other) continue;
    EXPECT(ids.empty() || item->id > ids.back());
    ids.push_back(item->id);
    if (ids.size() > 200) break;  // each is looked up from the beginning
  }
  for (unsigned id : ids)
    if (auto item = find_string(package, static_cast<efi::StringId>(id))) {
      all[id] = text_of(package, *item);
      (void)find_font(package, *item);
    }
  return all;
}

}  // namespace
}  // namespace efilite::core::hii

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::core::hii;
  if (size < 3) return 0;
  // The bytes behind the first two are a package; its length and type are put right, or little else would be tried.
  std::vector<uint8_t> bytes(data + 2, data + size);
  if (bytes.size() >= 4) {
    const uint32_t head = static_cast<uint32_t>(bytes.size()) | 4u << 24;
    memcpy(bytes.data(), &head, 4);
  }
  const ByteSpan package = std::as_bytes(std::span(bytes));
  (void)languages_of(package);
  const auto before = all_strings(package);
  if (!is_string_package(package)) return 0;
  EXPECT(first_free_id(package) <= 0x10000);
  const auto id = static_cast<efi::StringId>(data[0] | data[1] << 8);
  if (id == 0) return 0;
  const std::u16string text = u"new";
  const efi::FontInfo info{data[2], 12, {u'\0'}};
  const auto font = size % 2 ? font_for(package, info) : std::nullopt;
  const StringFont* wanted = font ? &*font : nullptr;
  std::vector<std::byte> out(write_with(package, id, text, wanted, {}));
  EXPECT(write_with(package, id, text, wanted, out) == out.size());
  EXPECT(is_string_package(out));
  EXPECT(text_of(out, *find_string(out, id)) == text);
  if (font) {
    const auto found = find_font(out, *find_string(out, id));
    EXPECT(found && read_at<uint16_t>(*found, 0) == 12 && read_at<uint32_t>(*found, 2) == data[2] && found->size() == 8);
  }
  EXPECT(first_free_id(out) >= first_free_id(package));
  for (const auto& [other, kept] : before) {
    if (other == id) continue;
    const auto item = find_string(out, static_cast<efi::StringId>(other));
    EXPECT(item && text_of(out, *item) == kept);
  }
  return 0;
}
