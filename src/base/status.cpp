// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/status.hpp"

namespace efilite {

const char* status_name(Status s) {
  switch (s) {
    case Status::Success: return "SUCCESS";
    case Status::LoadError: return "LOAD_ERROR";
    case Status::InvalidParameter: return "INVALID_PARAMETER";
    case Status::Unsupported: return "UNSUPPORTED";
    case Status::BadBufferSize: return "BAD_BUFFER_SIZE";
    case Status::BufferTooSmall: return "BUFFER_TOO_SMALL";
    case Status::NotReady: return "NOT_READY";
    case Status::DeviceError: return "DEVICE_ERROR";
    case Status::WriteProtected: return "WRITE_PROTECTED";
    case Status::OutOfResources: return "OUT_OF_RESOURCES";
    case Status::VolumeCorrupted: return "VOLUME_CORRUPTED";
    case Status::VolumeFull: return "VOLUME_FULL";
    case Status::NoMedia: return "NO_MEDIA";
    case Status::MediaChanged: return "MEDIA_CHANGED";
    case Status::NotFound: return "NOT_FOUND";
    case Status::AccessDenied: return "ACCESS_DENIED";
    case Status::NoResponse: return "NO_RESPONSE";
    case Status::NoMapping: return "NO_MAPPING";
    case Status::Timeout: return "TIMEOUT";
    case Status::NotStarted: return "NOT_STARTED";
    case Status::AlreadyStarted: return "ALREADY_STARTED";
    case Status::Aborted: return "ABORTED";
    case Status::IcmpError: return "ICMP_ERROR";
    case Status::TftpError: return "TFTP_ERROR";
    case Status::ProtocolError: return "PROTOCOL_ERROR";
    case Status::IncompatibleVersion: return "INCOMPATIBLE_VERSION";
    case Status::SecurityViolation: return "SECURITY_VIOLATION";
    case Status::CrcError: return "CRC_ERROR";
    case Status::EndOfMedia: return "END_OF_MEDIA";
    case Status::EndOfFile: return "END_OF_FILE";
    case Status::InvalidLanguage: return "INVALID_LANGUAGE";
    case Status::CompromisedData: return "COMPROMISED_DATA";
    case Status::HttpError: return "HTTP_ERROR";
    case Status::WarnUnknownGlyph: return "WARN_UNKNOWN_GLYPH";
    case Status::WarnDeleteFailure: return "WARN_DELETE_FAILURE";
    case Status::WarnWriteFailure: return "WARN_WRITE_FAILURE";
    case Status::WarnBufferTooSmall: return "WARN_BUFFER_TOO_SMALL";
  }
  return "unknown status";
}

}  // namespace efilite
