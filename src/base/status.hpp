// SPDX-License-Identifier: BSD-2-Clause-Patent
// Status: the one error currency inside efilite. Its values are the low bits of EFI_STATUS [UEFI 2.10, appendix D];
// efi::encode() in abi/uefi.hpp turns one into the number that a program sees.
#pragma once

#include <cstdint>

namespace efilite {

enum class Status : uint8_t {
  Success = 0,
  LoadError = 1,
  InvalidParameter = 2,
  Unsupported = 3,
  BadBufferSize = 4,
  BufferTooSmall = 5,
  NotReady = 6,
  DeviceError = 7,
  WriteProtected = 8,
  OutOfResources = 9,
  VolumeCorrupted = 10,
  VolumeFull = 11,
  NoMedia = 12,
  MediaChanged = 13,
  NotFound = 14,
  AccessDenied = 15,
  NoResponse = 16,
  NoMapping = 17,
  Timeout = 18,
  NotStarted = 19,
  AlreadyStarted = 20,
  Aborted = 21,
  IcmpError = 22,
  TftpError = 23,
  ProtocolError = 24,
  IncompatibleVersion = 25,
  SecurityViolation = 26,
  CrcError = 27,
  EndOfMedia = 28,
  EndOfFile = 31,
  InvalidLanguage = 32,
  CompromisedData = 33,
  HttpError = 35,
  // Warnings: the high bit is clear in EFI_STATUS. Kept apart by bit 7 here.
  WarnUnknownGlyph = 0x80 | 1,
  WarnDeleteFailure = 0x80 | 2,
  WarnWriteFailure = 0x80 | 3,
  WarnBufferTooSmall = 0x80 | 4,
};

constexpr bool is_error(Status s) { return s != Status::Success && (static_cast<uint8_t>(s) & 0x80) == 0; }

// The specification's name without its EFI_ prefix, for messages: "NOT_FOUND".
const char* status_name(Status s);

}  // namespace efilite
