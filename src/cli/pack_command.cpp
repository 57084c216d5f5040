// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/input_file.hpp"
#include "cli/output_file.hpp"
#include "cli/uki.hpp"
#include "formats/boot_image.hpp"

namespace efilite::cli {

namespace {

constexpr uint64_t kLargestFile = uint64_t{1} << 31;  // of what goes into a PE image
constexpr uint64_t kLongestText = 65536;

Outcome<std::string> read_file(const std::string& name, uint64_t limit) {
  auto file = InputFile::open(name);
  if (!file) return Failure{shown_name(name) + ": " + file.error().text};
  auto contents = read_all(**file, limit);
  if (!contents) return Failure{shown_name(name) + ": " + contents.error().text};
  return *std::move(contents);
}

// [os-release(5)] the one, or else the other
std::string os_release_of_this_machine() {
  for (const char* name : {"/etc/os-release", "/usr/lib/os-release"})
    if (auto text = read_file(name, kLongestText)) return *std::move(text);
  return "";
}

// What the kernel says of itself, and whether it is one that a stub can start.
struct Kernel {
  std::string contents;
  std::string version;
};

Outcome<Kernel> read_kernel(const std::string& name) {
  auto file = InputFile::open(name);
  if (!file) return Failure{shown_name(name) + ": " + file.error().text};
  const formats::Input input(**file);
  auto image = std::make_unique<formats::BootImage>();
  examine(input, *image);
  if (!image->offers(formats::BootEntry::Efi) && !image->offers(formats::BootEntry::EfiHandover64))
    return Failure{shown_name(name) + ": has no EFI entry for x86-64, which the stub would start it by (try efilite inspect)"};
  Kernel kernel;
  if (image->bzimage) {
    std::string text(256, '\0');
    text = kernel_version(input, *image->bzimage, text);
    kernel.version = text.substr(0, text.find(' '));
  }
  auto contents = read_all(**file, kLargestFile);
  if (!contents) return Failure{shown_name(name) + ": " + contents.error().text};
  kernel.contents = *std::move(contents);
  return kernel;
}

Outcome<std::string> read_cmdline(const Arguments& arguments) {
  if (!arguments.has("--cmdline-file")) return arguments.one("--cmdline");
  // [kernel-install(8), /etc/kernel/cmdline] may be written in several lines.
  std::string text = TRY(read_file(arguments.one("--cmdline-file"), kLongestText));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Outcome<UkiParts> read_parts(const Arguments& arguments) {
  UkiParts parts;
  Kernel kernel = TRY(read_kernel(arguments.one("--kernel")));
  parts.kernel = std::move(kernel.contents);
  parts.uname = arguments.one("--uname", kernel.version);
  for (const std::string& name : arguments.all("--initrd")) parts.initrds.push_back(TRY(read_file(name, kLargestFile)));
  parts.cmdline = TRY(read_cmdline(arguments));
  if (parts.cmdline.find('\0') != std::string::npos) return Failure{"the command line has a NUL in it"};
  const bool has_os_release = arguments.has("--os-release");
  parts.os_release = has_os_release ? TRY(read_file(arguments.one("--os-release"), kLongestText)) : os_release_of_this_machine();
  if (arguments.has("--splash")) parts.splash = TRY(read_file(arguments.one("--splash"), kLargestFile));
  if (!parts.splash.empty() && !parts.splash.starts_with("BM")) return Failure{arguments.one("--splash") + ": is no BMP picture"};
  return parts;
}

Outcome<> pack(const Arguments& arguments) {
  const std::string stub = arguments.one("--stub", kDefaultStub);
  UkiParts parts = TRY(read_parts(arguments));
  auto contents = read_file(stub, kLargestFile);
  if (!contents && !arguments.has("--stub"))
    return Failure{contents.error().text + " (it is in Debian's package systemd-boot-efi; --stub names another)"};
  if (!contents) return contents.error();
  parts.stub = *std::move(contents);
  const auto image = make_uki(std::move(parts));
  if (!image) return Failure{shown_name(stub) + ": " + image.error().text};
  const std::string& output = arguments.one("--output");
  const auto written = write_file(output, *image);
  if (!written) return Failure{output + ": " + written.error().text};
  return {};
}

}  // namespace

Output run_pack(const Arguments& arguments) {
  if (arguments.has("--cmdline") && arguments.has("--cmdline-file")) return usage_error("--cmdline and --cmdline-file exclude each other");
  const auto done = pack(arguments);
  if (!done) return {"", error_line(done.error().text), Exit::Failed};
  return {};
}

}  // namespace efilite::cli
