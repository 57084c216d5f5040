// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <fmt/format.h>

#include "cli/printable.hpp"
#include "cli/text.hpp"

namespace efilite::cli {

namespace {

std::string title_of(const VolumeReport& volume) {
  std::string title = volume.number.empty() ? "Volume" : "Partition " + volume.number;
  if (!volume.type.empty()) title += ", " + volume.type;
  if (!volume.name.empty()) title += fmt::format(", \"{}\"", printable(volume.name));
  title += volume.file_system.empty() ? ", no FAT volume" : ", " + volume.file_system;
  if (!volume.label.empty()) title += fmt::format(" \"{}\"", printable(volume.label));
  title += ", " + size_text(volume.size);
  return title;
}

std::string verdict_on(const DiskFile& file) {
  if (!file.report) return file.error;
  if (!file.report->problems.empty()) return text_of(file.report->problems[0]);
  if (file.report->refusal) return *file.report->refusal;
  return file.report->kind;
}

void add_files(const VolumeReport& volume, Table& table) {
  for (const DiskFile& file : volume.files) {
    const bool is_taken = file.report && file.report->chosen;
    const std::string entry(is_taken ? name_of(*file.report->chosen) : "-");
    table.add({file.is_fallback ? "*" : " ", printable(file.path), entry, printable(verdict_on(file))});
  }
}

std::string render_entry(const LoaderEntry& entry) {
  Table table;
  for (const auto& [key, value] : entry.lines) table.add({printable(key), printable(value)});
  for (const std::string& name : entry.missing) table.add({"missing", printable(name)});
  return "    " + printable(entry.path) + '\n' + table.text("      ");
}

}  // namespace

std::string render(const DiskReport& report, const Style& style, bool is_full) {
  std::string out = style.strong(printable(report.name)) + ": ";
  out += report.table == "none" ? "disk of one volume" : report.table + " disk";
  out += fmt::format(", {}, blocks of {} bytes\n", size_text(report.size), report.block_size);
  if (report.boots.empty()) {
    out += "  " + style.strong("efilite finds nothing to boot") + ": no volume has an \\EFI\\BOOT\\BOOTX64.EFI that it can start\n";
  } else {
    out += "  " + style.strong("efilite boots " + printable(report.boots)) + ", unless a boot option says otherwise\n";
  }
  out += render_lines(report.remarks, style.strong("Remarks"));
  for (const VolumeReport& volume : report.volumes) {
    out += "  " + style.strong(title_of(volume)) + '\n';
    Table table;
    add_files(volume, table);
    out += table.text("  ");
    for (const LoaderEntry& entry : volume.entries) out += render_entry(entry);
    for (const std::string& remark : volume.remarks) out += "    " + printable(remark) + '\n';
    if (!is_full) continue;
    for (const DiskFile& file : volume.files)
      if (file.report) out += '\n' + render(*file.report, style);
  }
  return out;
}

}  // namespace efilite::cli
