// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// soft_reset DOMAIN: does for a PVH guest that has asked for a soft reset, as Linux does in front of a kexec, what xl does for HVM guests
// alone (libxl_domain_soft_reset gives ERROR_INVAL for others; Xen itself has all it takes). The guest keeps its memory and goes on where
// it was. It loses its event channels, grants, shared info and vCPU info, and gets new channels for the store and the console.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xen/hvm/params.h>
#include <xenstore.h>

static void expect(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "soft_reset: %s: ", what);
  perror("");
  exit(1);
}

static uint64_t parameter(xc_interface *xen, uint32_t domain, uint32_t which) {
  uint64_t value = 0;
  expect(xc_hvm_param_get(xen, domain, which, &value) == 0, "a parameter of the guest cannot be read");
  return value;
}

// The daemon of the console takes a channel of the number that it knows, whosever it is now, and takes notice of another number only.
static uint32_t new_channel(xc_interface *xen, uint32_t domain, uint32_t which, uint64_t old_console) {
  int port = xc_evtchn_alloc_unbound(xen, domain, 0);
  if (port > 0 && (uint64_t)port == old_console) port = xc_evtchn_alloc_unbound(xen, domain, 0);
  expect(port > 0 && xc_hvm_param_set(xen, domain, which, (uint64_t)port) == 0, "the guest gets no event channel");
  return (uint32_t)port;
}

static void tell_console(struct xs_handle *store, uint32_t domain, uint32_t port) {
  char path[64], text[16];
  snprintf(path, sizeof path, "/local/domain/%u/console/port", domain);
  const int length = snprintf(text, sizeof text, "%u", port);
  expect(xs_write(store, XBT_NULL, path, text, (unsigned)length), path);
}

int main(int count, char **arguments) {
  const uint32_t domain = count == 2 ? (uint32_t)atoi(arguments[1]) : 0;
  expect(domain != 0, "which domain?");
  xc_interface *xen = xc_interface_open(NULL, NULL, 0);
  struct xs_handle *store = xs_open(0);
  expect(xen != NULL && store != NULL, "this is not dom0");

  const uint64_t old_console = parameter(xen, domain, HVM_PARAM_CONSOLE_EVTCHN);
  expect(xc_domain_pause(xen, domain) == 0, "the guest cannot be paused");
  expect(xc_domain_soft_reset(xen, domain) == 0, "Xen does not reset the guest");
  const uint64_t store_page = parameter(xen, domain, HVM_PARAM_STORE_PFN), console_page = parameter(xen, domain, HVM_PARAM_CONSOLE_PFN);
  const uint32_t to_store = new_channel(xen, domain, HVM_PARAM_STORE_EVTCHN, old_console);
  const uint32_t to_console = new_channel(xen, domain, HVM_PARAM_CONSOLE_EVTCHN, old_console);
  expect(xc_dom_gnttab_seed(xen, domain, true, console_page, store_page, 0, 0) == 0, "the guest gets no grants");
  // The store tells of a guest's end once. Only one that it takes for new ends again.
  expect(xs_release_domain(store, domain) && xs_introduce_domain(store, domain, store_page, to_store),
         "the store does not take the guest again");
  tell_console(store, domain, to_console);
  expect(xc_domain_unpause(xen, domain) == 0, "the guest cannot go on");
  return 0;
}
