// SPDX-License-Identifier: BSD-2-Clause-Patent
// Starting and leaving images on the host: setjmp and longjmp do what arch's assembly does in the firmware.
#pragma once

#include <csetjmp>

#include "core/images/images.hpp"

namespace efilite::test {

class HostImageCaller final : public core::ImageCaller {
 public:
  efi::EfiStatus call(efi::ImageEntryPoint entry, efi::Handle image, efi::SystemTable* system_table, core::JumpContext& context) override {
    static_assert(sizeof(jmp_buf) <= sizeof context.opaque);
    if (setjmp(*reinterpret_cast<jmp_buf*>(context.opaque.data())) != 0) return status_;
    return entry(image, system_table);
  }
  [[noreturn]] void unwind(core::JumpContext& context, efi::EfiStatus status) override {
    status_ = status;
    longjmp(*reinterpret_cast<jmp_buf*>(context.opaque.data()), 1);
  }

 private:
  efi::EfiStatus status_{};
};

}  // namespace efilite::test
