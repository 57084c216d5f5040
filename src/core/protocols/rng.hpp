// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_RNG_PROTOCOL [UEFI 2.10, 37.5] over the CPU's generators. No generator: no protocol, never a made-up number.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class Entropy {
 public:
  virtual bool has_raw() = 0;   // full entropy, e.g. RDSEED
  virtual bool has_drbg() = 0;  // a NIST SP 800-90A generator, e.g. RDRAND
  virtual std::optional<uint64_t> raw() = 0;
  virtual std::optional<uint64_t> drbg() = 0;

 protected:
  ~Entropy() = default;
};

class Rng {
 public:
  explicit Rng(Entropy& entropy) : interface_{{get_info, get_rng}, this}, entropy_(entropy) {}
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;

  bool available() { return entropy_.has_raw() || entropy_.has_drbg(); }
  efi::RngProtocol* protocol() { return &interface_.protocol; }
  // By the default algorithm. NOT_READY: there are not so many now.
  Result<> fill(MutableByteSpan out) { return fill(out, !entropy_.has_drbg()); }

 private:
  static efi::EfiStatus EFIAPI get_info(efi::RngProtocol* self, efi::Uintn* size, efi::Guid* algorithms);
  static efi::EfiStatus EFIAPI get_rng(efi::RngProtocol* self, efi::Guid* algorithm, efi::Uintn size, uint8_t* value);
  Result<> fill(MutableByteSpan out, bool raw);

  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::RngProtocol protocol;
    Rng* owner;
  };
  Interface interface_;
  Entropy& entropy_;
};

}  // namespace efilite::core
