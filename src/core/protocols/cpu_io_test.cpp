// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/cpu_io.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/page_protection.hpp"
#include "tests/support/registers.hpp"

namespace efilite::core {
namespace {

using efi::CpuIoWidth;
using efi::EfiStatus;

constexpr EfiStatus kOk = efi::encode(Status::Success);
constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);
constexpr EfiStatus kUnsupported = efi::encode(Status::Unsupported);
constexpr unsigned kWidths = static_cast<unsigned>(CpuIoWidth::Maximum);

// Each port gives its number and how often something was read so far; all accesses are kept.
struct FakePorts final : test::MemoryRegisters {
  struct Access {
    bool write;
    uint16_t port;
    unsigned size;
    uint32_t value;
    bool operator==(const Access&) const = default;
  };
  uint64_t in(uint64_t port, unsigned size) override {
    const uint32_t value = (0xA1B20000u + port + static_cast<uint32_t>(log.size())) & (UINT32_MAX >> (32 - 8 * size));
    log.push_back({false, static_cast<uint16_t>(port), size, value});
    return value;
  }
  void out(uint64_t port, unsigned size, uint64_t value) override {
    log.push_back({true, static_cast<uint16_t>(port), size, static_cast<uint32_t>(value)});
  }
  std::vector<Access> log;
};

bool is_fifo(unsigned width) { return width / 4 == 1; }
bool is_fill(unsigned width) { return width / 4 == 2; }

struct CpuIoTest : testing::Test {
  FakePorts ports;
  test::FakeProtection pages;
  CpuIo cpu_io{ports, pages};
  efi::CpuIo2Protocol* p = cpu_io.protocol();
  alignas(8) std::array<uint8_t, 64> buffer{};
  alignas(kPageSize) std::array<uint8_t, 2 * kPageSize> memory{};

  uint64_t at(size_t offset = 0) { return reinterpret_cast<uint64_t>(&memory[offset]); }
  uint64_t value_in(const uint8_t* where, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, where, size);
    return value;
  }
  // All four functions, whatever they share.
  void expect_all(EfiStatus status, CpuIoWidth width, uint64_t address, uint64_t count, void* where) {
    expect_memory(status, width, address, count, where);
    expect_ports(status, width, address, count, where);
  }
  void expect_memory(EfiStatus status, CpuIoWidth width, uint64_t address, uint64_t count, void* where) {
    EXPECT_EQ(p->mem.read(p, width, address, count, where), status);
    EXPECT_EQ(p->mem.write(p, width, address, count, where), status);
  }
  void expect_ports(EfiStatus status, CpuIoWidth width, uint64_t address, uint64_t count, void* where) {
    EXPECT_EQ(p->io.read(p, width, address, count, where), status);
    EXPECT_EQ(p->io.write(p, width, address, count, where), status);
  }
};

TEST_F(CpuIoTest, PortsAreReadOneByOneAsTheWidthSays) {
  for (unsigned width = 0; width < kWidths; ++width) {
    SCOPED_TRACE(width);
    const unsigned size = 1u << (width & 3);
    if (size == 8) continue;
    ports.log.clear();
    buffer.fill(0xEE);
    ASSERT_EQ(p->io.read(p, CpuIoWidth{width}, 0x40, 3, buffer.data()), kOk);
    ASSERT_EQ(ports.log.size(), 3u);
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_FALSE(ports.log[i].write);
      EXPECT_EQ(ports.log[i].size, size);
      EXPECT_EQ(ports.log[i].port, is_fifo(width) ? 0x40 : 0x40 + i * size);
      if (!is_fill(width)) EXPECT_EQ(value_in(&buffer[i * size], size), ports.log[i].value);
    }
    if (is_fill(width)) EXPECT_EQ(value_in(buffer.data(), size), ports.log[2].value);
    EXPECT_EQ(buffer[is_fill(width) ? size : 3 * size], 0xEE);
  }
}

