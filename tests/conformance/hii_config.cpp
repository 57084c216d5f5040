// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII Configuration Routing Protocol [UEFI 2.10, 35.4], with drivers that this program plays.
#include "hii.hpp"

namespace conformance {
namespace {

using namespace hii;

struct Routing {
  EFI_STATUS(EFIAPI* ExtractConfig)(const Routing*, const CHAR16* request, CHAR16** progress, CHAR16** results);
  EFI_STATUS(EFIAPI* ExportConfig)(const Routing*, CHAR16** results);
  EFI_STATUS(EFIAPI* RouteConfig)(const Routing*, const CHAR16* configuration, CHAR16** progress);
  EFI_STATUS(EFIAPI* BlockToConfig)(const Routing*, const CHAR16* request, const UINT8* block, UINTN size, CHAR16** config,
                                    CHAR16** progress);
  EFI_STATUS(EFIAPI* ConfigToBlock)(const Routing*, const CHAR16* response, UINT8* block, UINTN* size, CHAR16** progress);
  EFI_STATUS(EFIAPI* GetAltConfig)(const Routing*, const CHAR16* response, const EFI_GUID* guid, const CHAR16* name, const void* path,
                                   const CHAR16* id, CHAR16** alternative);
}* routing;
EFI_GUID kRoutingGuid = {0x587e72d7, 0xcc50, 0x4f79, {0x82, 0x09, 0xca, 0x29, 0x1f, 0xc1, 0xa1, 0x0f}};
EFI_GUID kAccessGuid = {0x330d4706, 0xf2a0, 0x4e4f, {0xa3, 0x69, 0xb6, 0x6f, 0xa8, 0xd5, 0x43, 0x85}};

// A string put together piece by piece.
struct Text {
  CHAR16 data[600];
  UINTN length = 0;
  Text() { data[0] = 0; }
  Text& operator<<(const wchar_t* words) {
    while (*words != 0) data[length++] = *words++;
    data[length] = 0;
    return *this;
  }
  Text& operator<<(const Text& other) {
    for (UINTN i = 0; i < other.length; ++i) data[length++] = other.data[i];
    data[length] = 0;
    return *this;
  }
  Text& bytes(const void* from, UINTN count) {
    for (UINTN i = 0; i < count; ++i) {
      UINT8 byte = static_cast<const UINT8*>(from)[i];
      data[length++] = L"0123456789abcdef"[byte >> 4];
      data[length++] = L"0123456789abcdef"[byte & 15];
    }
    data[length] = 0;
    return *this;
  }
  operator CHAR16*() { return data; }
};

// A driver at a device path of its own: answers with one byte of its block, fails with `status` if that is set.
struct Driver {
  EFI_STATUS(EFIAPI* extract)(const Driver*, const CHAR16* request, CHAR16** progress, CHAR16** results);
  EFI_STATUS(EFIAPI* route)(const Driver*, const CHAR16* configuration, CHAR16** progress);
  void* callback = nullptr;
  struct {
    UINT8 node[24] = {4, 3, 24, 0, 'H', 'i', 'i', 'r', 'o', 'u', 't', 'i', 'n', 'g', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    UINT8 end[4] = {0x7F, 0xFF, 4, 0};
  } path;
  EFI_HANDLE handle = nullptr;
  Text header;
  EFI_STATUS status = EFI_SUCCESS;
  bool at_second = false;  // where it fails: at the second element, or at once
  Text heard;

  explicit Driver(UINT8 number) : extract(answer), route(take) {
    path.node[23] = number;
    header << L"GUID=";
    header.bytes(&kVendorGuid, 16) << L"&NAME=00410042&PATH=";
    header.bytes(&path, sizeof path);
    bs->InstallMultipleProtocolInterfaces(&handle, &kDevicePathGuid, &path, &kAccessGuid, this, nullptr);
  }
  Driver(const Driver&) = delete;
  ~Driver() { bs->UninstallMultipleProtocolInterfaces(handle, &kDevicePathGuid, &path, &kAccessGuid, this, nullptr); }

