// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console of a domain [Xen public/io/console.h]. Nothing of it is ever closed: whoever comes next goes on where we stopped.
#pragma once

#include "drivers/host_console.hpp"
#include "drivers/xen/byte_ring.hpp"

namespace efilite::drivers::xen {

class Console final : public HostConsole {
 public:
  constexpr Console(Hypercalls& xen, EventChannels& channels, core::Clock& clock) : xen_(xen), channels_(channels), clock_(clock) {}

  // NOT_FOUND: this domain has none. NO_MAPPING: it lies where we cannot reach it.
  Result<> start(core::PhysicalMemory& memory);

  uint32_t receive_depth() const override { return input_.size(); }
  Result<size_t> send(ByteSpan bytes) override;
  Result<std::byte> receive() override;

 private:
  Result<> usable() override;
  Result<bool> has_input() override;
  Result<bool> has_sent() override;
  bool lost_patience(bool first) override;
  Result<uint32_t> checked(Result<uint32_t> of_ring);

  Hypercalls& xen_;
  EventChannels& channels_;
  core::Clock& clock_;
  EventPort port_ = 0;
  ByteRing input_, output_;
  uint64_t patience_ends_ = 0;
  bool broken_ = false;
};

}  // namespace efilite::drivers::xen
