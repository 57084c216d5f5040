// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/scsi/request.hpp"

namespace efilite::drivers::scsi {

namespace {

// Additional sense codes and, where it matters, their qualifiers [SPC-4, annex F].
constexpr uint8_t kNotReadyBecause = 0x04;
constexpr uint8_t kBecomingReady = 0x01;
constexpr uint8_t kInvalidOpcode = 0x20;
constexpr uint8_t kAddressOutOfRange = 0x21;
constexpr uint8_t kInvalidFieldInCdb = 0x24;
constexpr uint8_t kUnitNotSupported = 0x25;
constexpr uint8_t kMediumMayHaveChanged = 0x28;
constexpr uint8_t kParametersChanged = 0x2A;
constexpr uint8_t kCapacityChanged = 0x09;
constexpr uint8_t kMediumNotPresent = 0x3A;

Verdict judge_not_ready(const Sense& sense) {
  if (sense.code == kMediumNotPresent) return {Status::NoMedia, Again::No, "no medium"};
  if (sense.code == kNotReadyBecause && sense.qualifier == kBecomingReady)
    return {Status::DeviceError, Again::Later, "does not become ready"};
  return {Status::DeviceError, Again::No, "not ready"};
}

Verdict judge_illegal(const Sense& sense) {
  switch (sense.code) {
    case kInvalidOpcode: return {Status::Unsupported, Again::No, "does not know the command"};
    case kInvalidFieldInCdb: return {Status::Unsupported, Again::No, "invalid field in the command"};
    case kAddressOutOfRange: return {Status::InvalidParameter, Again::No, "block behind the end"};
    case kUnitNotSupported: return {Status::NoResponse, Again::No, "the unit has gone"};
    default: return {Status::DeviceError, Again::No, "illegal request"};
  }
}

// By sense key.
constexpr const char* kWords[] = {"error without a reason", nullptr, nullptr, "medium error", "hardware error", nullptr,
                                  "unit attention without end", "write protected", "blank medium", "vendor specific error", "copy aborted",
                                  "command aborted", "unknown sense key", "volume overflow", "miscompare", nullptr};

Verdict judge_sense(const Sense& sense) {
  const char* words = kWords[static_cast<size_t>(sense.key)];
  switch (sense.key) {
    case SenseKey::RecoveredError:
    case SenseKey::Completed: return {Status::Success, Again::No, nullptr};
    case SenseKey::NotReady: return judge_not_ready(sense);
    case SenseKey::IllegalRequest: return judge_illegal(sense);
    case SenseKey::DataProtect: return {Status::WriteProtected, Again::No, words};
    // An attention is told once, in the place of the answer to whatever came next.
    case SenseKey::UnitAttention:
    case SenseKey::AbortedCommand:
    case SenseKey::NoSense: return {Status::DeviceError, Again::AtOnce, words};
    default: return {Status::DeviceError, Again::No, words};
  }
}

}  // namespace

// [SPC-4, 4.5.2 and 4.5.3]; a deferred error (71h, 73h) is one of an earlier command, and lost data all the same.
std::optional<Sense> decode_sense(ByteSpan bytes) {
  auto at = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint8_t{0}; };
  const uint8_t format = at(0) & 0x7F;
  if (bytes.size() < 3) return std::nullopt;
  if (format == 0x70 || format == 0x71) {
    const bool has_code = at(7) >= 6;  // bytes that follow byte 7
    return Sense{static_cast<SenseKey>(at(2) & 0x0F), has_code ? at(12) : uint8_t{0}, has_code ? at(13) : uint8_t{0}};
  }
  if (format == 0x72 || format == 0x73) return Sense{static_cast<SenseKey>(at(1) & 0x0F), at(2), at(3)};
  return std::nullopt;
}

Verdict judge(const Request& request) {
  if (request.delivery == Status::Aborted) return {Status::DeviceError, Again::AtOnce, "reset while it worked"};
  if (request.delivery != Status::Success) return {request.delivery, Again::No, request.trouble};
  switch (request.status) {
    case kGood:
    case kConditionMet: return {Status::Success, Again::No, nullptr};
    case kBusy:
    case kTaskSetFull: return {Status::DeviceError, Again::Later, "busy all the time"};
    case kReservationConflict: return {Status::DeviceError, Again::No, "reserved by another"};
    case kCheckCondition:
      if (request.sense) return judge_sense(*request.sense);
      return {Status::DeviceError, Again::AtOnce, "error without sense data"};
    default: return {Status::DeviceError, Again::No, "unknown status"};
  }
}

bool tells_new_medium(const Request& request) {
  if (request.delivery != Status::Success || request.status != kCheckCondition || !request.sense) return false;
  const Sense& sense = *request.sense;
  return sense.key == SenseKey::UnitAttention && (sense.code == kMediumMayHaveChanged ||
                                                  (sense.code == kParametersChanged && sense.qualifier == kCapacityChanged));
}

}  // namespace efilite::drivers::scsi
