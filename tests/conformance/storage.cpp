// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk that the runner brought: BlockIo, BlockIo2, DiskIo, DiskIo2 [UEFI 2.10, 13.7 to 13.10] and RAM disks [13.17]. Its last 64 KiB
// belong to nobody, so they may be written. The volume on it is files.cpp's.
#include "storage.hpp"

namespace conformance {

EFI_HANDLE the_disk() {
  static EFI_HANDLE found;
  if (found != nullptr) return found;
  EFI_HANDLE* handles = nullptr;
  UINTN count = 0;
  if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &kFileSystemGuid, nullptr, &count, &handles))) return nullptr;
  for (UINTN i = 0; i < count; ++i) {
    auto* volume = on<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>(handles[i], kFileSystemGuid);
    EFI_FILE_PROTOCOL* root = nullptr;
    if (on<EFI_BLOCK_IO_PROTOCOL>(handles[i], kBlockIoGuid) == nullptr || EFI_ERROR(volume->OpenVolume(volume, &root))) continue;
    CHAR16 label[40] = {};
    UINTN size = sizeof label;
    if (!EFI_ERROR(root->GetInfo(root, &kLabelGuid, &size, label)) && same(label, text(L"CONFORMANCE"))) found = handles[i];
    root->Close(root);
  }
  bs->FreePool(handles);
  return found;
}

namespace {

EFI_GUID kBlockIo2Guid = EFI_BLOCK_IO2_PROTOCOL_GUID;
EFI_GUID kDiskIoGuid = EFI_DISK_IO_PROTOCOL_GUID;
EFI_GUID kDiskIo2Guid = EFI_DISK_IO2_PROTOCOL_GUID;
EFI_GUID kRamDiskGuid = {0xab38a0df, 0x6873, 0x44a9, {0x87, 0xe6, 0xd4, 0xeb, 0x56, 0x14, 0x84, 0x49}};
EFI_GUID kVirtualDiskGuid = {0x77ab535a, 0x45fc, 0x624b, {0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1, 0xf9, 0x6e}};

constexpr UINT64 kScratch = 64 * 1024;

struct TheDisk {
  EFI_BLOCK_IO_PROTOCOL* io = on<EFI_BLOCK_IO_PROTOCOL>(the_disk(), kBlockIoGuid);
  EFI_BLOCK_IO2_PROTOCOL* io2 = on<EFI_BLOCK_IO2_PROTOCOL>(the_disk(), kBlockIo2Guid);
  EFI_DISK_IO_PROTOCOL* bytes = on<EFI_DISK_IO_PROTOCOL>(the_disk(), kDiskIoGuid);
  EFI_DISK_IO2_PROTOCOL* bytes2 = on<EFI_DISK_IO2_PROTOCOL>(the_disk(), kDiskIo2Guid);
  bool there = that(io != nullptr && io->Media != nullptr);
  UINT32 id = there ? io->Media->MediaId : 0;
  UINT64 block = there ? io->Media->BlockSize : 512;
  UINT64 last = there ? io->Media->LastBlock : 0;
  UINT64 size = (last + 1) * block;
  UINT64 scratch = size - kScratch;

