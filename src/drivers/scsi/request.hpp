// SPDX-License-Identifier: BSD-2-Clause-Patent
// SCSI commands as they go to a host adapter, and what became of them [SAM-5]. Several are under way at once.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/ports.hpp"

namespace efilite::drivers::scsi {

struct Address {
  uint8_t target = 0;
  uint16_t lun = 0;  // of one level; below kMaxLuns
  constexpr bool operator==(const Address&) const = default;
};
inline constexpr uint32_t kMaxTargets = 256;
inline constexpr uint32_t kMaxLuns = 16384;  // flat addressing has 14 bits [SAM-5, 4.7.7.3]

using Cdb = std::array<uint8_t, 16>;  // the rest of a shorter one is zero

// [SPC-4, 4.5.6]
enum class SenseKey : uint8_t {
  NoSense,
  RecoveredError,
  NotReady,
  MediumError,
  HardwareError,
  IllegalRequest,
  UnitAttention,
  DataProtect,
  BlankCheck,
  VendorSpecific,
  CopyAborted,
  AbortedCommand,
  Reserved,
  VolumeOverflow,
  Miscompare,
  Completed,
};

struct Sense {
  SenseKey key = SenseKey::NoSense;
  uint8_t code = 0;       // additional sense code
  uint8_t qualifier = 0;  // of the code
};

// Of the fixed and of the descriptor format; nullopt for what is neither, or too short to have a key.
std::optional<Sense> decode_sense(ByteSpan bytes);

// [SAM-5, 5.3.1]
inline constexpr uint8_t kGood = 0x00;
inline constexpr uint8_t kCheckCondition = 0x02;
inline constexpr uint8_t kConditionMet = 0x04;
inline constexpr uint8_t kBusy = 0x08;
inline constexpr uint8_t kReservationConflict = 0x18;
inline constexpr uint8_t kTaskSetFull = 0x28;

struct Request {
  Request() = default;
  Request(Address to, const Cdb& command, MutableByteSpan answer = {}, ByteSpan data = {})
      : address(to), cdb(command), in(answer), out(data) {}

  Address address;
  Cdb cdb{};
  // At most one of them has bytes.
  MutableByteSpan in;
  ByteSpan out;

  // What the adapter says of its own part. NO_RESPONSE: there is no such target or unit; ABORTED: the unit was reset meanwhile, so the
  // command is lost, but may be given again; anything else comes with words for the log. What follows holds for Success only.
  Status delivery = Status::NotStarted;
  const char* trouble = nullptr;
  uint8_t status = 0;
  size_t moved = 0;  // bytes of `in` or `out`; no more than there are
  std::optional<Sense> sense;
};

class Adapter {
 public:
  // Returns when all have been answered, or given up.
  virtual void run(std::span<Request> requests) = 0;
  virtual size_t max_transfer() const = 0;  // bytes of one request
  virtual size_t depth() const = 0;         // requests that can be under way at once; at least 1
  virtual size_t unit_depth() const = 0;    // the same for one unit
  // How often its units will still be waited for: each has its reasons, but there may be thousands of them.
  unsigned waits_left = 600;

 protected:
  ~Adapter() = default;
};

// How to go on with a request.
enum class Again : uint8_t { No, AtOnce, Later };
struct Verdict {
  Status status;
  Again again;
  const char* words;  // for the log
};
Verdict judge(const Request& request);

// Whether the unit says that its medium, or what it knows of it, is another than before.
bool tells_new_medium(const Request& request);

}  // namespace efilite::drivers::scsi
