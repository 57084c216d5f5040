// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// reader.efi: what reading a file of 64 MiB costs, and what reading the same blocks of the same partition by BlockIo does.
//
// The file is \DATA.BIN on the volume that the program was loaded from; each of its 4 KiB pages begins with kMagic and the page's
// number, by which the program checks what it reads and finds the file's blocks, which lie in a row. All findings are lines on the debug
// port:
//   reader: by <file or blocks> in chunks of <bytes> <TSC ticks>
//   reader: end
// Where the TSC counts others, too, the points 1 and 2 tell when each of these began and ended.

#include "costs.hpp"

using namespace bench;

namespace {

constexpr UINTN kSize = 64 << 20, kPage = 4096;
constexpr UINTN kChunks[] = {64 << 10, 1 << 20, kSize};
constexpr UINT64 kMagic = 0x4154'4144'6e65'4245;  // of tests/bench/reading.py

UINT8* data;

template <typename Protocol>
Protocol* protocol(EFI_HANDLE handle, EFI_GUID guid, const char* name) {
  void* found = nullptr;
  check(name, st->BootServices->HandleProtocol(handle, &guid, &found));
  return static_cast<Protocol*>(found);
}

bool is_page(const UINT8* at, UINT64 number) {
  const auto* words = reinterpret_cast<const UINT64*>(at);
  return words[0] == kMagic && words[1] == number;
}

// `read` reads a chunk to a place, given its offset in the file.
template <typename Read>
void measure_reading(const char* way, Read read) {
  for (const UINTN chunk : kChunks) {
    for (UINTN at = 0; at < kSize; at += kPage) *reinterpret_cast<UINT64*>(data + at) = 0;
    const Number before = read_tsc();
    POINT(1);
    for (UINTN at = 0; at < kSize; at += chunk) read(data + at, at, chunk);
    POINT(2);
    const Number ticks = read_tsc() - before;
    for (UINTN at = 0; at < kSize; at += kPage)
      if (!is_page(data + at, at / kPage)) fail("wrong bytes at", at);
    (Line("reader: by ") << way << " in chunks of " << chunk << " " << ticks).print();
  }
}

EFI_LBA first_block(EFI_BLOCK_IO_PROTOCOL* disk) {
  constexpr UINTN kLook = 1 << 20;
  const UINTN size = disk->Media->BlockSize;
  for (EFI_LBA lba = 0; lba + kLook / size <= disk->Media->LastBlock; lba += kLook / size) {
    check("ReadBlocks", disk->ReadBlocks(disk, disk->Media->MediaId, lba, kLook, data));
    for (UINTN at = 0; at < kLook; at += size)
      if (is_page(data + at, 0)) return lba + at / size;
  }
  fail("the file is nowhere on the disk", 0);
}

}  // namespace

extern "C" EFI_STATUS EFIAPI reader_entry(EFI_HANDLE image, EFI_SYSTEM_TABLE* system) {
  program = "reader";
  st = system;
  EFI_PHYSICAL_ADDRESS place;
  check("AllocatePages", st->BootServices->AllocatePages(AllocateAnyPages, EfiLoaderData, kSize / kPage, &place));
  data = reinterpret_cast<UINT8*>(place);
  const EFI_HANDLE device = protocol<EFI_LOADED_IMAGE_PROTOCOL>(image, EFI_LOADED_IMAGE_PROTOCOL_GUID, "LoadedImage")->DeviceHandle;
  auto* volume = protocol<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>(device, EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID, "SimpleFileSystem");
  CHAR16 name[] = {u'\\', u'D', u'A', u'T', u'A', u'.', u'B', u'I', u'N', 0};
  EFI_FILE_HANDLE root, file;
  check("OpenVolume", volume->OpenVolume(volume, &root));
  check("Open", root->Open(root, &file, name, EFI_FILE_MODE_READ, 0));
  measure_reading("file", [&](void* to, UINTN at, UINTN chunk) {
    if (at == 0) check("SetPosition", file->SetPosition(file, 0));
    UINTN size = chunk;
    check("Read", file->Read(file, &size, to));
    if (size != chunk) fail("too little was read at", at);
  });
  auto* disk = protocol<EFI_BLOCK_IO_PROTOCOL>(device, EFI_BLOCK_IO_PROTOCOL_GUID, "BlockIo");
  const EFI_LBA first = first_block(disk);
  measure_reading("blocks", [&](void* to, UINTN at, UINTN chunk) {
    check("ReadBlocks", disk->ReadBlocks(disk, disk->Media->MediaId, first + at / disk->Media->BlockSize, chunk, to));
  });
  Line("reader: end").print();
  end_machine();
}
