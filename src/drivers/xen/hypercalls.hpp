// SPDX-License-Identifier: BSD-2-Clause-Patent
// Hypercalls as the Xen drivers make them [Xen public/xen.h]: arch/ has the instruction, a test its own Xen. Arguments that are structures
// are passed by their address, which Xen reads through the page tables of the caller.
#pragma once

#include "abi/xen.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace efilite::drivers::xen {

class Hypercalls {
 public:
  // `number` is one of __HYPERVISOR_*. Negative results are -XEN_E* [Xen public/errno.h].
  virtual int64_t call(uint32_t number, uint64_t first, uint64_t second = 0, uint64_t third = 0) = 0;

  // The same, with a failure as the Status that is nearest to it.
  Result<uint64_t> checked_call(uint32_t number, uint64_t first, uint64_t second = 0, uint64_t third = 0);
  // An operation on a structure; where it takes more of them at once, on `count`.
  template <typename T>
  Result<uint64_t> operate(uint32_t number, uint64_t operation, T& argument, uint64_t count = 0) {
    return checked_call(number, operation, reinterpret_cast<uint64_t>(&argument), count);
  }

  // SHUTDOWN_* [Xen public/sched.h]. Comes back only when Xen refuses.
  void shutdown(unsigned reason);
  // HVM_PARAM_* of this domain [Xen public/hvm/params.h].
  Result<uint64_t> parameter(uint32_t index);
  Result<> set_parameter(uint32_t index, uint64_t value);

 protected:
  ~Hypercalls() = default;
};

Status status_of_error(int64_t negative);

// Pages of Xen's own that it shows to a guest: shared info and grant table. They are put at addresses that no memory lies at, are told in
// the memory map as long as they are there, and are gone before an OS starts.
class Frames {
 public:
  // `space` is XENMAPSPACE_shared_info or XENMAPSPACE_grant_table, `index` what add_to_physmap calls idx [Xen public/memory.h].
  // OUT_OF_RESOURCES: there is no place left; other failures are Xen's.
  virtual Result<std::byte*> map(uint32_t space, uint64_t index) = 0;
  virtual void unmap(std::byte* page) = 0;

 protected:
  ~Frames() = default;
};

}  // namespace efilite::drivers::xen
