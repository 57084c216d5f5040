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
constexpr BootMenu::KnownFile BootMenu::kFiles[] = {{efi::kDefaultBootFile, "Default boot file"},
                                                    {u"\\shellx64.efi", "EFI Shell"},
                                                    {u"\\EFI\\shellx64.efi", "EFI Shell"},
                                                    {u"\\EFI\\BOOT\\shellx64.efi", "EFI Shell"},
                                                    {u"\\EFI\\tools\\shellx64.efi", "EFI Shell"}};

bool BootMenu::has(uint16_t number) const {
  return std::ranges::any_of(items_, [=](const Item& item) { return item.kind == Kind::Option && item.number == number; });
}

// In their order, then those that are in none. [UEFI 2.10, 3.1.3] hidden ones are not shown.
void BootMenu::add_options() {
  const auto add = [&](uint16_t number) {
    const HeapBytes bytes = manager_.read_option(number);
    auto option = parse_load_option(bytes.bytes());
    if (option && !option->hidden() && !has(number)) (void)items_.push_back({Kind::Option, 0, number, nullptr});
  };
  if (auto order = manager_.variables().get(u"BootOrder")) {
    for (size_t at = 0; auto number = read_at<uint16_t>(order->bytes(), at); at += sizeof *number) add(*number);
  }
  manager_.variables().for_each_number(u"Boot", add);
}

void BootMenu::add_files() {
  manager_.paths().connect_all();
  const HeapBytes volumes = manager_.paths().handles_with(efi::SimpleFileSystemProtocol::kGuid);
  for (uint8_t file = 0; file < std::size(kFiles); ++file) {
    for (size_t at = 0; auto volume = read_at<efi::Handle>(volumes.bytes(), at); at += sizeof *volume) {
      if (manager_.paths().has_file(*volume, kFiles[file].path)) (void)items_.push_back({Kind::File, file, 0, *volume});
    }
  }
}

void BootMenu::collect() {
  items_.clear();
  add_options();
  add_files();
  (void)items_.push_back({Kind::Restart, 0, 0, nullptr});
  (void)items_.push_back({Kind::PowerOff, 0, 0, nullptr});
  chosen_ = std::min(chosen_, items_.size() - 1);
}

void BootMenu::describe(const Item& item, Line& line) {
  if (item.kind == Kind::Restart) line.add("Restart");
  if (item.kind == Kind::PowerOff) line.add("Power off");
  if (item.kind == Kind::Option) {
    const HeapBytes bytes = manager_.read_option(item.number);
    auto option = parse_load_option(bytes.bytes());
    line.add(OptionName(u"Boot", item.number).text).add(" ");
    if (option) line.add(option->description);
    if (option && !option->active()) line.add(" (not active)");
  }
  if (item.kind != Kind::File) return;
  line.add(kFiles[item.file].title).add(": ");
  if (auto text = core::device_path::path_to_text(manager_.heap(), manager_.paths().path_of(item.volume), true, true)) {
    line.add(*text);
    manager_.heap().release(*text);
  }
  line.add(kFiles[item.file].path);
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
  const BootReport& report = manager_.report();
  if (report.last_why() != nullptr) message.add("The last one: ").add(report.last_why()).add(report.last_status());
  screen_.put(Screen::kRows - 3, message);
  screen_.put(Screen::kRows - 2, keys.add("Up and Down choose, Enter starts, E edits the options first, Esc goes on"));
}

// What is there, as far as it is text.
bool BootMenu::edit_options(const Item& item) {
  text_size_ = 0;
  if (item.kind == Kind::Option) {
    const HeapBytes bytes = manager_.read_option(item.number);
    auto option = parse_load_option(bytes.bytes());
    for (size_t at = 0; option && text_size_ < kMostOptions; at += sizeof(char16_t)) {
      auto c = read_at<char16_t>(option->optional_data, at);
      if (!c || *c < u' ') break;
      text_[text_size_++] = *c;
    }
  }
  return screen_.edit(Screen::kRows - 3, "Options: ", std::span(text_).first(kMostOptions), text_size_);
}

void BootMenu::start(const Item& item, bool edit) {
  if (item.kind == Kind::Restart) return manager_.host().reset(efi::ResetType::Cold);
  if (item.kind == Kind::PowerOff) return manager_.host().reset(efi::ResetType::Shutdown);
  if (edit && !edit_options(item)) return;
  std::optional<ByteSpan> options;
  if (edit) {
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
    const efi::InputKey key = screen_.wait_for_key();
    switch (static_cast<Scan>(key.scan_code)) {
      case Scan::Up: chosen_ -= chosen_ > 0; break;
      case Scan::Down: chosen_ += chosen_ + 1 < items_.size(); break;
      case Scan::Home: chosen_ = 0; break;
      case Scan::End: chosen_ = items_.size() - 1; break;
      case Scan::Escape: return screen_.clear();
      default:
        if (key.unicode_char == u'\r') start(items_[chosen_], false);
        if (key.unicode_char == u'e' || key.unicode_char == u'E') start(items_[chosen_], true);
    }
  }
}

}  // namespace efilite::boot
