// SPDX-License-Identifier: BSD-2-Clause-Patent
// Partitions [UEFI 2.10, 5.2, 5.3, 13.3.2 and 13.18], on a disk of this program's own: memory behind a BlockIo that is connected anew for
// each table.
#include "storage.hpp"

#include <efigpt.h>

namespace conformance {

namespace {

EFI_GUID kDiskIoGuid = EFI_DISK_IO_PROTOCOL_GUID;
EFI_GUID kPartitionInfoGuid = {0x8cf2f62c, 0xbc9b, 0x4821, {0x80, 0x8d, 0xec, 0x9e, 0xc4, 0x21, 0xa1, 0xa0}};
EFI_GUID kSystemType = EFI_PART_TYPE_EFI_SYSTEM_PART_GUID;
EFI_GUID kOtherType = {0x0fc63daf, 0x8483, 0x4772, {0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}};

constexpr UINTN kSize = 512 * 1024;
alignas(4096) UINT8 disk[kSize];
constexpr EFI_STATUS kDone = EFI_SUCCESS;

#pragma pack(1)
struct Record {
  UINT8 boot, start[3], type, end[3];
  UINT32 first, count;
};
struct PartitionInfo {
  UINT32 revision, type;
  UINT8 system, reserved[7];
  union {
    Record mbr;
    EFI_PARTITION_ENTRY gpt;
  };
};
#pragma pack()
static_assert(sizeof(PartitionInfo) == 144);

template <typename T>
T& on_disk(UINTN offset) {
  return *reinterpret_cast<T*>(disk + offset);
}

// All of it, with BlockIo and a device path.
struct ADisk {
  struct Io : EFI_BLOCK_IO_PROTOCOL {
    EFI_BLOCK_IO_MEDIA facts;
  } io{};
  struct {
    EFI_DEVICE_PATH node{1, 4, {20, 0}};
    EFI_GUID guid = kNobodysGuid;
    EFI_DEVICE_PATH end{0x7F, 0xFF, {4, 0}};
  } path;
  EFI_HANDLE handle = nullptr;
  UINTN block;

  explicit ADisk(UINTN block_size = 512) : block(block_size) {
    bs->SetMem(disk, kSize, 0);
    io.Revision = EFI_BLOCK_IO_PROTOCOL_REVISION;
    io.Media = &io.facts;
    io.facts = {};
    io.facts.MediaId = 1;
    io.facts.MediaPresent = TRUE;
    io.facts.ReadOnly = TRUE;
    io.facts.BlockSize = static_cast<UINT32>(block);
    io.facts.LastBlock = kSize / block - 1;
    // The target has one calling convention, so a lambda needs no word for it.
    io.Reset = [](EFI_BLOCK_IO_PROTOCOL*, BOOLEAN) { return kDone; };
    io.FlushBlocks = [](EFI_BLOCK_IO_PROTOCOL*) { return kDone; };
    io.WriteBlocks = [](EFI_BLOCK_IO_PROTOCOL*, UINT32, EFI_LBA, UINTN, VOID*) { return EFI_STATUS{EFI_WRITE_PROTECTED}; };
    io.ReadBlocks = [](EFI_BLOCK_IO_PROTOCOL* self, UINT32, EFI_LBA lba, UINTN size, VOID* to) {
      const UINTN at = lba * self->Media->BlockSize;
      if (at > kSize || size > kSize - at) return kInvalid;
      bs->CopyMem(to, disk + at, size);
      return kDone;
    };
    bs->InstallMultipleProtocolInterfaces(&handle, &kBlockIoGuid, static_cast<EFI_BLOCK_IO_PROTOCOL*>(&io), &kDevicePathGuid, &path,
                                          nullptr);
  }
  ADisk(const ADisk&) = delete;
  ~ADisk() {
    bs->DisconnectController(handle, nullptr, nullptr);
    bs->UninstallMultipleProtocolInterfaces(handle, &kBlockIoGuid, static_cast<EFI_BLOCK_IO_PROTOCOL*>(&io), &kDevicePathGuid, &path,
                                            nullptr);
  }
  void connect() { bs->ConnectController(handle, nullptr, nullptr, TRUE); }
};

// The partitions that there are: handles with a BlockIo whose path begins with the disk's.
struct Partitions {
  EFI_HANDLE handles[8] = {};
  UINTN count = 0;
  explicit Partitions(ADisk& of) {
    EFI_HANDLE* all = nullptr;
    UINTN number = 0;
    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &kBlockIoGuid, nullptr, &number, &all))) return;
    for (UINTN i = 0; i < number; ++i) {
      auto* path = on<UINT8>(all[i], kDevicePathGuid);
      if (all[i] == of.handle || path == nullptr || !same(path, &of.path, 20) || count == 8) continue;
      // In the order of where they begin, which is at 8 of their node.
      UINTN at = count++;
      for (; at != 0 && *start(all[i]) < *start(handles[at - 1]); --at) handles[at] = handles[at - 1];
      handles[at] = all[i];
    }
    bs->FreePool(all);
  }
  static const UINT64* start(EFI_HANDLE handle) { return reinterpret_cast<UINT64*>(on<UINT8>(handle, kDevicePathGuid) + 28); }
  const UINT8* node(UINTN i, UINTN depth = 20) const { return on<UINT8>(handles[i], kDevicePathGuid) + depth; }
  EFI_BLOCK_IO_PROTOCOL* io(UINTN i) const { return on<EFI_BLOCK_IO_PROTOCOL>(handles[i], kBlockIoGuid); }
  PartitionInfo* info(UINTN i) const { return on<PartitionInfo>(handles[i], kPartitionInfoGuid); }
  bool is(UINTN i, EFI_GUID& type) const {
    void* interface = self;
    return !EFI_ERROR(bs->HandleProtocol(handles[i], &type, &interface)) && interface == nullptr;
  }
};

