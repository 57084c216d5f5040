// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/hypercalls.hpp"

#include <xen/errno.h>

namespace efilite::drivers::xen {

Status status_of_error(int64_t negative) {
  switch (-negative) {
    case XEN_ENOSYS:
    case XEN_EOPNOTSUPP: return Status::Unsupported;
    case XEN_EINVAL: return Status::InvalidParameter;
    case XEN_EPERM:
    case XEN_EACCES: return Status::AccessDenied;
    case XEN_ENOENT:
    case XEN_ESRCH: return Status::NotFound;
    case XEN_ENOMEM:
    case XEN_ENOSPC: return Status::OutOfResources;
    case XEN_EAGAIN:
    case XEN_EBUSY: return Status::NotReady;
    default: return Status::DeviceError;
  }
}

Result<uint64_t> Hypercalls::checked_call(uint32_t number, uint64_t first, uint64_t second, uint64_t third) {
  const int64_t answer = call(number, first, second, third);
  if (answer < 0) return status_of_error(answer);
  return static_cast<uint64_t>(answer);
}

void Hypercalls::shutdown(unsigned reason) {
  sched_shutdown why{.reason = reason};
  (void)operate(__HYPERVISOR_sched_op, SCHEDOP_shutdown, why);
}

Result<uint64_t> Hypercalls::parameter(uint32_t index) {
  xen_hvm_param parameter{.domid = DOMID_SELF, .pad = 0, .index = index, .value = 0};
  TRY(operate(__HYPERVISOR_hvm_op, HVMOP_get_param, parameter));
  return uint64_t{parameter.value};
}

Result<> Hypercalls::set_parameter(uint32_t index, uint64_t value) {
  xen_hvm_param parameter{.domid = DOMID_SELF, .pad = 0, .index = index, .value = value};
  TRY(operate(__HYPERVISOR_hvm_op, HVMOP_set_param, parameter));
  return {};
}

}  // namespace efilite::drivers::xen
