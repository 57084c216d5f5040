// SPDX-License-Identifier: BSD-2-Clause-Patent
// HandleDatabase: handles, the protocol interfaces on them, who has them open, who waits for them, and which drivers manage them
// [UEFI 2.10, 7.3]. handles.cpp installs and removes, handles_open.cpp opens and closes, handles_locate.cpp searches, handles_connect.cpp
// and handles_disconnect.cpp start and stop drivers. Everything but the device path searches takes the same time however many handles
// there are.
#pragma once

#include <array>
#include <span>
#include <utility>

#include "abi/uefi/driver_overrides.hpp"
#include "abi/uefi/protocols.hpp"
#include "core/ports.hpp"

namespace efilite::core {

// One member of what InstallMultipleProtocolInterfaces takes.
struct ProtocolPair {
  const efi::Guid* protocol;  // never nullptr
  void* interface;
};

// Drivers run at the TPL of the program that called us, not at the one that protects the database: leave() goes down to the former and
// enter() comes back.
class DriverGate {
 public:
  virtual void leave() = 0;
  virtual void enter() = 0;
  // LoadImage and StartImage of a driver, called outside: its image handle. Not everybody who calls can do that.
  virtual Result<efi::Handle> load_driver(efi::DevicePath*) { return Status::Unsupported; }

 protected:
  ~DriverGate() = default;
};

class HandleDatabase {
 public:
  constexpr HandleDatabase(Heap& heap, EventSignaller& events) : heap_(heap), events_(events) {}
  HandleDatabase(const HandleDatabase&) = delete;
  HandleDatabase& operator=(const HandleDatabase&) = delete;

  // False for nullptr, a handle that is gone, and any other value; the value is never used as an address.
  bool is_valid(efi::Handle handle) const { return slot_of(handle) != nullptr; }

  // Installing. *handle == nullptr makes a new handle. Events registered for the protocol are signalled after everything is in place.
  Result<> install(efi::Handle* handle, const efi::Guid& protocol, void* interface);
  // All or nothing; ALREADY_STARTED for a device path that is in the database.
  Result<> install_multiple(efi::Handle* handle, std::span<const ProtocolPair> pairs);
  // The same, without a search for another handle with the device path: for a device that can only be found once.
  Result<> install_all(efi::Handle* handle, std::span<const ProtocolPair> pairs);
  Result<> reinstall(efi::Handle handle, const efi::Guid& protocol, void* old_interface, void* new_interface);
  // The handle goes with its last interface. ACCESS_DENIED, and the interface stays, while a driver or a child uses it.
  Result<> uninstall(efi::Handle handle, const efi::Guid& protocol, void* interface);
  Result<> uninstall_multiple(efi::Handle handle, std::span<const ProtocolPair> pairs);

  // A look that leaves no trace in the open list: INVALID_PARAMETER for a bad handle, UNSUPPORTED without that protocol.
  Result<void*> find(efi::Handle handle, const efi::Guid& protocol) const;
  template <class P>
  Result<P*> get(efi::Handle handle) const { return static_cast<P*>(TRY(find(handle, P::kGuid))); }
  template <class P>
  Result<> install(efi::Handle* handle, P* interface) { return install(handle, P::kGuid, interface); }
  template <class P>
  Result<> uninstall(efi::Handle handle, P* interface) { return uninstall(handle, P::kGuid, interface); }

  // Opening [UEFI 2.10, 7.3.9]. *interface becomes nullptr unless the answer is SUCCESS or ALREADY_STARTED; with TEST_PROTOCOL
  // `interface` is not looked at.
  Result<> open(efi::Handle handle, const efi::Guid& protocol, void** interface, efi::Handle agent, efi::Handle controller,
                uint32_t attributes);
  Result<> close(efi::Handle handle, const efi::Guid& protocol, efi::Handle agent, efi::Handle controller);
  // The agent that HandleProtocol opens for, EFI's "core image". Until it is set, HandleProtocol leaves no trace.
  void set_core_agent(efi::Handle agent) { core_agent_ = agent; }
  efi::Handle core_agent() const { return core_agent_; }
  // Forgets every open by an agent that is going away (an image being unloaded).
  void close_all_by(efi::Handle agent);

  // Arrays of the caller's, who releases data() to heap(). They are blocks of the heap even when they are empty.
  Result<std::span<efi::OpenProtocolInformationEntry>> open_information(efi::Handle handle, const efi::Guid& protocol);
  Result<std::span<efi::Guid*>> protocols_per_handle(efi::Handle handle);
  Result<std::span<efi::Handle>> locate_buffer(efi::LocateSearchType type, const efi::Guid* protocol, void* key);

  // How many handles match: at least one, or NOT_FOUND. The registered search tells one at a time [UEFI 2.10, 7.3.5].
  Result<size_t> count(efi::LocateSearchType type, const efi::Guid* protocol, void* key) const;
  // Writes those handles; `out` has exactly the size that count() said. A handle told by registration is not told again.
  void collect(efi::LocateSearchType type, const efi::Guid* protocol, void* key, std::span<efi::Handle> out);
  // Changes are counted: a handle made, a protocol installed, reinstalled or uninstalled. The handles that have changed behind one of them;
  // the caller releases data(), if there are any.
  uint64_t changes() const { return changes_; }
  Result<std::span<efi::Handle>> changed_since(uint64_t change) const;
  // First interface of the protocol, or with a key the first that is new for this registration.
  Result<void*> locate_protocol(const efi::Guid& protocol, void* key = nullptr);
  template <class P>
  Result<P*> locate() { return static_cast<P*>(TRY(locate_protocol(P::kGuid))); }
  // The handle with `protocol` whose device path is the longest beginning of `path`, which advances to what is left of it.
  Result<efi::Handle> locate_device_path(const efi::Guid& protocol, efi::DevicePath*& path) const;