  EFI_STATUS read(UINT64 lba, UINTN count, void* buffer) const { return io->ReadBlocks(io, id, lba, count, buffer); }
  EFI_STATUS write(UINT64 lba, UINTN count, void* buffer) const { return io->WriteBlocks(io, id, lba, count, buffer); }
  EFI_STATUS read_at(UINT64 offset, UINTN count, void* buffer) const { return bytes->ReadDisk(bytes, id, offset, count, buffer); }
  EFI_STATUS write_at(UINT64 offset, UINTN count, void* buffer) const { return bytes->WriteDisk(bytes, id, offset, count, buffer); }
};

alignas(4096) UINT8 buffer[8192], other[8192];

void fill(UINT8 seed) {
  for (UINTN i = 0; i < sizeof buffer; ++i) buffer[i] = static_cast<UINT8>(seed + i * 7 + i / 256);
}

#define NEEDS_BLOCK_IO2(d) \
  if (d.there && d.io2 == nullptr) return skip("no BlockIo2 for this disk")
#define NEEDS_DISK_IO2(d) \
  if (d.there && d.bytes2 == nullptr) return skip("no DiskIo2 for this disk")

// A token whose event is a Calls' witness.
struct AToken {
  Calls calls;
  AnEvent event{EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls};
  EFI_BLOCK_IO2_TOKEN block{event, EFI_ABORTED};
  EFI_DISK_IO2_TOKEN bytes{event, EFI_ABORTED};
  // Devices may take their time.
  bool answered() const {
    for (int i = 0; i < 100 && calls.count == 0; ++i) bs->Stall(10'000);
    return equal(calls.count, 1);
  }
};

struct RamDiskProtocol {
  EFI_STATUS(EFIAPI* Register)(UINT64 base, UINT64 size, EFI_GUID* type, EFI_DEVICE_PATH* parent, EFI_DEVICE_PATH** path);
  EFI_STATUS(EFIAPI* Unregister)(EFI_DEVICE_PATH* path);
};

EFI_HANDLE handle_of(EFI_DEVICE_PATH* path, EFI_GUID& protocol) {
  EFI_HANDLE handle = nullptr;
  if (EFI_ERROR(bs->LocateDevicePath(&protocol, &path, &handle))) return nullptr;
  return path->Type == 0x7F ? handle : nullptr;
}

// A RAM disk of some pages. The text does not say whose its path is; edk2 takes it back with the disk. So it is copied and not freed.
struct ARamDisk {
  RamDiskProtocol* protocol = locate<RamDiskProtocol>(kRamDiskGuid);
  Pages memory{16};
  EFI_DEVICE_PATH* path = nullptr;
  EFI_STATUS status = EFI_UNSUPPORTED;
  UINT8 copy[62];
  explicit ARamDisk(EFI_DEVICE_PATH* parent = nullptr) {
    if (protocol != nullptr) status = protocol->Register(memory.start, 16 * kPage, &kVirtualDiskGuid, parent, &path);
    if (EFI_ERROR(status)) return;
    bs->CopyMem(copy, path, parent == nullptr ? 42 : 62);
    path = reinterpret_cast<EFI_DEVICE_PATH*>(copy);
  }
  ARamDisk(const ARamDisk&) = delete;
  ~ARamDisk() {
    if (!EFI_ERROR(status)) protocol->Unregister(path);
  }
  EFI_STATUS unregister() {
    EFI_STATUS told = protocol->Unregister(path);
    if (!EFI_ERROR(told)) status = EFI_NOT_STARTED;
    return told;
  }
  UINT8* bytes() const { return at<UINT8>(memory.start); }
};
#define NEEDS_RAM_DISKS(disk) \
  if ((disk).protocol == nullptr) return skip("no RamDisk protocol")

const Test kTests[] = {
    {"13.9.1 BlockIo: the media is told",
     [] {
       TheDisk d;
       if (!d.there) return false;
       const EFI_BLOCK_IO_MEDIA& m = *d.io->Media;
       return that(m.MediaPresent) && that(!m.ReadOnly) && that(d.io->Revision >= EFI_BLOCK_IO_PROTOCOL_REVISION) &&
              that(m.BlockSize >= 512 && (m.BlockSize & (m.BlockSize - 1)) == 0) && that((m.IoAlign & (m.IoAlign - 1)) == 0) &&
              equal(d.size, 8 << 20);
     }},
    {"13.9.1 BlockIo: a whole disk is no partition",
     [] {
       TheDisk d;
       return d.there && that(!d.io->Media->LogicalPartition);
     }},
    {"13.9.3 ReadBlocks: the first block is the volume's boot sector",
     [] {
       TheDisk d;
       return d.there && ok(d.read(0, d.block, buffer)) && equal(buffer[510] | buffer[511] << 8, 0xAA55) &&
              that(buffer[0] == 0xEB || buffer[0] == 0xE9);
     }},
    {"13.9.4 WriteBlocks: what is written is read",
     [] {
       TheDisk d;
       fill(1);
       UINT64 lba = d.scratch / d.block;
       if (!d.there || !ok(d.write(lba, 4096, buffer)) || !ok(d.read(lba, 4096, other))) return false;
       return that(same(buffer, other, 4096));
     }},
    {"13.9.4 WriteBlocks: the last block can be written",
     [] {
       TheDisk d;
       fill(2);
       return d.there && ok(d.write(d.last, d.block, buffer)) && ok(d.read(d.last, d.block, other)) && that(same(buffer, other, d.block));
     }},
    {"13.9.3 ReadBlocks: not a multiple of the block size is BAD_BUFFER_SIZE",
     [] {
       TheDisk d;
       return d.there && is(d.read(0, d.block - 1, buffer), EFI_BAD_BUFFER_SIZE) && is(d.read(0, d.block + 1, buffer), EFI_BAD_BUFFER_SIZE);
     }},
    {"13.9.4 WriteBlocks: not a multiple of the block size is BAD_BUFFER_SIZE",
     [] {
       TheDisk d;
       return d.there && is(d.write(d.last, d.block - 1, buffer), EFI_BAD_BUFFER_SIZE);
     }},
    {"13.9.3 ReadBlocks: behind the last block is INVALID_PARAMETER",
     [] {
       TheDisk d;
       return d.there && is(d.read(d.last + 1, d.block, buffer), kInvalid) && is(d.read(d.last, 2 * d.block, buffer), kInvalid) &&
              is(d.read(~UINT64{0}, d.block, buffer), kInvalid);
     }},
    {"13.9.4 WriteBlocks: behind the last block is INVALID_PARAMETER",
     [] {
       TheDisk d;
       return d.there && is(d.write(d.last + 1, d.block, buffer), kInvalid) && is(d.write(d.last, 2 * d.block, buffer), kInvalid);
     }},
    {"13.9.3 ReadBlocks: no buffer is INVALID_PARAMETER",
     [] {
       TheDisk d;
       return d.there && is(d.read(0, d.block, nullptr), kInvalid);
     }},
    {"13.9.3 ReadBlocks: a buffer that is not aligned is INVALID_PARAMETER",
     [] {
       TheDisk d;
       if (!d.there) return false;
       EFI_STATUS wanted = d.io->Media->IoAlign > 1 ? kInvalid : EFI_SUCCESS;
       return is(d.read(0, d.block, buffer + 1), wanted);
     }},
    {"13.9.3 ReadBlocks: another media id is MEDIA_CHANGED",
     [] {
       TheDisk d;
       return d.there && is(d.io->ReadBlocks(d.io, d.id + 1, 0, d.block, buffer), EFI_MEDIA_CHANGED);
     }},
    {"13.9.3 ReadBlocks: MEDIA_CHANGED comes before what else is wrong",
     [] {
       TheDisk d;
       return d.there && is(d.io->ReadBlocks(d.io, d.id + 1, d.last + 1, 1, nullptr), EFI_MEDIA_CHANGED);
     }},
    {"13.9.4 WriteBlocks: another media id is MEDIA_CHANGED",
     [] {
       TheDisk d;
       return d.there && is(d.io->WriteBlocks(d.io, d.id + 1, d.last, d.block, buffer), EFI_MEDIA_CHANGED);
     }},
    {"13.9.3 ReadBlocks: nothing at all can be read",
     [] {
       TheDisk d;
       return d.there && ok(d.read(0, 0, buffer));
     }},
    {"13.9.5 FlushBlocks",
     [] {
       TheDisk d;
       return d.there && ok(d.io->FlushBlocks(d.io));
     }},
    {"13.9.2 Reset",
     [] {
       TheDisk d;
       return d.there && ok(d.io->Reset(d.io, FALSE)) && ok(d.io->Reset(d.io, TRUE)) && ok(d.read(0, d.block, buffer));
     }},

    {"13.10.1 BlockIo2: it is there, with the same media",
     [] {
       TheDisk d;
       return d.there && that(d.io2 != nullptr) && that(same(d.io2->Media, d.io->Media, sizeof(EFI_BLOCK_IO_MEDIA)));
     }},
    {"13.10.3 ReadBlocksEx: the event is signaled when the data is there",
     [] {
       TheDisk d;
       AToken t;
       if (!d.there || !ok(d.io2->ReadBlocksEx(d.io2, d.id, 0, &t.block, 4096, other)) || !t.answered()) return false;
       return ok(t.block.TransactionStatus) && ok(d.read(0, 4096, buffer)) && that(same(buffer, other, 4096));
     }},
    {"13.10.4 WriteBlocksEx: the event is signaled when the data is written",
     [] {
       TheDisk d;
       AToken t;
       fill(3);
       if (!d.there || !ok(d.io2->WriteBlocksEx(d.io2, d.id, d.last - 7, &t.block, 4096, buffer)) || !t.answered()) return false;
       return ok(t.block.TransactionStatus) && ok(d.read(d.last - 7, 4096, other)) && that(same(buffer, other, 4096));
     }},
    {"13.10.5 FlushBlocksEx: the event is signaled",
     [] {
       TheDisk d;
       AToken t;
       return d.there && ok(d.io2->FlushBlocksEx(d.io2, &t.block)) && t.answered() && ok(t.block.TransactionStatus);
     }},
    {"13.10.3 ReadBlocksEx: without an event it waits",
     [] {
       TheDisk d;
       EFI_BLOCK_IO2_TOKEN t{nullptr, EFI_ABORTED};
       if (!d.there || !ok(d.io2->ReadBlocksEx(d.io2, d.id, 0, &t, 4096, other)) || !ok(d.read(0, 4096, buffer))) return false;
       return that(same(buffer, other, 4096));
     }},
    {"13.10.3 ReadBlocksEx: without a token it waits",
     [] {
       TheDisk d;
       fill(4);
       return d.there && ok(d.io2->ReadBlocksEx(d.io2, d.id, 0, nullptr, 512, buffer)) && equal(buffer[510], 0x55);
     }},
    {"13.10.3 ReadBlocksEx: what is refused signals nothing",
     [] {
       TheDisk d;
       AToken t;
       return d.there && is(d.io2->ReadBlocksEx(d.io2, d.id, 0, &t.block, 511, buffer), EFI_BAD_BUFFER_SIZE) &&
              is(d.io2->ReadBlocksEx(d.io2, d.id, d.last + 1, &t.block, d.block, buffer), kInvalid) &&
              is(d.io2->ReadBlocksEx(d.io2, d.id + 1, 0, &t.block, d.block, buffer), EFI_MEDIA_CHANGED) &&
              is(d.io2->WriteBlocksEx(d.io2, d.id + 1, d.last, &t.block, d.block, buffer), EFI_MEDIA_CHANGED) && equal(t.calls.count, 0);
     }},
    {"13.10.2 Reset",
     [] {
       TheDisk d;
       return d.there && ok(d.io2->Reset(d.io2, FALSE));
     }},

    {"13.7.2 ReadDisk: bytes from anywhere",
     [] {
       TheDisk d;
       if (!d.there || !ok(d.read(0, 8192, buffer))) return false;
       const UINTN offsets[] = {0, 1, 511, 512, 700, 4095}, sizes[] = {1, 2, 511, 512, 513, 1500};
       for (UINTN offset : offsets) {
         for (UINTN size : sizes) {
           if (!ok(d.read_at(offset, size, other)) || !that(same(other, buffer + offset, size))) return false;
         }
       }
       return true;
     }},
    {"13.7.2 ReadDisk: the buffer may lie anywhere",
     [] {
       TheDisk d;
       return d.there && ok(d.read(0, 1024, buffer)) && ok(d.read_at(0, 1024, other + 3)) && that(same(buffer, other + 3, 1024));
     }},
    {"13.7.3 WriteDisk: only those bytes change",
     [] {
       TheDisk d;
       fill(5);
       UINT64 lba = d.scratch / d.block;
       if (!d.there || !ok(d.write(lba, 4096, buffer))) return false;
       UINT8 some[1500];
       for (UINTN i = 0; i < sizeof some; ++i) some[i] = buffer[700 + i] = static_cast<UINT8>(i ^ 0xC3);
       if (!ok(d.write_at(d.scratch + 700, sizeof some, some)) || !ok(d.read(lba, 4096, other))) return false;
       return that(same(buffer, other, 4096));
     }},
    {"13.7.3 WriteDisk: a single byte at the end",
     [] {
       TheDisk d;
       UINT8 byte = 0x5A, seen = 0;
       return d.there && ok(d.write_at(d.size - 1, 1, &byte)) && ok(d.read_at(d.size - 1, 1, &seen)) && equal(seen, 0x5A);
     }},
    {"13.7.2 ReadDisk: behind the end is INVALID_PARAMETER",
     [] {
       TheDisk d;
       return d.there && is(d.read_at(d.size, 1, buffer), kInvalid) && is(d.read_at(d.size - 1, 2, buffer), kInvalid) &&
              is(d.read_at(d.size + 4096, 4096, buffer), kInvalid);
     }},
    {"13.7.3 WriteDisk: behind the end is INVALID_PARAMETER",
     [] {
       TheDisk d;
       return d.there && is(d.write_at(d.size, 1, buffer), kInvalid) && is(d.write_at(d.size - 1, 2, buffer), kInvalid);
     }},
    {"13.7.2 ReadDisk: another media id is MEDIA_CHANGED",
     [] {
       TheDisk d;
       return d.there && is(d.bytes->ReadDisk(d.bytes, d.id + 1, 1, 1, buffer), EFI_MEDIA_CHANGED);
     }},
    {"13.7.3 WriteDisk: another media id is MEDIA_CHANGED",
     [] {
       TheDisk d;
       return d.there && is(d.bytes->WriteDisk(d.bytes, d.id + 1, d.scratch, 512, buffer), EFI_MEDIA_CHANGED);
     }},
    {"13.7.1 DiskIo: its revision",
     [] {
       TheDisk d;
       return d.there && equal(d.bytes->Revision, EFI_DISK_IO_PROTOCOL_REVISION);
     }},

    {"13.8.1 DiskIo2: it is there, with its revision",
     [] {
       TheDisk d;
       return d.there && that(d.bytes2 != nullptr) && equal(d.bytes2->Revision, EFI_DISK_IO2_PROTOCOL_REVISION);
     }},
    {"13.8.3 ReadDiskEx: the event is signaled when the data is there",
     [] {
       TheDisk d;
       AToken t;
       if (!d.there || !ok(d.bytes2->ReadDiskEx(d.bytes2, d.id, 3, &t.bytes, 1300, other)) || !t.answered()) return false;
       return ok(t.bytes.TransactionStatus) && ok(d.read(0, 4096, buffer)) && that(same(buffer + 3, other, 1300));
     }},
    {"13.8.4 WriteDiskEx: the event is signaled when the data is written",
     [] {
       TheDisk d;
       AToken t;
       fill(6);
       if (!d.there || !ok(d.bytes2->WriteDiskEx(d.bytes2, d.id, d.scratch + 3, &t.bytes, 1300, buffer)) || !t.answered()) return false;
       return ok(t.bytes.TransactionStatus) && ok(d.read_at(d.scratch + 3, 1300, other)) && that(same(buffer, other, 1300));
     }},
    {"13.8.5 FlushDiskEx: the event is signaled",
     [] {
       TheDisk d;
       AToken t;
       return d.there && ok(d.bytes2->FlushDiskEx(d.bytes2, &t.bytes)) && t.answered() && ok(t.bytes.TransactionStatus);
     }},
    {"13.8.3 ReadDiskEx: without a token it waits",
     [] {
       TheDisk d;
       return d.there && ok(d.bytes2->ReadDiskEx(d.bytes2, d.id, 510, nullptr, 1, other)) && equal(other[0], 0x55);
     }},
    {"13.8.3 ReadDiskEx: what is refused signals nothing",
     [] {
       TheDisk d;
       AToken t;
       return d.there && is(d.bytes2->ReadDiskEx(d.bytes2, d.id, d.size, &t.bytes, 1, buffer), kInvalid) &&
              is(d.bytes2->ReadDiskEx(d.bytes2, d.id + 1, 0, &t.bytes, 1, buffer), EFI_MEDIA_CHANGED) && equal(t.calls.count, 0);
     }},
    {"13.8.2 Cancel: with nothing outstanding it succeeds",
     [] {
       TheDisk d;
       return d.there && ok(d.bytes2->Cancel(d.bytes2));
     }},

    {"13.17.2 Register: memory is a disk",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       if (!ok(disk.status)) return false;
       EFI_HANDLE handle = handle_of(disk.path, kBlockIoGuid);
       auto* io = on<EFI_BLOCK_IO_PROTOCOL>(handle, kBlockIoGuid);
       if (!that(io != nullptr) || !equal((io->Media->LastBlock + 1) * io->Media->BlockSize, 16 * kPage) || !that(io->Media->MediaPresent))
         return false;
       disk.bytes()[1000] = 0x77;
       fill(7);
       if (!ok(io->ReadBlocks(io, io->Media->MediaId, 0, 4096, other)) || !equal(other[1000], 0x77)) return false;
       return ok(io->WriteBlocks(io, io->Media->MediaId, 8, 4096, buffer)) &&
              that(same(buffer, disk.bytes() + 8 * io->Media->BlockSize, 4096));
     }},
    {"13.17.2 Register: its path is a RAM disk's",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       auto* node = reinterpret_cast<UINT8*>(disk.path);
       UINT64 first = 0, last = 0;
       if (!ok(disk.status)) return false;
       bs->CopyMem(&first, node + 4, 8);
       bs->CopyMem(&last, node + 12, 8);
       return equal(node[0], 4) && equal(node[1], 9) && equal(node[2], 38) && equal(first, disk.memory.start) &&
              equal(last, disk.memory.start + 16 * kPage - 1) && that(same(node + 20, &kVirtualDiskGuid, 16)) && equal(node[38], 0x7F);
     }},
    {"13.17.2 Register: it has BlockIo2, too",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       return ok(disk.status) && that(handle_of(disk.path, kBlockIo2Guid) != nullptr);
     }},
    {"13.17.2 Register: it is connected, so that it has DiskIo",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       return ok(disk.status) && that(handle_of(disk.path, kDiskIoGuid) != nullptr);
     }},
    {"13.17.2 Register: behind a parent's path",
     [] {
       struct [[gnu::packed]] {
         UINT8 header[4] = {1, 4, 20, 0};
         EFI_GUID guid = kNobodysGuid;
         UINT8 end[4] = {0x7F, 0xFF, 4, 0};
       } parent;
       ARamDisk disk(reinterpret_cast<EFI_DEVICE_PATH*>(&parent));
       NEEDS_RAM_DISKS(disk);
       return ok(disk.status) && that(same(disk.copy, &parent, 20)) && equal(disk.copy[21], 9) &&
              that(handle_of(disk.path, kBlockIoGuid) != nullptr);
     }},
    {"13.17.2 Register: the same disk twice is ALREADY_STARTED",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       EFI_DEVICE_PATH* path = nullptr;
       return ok(disk.status) &&
              is(disk.protocol->Register(disk.memory.start, 16 * kPage, &kVirtualDiskGuid, nullptr, &path), EFI_ALREADY_STARTED);
     }},
    {"13.17.2 Register: no size, type or place for the path is INVALID_PARAMETER",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       EFI_DEVICE_PATH* path = nullptr;
       return is(disk.protocol->Register(disk.memory.start, 0, &kVirtualDiskGuid, nullptr, &path), kInvalid) &&
              is(disk.protocol->Register(disk.memory.start, kPage, nullptr, nullptr, &path), kInvalid) &&
              is(disk.protocol->Register(disk.memory.start, kPage, &kVirtualDiskGuid, nullptr, nullptr), kInvalid);
     }},
    {"13.17.3 Unregister: the disk is gone",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       if (!ok(disk.status) || !ok(disk.unregister())) return false;
       return that(handle_of(disk.path, kBlockIoGuid) == nullptr) && is(disk.unregister(), EFI_NOT_FOUND);
     }},
    {"13.17.3 Unregister: no path is INVALID_PARAMETER",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       return is(disk.protocol->Unregister(nullptr), kInvalid);
     }},
    {"13.17.3 Unregister: a path of something else is UNSUPPORTED",
     [] {
       ARamDisk disk;
       NEEDS_RAM_DISKS(disk);
       struct [[gnu::packed]] {
         UINT8 header[4] = {1, 4, 20, 0};
         EFI_GUID guid = kNobodysGuid;
         UINT8 end[4] = {0x7F, 0xFF, 4, 0};
       } path;
       return is(disk.protocol->Unregister(reinterpret_cast<EFI_DEVICE_PATH*>(&path)), EFI_UNSUPPORTED);
     }},
};

}  // namespace

constinit const Chapter kStorage(kTests);

}  // namespace conformance