void put_mbr(UINTN at, Record a, Record b = {}, Record c = {}, Record d = {}) {
  on_disk<Record>(at + 446) = a;
  on_disk<Record>(at + 462) = b;
  on_disk<Record>(at + 478) = c;
  on_disk<Record>(at + 494) = d;
  on_disk<UINT32>(at + 440) = 0xCAFEBABE;
  on_disk<UINT16>(at + 510) = 0xAA55;
}
constexpr Record record(UINT8 type, UINT32 first, UINT32 count) { return {0, {}, type, {}, first, count}; }

UINT32 crc(const void* of, UINTN size) {
  UINT32 out = 0;
  bs->CalculateCrc32(const_cast<void*>(of), size, &out);
  return out;
}

struct AGpt : ADisk {
  UINTN last = kSize / block - 1, array = 128 * 128 / block;
  explicit AGpt(UINTN block_size = 512) : ADisk(block_size) {
    put_mbr(0, record(0xEE, 1, static_cast<UINT32>(last)));
    entry(0) = make(100, 199, kSystemType);
    entry(2) = make(60, 69, kOtherType);
  }
  UINTN entries(bool backup = false) const { return (backup ? last - array : 2) * block; }
  EFI_PARTITION_ENTRY& entry(UINTN i) { return on_disk<EFI_PARTITION_ENTRY>(entries() + i * 128); }
  static EFI_PARTITION_ENTRY make(UINT64 first, UINT64 final, const EFI_GUID& type) {
    EFI_PARTITION_ENTRY out{};
    out.PartitionTypeGUID = type;
    out.UniquePartitionGUID = {static_cast<UINT32>(first), 0x1234, 0x5678, {1, 2, 3, 4, 5, 6, 7, 8}};
    out.StartingLBA = first;
    out.EndingLBA = final;
    return out;
  }
  EFI_PARTITION_TABLE_HEADER& header(bool backup) const { return on_disk<EFI_PARTITION_TABLE_HEADER>((backup ? last : 1) * block); }
  // Both copies, of what entry() says.
  void put() {
    bs->CopyMem(disk + entries(true), disk + entries(), 128 * 128);
    for (int copy = 0; copy < 2; ++copy) {
      const bool backup = copy == 1;
      EFI_PARTITION_TABLE_HEADER& out = header(backup);
      out = {};
      out.Header.Signature = 0x5452415020494645;
      out.Header.Revision = 0x10000;
      out.Header.HeaderSize = 92;
      out.MyLBA = backup ? last : 1;
      out.AlternateLBA = backup ? 1 : last;
      out.FirstUsableLBA = 2 + array;
      out.LastUsableLBA = last - array - 1;
      out.PartitionEntryLBA = entries(backup) / block;
      out.NumberOfPartitionEntries = out.SizeOfPartitionEntry = 128;
      out.PartitionEntryArrayCRC32 = crc(disk + entries(backup), 128 * 128);
      out.Header.CRC32 = crc(&out, 92);
    }
  }
};

