// SPDX-License-Identifier: BSD-2-Clause-Patent
// Reset notifications [UEFI 2.10, 39.2]. The last function that a test registers jumps out of ResetSystem, so that the machine goes on and
// the test can look at what the others heard.
#include "conformance.hpp"

extern "C" {
VOID* escape_stack;
VOID EFIAPI reset_until_escape(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID* data, VOID* reset_system);
VOID EFIAPI escape(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID* data);
}
// Calls ResetSystem with all registers kept that a callee must keep; `escape`, called by it, goes on as though it had returned.
asm(R"(
  .text
  .globl reset_until_escape
reset_until_escape:
  pushq %rbp
  pushq %rbx
  pushq %rdi
  pushq %rsi
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq 104(%rsp), %rax
  subq $552, %rsp
  fxsave 32(%rsp)
  movq %rsp, escape_stack(%rip)
  callq *%rax
  .globl escape
escape:
  movq escape_stack(%rip), %rsp
  fxrstor 32(%rsp)
  addq $552, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rsi
  popq %rdi
  popq %rbx
  popq %rbp
  retq
)");

namespace conformance {
namespace {

using Function = VOID(EFIAPI*)(EFI_RESET_TYPE, EFI_STATUS, UINTN, VOID*);

// gnu-efi does not have it.
struct ResetNotification {
  EFI_STATUS(EFIAPI* RegisterResetNotify)(ResetNotification*, Function);
  EFI_STATUS(EFIAPI* UnregisterResetNotify)(ResetNotification*, Function);
};
EFI_GUID kResetNotificationGuid = {0x9da34ae0, 0xeaf9, 0x4bbf, {0x8e, 0xc3, 0xfd, 0x60, 0x22, 0x6c, 0x44, 0xbe}};

struct {
  char order[16];
  UINTN count;
  EFI_RESET_TYPE type;
  EFI_STATUS status;
  UINTN size;
  VOID* data;
} heard;

template <char kName>
VOID EFIAPI hear(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID* data) {
  if (heard.count < sizeof heard.order) heard.order[heard.count++] = kName;
  heard.type = type, heard.status = status, heard.size = size, heard.data = data;
}

template <typename Body>
bool with(Body body) {
  auto* protocol = locate<ResetNotification>(kResetNotificationGuid);
  if (!protocol) return skip("no ResetNotification");
  heard = {};
  const bool good = body(*protocol);
  const Function all[] = {hear<'a'>, hear<'b'>, hear<'c'>, escape};
  for (Function function : all) protocol->UnregisterResetNotify(protocol, function);
  return good;
}

// ResetSystem as far as `escape`; that one must be registered.
void reset(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID* data) {
  reset_until_escape(type, status, size, data, reinterpret_cast<VOID*>(rt->ResetSystem));
}

const Test kTests[] = {
    {"39.2.2 RegisterResetNotify: no function is INVALID_PARAMETER",
     [] { return with([](ResetNotification& p) { return is(p.RegisterResetNotify(&p, nullptr), kInvalid); }); }},
    {"39.2.2 RegisterResetNotify: a function that is registered is ALREADY_STARTED",
     [] {
       return with([](ResetNotification& p) {
         return ok(p.RegisterResetNotify(&p, hear<'a'>)) && is(p.RegisterResetNotify(&p, hear<'a'>), EFI_ALREADY_STARTED);
       });
     }},
    {"39.2.3 UnregisterResetNotify: no function is INVALID_PARAMETER",
     [] { return with([](ResetNotification& p) { return is(p.UnregisterResetNotify(&p, nullptr), kInvalid); }); }},
    {"39.2.3 UnregisterResetNotify: a function that is not registered is INVALID_PARAMETER",
     [] { return with([](ResetNotification& p) { return is(p.UnregisterResetNotify(&p, hear<'a'>), kInvalid); }); }},
    {"39.2.3 UnregisterResetNotify: a function can be registered again afterwards",
     [] {
       return with([](ResetNotification& p) {
         return ok(p.RegisterResetNotify(&p, hear<'a'>)) && ok(p.UnregisterResetNotify(&p, hear<'a'>)) &&
                is(p.UnregisterResetNotify(&p, hear<'a'>), kInvalid) && ok(p.RegisterResetNotify(&p, hear<'a'>));
       });
     }},
    {"39.2.2 ResetSystem calls all functions, with what it was told",
     [] {
       return with([](ResetNotification& p) {
         static CHAR16 why[] = {'w', 'h', 'y', 0};
         if (!ok(p.RegisterResetNotify(&p, hear<'b'>)) || !ok(p.RegisterResetNotify(&p, hear<'a'>)) ||
             !ok(p.RegisterResetNotify(&p, escape))) {
           return false;
         }
         reset(EfiResetWarm, EFI_ABORTED, sizeof why, why);
         return equal(heard.count, 2) && equal(heard.type, EfiResetWarm) && equal(heard.status, EFI_ABORTED) &&
                equal(heard.size, sizeof why) && that(heard.data == why);
       });
     }},
    {"39.2.2 ResetSystem calls the functions in the order of their registration",
     [] {
       return with([](ResetNotification& p) {
         if (!ok(p.RegisterResetNotify(&p, hear<'b'>)) || !ok(p.RegisterResetNotify(&p, hear<'c'>)) ||
             !ok(p.RegisterResetNotify(&p, hear<'a'>)) || !ok(p.RegisterResetNotify(&p, escape))) {
           return false;
         }
         reset(EfiResetCold, EFI_SUCCESS, 0, nullptr);
         return equal(heard.count, 3) && that(heard.order[0] == 'b' && heard.order[1] == 'c' && heard.order[2] == 'a');
       });
     }},
    {"39.2.3 ResetSystem does not call a function that was unregistered",
     [] {
       return with([](ResetNotification& p) {
         if (!ok(p.RegisterResetNotify(&p, hear<'a'>)) || !ok(p.RegisterResetNotify(&p, hear<'b'>)) ||
             !ok(p.RegisterResetNotify(&p, escape)) || !ok(p.UnregisterResetNotify(&p, hear<'a'>))) {
           return false;
         }
         reset(EfiResetCold, EFI_SUCCESS, 0, nullptr);
         return equal(heard.count, 1) && that(heard.order[0] == 'b');
       });
     }},
};

}  // namespace

constinit const Chapter kResetNotification(kTests);

}  // namespace conformance
