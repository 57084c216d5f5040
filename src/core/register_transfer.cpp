// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/register_transfer.hpp"

namespace efilite::core {

using efi::CpuIoWidth;

Result<RegisterTransfer> RegisterTransfer::of(CpuIoWidth width, uint64_t count) {
  if (width >= CpuIoWidth::Maximum) return Status::InvalidParameter;
  RegisterTransfer out;
  out.count_ = count;
  out.size_ = static_cast<uint8_t>(1u << (static_cast<uint32_t>(width) & 3));
  const bool fifo = width >= CpuIoWidth::FifoUint8 && width <= CpuIoWidth::FifoUint64;
  out.step_ = fifo ? 0 : out.size_;
  out.buffer_step_ = width >= CpuIoWidth::FillUint8 ? 0 : out.size_;
  return out;
}

std::optional<uint64_t> RegisterTransfer::length() const {
  return checked_mul<uint64_t>(step_ == 0 || count_ == 0 ? 1 : count_, size_);
}

void RegisterTransfer::run(Registers& registers, RegisterSpace space, Direction direction, uint64_t address, void* buffer) const {
  auto* place = static_cast<std::byte*>(buffer);
  for (uint64_t left = count_; left != 0; --left, address += step_, place += buffer_step_) {
    uint64_t value = 0;
    if (direction == Direction::Write) {
      memcpy(&value, place, size_);
      registers.write(space, address, size_, value);
    } else {
      value = registers.read(space, address, size_);
      memcpy(place, &value, size_);
    }
  }
}

namespace {

constexpr uint64_t kPortsEnd = 0x10000;

bool is_mapped(const PageProtection& pages, Direction direction, PhysRange range) {
  const uint64_t forbidden = direction == Direction::Write ? efi::kMemoryRp | efi::kMemoryRo : efi::kMemoryRp;
  for (uint64_t page = align_down(range.begin.value, kPageSize); page < range.end.value; page += kPageSize) {
    auto end = checked_add(page, kPageSize);
    if (!end) return false;
    auto attributes = pages.get({{page}, {*end}});
    if (!attributes || (*attributes & forbidden) != 0) return false;
  }
  return true;
}

}  // namespace

Result<> check_addresses(const PageProtection& pages, RegisterSpace space, Direction direction, uint64_t address,
                         const RegisterTransfer& transfer) {
  if (!transfer.fits(space)) return Status::InvalidParameter;
  auto length = transfer.length();
  auto end = length ? PhysAddr{address}.plus({*length}) : std::nullopt;
  if (!end || !transfer.aligned(address)) return Status::Unsupported;
  const bool good = space == RegisterSpace::Io ? end->value <= kPortsEnd : is_mapped(pages, direction, {{address}, *end});
  return good ? Result<>() : Result<>(Status::Unsupported);
}

}  // namespace efilite::core