// ISO-9660's descriptors and El Torito's catalog, with an initial entry for a BIOS and a section's for EFI.
void put_iso(UINT16 efi_sectors) {
  const auto descriptor = [](UINTN sector, UINT8 type) {
    disk[sector * 2048] = type;
    bs->CopyMem(disk + sector * 2048 + 1, const_cast<char*>("CD001\1"), 6);
  };
  descriptor(16, 1);
  on_disk<UINT32>(16 * 2048 + 80) = 200;
  descriptor(17, 0);
  bs->CopyMem(disk + 17 * 2048 + 7, const_cast<char*>("EL TORITO SPECIFICATION"), 23);
  const UINT32 catalog = 19;
  bs->CopyMem(disk + 17 * 2048 + 71, const_cast<UINT32*>(&catalog), 4);
  descriptor(18, 255);
  UINT8* at = disk + catalog * 2048;
  at[0] = 1, at[30] = 0x55, at[31] = 0xAA;
  on_disk<UINT16>(catalog * 2048 + 28) = static_cast<UINT16>(0 - 1 - 0xAA55);
  at[32] = 0x88, at[38] = 4, at[40] = 30;
  at[64] = 0x91, at[65] = 0xEF, at[66] = 1;
  at[96] = 0x88, at[104] = 60;
  on_disk<UINT16>(catalog * 2048 + 102) = efi_sectors;
}

