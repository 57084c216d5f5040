// SPDX-License-Identifier: BSD-2-Clause-Patent
// Tells what efilite tells of the PVH guest that it runs in, or that this is another machine: a line for each fact. With the option "off"
// it switches the machine off in the end. An example of how <efilite/pvh_guest.h> is used; docs/pvh-guest.md explains it.
#include <efi.h>
#include <efilite/pvh_guest.h>

static EFI_SYSTEM_TABLE *st;

// All that is said goes through here: text, and numbers for the signs %d (decimal), %x (hexadecimal) and %s (a text of 8-bit characters).
static void say(const char *format, const UINT64 *values) {
  CHAR16 line[128];
  UINTN at = 0;
  for (; *format != 0; ++format) {
    CHAR16 digits[20];
    UINTN count = 0, base = format[1] == 'x' ? 16 : 10;
    if (at > 80) line[at] = 0, st->ConOut->OutputString(st->ConOut, line), at = 0;
    if (*format != '%') {
      line[at++] = (CHAR16)*format;
      continue;
    }
    UINT64 value = *values++;
    if (*++format == 's') {
      for (const char *c = (const char *)(UINTN)value; *c != 0; ++c) {
        if (at > 80) line[at] = 0, st->ConOut->OutputString(st->ConOut, line), at = 0;
        line[at++] = *c >= ' ' && *c <= '~' ? (CHAR16)*c : L'?';
      }
      continue;
    }
    do digits[count++] = L"0123456789abcdef"[value % base];
    while (value /= base);
    if (base == 16) line[at++] = L'0', line[at++] = L'x';
    while (count > 0) line[at++] = digits[--count];
  }
  line[at] = 0;
  st->ConOut->OutputString(st->ConOut, line);
}
#define SAY(format, ...) say(format, (const UINT64[]){0, ##__VA_ARGS__} + 1)
#define TEXT(text) ((UINT64)(UINTN)(text))

static BOOLEAN is_same(const EFI_GUID *one, const EFI_GUID *other) {
  const UINT64 *a = (const void *)one, *b = (const void *)other;
  return a[0] == b[0] && a[1] == b[1];
}

static const struct efilite_pvh_guest *find_table(void) {
  static const EFI_GUID wanted = EFILITE_PVH_GUEST_TABLE_GUID;
  for (UINTN i = 0; i < st->NumberOfTableEntries; ++i)
    if (is_same(&st->ConfigurationTable[i].VendorGuid, &wanted)) return st->ConfigurationTable[i].VendorTable;
  return NULL;
}

static const struct efilite_pvh_guest_protocol *find_protocol(EFI_HANDLE image) {
  EFI_GUID wanted = EFILITE_PVH_GUEST_PROTOCOL_GUID;
  void *found = NULL;
  return EFI_ERROR(st->BootServices->HandleProtocol(image, &wanted, &found)) ? NULL : found;
}

static void say_text(const char *title, const struct efilite_pvh_guest *guest, struct efilite_pvh_text text) {
  if (text.offset == 0) SAY("%snone", TEXT(title));
  else SAY("%s\"%s\"", TEXT(title), TEXT(efilite_pvh_text_at(guest, text)));
}

static void tell_hypervisor(const struct efilite_pvh_guest *guest) {
  char signature[13] = "";
  for (UINTN i = 0; i < 12; ++i) ((volatile char *)signature)[i] = guest->hypervisor_signature[i];
  SAY("pvhinfo: hypervisor: %s, leaves %x to %x", TEXT(signature), guest->hypervisor_base_leaf, guest->hypervisor_last_leaf);
  if (guest->flags & EFILITE_PVH_GUEST_VERSION_TOLD)
    SAY(", version %d.%d", guest->hypervisor_version >> 16, guest->hypervisor_version & 0xFFFF);
  SAY("\r\n");
}

static void tell_modules(const struct efilite_pvh_guest *guest) {
  static const char *const uses[] = {"kept", "run", "freed", "initrd", "disk"};
  for (uint32_t i = 0; i < guest->modules.count; ++i) {
    const struct efilite_pvh_module *module = efilite_pvh_module_at(guest, i);
    const char *use = module->use < sizeof uses / sizeof *uses ? uses[module->use] : "of no use that is known";
    SAY("pvhinfo: module %d: %x size %x, %s, command line ", i, module->paddr, module->size, TEXT(use));
    say_text("", guest, module->command_line);
    if (module->flags & EFILITE_PVH_MODULE_COMMAND_LINE_CUT) SAY(", cut");
    if (module->flags & EFILITE_PVH_MODULE_COMMAND_LINE_LOST) SAY(", lost");
    SAY("\r\n");
  }
}

static void tell_memory(const struct efilite_pvh_guest *guest) {
  static const char *const sources[] = {"nowhere", "start_info", "fw_cfg", "a hypercall"};
  const UINTN source = guest->memory_map_source;
  SAY("pvhinfo: memory map: from %s, %d ranges, %d left out\r\n", TEXT(source < 4 ? sources[source] : "elsewhere"), guest->memory_map.count,
      guest->memory_map.left_out);
  for (uint32_t i = 0; i < guest->memory_map.count; ++i) {
    const struct efilite_pvh_memory *range = efilite_pvh_memory_at(guest, i);
    SAY("pvhinfo: memory: %x size %x type %d\r\n", range->addr, range->size, range->type);
  }
}

static void tell(const struct efilite_pvh_guest *guest) {
  if (!efilite_pvh_guest_is_good(guest, guest->total_length)) {
    SAY("pvhinfo: the table is broken\r\n");
    return;
  }
  SAY("pvhinfo: table: version %d, %d bytes\r\n", guest->version, guest->total_length);
  tell_hypervisor(guest);
  SAY("pvhinfo: start_info: version %d, %d bytes at %x, flags %x, rsdp %x\r\n", guest->start_info.version, guest->start_info_length,
      guest->start_info_paddr, guest->start_info.flags, guest->start_info.rsdp_paddr);
  say_text("pvhinfo: command line: ", guest, guest->command_line);
  SAY(guest->flags & EFILITE_PVH_GUEST_COMMAND_LINE_CUT ? ", cut\r\n" : "\r\n");
  tell_modules(guest);
  tell_memory(guest);
}

static BOOLEAN has_off(const EFI_LOADED_IMAGE *image) {
  const CHAR16 *options = image->LoadOptions;
  for (UINTN i = 0; i + 3 <= image->LoadOptionsSize / sizeof *options; ++i)
    if (options[i] == 'o' && options[i + 1] == 'f' && options[i + 2] == 'f') return TRUE;
  return FALSE;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *table) {
  EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
  EFI_LOADED_IMAGE *image = NULL;
  st = table;
  const struct efilite_pvh_guest_protocol *protocol = find_protocol(self);
  const struct efilite_pvh_guest *guest = find_table();
  SAY("pvhinfo: this is %sPVH guest of efilite's\r\n", TEXT(guest != NULL ? "a " : "no "));
  if (protocol == NULL) SAY("pvhinfo: protocol: none\r\n");
  else SAY("pvhinfo: protocol: revision %x, of %s table\r\n", protocol->revision, TEXT(protocol->table == guest ? "this" : "another"));
  st->BootServices->HandleProtocol(self, &loaded_image, (void **)&image);
  SAY("pvhinfo: image: %x size %x\r\n", TEXT(image->ImageBase), image->ImageSize);
  if (guest != NULL) tell(guest);
  SAY("pvhinfo: end\r\n");
  if (has_off(image)) st->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
  return EFI_SUCCESS;
}