TEST_F(CpuIoTest, PortsAreWrittenOneByOneAsTheWidthSays) {
  for (size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<uint8_t>(0x81 + i);
  for (unsigned width = 0; width < kWidths; ++width) {
    SCOPED_TRACE(width);
    const unsigned size = 1u << (width & 3);
    if (size == 8) continue;
    ports.log.clear();
    ASSERT_EQ(p->io.write(p, CpuIoWidth{width}, 0x40, 3, buffer.data()), kOk);
    ASSERT_EQ(ports.log.size(), 3u);
    for (unsigned i = 0; i < 3; ++i) {
      const auto port = static_cast<uint16_t>(is_fifo(width) ? 0x40 : 0x40 + i * size);
      const auto value = static_cast<uint32_t>(value_in(&buffer[is_fill(width) ? 0 : i * size], size));
      EXPECT_EQ(ports.log[i], (FakePorts::Access{true, port, size, value}));
    }
  }
}

TEST_F(CpuIoTest, MemoryIsReadAsTheWidthSays) {
  for (size_t i = 0; i < 32; ++i) memory[i] = static_cast<uint8_t>(0x81 + i);
  for (unsigned width = 0; width < kWidths; ++width) {
    SCOPED_TRACE(width);
    const unsigned size = 1u << (width & 3);
    buffer.fill(0xEE);
    ASSERT_EQ(p->mem.read(p, CpuIoWidth{width}, at(), 3, buffer.data()), kOk);
    for (unsigned i = 0; i < (is_fill(width) ? 1 : 3); ++i) {
      const unsigned from = is_fill(width) ? 2 : is_fifo(width) ? 0 : i;
      EXPECT_EQ(value_in(&buffer[i * size], size), value_in(&memory[from * size], size));
    }
    EXPECT_EQ(buffer[is_fill(width) ? size : 3 * size], 0xEE);
  }
}

TEST_F(CpuIoTest, MemoryIsWrittenAsTheWidthSays) {
  for (size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<uint8_t>(0x81 + i);
  for (unsigned width = 0; width < kWidths; ++width) {
    SCOPED_TRACE(width);
    const unsigned size = 1u << (width & 3);
    memory.fill(0xEE);
    ASSERT_EQ(p->mem.write(p, CpuIoWidth{width}, at(), 3, buffer.data()), kOk);
    for (unsigned i = 0; i < (is_fifo(width) ? 1 : 3); ++i) {
      const unsigned from = is_fifo(width) ? 2 : is_fill(width) ? 0 : i;
      EXPECT_EQ(value_in(&memory[i * size], size), value_in(&buffer[from * size], size));
    }
    EXPECT_EQ(memory[is_fifo(width) ? size : 3 * size], 0xEE);
  }
}

TEST_F(CpuIoTest, WhatCannotBeMeantIsInvalid) {
  expect_all(kInvalid, CpuIoWidth::Uint8, at(), 1, nullptr);
  expect_all(kInvalid, CpuIoWidth::Maximum, at(), 1, buffer.data());
  expect_all(kInvalid, CpuIoWidth{UINT32_MAX}, at(), 1, buffer.data());
  for (CpuIoWidth width : {CpuIoWidth::Uint64, CpuIoWidth::FifoUint64, CpuIoWidth::FillUint64})
    expect_ports(kInvalid, width, 0x40, 1, buffer.data());
  EXPECT_EQ(p->mem.read(nullptr, CpuIoWidth::Uint8, at(), 1, buffer.data()), kInvalid);
  EXPECT_TRUE(ports.log.empty());
}

TEST_F(CpuIoTest, MisalignedAddressesAndBuffersAreUnsupported) {
  for (unsigned width = 0; width < kWidths; ++width) {
    SCOPED_TRACE(width);
    const unsigned size = 1u << (width & 3);
    if (size == 1) continue;
    expect_memory(kUnsupported, CpuIoWidth{width}, at(size / 2), 1, buffer.data());
    expect_memory(kUnsupported, CpuIoWidth{width}, at(), 1, &buffer[size / 2]);
    if (size == 8) continue;
    expect_ports(kUnsupported, CpuIoWidth{width}, 0x40 + size / 2, 1, buffer.data());
    expect_ports(kUnsupported, CpuIoWidth{width}, 0x40, 1, &buffer[size / 2]);
  }
  EXPECT_TRUE(ports.log.empty());
}

TEST_F(CpuIoTest, PortSpaceEndsAt64KiB) {
  expect_ports(kOk, CpuIoWidth::Uint32, 0xFFFC, 1, buffer.data());
  expect_ports(kOk, CpuIoWidth::FifoUint32, 0xFFFC, 4, buffer.data());  // the address stays
  expect_ports(kOk, CpuIoWidth::Uint8, 0xFFFF, 0, buffer.data());
  const size_t done = ports.log.size();
  EXPECT_EQ(done, 10u);
  expect_ports(kUnsupported, CpuIoWidth::Uint32, 0xFFFC, 2, buffer.data());
  expect_ports(kUnsupported, CpuIoWidth::FillUint16, 0xFFFE, 2, buffer.data());
  expect_ports(kUnsupported, CpuIoWidth::Uint8, 0x10000, 0, buffer.data());
  expect_ports(kUnsupported, CpuIoWidth::FifoUint8, 0x10000, 1, buffer.data());
  expect_ports(kUnsupported, CpuIoWidth::Uint8, 0x100000040, 1, buffer.data());
  EXPECT_EQ(ports.log.size(), done);
}

TEST_F(CpuIoTest, RangesThatOverflowAreUnsupported) {
  for (uint64_t count : {uint64_t{1} << 62, (uint64_t{1} << 62) + 1, UINT64_MAX})
    expect_all(kUnsupported, CpuIoWidth::Uint32, 0x40, count, buffer.data());
  expect_memory(kUnsupported, CpuIoWidth::Uint8, UINT64_MAX, 1, buffer.data());
  expect_memory(kUnsupported, CpuIoWidth::Uint64, UINT64_MAX - 15, 1, buffer.data());
  expect_ports(kUnsupported, CpuIoWidth::Uint8, UINT64_MAX, 1, buffer.data());
}

TEST_F(CpuIoTest, MemoryThatMayNotBeAccessedIsUnsupported) {
  pages.mapped_end = at(kPageSize);
  expect_memory(kOk, CpuIoWidth::Uint64, at(kPageSize - 8), 1, buffer.data());
  expect_memory(kOk, CpuIoWidth::FifoUint64, at(kPageSize - 8), 2, buffer.data());
  expect_memory(kUnsupported, CpuIoWidth::Uint64, at(kPageSize - 8), 2, buffer.data());
  expect_memory(kUnsupported, CpuIoWidth::Uint8, at(kPageSize), 0, buffer.data());
  pages.mapped_end = UINT64_MAX;
  pages.pages[at(kPageSize)] = efi::kMemoryRo;
  EXPECT_EQ(p->mem.read(p, CpuIoWidth::Uint64, at(kPageSize - 8), 2, buffer.data()), kOk);
  EXPECT_EQ(p->mem.write(p, CpuIoWidth::Uint64, at(kPageSize - 8), 2, buffer.data()), kUnsupported);
  pages.pages[at(kPageSize)] = efi::kMemoryRp;
  expect_memory(kUnsupported, CpuIoWidth::Uint64, at(kPageSize - 8), 2, buffer.data());
}

}  // namespace
}  // namespace efilite::core
