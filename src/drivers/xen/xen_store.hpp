// SPDX-License-Identifier: BSD-2-Clause-Patent
// The client of xenstored [Xen docs/misc/xenstore.txt, docs/misc/xenstore-ring.txt, public/io/xs_wire.h]: one request after the other,
// through the page that the domain was started with. A xenstored that breaks the rules or does not answer is left alone from then on.
#pragma once

#include <array>
#include <initializer_list>

#include "drivers/xen/byte_ring.hpp"
#include "drivers/xen/store.hpp"

namespace efilite::drivers::xen {

class XenStore final : public Store {
 public:
  constexpr XenStore(Hypercalls& xen, EventChannels& channels, core::PhysicalMemory& memory, core::Clock& clock)
      : xen_(xen), channels_(channels), memory_(memory), clock_(clock) {}
  XenStore(const XenStore&) = delete;
  XenStore& operator=(const XenStore&) = delete;

  // Leaves it as a driver of the OS expects it: no watch, no transaction, and nothing under way in either direction. Without an answer to
  // that it is DEVICE_ERROR. Whoever uses it afterwards begins anew.
  Result<> quiesce();

  // The first of what follows begins with it, and throws away what somebody before us has left unfinished. NOT_FOUND: this domain has no
  // xenstore; NO_MAPPING: it lies where we cannot reach it.
  // INVALID_PARAMETER: no path, or a value for which a message has no room.
  Result<std::string_view> read(std::string_view path) override;
  Result<Names> list(std::string_view path, uint32_t from) override;
  Result<> write(std::string_view path, std::string_view value) override;
  Result<> remove(std::string_view path) override;

  // ALREADY_STARTED, NOT_STARTED: there is a transaction, or none.
  Result<> begin() override;
  Result<> commit() override;
  void abort() override;

  Result<> watch(std::string_view path) override;
  Result<> unwatch(std::string_view path) override;
  Result<bool> wait(uint64_t units) override;

 private:
  using Parts = std::initializer_list<std::string_view>;

  Result<> start();
  Result<> ready();
  bool is_new() const;
  bool reconnects() const;
  Result<> await_connection();
  Result<> reconnect();
  Result<> take_over();
  Result<> forget();
  Result<> end_transaction(std::string_view how);
  Result<> change_watch(uint32_t type, std::string_view path);

  // A request with its answer's payload.
  Result<std::string_view> ask(uint32_t type, uint32_t transaction, Parts parts);
  Result<xsd_sockmsg> send_request(uint32_t type, uint32_t transaction, Parts parts);
  Result<std::string_view> answer(const xsd_sockmsg& request);
  Result<xsd_sockmsg> next_message();

  Result<> send(std::string_view bytes);
  Result<> receive(MutableByteSpan out);
  Result<> notify();
  void set_deadline();
  Result<> pause();
  Result<uint32_t> checked(Result<uint32_t> of_ring);
  Status fail(std::string_view why);
  std::string_view payload(size_t size) const { return {reinterpret_cast<const char*>(payload_.data()), size}; }

  Hypercalls& xen_;
  EventChannels& channels_;
  core::PhysicalMemory& memory_;
  core::Clock& clock_;
  xenstore_domain_interface* page_ = nullptr;  // nullptr: nobody has used it yet
  EventPort port_ = 0;
  ByteRing requests_, replies_;
  uint64_t deadline_ = 0;
  uint32_t last_id_ = 0;
  uint32_t transaction_ = 0;  // 0: none
  uint64_t generation_ = 0;   // of the directory whose first part was read
  bool usable_ = false;
  bool has_watched_ = false;
  bool changed_ = false;
  std::array<std::byte, XENSTORE_PAYLOAD_MAX> payload_{};  // of the message that came last
};

}  // namespace efilite::drivers::xen
