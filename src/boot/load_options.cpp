// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/load_options.hpp"

#include "base/log.hpp"

namespace efilite::boot {

namespace {

// A command line file is text that somebody wrote with an editor: it may end in a newline, and nobody needs one of a megabyte.
constexpr uint64_t kMaxFile = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '\0' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

Result<> set_options(std::string_view text, core::Heap& heap, core::Images& images, efi::Handle image) {
  auto* units = static_cast<char16_t*>(heap.allocate((text.size() + 1) * sizeof(char16_t)));
  if (units == nullptr) return Status::OutOfResources;
  uint32_t bytes = make_load_options(text, {units, text.size() + 1});
  Result<> result = images.set_load_options(image, {units, bytes == 0 ? 0 : bytes / sizeof(char16_t) - 1});
  heap.release(units);
  return result;
}

}  // namespace

Options take_firmware_options(BootInfo& info) {
  Options options;
  std::span<char> rest(info.program_text);
  info.program_text_length = static_cast<uint32_t>(take_options(info.told_command_line(), options, rest));
  if (info.command_line_truncated) log::line("efilite: the command line is longer than ", rest.size() - 1, " bytes: its end is cut off");
  return options;
}

Result<CommandLine> CommandLine::read(const BootInfo& info, const Payload& payload, core::Heap& heap) {
  if (payload.command_line == nullptr) return CommandLine(heap, nullptr, info.command_line());
  if (!trimmed(info.command_line()).empty())
    log::line("efilite: fw_cfg file opt/efilite/cmdline takes the place of the hypervisor's command line");
  uint64_t size = payload.command_line->size();
  if (size > kMaxFile) {
    log::line("efilite: the command line file has ", size, " bytes; at most ", kMaxFile, " make sense");
    return Status::BadBufferSize;
  }
  auto* bytes = static_cast<char*>(heap.allocate(size + 1));
  if (bytes == nullptr) return Status::OutOfResources;
  CommandLine line(heap, bytes, {bytes, size});
  TRY(payload.command_line->read(0, std::as_writable_bytes(std::span(bytes, size))));
  line.text_ = trimmed(line.text_);
  return line;
}

Result<> set_payload_options(const BootInfo& info, const Payload& payload, core::Heap& heap, core::Images& images, efi::Handle image) {
  return set_options(TRY(CommandLine::read(info, payload, heap)).text(), heap, images, image);
}

}  // namespace efilite::boot
