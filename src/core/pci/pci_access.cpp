// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_access.hpp"

namespace efilite::core {

using efi::PciWidth;

namespace {

// Configuration space of one function as registers, whose address is the offset.
class ConfigRegisters final : public Registers {
 public:
  ConfigRegisters(PciRoot& root, const PciAddress& where) : root_(root), where_(where) {}
  uint64_t read(RegisterSpace, uint64_t offset, unsigned size) override {
    const auto at = static_cast<uint16_t>(offset);
    if (size <= 4) return root_.read_config(where_, at, size);
    return root_.read_config(where_, at, 4) | uint64_t{root_.read_config(where_, static_cast<uint16_t>(at + 4), 4)} << 32;
  }
  void write(RegisterSpace, uint64_t offset, unsigned size, uint64_t value) override {
    const auto at = static_cast<uint16_t>(offset);
    root_.write_config(where_, at, size <= 4 ? size : 4, static_cast<uint32_t>(value));
    if (size > 4) root_.write_config(where_, static_cast<uint16_t>(at + 4), 4, static_cast<uint32_t>(value >> 32));
  }

 private:
  PciRoot& root_;
  const PciAddress where_;
};

bool lies_in(uint64_t size, uint64_t offset, const RegisterTransfer& transfer) {
  auto length = transfer.length();
  return length && offset <= size && *length <= size - offset;
}

}  // namespace

Result<PciBar> PciAccess::usable_bar(uint8_t index) {
  TplGuard guard(services_.events(), efi::kTplNotify);  // the first look at a BAR may have to give it a place
  const PciBar bar = function_ != nullptr && index < PciFunction::kBars ? function_->bar(index) : PciBar{};
  return bar.size != 0 ? Result<PciBar>(bar) : Status::Unsupported;
}

Result<uint64_t> PciAccess::place(RegisterSpace space, Direction direction, uint8_t index, uint64_t offset,
                                  const RegisterTransfer& transfer) {
  if (index == efi::kPciPassThroughBar) {
    TRY(check_addresses(services_.pages(), space, direction, offset, transfer));
    return offset;
  }
  if (!transfer.fits(space)) return Status::InvalidParameter;
  const PciBar bar = TRY(usable_bar(index));
  if (bar.space != space || !lies_in(bar.size, offset, transfer) || !transfer.aligned(offset)) return Status::Unsupported;
  return bar.base + offset;
}

Result<> PciAccess::access(RegisterSpace space, Direction direction, PciWidth width, uint8_t bar, uint64_t offset, uint64_t count,
                           void* buffer) {
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  if (buffer == nullptr) return Status::InvalidParameter;
  const uint64_t address = TRY(place(space, direction, bar, offset, transfer));
  transfer.run(root_.registers(), space, direction, address, buffer);
  return {};
}

Result<> PciAccess::access_config(Direction direction, PciWidth width, const PciAddress& where, uint64_t offset, uint64_t count,
                                  void* buffer, Status outside) {
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  if (buffer == nullptr) return Status::InvalidParameter;
  if (!lies_in(root_.config_size(), offset, transfer)) return outside;
  if (!transfer.aligned(offset)) return Status::Unsupported;
  ConfigRegisters registers(root_, where);
  transfer.run(registers, RegisterSpace::Memory, direction, offset, buffer);
  return {};
}

Result<> PciAccess::poll(RegisterSpace space, PciWidth width, uint8_t bar, uint64_t offset, uint64_t mask, uint64_t value, uint64_t delay,
                         uint64_t* result) {
  if (width > PciWidth::Uint64 || result == nullptr) return Status::InvalidParameter;
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, 1));
  const uint64_t address = TRY(place(space, Direction::Read, bar, offset, transfer));
  Registers& registers = root_.registers();
  Clock& clock = services_.clock();
  *result = registers.read(space, address, transfer.size());
  if (delay == 0) return {};
  for (const uint64_t begin = clock.now(); (*result & mask) != value;) {
    if (clock.now() - begin >= delay) return Status::Timeout;
    clock.stall(1);
    *result = registers.read(space, address, transfer.size());
  }
  return {};
}

Result<> PciAccess::copy(PciWidth width, uint8_t to_bar, uint64_t to, uint8_t from_bar, uint64_t from, uint64_t count) {
  if (width > PciWidth::Uint64) return Status::InvalidParameter;
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  const uint64_t target = TRY(place(RegisterSpace::Memory, Direction::Write, to_bar, to, transfer));
  const uint64_t source = TRY(place(RegisterSpace::Memory, Direction::Read, from_bar, from, transfer));
  Registers& registers = root_.registers();
  const unsigned size = transfer.size();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = (target > source ? count - 1 - i : i) * size;
    registers.write(RegisterSpace::Memory, target + at, size, registers.read(RegisterSpace::Memory, source + at, size));
  }
  return {};
}

}  // namespace efilite::core
