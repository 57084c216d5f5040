// SPDX-License-Identifier: BSD-2-Clause-Patent
// Which targets and logical units a SCSI adapter has.
#pragma once

#include "drivers/scsi/request.hpp"

namespace efilite::drivers::scsi {

// What an adapter says can be there. 0 to max_target, 0 to max_lun.
struct Bounds {
  uint16_t max_target = 0;
  uint32_t max_lun = 0;
};

class UnitSink {
 public:
  // By target and then by unit, each once. False ends the scan.
  virtual bool found(Address address) = 0;

 protected:
  ~UnitSink() = default;
};

// Asks all targets at once whether they are there, as far as the adapter can, and those for their units. What is found is a unit, or may
// be one: opening it tells. OUT_OF_RESOURCES when there was no memory for a long list; what came before it was found.
Result<> scan(Adapter& adapter, core::Heap& heap, const Bounds& bounds, UnitSink& sink);

}  // namespace efilite::drivers::scsi
