// SPDX-License-Identifier: BSD-2-Clause-Patent
// What Xen is to the driver of a device.
#pragma once

#include "drivers/xen/event_channels.hpp"
#include "drivers/xen/store.hpp"

namespace efilite::drivers::xen {

struct Services {
  Hypercalls& hypercalls;
  Frames& frames;
  EventChannels& events;
  Store& store;
};

}  // namespace efilite::drivers::xen
