// SPDX-License-Identifier: BSD-2-Clause-Patent
// Empty FAT volumes for tests, laid out by hand and not by the code under test.
#pragma once

#include <cstdint>
#include <cstring>

#include "tests/support/fat_disk.hpp"

namespace efilite::test {

struct FatShape {
  int type = 16;
  uint32_t clusters = 5000;
  uint32_t sector_bytes = 512;
  uint32_t cluster_sectors = 1;
  uint32_t fats = 2;
  uint32_t root_slots = 512;  // not for FAT32
  uint32_t reserved = 0;      // sectors; 0: as usual
  uint32_t block_bytes = 512;
};

template <typename T>
void poke(FatDisk& disk, uint64_t at, T value) {
  memcpy(disk.bytes.data() + at, &value, sizeof(value));
}
template <typename T>
T peek(const FatDisk& disk, uint64_t at) {
  T out;
  memcpy(&out, disk.bytes.data() + at, sizeof(out));
  return out;
}

inline FatDisk make_fat(const FatShape& s) {
  const uint32_t reserved = s.reserved != 0 ? s.reserved : s.type == 32 ? 32 : 1;
  const uint32_t fat_sectors = static_cast<uint32_t>((uint64_t{s.clusters + 2} * s.type + s.sector_bytes * 8 - 1) / (s.sector_bytes * 8));
  const uint32_t root_sectors = s.type == 32 ? 0 : (s.root_slots * 32 + s.sector_bytes - 1) / s.sector_bytes;
  const uint32_t sectors = reserved + s.fats * fat_sectors + root_sectors + s.clusters * s.cluster_sectors;
  FatDisk disk(uint64_t{sectors} * s.sector_bytes, s.block_bytes);
  memcpy(disk.bytes.data(), "\xEB\x58\x90TESTFAT ", 11);
  poke<uint16_t>(disk, 11, static_cast<uint16_t>(s.sector_bytes));
  poke<uint8_t>(disk, 13, static_cast<uint8_t>(s.cluster_sectors));
  poke<uint16_t>(disk, 14, static_cast<uint16_t>(reserved));
  poke<uint8_t>(disk, 16, static_cast<uint8_t>(s.fats));
  poke<uint16_t>(disk, 17, static_cast<uint16_t>(s.type == 32 ? 0 : s.root_slots));
  if (sectors < 0x10000) poke<uint16_t>(disk, 19, static_cast<uint16_t>(sectors));
  else poke<uint32_t>(disk, 32, sectors);
  poke<uint8_t>(disk, 21, 0xF8);
  poke<uint16_t>(disk, 24, 63);
  poke<uint16_t>(disk, 26, 255);  // mtools wants a geometry
  const size_t extension = s.type == 32 ? 64 : 36;
  poke<uint8_t>(disk, extension + 2, 0x29);
  poke<uint32_t>(disk, extension + 3, 0x12345678);
  memcpy(disk.bytes.data() + extension + 7, "NO NAME    ", 11);
  memcpy(disk.bytes.data() + extension + 18, s.type == 12 ? "FAT12   " : s.type == 16 ? "FAT16   " : "FAT32   ", 8);
  poke<uint16_t>(disk, 510, 0xAA55);
  if (s.type == 32) {
    poke<uint32_t>(disk, 36, fat_sectors);
    poke<uint32_t>(disk, 44, 2);
    poke<uint16_t>(disk, 48, 1);
    poke<uint16_t>(disk, 50, 6);
    const uint64_t info = s.sector_bytes;
    poke<uint32_t>(disk, info, 0x41615252);
    poke<uint32_t>(disk, info + 484, 0x61417272);
    poke<uint32_t>(disk, info + 488, s.clusters - 1);
    poke<uint32_t>(disk, info + 492, 3);
    poke<uint32_t>(disk, info + 508, 0xAA550000);
    memcpy(disk.bytes.data() + 6 * s.sector_bytes, disk.bytes.data(), s.sector_bytes);
  } else {
    poke<uint16_t>(disk, 22, static_cast<uint16_t>(fat_sectors));
  }
  for (uint32_t copy = 0; copy < s.fats; ++copy) {
    const uint64_t fat = (uint64_t{reserved} + copy * fat_sectors) * s.sector_bytes;
    if (s.type == 12) poke<uint32_t>(disk, fat, 0x00FFFFF8);
    if (s.type == 16) poke<uint32_t>(disk, fat, 0xFFFFFFF8);
    if (s.type == 32) poke<uint64_t>(disk, fat, 0x0FFFFFFF'0FFFFFF8);
    if (s.type == 32) poke<uint32_t>(disk, fat + 8, 0x0FFFFFFF);
  }
  return disk;
}

}  // namespace efilite::test