  Result<void*> register_notify(const efi::Guid& protocol, efi::Event event);
  // [UEFI 2.10, 7.1.3] closing an event ends its registrations. To be called by CloseEvent; a registration whose event turns out to be
  // invalid is dropped as well.
  void forget_event(efi::Event event);

  // The driver model [UEFI 2.10, 7.3.12 and 7.3.13]. `drivers` is a list that ends with nullptr, or nullptr.
  Result<> connect(efi::Handle controller, const efi::Handle* drivers, efi::DevicePath* remaining, bool recursive);
  Result<> disconnect(efi::Handle controller, efi::Handle driver, efi::Handle child);
  DriverGate* exchange_gate(DriverGate* gate) { return std::exchange(gate_, gate); }

  Heap& heap() { return heap_; }

 private:
  struct Slot;          // a handle
  struct Protocol;      // a GUID that was ever installed or registered for
  struct Interface;     // a protocol on a handle
  struct Open;          // an item of an interface's open list
  struct Registration;  // RegisterProtocolNotify
  struct Driver;        // a candidate to manage a controller
  template <typename T>
  class List;
  class Outside;

  static constexpr size_t kFirstBuckets = 32;
  static constexpr uint32_t kFirstSlots = 32;
  static constexpr size_t kSlotChunks = 19;  // chunk n has kFirstSlots << n slots: 2^24 handles

  // handles.cpp
  Slot* slot_of(efi::Handle handle) const;
  static efi::Handle handle_of(const Slot& slot);
  Result<Slot*> new_slot();
  void link(Slot& slot);
  void retire(Slot& slot);
  Protocol** bucket_of(const efi::Guid& guid) const;
  Protocol* find_protocol(const efi::Guid& guid) const;
  Result<Protocol*> protocol_for(const efi::Guid& guid);
  void grow_buckets();
  Interface* interface_on(const Slot& slot, const efi::Guid& protocol) const;
  Result<Interface*> exact_interface(efi::Handle handle, const ProtocolPair& pair) const;
  Result<Slot*> add_all(efi::Handle handle, std::span<const ProtocolPair> pairs);
  Result<> add_interface(Slot& slot, const ProtocolPair& pair);
  void remove_interface(Interface& interface);
  static void join_protocol(Interface& interface);
  static void leave_protocol(Interface& interface);
  Result<> uninstall_all(efi::Handle handle, std::span<const ProtocolPair> pairs);
  void signal(Protocol& protocol);
  void drop(Registration& registration);

  // handles_open.cpp
  Result<> make_way(efi::Handle handle, const efi::Guid& protocol, uint32_t attributes, efi::Handle agent, bool& stopped);
  Result<> record(Interface& interface, efi::Handle agent, efi::Handle controller, uint32_t attributes);
  template <typename Chosen>
  bool forget_opens(Interface& interface, Chosen chosen);
  // Closes what users without a say in it opened. False: others remain.
  bool close_users(Interface& interface);
  // Disconnects every driver that has the interface open; `stopped` tells whether there was one.
  Result<> stop_drivers(efi::Handle handle, const efi::Guid& protocol, bool& stopped);

  // handles_locate.cpp
  Registration* registration_of(void* key) const;
  bool path_is_installed(const void* path) const;

  // handles_connect.cpp
  bool have_drivers() const;
  Result<> connect_one(efi::Handle controller, const efi::Handle* drivers, efi::DevicePath* remaining);
  Result<bool> start_next(const List<efi::Handle>& drivers, List<efi::Handle>& tried, efi::Handle controller, efi::DevicePath* remaining,
                          bool& started);
  Result<> list_drivers(efi::Handle controller, const efi::Handle* first, List<efi::Handle>& order);
  template <typename GetDriver>
  Result<> add_overrides(List<efi::Handle>& images, GetDriver get_driver);
  Result<> add_families(List<efi::Handle>& images);
  void load_platform_drivers(efi::Handle controller);
  efi::Handle image_loaded_from(const efi::DevicePath* path) const;
  Result<> add_children(efi::Handle controller, List<efi::Handle>& waiting);

  // handles_disconnect.cpp
  efi::DriverBindingProtocol* binding_of(efi::Handle driver) const;
  Result<> add_agents(efi::Handle controller, uint32_t attribute, efi::Handle agent, List<efi::Handle>& out) const;
  Result<bool> stop(efi::Handle controller, efi::Handle driver, efi::Handle child);
  bool call_stop(efi::Handle controller, efi::Handle driver, std::span<efi::Handle> children);

  Heap& heap_;
  EventSignaller& events_;
  DriverGate* gate_ = nullptr;
  efi::Handle core_agent_ = nullptr;

  std::array<Slot*, kSlotChunks> chunks_{};
  uint32_t slots_used_ = 0;  // slots that ever were a handle
  Slot* free_ = nullptr;
  Slot* first_ = nullptr;  // handles in the order of their making
  Slot* last_ = nullptr;
  size_t handle_count_ = 0;
  uint64_t changes_ = 0;

  std::array<Protocol*, kFirstBuckets> first_buckets_{};
  Protocol** buckets_ = nullptr;  // nullptr: first_buckets_
  size_t bucket_count_ = kFirstBuckets;
  size_t protocol_count_ = 0;

  Registration* registrations_ = nullptr;
  uint64_t last_key_ = 0;
};

}  // namespace efilite::core