  EFI_STATUS fail(const CHAR16* of, CHAR16** progress) const {
    const CHAR16* p = of;
    for (UINTN seen = 0; *p != 0; ++p)
      if (p[0] == '&' && p[1] == 'O' && ++seen == 2) break;
    *progress = const_cast<CHAR16*>(at_second ? p : of);
    return status;
  }
  static UINTN length(const CHAR16* words) {
    UINTN count = 0;
    while (words[count] != 0) ++count;
    return count;
  }
  static EFI_STATUS EFIAPI answer(const Driver* self, const CHAR16* request, CHAR16** progress, CHAR16** results) {
    auto* driver = const_cast<Driver*>(self);
    if (request != nullptr) {
      driver->heard = Text();
      driver->heard << reinterpret_cast<const wchar_t*>(request);
      if (EFI_ERROR(self->status)) return self->fail(request, progress);
      *progress = const_cast<CHAR16*>(request) + length(request);
    }
    Text reply;
    reply << self->header << L"&OFFSET=0&WIDTH=1&VALUE=01";
    void* block = nullptr;
    bs->AllocatePool(EfiBootServicesData, (reply.length + 1) * 2, &block);
    __builtin_memcpy(block, reply.data, (reply.length + 1) * 2);
    *results = static_cast<CHAR16*>(block);
    return EFI_SUCCESS;
  }
  static EFI_STATUS EFIAPI take(const Driver* self, const CHAR16* configuration, CHAR16** progress) {
    auto* driver = const_cast<Driver*>(self);
    driver->heard = Text();
    driver->heard << reinterpret_cast<const wchar_t*>(configuration);
    if (EFI_ERROR(self->status)) return self->fail(configuration, progress);
    *progress = const_cast<CHAR16*>(configuration) + length(configuration);
    return EFI_SUCCESS;
  }
};

// What a service gave, freed at the end.
struct Given {
  CHAR16* words = nullptr;
  Given() = default;
  Given(const Given&) = delete;
  ~Given() {
    if (words != nullptr) bs->FreePool(words);
  }
  bool is(CHAR16* wanted, int line = __builtin_LINE()) const { return that(words != nullptr && same(words, wanted), line); }
  bool has(CHAR16* part) const {
    for (CHAR16* p = words; p != nullptr && *p != 0; ++p) {
      UINTN i = 0;
      while (part[i] != 0 && p[i] == part[i]) ++i;
      if (part[i] == 0) return true;
    }
    return false;
  }
};

const UINT8 kBlock[4] = {0x01, 0xAB, 0xCD, 0x04};

const Test kTests[] = {
    {"35.4.1 The configuration routing protocol is there",
     [] {
       routing = locate<Routing>(kRoutingGuid);
       return that(routing != nullptr);
     }},

    {"35.4.2 ExtractConfig: the driver of the path is asked",
     [] {
       Driver driver(1);
       Text request;
       request << driver.header << L"&OFFSET=0&WIDTH=1";
       Text wanted;
       wanted << driver.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       CHAR16* progress = nullptr;
       Given given;
       return ok(routing->ExtractConfig(routing, request, &progress, &given.words)) && that(progress == request.data + request.length) &&
              that(same(driver.heard, request)) && given.is(wanted);
     }},
    {"35.4.2 ExtractConfig: each part goes to its driver",
     [] {
       Driver one(1), two(2);
       Text request, wanted;
       request << two.header << L"&OFFSET=0&WIDTH=1&" << one.header << L"&OFFSET=0&WIDTH=1";
       wanted << two.header << L"&OFFSET=0&WIDTH=1&VALUE=01&" << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       CHAR16* progress = nullptr;
       Given given;
       return ok(routing->ExtractConfig(routing, request, &progress, &given.words)) && given.is(wanted) && equal(*progress, 0);
     }},
    {"35.4.2 ExtractConfig: an element may be a label",
     [] {
       Driver driver(1);
       Text request;
       request << driver.header << L"&Fred";
       CHAR16* progress = nullptr;
       Given given;
       return ok(routing->ExtractConfig(routing, request, &progress, &given.words)) && that(same(driver.heard, request));
     }},
    {"35.4.2 ExtractConfig: no request is INVALID_PARAMETER",
     [] {
       CHAR16 somewhere = 0;
       CHAR16* progress = &somewhere;
       Given given;
       return is(routing->ExtractConfig(routing, nullptr, &progress, &given.words), kInvalid);
     }},
    {"35.4.2 ExtractConfig: an unknown path is NOT_FOUND, with Progress at its GUID",
     [] {
       Driver one(1);
       Text request;
       {
         Driver gone(2);
         request << one.header << L"&OFFSET=0&WIDTH=1&" << gone.header << L"&OFFSET=0&WIDTH=1";
       }
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->ExtractConfig(routing, request, &progress, &given.words), EFI_NOT_FOUND) &&
              that(progress == request.data + one.header.length + 18);
     }},
    {"35.4.2 ExtractConfig: no routing header is INVALID_PARAMETER, with Progress at the beginning",
     [] {
       Text request;
       request << L"x&y";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->ExtractConfig(routing, request, &progress, &given.words), kInvalid) && that(progress == request.data);
     }},
    {"35.4.2 ExtractConfig: a driver's INVALID_PARAMETER is handed on, with its Progress",
     [] {
       Driver driver(1);
       driver.status = kInvalid, driver.at_second = true;
       Text request;
       request << driver.header << L"&OFFSET=0&WIDTH=1&OFFSET=1&WIDTH=1";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->ExtractConfig(routing, request, &progress, &given.words), kInvalid) &&
              that(progress == request.data + driver.header.length + 17);
     }},
    {"35.4.2 ExtractConfig: a driver's ACCESS_DENIED is handed on",
     [] {
       Driver driver(1);
       driver.status = EFI_ACCESS_DENIED;
       Text request;
       request << driver.header << L"&OFFSET=0&WIDTH=1";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->ExtractConfig(routing, request, &progress, &given.words), EFI_ACCESS_DENIED);
     }},

    {"35.4.3 ExportConfig: a driver's settings are among all",
     [] {
       Driver driver(1);
       Packages packages;
       AList list(packages, driver.handle);
       Text wanted;
       wanted << driver.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       Given given;
       return ok(routing->ExportConfig(routing, &given.words)) && that(given.has(wanted));
     }},
    {"35.4.3 ExportConfig: no place for it is INVALID_PARAMETER", [] { return is(routing->ExportConfig(routing, nullptr), kInvalid); }},

    {"35.4.4 RouteConfig: each part goes to its driver",
     [] {
       Driver one(1), two(2);
       Text to_one, to_two, all;
       to_one << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       to_two << two.header << L"&OFFSET=0&WIDTH=1&VALUE=02";
       all << to_one << L"&" << to_two;
       CHAR16* progress = nullptr;
       return ok(routing->RouteConfig(routing, all, &progress)) && equal(*progress, 0) && that(same(one.heard, to_one)) &&
              that(same(two.heard, to_two));
     }},
    {"35.4.4 RouteConfig: no configuration is INVALID_PARAMETER",
     [] {
       CHAR16* progress = nullptr;
       return is(routing->RouteConfig(routing, nullptr, &progress), kInvalid);
     }},
    {"35.4.4 RouteConfig: an unknown path is NOT_FOUND",
     [] {
       Text all;
       {
         Driver gone(2);
         all << gone.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       }
       CHAR16* progress = nullptr;
       return is(routing->RouteConfig(routing, all, &progress), EFI_NOT_FOUND) && that(progress == all.data);
     }},
    {"35.4.4 RouteConfig: a driver's ACCESS_DENIED is handed on, with its Progress",
     [] {
       Driver driver(1);
       driver.status = EFI_ACCESS_DENIED, driver.at_second = true;
       Text all;
       all << driver.header << L"&OFFSET=0&WIDTH=1&VALUE=01&OFFSET=1&WIDTH=1&VALUE=02";
       CHAR16* progress = nullptr;
       return is(routing->RouteConfig(routing, all, &progress), EFI_ACCESS_DENIED) &&
              that(progress == all.data + driver.header.length + 26);
     }},

    {"35.4.5 BlockToConfig: the bytes as numbers",
     [] {
       Driver driver(1);
       Text request, wanted;
       request << driver.header << L"&OFFSET=1&WIDTH=2&OFFSET=0&WIDTH=0001";
       wanted << driver.header << L"&OFFSET=1&WIDTH=2&VALUE=cdab&OFFSET=0&WIDTH=0001&VALUE=01";
       CHAR16* progress = nullptr;
       Given given;
       return ok(routing->BlockToConfig(routing, request, kBlock, 4, &given.words, &progress)) && given.is(wanted) &&
              that(progress == request.data + request.length);
     }},
    {"35.4.5 BlockToConfig: up to the last byte",
     [] {
       Driver driver(1);
       Text request, wanted;
       request << driver.header << L"&OFFSET=3&WIDTH=1";
       wanted << request << L"&VALUE=04";
       CHAR16* progress = nullptr;
       Given given;
       return ok(routing->BlockToConfig(routing, request, kBlock, 4, &given.words, &progress)) && given.is(wanted);
     }},
    {"35.4.5 BlockToConfig: behind the last byte is DEVICE_ERROR",
     [] {
       Driver driver(1);
       Text request;
       request << driver.header << L"&OFFSET=3&WIDTH=2";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->BlockToConfig(routing, request, kBlock, 4, &given.words, &progress), EFI_DEVICE_ERROR);
     }},
    {"35.4.5 BlockToConfig: another element is INVALID_PARAMETER, with Progress at the & before it",
     [] {
       Driver driver(1);
       Text request;
       request << driver.header << L"&OFFSET=1&WIDTH=2&Fred";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->BlockToConfig(routing, request, kBlock, 4, &given.words, &progress), kInvalid) &&
              that(progress == request.data + request.length - 5);
     }},
    {"35.4.5 BlockToConfig: no request is INVALID_PARAMETER",
     [] {
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->BlockToConfig(routing, nullptr, kBlock, 4, &given.words, &progress), kInvalid);
     }},
    {"35.4.5 BlockToConfig: no block is INVALID_PARAMETER, with Progress at the beginning",
     [] {
       Driver driver(1);
       Text request;
       request << driver.header << L"&OFFSET=1&WIDTH=2";
       CHAR16* progress = nullptr;
       Given given;
       return is(routing->BlockToConfig(routing, request, nullptr, 4, &given.words, &progress), kInvalid) && that(progress == request.data);
     }},

    {"35.4.6 ConfigToBlock: the example of the text",
     [] {
       UINT8 block[6] = {0, 1, 2, 3, 4, 5};
       const UINT8 wanted[6] = {0x55, 0xAA, 2, 7, 4, 5};
       Driver driver(1);
       Text response;
       response << driver.header << L"&OFFSET=3&WIDTH=1&VALUE=7&OFFSET=0&WIDTH=2&VALUE=AA55";
       UINTN size = sizeof block;
       CHAR16* progress = nullptr;
       return ok(routing->ConfigToBlock(routing, response, block, &size, &progress)) && that(same(block, wanted, 6)) &&
              that(progress == response.data + response.length) && equal(size, 3);
     }},
    {"35.4.6 ConfigToBlock: without a routing header",
     [] {
       UINT8 block[2] = {0, 1};
       Text response;
       response << L"OFFSET=1&WIDTH=1&VALUE=7";
       UINTN size = sizeof block;
       CHAR16* progress = nullptr;
       return ok(routing->ConfigToBlock(routing, response, block, &size, &progress)) && equal(block[1], 7);
     }},
    {"35.4.6 ConfigToBlock: too small tells the size, and nothing is written",
     [] {
       UINT8 block[4] = {0, 1, 2, 3};
       Driver driver(1);
       Text response;
       response << driver.header << L"&OFFSET=0&WIDTH=1&VALUE=7&OFFSET=2&WIDTH=2&VALUE=AA55";
       UINTN size = 3;
       CHAR16* progress = nullptr;
       return is(routing->ConfigToBlock(routing, response, block, &size, &progress), EFI_BUFFER_TOO_SMALL) && equal(size, 4) &&
              equal(block[0], 0);
     }},
    {"35.4.6 ConfigToBlock: no block is INVALID_PARAMETER, and tells the size",
     [] {
       Driver driver(1);
       Text response;
       response << driver.header << L"&OFFSET=2&WIDTH=2&VALUE=AA55";
       UINTN size = 0;
       CHAR16* progress = nullptr;
       return is(routing->ConfigToBlock(routing, response, nullptr, &size, &progress), kInvalid) && equal(size, 4) &&
              that(progress == response.data);
     }},
    {"35.4.6 ConfigToBlock: no response is INVALID_PARAMETER",
     [] {
       UINT8 block[2];
       UINTN size = sizeof block;
       CHAR16* progress = nullptr;
       return is(routing->ConfigToBlock(routing, nullptr, block, &size, &progress), kInvalid);
     }},
    {"35.4.6 ConfigToBlock: another element is INVALID_PARAMETER behind what was written, with Progress at the & before it",
     [] {
       UINT8 block[2] = {0, 1};
       Driver driver(1);
       Text response;
       response << driver.header << L"&OFFSET=0&WIDTH=1&VALUE=99&Fred=16";
       UINTN size = sizeof block;
       CHAR16* progress = nullptr;
       return is(routing->ConfigToBlock(routing, response, block, &size, &progress), kInvalid) && equal(block[0], 0x99) &&
              that(progress == response.data + response.length - 8);
     }},

    {"35.4.7 GetAltCfg: the current configuration",
     [] {
       Driver one(1);
       Text response, wanted;
       wanted << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       response << wanted << L"&" << one.header << L"&ALTCFG=0037&OFFSET=0&WIDTH=1&VALUE=02";
       Given given;
       return ok(routing->GetAltConfig(routing, response, nullptr, nullptr, nullptr, nullptr, &given.words)) && given.is(wanted);
     }},
    {"35.4.7 GetAltCfg: an alternative by its identifier, as a <ConfigResp>",
     [] {
       Driver one(1);
       Text response, wanted, id;
       wanted << one.header << L"&OFFSET=0&WIDTH=1&VALUE=02";
       response << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01&" << one.header << L"&ALTCFG=0037&OFFSET=0&WIDTH=1&VALUE=02";
       id << L"0037";
       Given given;
       return ok(routing->GetAltConfig(routing, response, nullptr, nullptr, nullptr, id, &given.words)) && given.is(wanted);
     }},
    {"35.4.7 GetAltCfg: by GUID, name and path",
     [] {
       Driver one(1), two(2);
       Text response, wanted, name;
       wanted << two.header << L"&OFFSET=0&WIDTH=1&VALUE=02";
       response << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01&" << wanted;
       name << L"AB";
       Given given;
       return ok(routing->GetAltConfig(routing, response, &kVendorGuid, name, &two.path, nullptr, &given.words)) && given.is(wanted);
     }},
    {"35.4.7 GetAltCfg: another GUID finds nothing",
     [] {
       Driver one(1);
       Text response;
       response << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       Given given;
       return that(EFI_ERROR(routing->GetAltConfig(routing, response, &kOtherGuid, nullptr, nullptr, nullptr, &given.words)));
     }},
    {"35.4.7 GetAltCfg: no response is INVALID_PARAMETER",
     [] {
       Given given;
       return is(routing->GetAltConfig(routing, nullptr, nullptr, nullptr, nullptr, nullptr, &given.words), kInvalid);
     }},
    {"35.4.7 GetAltCfg: no place for it is INVALID_PARAMETER",
     [] {
       Driver one(1);
       Text response;
       response << one.header << L"&OFFSET=0&WIDTH=1&VALUE=01";
       return is(routing->GetAltConfig(routing, response, nullptr, nullptr, nullptr, nullptr, nullptr), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kHiiConfig(kTests);

}  // namespace conformance