const Test kTests[] = {
    {"13.3.2 GPT: a partition is a logical block device of its blocks",
     [] {
       AGpt d;
       on_disk<UINT32>(100 * 512) = 0x11223344;
       d.put();
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2)) return false;
       EFI_BLOCK_IO_PROTOCOL* io = p.io(1);
       alignas(16) static UINT32 block[128];
       return that(io->Media->LogicalPartition) && equal(io->Media->LastBlock, 99) && equal(io->Media->BlockSize, 512) &&
              ok(io->ReadBlocks(io, io->Media->MediaId, 0, 512, block)) && equal(block[0], 0x11223344) &&
              is(io->ReadBlocks(io, io->Media->MediaId, 100, 512, block), kInvalid) && that(io->Media->ReadOnly);
     }},
    {"10.3.5.1 GPT: the node of a partition",
     [] {
       AGpt d;
       d.put();
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2)) return false;
       HARDDRIVE_DEVICE_PATH node;
       bs->CopyMem(&node, const_cast<UINT8*>(p.node(0)), sizeof node);
       const EFI_GUID unique = d.entry(2).UniquePartitionGUID;
       return equal(node.Header.Type, MEDIA_DEVICE_PATH) && equal(node.Header.SubType, MEDIA_HARDDRIVE_DP) &&
              equal(node.Header.Length[0], 42) && equal(node.PartitionNumber, 3) && equal(node.PartitionStart, 60) &&
              equal(node.PartitionSize, 10) && that(same(node.Signature, &unique, 16)) && equal(node.MBRType, 2) &&
              equal(node.SignatureType, 2);
     }},
    {"13.3.2 GPT: a partition's type is on its handle",
     [] {
       AGpt d;
       d.put();
       d.connect();
       Partitions p(d);
       return equal(p.count, 2) && that(p.is(1, kSystemType)) && that(!p.is(0, kSystemType)) && that(p.is(0, kOtherType));
     }},
    {"13.18 PartitionInfo: what the GPT says of the partition",
     [] {
       AGpt d;
       d.put();
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2) || !that(p.info(0) != nullptr && p.info(1) != nullptr)) return false;
       return equal(p.info(1)->revision, 0x1000) && equal(p.info(1)->type, 2) && equal(p.info(1)->system, 1) &&
              equal(p.info(0)->system, 0) && that(same(&p.info(1)->gpt, &d.entry(0), 128));
     }},
    {"5.3.1 GPT: of blocks of 4096 bytes",
     [] {
       AGpt d(4096);
       d.entry(0) = AGpt::make(50, 59, kSystemType);
       d.entry(2) = {};
       d.put();
       d.connect();
       Partitions p(d);
       return equal(p.count, 1) && equal(p.io(0)->Media->BlockSize, 4096) && equal(p.io(0)->Media->LastBlock, 9);
     }},
    {"5.3.2 GPT: the copy is used when the first is broken",
     [] {
       AGpt d;
       d.put();
       d.header(false).FirstUsableLBA ^= 1;
       d.connect();
       Partitions p(d);
       return equal(p.count, 2);
     }},
    {"5.3.2 GPT: the copy is used when the first's entries are broken",
     [] {
       AGpt d;
       d.put();
       d.entry(0).StartingLBA = 101;
       d.connect();
       Partitions p(d);
       return equal(p.count, 2) && equal(p.io(1)->Media->LastBlock, 99);
     }},
    {"5.3.2 GPT: with both copies broken there are no partitions",
     [] {
       AGpt d;
       d.put();
       d.header(false).MyLBA = 5;
       d.header(true).AlternateLBA = 5;
       d.connect();
       Partitions p(d);
       return equal(p.count, 0);
     }},
    {"5.2.3 GPT: without a protective MBR there is none",
     [] {
       AGpt d;
       d.put();
       bs->SetMem(disk, 512, 0);
       d.connect();
       Partitions p(d);
       return equal(p.count, 0);
     }},
    {"5.3.3 GPT: an entry that says so has no BlockIo",
     [] {
       AGpt d;
       d.entry(0).Attributes = 2;
       d.put();
       d.connect();
       Partitions p(d);
       return equal(p.count, 1) && equal(*Partitions::start(p.handles[0]), 60);
     }},
    {"5.3.3 GPT: partitions that overlap or lie where none may are not there",
     [] {
       AGpt d;
       d.entry(1) = AGpt::make(199, 210, kOtherType);
       d.entry(3) = AGpt::make(20, 40, kOtherType);
       d.put();
       d.connect();
       Partitions p(d);
       return equal(p.count, 1) && equal(*Partitions::start(p.handles[0]), 60);
     }},
    {"10.3.5.1 MBR: the node of a partition",
     [] {
       ADisk d;
       put_mbr(0, {}, record(0xEF, 100, 50), record(0x83, 300, 20));
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2)) return false;
       HARDDRIVE_DEVICE_PATH node;
       bs->CopyMem(&node, const_cast<UINT8*>(p.node(1)), sizeof node);
       const UINT8 signature[16] = {0xBE, 0xBA, 0xFE, 0xCA};
       return equal(node.PartitionNumber, 3) && equal(node.PartitionStart, 300) && equal(node.PartitionSize, 20) &&
              that(same(node.Signature, signature, 16)) && equal(node.MBRType, 1) && equal(node.SignatureType, 1);
     }},
    {"13.18 PartitionInfo: what the MBR says of the partition",
     [] {
       ADisk d;
       put_mbr(0, record(0xEF, 100, 50), record(0x83, 300, 20));
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2) || !that(p.info(0) != nullptr && p.info(1) != nullptr)) return false;
       return equal(p.info(0)->type, 1) && equal(p.info(0)->system, 1) && equal(p.info(1)->system, 0) &&
              that(same(&p.info(1)->mbr, disk + 462, 16)) && that(p.is(0, kSystemType));
     }},
    {"13.3.2 MBR: logical partitions are partitions of the extended one",
     [] {
       ADisk d;
       put_mbr(0, record(0x83, 100, 50), record(0x05, 200, 300));
       put_mbr(200 * 512, record(0x83, 10, 40), record(0x05, 100, 100));
       put_mbr(300 * 512, record(0x83, 20, 30));
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 4)) return false;
       // All three nodes of the extended partition's family begin alike; the logical ones have one more.
       UINTN found = 0;
       for (UINTN i = 0; i < p.count; ++i) {
         HARDDRIVE_DEVICE_PATH node;
         bs->CopyMem(&node, const_cast<UINT8*>(p.node(i, 62)), sizeof node);
         if (node.Header.Type != MEDIA_DEVICE_PATH) continue;
         ++found;
         const UINT8 none[16] = {};
         const bool first = node.PartitionNumber == 1;
         if (!equal(node.PartitionStart, first ? 210 : 320) || !equal(node.PartitionSize, first ? 40 : 30)) return false;
         if (!that(same(node.Signature, none, 16)) || !equal(p.io(i)->Media->LastBlock, first ? 39 : 29)) return false;
       }
       return equal(found, 2);
     }},
    {"5.2.1 MBR: a sector with the signature alone is no table",
     [] {
       ADisk d;
       put_mbr(0, {});
       d.connect();
       Partitions p(d);
       return equal(p.count, 0);
     }},
    {"13.3.2.1 El Torito: the node of an image, on a CD",
     [] {
       ADisk d(2048);
       put_iso(20);
       d.connect();
       Partitions p(d);
       if (!equal(p.count, 2)) return false;
       CDROM_DEVICE_PATH node;
       bs->CopyMem(&node, const_cast<UINT8*>(p.node(1)), sizeof node);
       return equal(node.Header.SubType, MEDIA_CDROM_DP) && equal(node.Header.Length[0], 24) && equal(node.BootEntry, 1) &&
              equal(node.PartitionStart, 60) && equal(node.PartitionSize, 20) && equal(p.io(1)->Media->LastBlock, 19);
     }},
    {"13.3.2.1 El Torito: a count of 0 or 1 is the rest of the volume, on a disk",
     [] {
       for (UINT16 count = 0; count < 2; ++count) {
         ADisk d(512);
         put_iso(count);
         d.connect();
         Partitions p(d);
         if (!equal(p.count, 2) || !equal(p.io(1)->Media->LastBlock, 140 * 4 - 1)) return false;
       }
       return true;
     }},
    {"13.3.2 El Torito comes before an MBR",
     [] {
       ADisk d;
       put_iso(20);
       put_mbr(0, record(0xEF, 100, 50));
       d.connect();
       Partitions p(d);
       return equal(p.count, 2) && equal(p.node(0)[1], MEDIA_CDROM_DP);
     }},
    {"13.18 PartitionInfo: El Torito is another kind",
     [] {
       ADisk d(2048);
       put_iso(20);
       d.connect();
       Partitions p(d);
       return equal(p.count, 2) && that(p.info(1) != nullptr) && equal(p.info(1)->type, 0);
     }},
    {"13.18 PartitionInfo: El Torito's image for EFI is a system partition",
     [] {
       ADisk d(2048);
       put_iso(20);
       d.connect();
       Partitions p(d);
       return equal(p.count, 2) && that(p.info(1) != nullptr) && equal(p.info(1)->system, 1) && equal(p.info(0)->system, 0);
     }},
    {"13.3.2 Partitions go with the disk",
     [] {
       AGpt d;
       d.put();
       d.connect();
       UINTN before = Partitions(d).count;
       bs->DisconnectController(d.handle, nullptr, nullptr);
       void* io = nullptr;
       return equal(before, 2) && equal(Partitions(d).count, 0) && is(bs->HandleProtocol(d.handle, &kDiskIoGuid, &io), EFI_UNSUPPORTED);
     }},
};

}  // namespace

constinit const Chapter kPartitions(kTests);

}  // namespace conformance
