// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_menu.hpp"

#include <algorithm>

#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"

namespace efilite::boot {

struct BootMenu::KnownFile {
  const char16_t* path;
  const char* title;
};
constexpr BootMenu::KnownFile BootMenu::kFiles[] = {{efi::kDefaultBootFile, "Default boot file, "},
                                                    {u"\\shellx64.efi", "EFI Shell, "},
                                                    {u"\\EFI\\shellx64.efi", "EFI Shell, "},
                                                    {u"\\EFI\\BOOT\\shellx64.efi", "EFI Shell, "},
                                                    {u"\\EFI\\tools\\shellx64.efi", "EFI Shell, "}};

// [UEFI 2.10, 3.1.3] hidden ones are not shown.
void BootMenu::add_option(uint16_t number) {
  BootManager::Reading it;
  for (const Item& item : items_) {
    if (item.kind == Kind::Option && item.number == number) return;
  }
  if (manager_.read(OptionName(u"Boot", number), it) == nullptr && !it.option.hidden())
    (void)items_.push_back({.kind = Kind::Option, .number = number});
}

// Boot options in their order, then those that are in none: the first numbers, which everybody takes.
void BootMenu::collect() {
  constexpr uint16_t kUsualNumbers = 0x100;
  BootPaths& paths = manager_.paths();
  items_.clear();
  const HeapBytes order = manager_.variables().get(u"BootOrder");
  for (size_t at = 0; auto number = read_at<uint16_t>(order.bytes(), at); at += sizeof *number) add_option(*number);
  for (uint16_t number = 0; number < kUsualNumbers; ++number) add_option(number);
  paths.connect_all();
  for (uint8_t file = 0; file < std::size(kFiles); ++file) {
    paths.any_handle(&efi::SimpleFileSystemProtocol::kGuid, [&](efi::Handle volume) {
      if (paths.has_file(volume, kFiles[file].path)) (void)items_.push_back({.kind = Kind::File, .file = file, .volume = volume});
      return false;
    });
  }
  (void)items_.push_back({.kind = Kind::Restart});
  (void)items_.push_back({.kind = Kind::PowerOff});
  chosen_ = std::min(chosen_, items_.size() - 1);
}

void BootMenu::describe(const Item& item, Line& line) {
  if (item.kind == Kind::Restart) line.add("Restart");
  if (item.kind == Kind::PowerOff) line.add("Power off");
  if (item.kind == Kind::Option) {
    const OptionName name(u"Boot", item.number);
    BootManager::Reading it;
    const char* why = manager_.read(name, it);
    line.add(name.text).add(" ").add(it.option.description);
    if (why != nullptr || !it.option.active()) line.add(" (not active)");
  }
  if (item.kind == Kind::File) {
    line.add(kFiles[item.file].title).add(kFiles[item.file].path).add(" on ");
    if (auto text = core::device_path::path_to_text(manager_.heap(), manager_.paths().path_of(item.volume), true, true)) {
      line.add(*text);
      manager_.heap().release(*text);
    }
  }
}

void BootMenu::draw() {
  Line title, message, keys;
  screen_.put(1, title.add("efilite: what is to be booted?"));
  const size_t first = chosen_ < kShown ? 0 : chosen_ - kShown + 1;
  for (size_t row = 0; row < kShown; ++row) {
    Line line;
    if (first + row < items_.size()) describe(items_[first + row], line.add(u' '));
    screen_.put(kFirstRow + row, line, first + row == chosen_);
  }
  const std::string_view last = manager_.report().last();
  if (!last.empty()) message.add("The last one: ").add(last);
  screen_.put(Screen::kRows - 3, message);
  screen_.put(Screen::kRows - 2, keys.add("Up and Down choose, Enter starts, E edits the options first, Esc goes on"));
}

// What is there, as far as it is text.
bool BootMenu::edit_options(const Item& item) {
  BootManager::Reading it;
  text_size_ = 0;
  if (item.kind == Kind::Option) (void)manager_.read(OptionName(u"Boot", item.number), it);
  while (text_size_ < kMostOptions) {
    const auto c = read_at<char16_t>(it.option.optional_data, text_size_ * sizeof(char16_t));
    if (!c || *c < u' ') break;
    text_[text_size_++] = *c;
  }
  return screen_.edit(Screen::kRows - 3, "Options: ", std::span(text_).first(kMostOptions), text_size_);
}

void BootMenu::start(const Item& item, bool edit) {
  if (item.kind == Kind::Restart) return manager_.host().reset(efi::ResetType::Cold);
  if (item.kind == Kind::PowerOff) return manager_.host().reset(efi::ResetType::Shutdown);
  std::optional<ByteSpan> options;
  if (edit) {
    if (!edit_options(item)) return;
    text_[text_size_] = u'\0';
    options = std::as_bytes(std::span(text_).first(text_size_ == 0 ? 0 : text_size_ + 1));
  }
  screen_.clear();
  if (item.kind == Kind::Option) manager_.boot_from_menu(item.number, options);
  else manager_.boot_from_menu(item.volume, kFiles[item.file].path, options);
  screen_.clear();
  collect();
}

void BootMenu::run() {
  screen_.clear();
  collect();
  for (;;) {
    draw();
    const efi::InputKey key = *screen_.key();
    if (key.scan_code == Scan::kEscape) return screen_.clear();
    if (key.scan_code == Scan::kUp) chosen_ -= chosen_ > 0;
    if (key.scan_code == Scan::kDown) chosen_ += chosen_ + 1 < items_.size();
    const bool edit = (key.unicode_char | 0x20) == u'e';
    if (edit || key.unicode_char == u'\r') start(items_[chosen_], edit);
  }
}

}  // namespace efilite::boot
