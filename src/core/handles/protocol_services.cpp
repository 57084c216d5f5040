// SPDX-License-Identifier: BSD-2-Clause-Patent
// The thunks of chapter 7.3 [UEFI 2.10]: validate pointers, call the handle database, encode.
#include "core/handles/protocol_services.hpp"

#include "core/device_search.hpp"
#include "core/handles/service_call.hpp"
#include "core/images/images.hpp"

namespace efilite::core {

Result<efi::Handle> ServiceCall::load_driver(efi::DevicePath* path) {
  Images& images = the_firmware->images;
  efi::Handle image = TRY(images.load(false, the_firmware->handles.core_agent(), path, {}));
  if (efi::is_error(images.start(image, nullptr, nullptr))) return Status::NotStarted;
  return image;
}

namespace {

using efi::encode;
using efi::EfiStatus;
using efi::Guid;
using efi::Handle;

HandleDatabase& handles() { return the_firmware->handles; }

using Call = ServiceCall;

constexpr EfiStatus kInvalid = encode(Status::InvalidParameter);

// Before the call that is to find what this finds.
void look_for(const Guid* protocol) {
  if (the_firmware->device_search != nullptr) the_firmware->device_search->before_search(protocol);
}
void look_for(efi::LocateSearchType type, const Guid* protocol) {
  if (type == efi::LocateSearchType::AllHandles) look_for(nullptr);
  if (type == efi::LocateSearchType::ByProtocol && protocol != nullptr) look_for(protocol);
}

EfiStatus EFIAPI install_protocol_interface(Handle* handle, Guid* protocol, efi::InterfaceType type, void* interface) {
  if (handle == nullptr || protocol == nullptr || type != efi::InterfaceType::Native) return kInvalid;
  Call call;
  return encode(handles().install(handle, *protocol, interface));
}

EfiStatus EFIAPI reinstall_protocol_interface(Handle handle, Guid* protocol, void* old_interface, void* new_interface) {
  if (protocol == nullptr) return kInvalid;
  Call call;
  return encode(handles().reinstall(handle, *protocol, old_interface, new_interface));
}

EfiStatus EFIAPI uninstall_protocol_interface(Handle handle, Guid* protocol, void* interface) {
  if (protocol == nullptr) return kInvalid;
  Call call;
  return encode(handles().uninstall(handle, *protocol, interface));
}

EfiStatus EFIAPI open_protocol(Handle handle, Guid* protocol, void** interface, Handle agent, Handle controller, uint32_t attributes) {
  if (protocol == nullptr) return kInvalid;
  Call call;
  return encode(handles().open(handle, *protocol, interface, agent, controller, attributes));
}

// [UEFI 2.10, 7.3.7] defined as an OpenProtocol on behalf of the firmware itself.
EfiStatus EFIAPI handle_protocol(Handle handle, Guid* protocol, void** interface) {
  return open_protocol(handle, protocol, interface, handles().core_agent(), nullptr, efi::kOpenByHandleProtocol);
}

EfiStatus EFIAPI close_protocol(Handle handle, Guid* protocol, Handle agent, Handle controller) {
  if (protocol == nullptr) return kInvalid;
  Call call;
  return encode(handles().close(handle, *protocol, agent, controller));
}

EfiStatus EFIAPI open_protocol_information(Handle handle, Guid* protocol, efi::OpenProtocolInformationEntry** entries, efi::Uintn* count) {
  if (protocol == nullptr || entries == nullptr || count == nullptr) return kInvalid;
  Call call;
  auto found = handles().open_information(handle, *protocol);
  *entries = found ? found->data() : nullptr;
  *count = found ? found->size() : 0;
  return encode(found);
}

EfiStatus EFIAPI protocols_per_handle(Handle handle, Guid*** protocols, efi::Uintn* count) {
  if (protocols == nullptr || count == nullptr) return kInvalid;
  Call call;
  auto found = handles().protocols_per_handle(handle);
  *protocols = found ? found->data() : nullptr;
  *count = found ? found->size() : 0;
  return encode(found);
}

EfiStatus EFIAPI register_protocol_notify(Guid* protocol, efi::Event event, void** registration) {
  if (protocol == nullptr || event == nullptr || registration == nullptr) return kInvalid;
  look_for(protocol);  // what is there already will be told, too
  Call call;
  auto key = handles().register_notify(*protocol, event);
  if (key) *registration = *key;
  return encode(key);
}

EfiStatus EFIAPI locate_handle(efi::LocateSearchType type, Guid* protocol, void* key, efi::Uintn* size, Handle* buffer) {
  look_for(type, protocol);
  Call call;
  auto count = handles().count(type, protocol, key);
  if (!count) return encode(count);
  if (size == nullptr) return kInvalid;
  const efi::Uintn needed = *count * sizeof(Handle);
  const bool fits = *size >= needed;
  *size = needed;
  if (!fits) return encode(Status::BufferTooSmall);
  if (buffer == nullptr) return kInvalid;
  handles().collect(type, protocol, key, {buffer, *count});
  return encode(Status::Success);
}

EfiStatus EFIAPI locate_handle_buffer(efi::LocateSearchType type, Guid* protocol, void* key, efi::Uintn* count, Handle** buffer) {
  if (count == nullptr || buffer == nullptr) return kInvalid;
  look_for(type, protocol);
  Call call;
  auto found = handles().locate_buffer(type, protocol, key);
  *buffer = found ? found->data() : nullptr;
  *count = found ? found->size() : 0;
  return encode(found);
}

EfiStatus EFIAPI locate_protocol(Guid* protocol, void* registration, void** interface) {
  if (interface == nullptr) return kInvalid;
  *interface = nullptr;
  if (protocol == nullptr) return kInvalid;
  look_for(protocol);
  Call call;
  auto found = handles().locate_protocol(*protocol, registration);
  if (found) *interface = *found;
  return encode(found);
}

EfiStatus EFIAPI locate_device_path(Guid* protocol, efi::DevicePath** path, Handle* device) {
  if (protocol == nullptr || path == nullptr || *path == nullptr) return kInvalid;
  look_for(protocol);
  Call call;
  efi::DevicePath* rest = *path;
  auto found = handles().locate_device_path(*protocol, rest);
  if (!found) return encode(found);
  if (device == nullptr) return kInvalid;
  *path = rest;
  *device = *found;
  return encode(Status::Success);
}

EfiStatus EFIAPI connect_controller(Handle controller, Handle* drivers, efi::DevicePath* remaining, efi::Boolean recursive) {
  if (the_firmware->device_search != nullptr) the_firmware->device_search->before_connect();
  Call call;
  return encode(handles().connect(controller, drivers, remaining, recursive != 0));
}

EfiStatus EFIAPI disconnect_controller(Handle controller, Handle driver, Handle child) {
  look_for(nullptr);
  Call call;
  return encode(handles().disconnect(controller, driver, child));
}

// The pairs of a variable argument list, up to the nullptr that ends it. A handful lies on the stack, more on the heap.
class Pairs {
 public:
  explicit Pairs(__builtin_ms_va_list arguments) {
    __builtin_ms_va_list counting;
    __builtin_ms_va_copy(counting, arguments);
    while (__builtin_va_arg(counting, Guid*) != nullptr) {
      ++count_;
      static_cast<void>(__builtin_va_arg(counting, void*));
    }
    __builtin_ms_va_end(counting);
    if (count_ > few_.size()) pairs_ = static_cast<ProtocolPair*>(handles().heap().allocate(count_ * sizeof(ProtocolPair)));
    for (size_t i = 0; pairs_ != nullptr && i < count_; ++i) {
      pairs_[i].protocol = __builtin_va_arg(arguments, Guid*);
      pairs_[i].interface = __builtin_va_arg(arguments, void*);
    }
  }
  ~Pairs() {
    if (pairs_ != few_.data() && pairs_ != nullptr) handles().heap().release(pairs_);
  }
  Pairs(const Pairs&) = delete;
  Pairs& operator=(const Pairs&) = delete;

  Result<std::span<const ProtocolPair>> get() const {
    if (pairs_ == nullptr) return Status::OutOfResources;
    return std::span<const ProtocolPair>(pairs_, count_);
  }

 private:
  std::array<ProtocolPair, 8> few_;
  ProtocolPair* pairs_ = few_.data();
  size_t count_ = 0;
};

EfiStatus EFIAPI install_multiple_protocol_interfaces(Handle* handle, ...) {
  Call call;
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, handle);
  Pairs list(arguments);
  __builtin_ms_va_end(arguments);
  auto pairs = list.get();
  return encode(pairs ? handles().install_multiple(handle, *pairs) : Result<>(pairs.error()));
}

EfiStatus EFIAPI uninstall_multiple_protocol_interfaces(Handle handle, ...) {
  Call call;
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, handle);
  Pairs list(arguments);
  __builtin_ms_va_end(arguments);
  auto pairs = list.get();
  return encode(pairs ? handles().uninstall_multiple(handle, *pairs) : Result<>(pairs.error()));
}

}  // namespace

void fill_protocol_services(efi::BootServices& services) {
  services.install_protocol_interface = install_protocol_interface;
  services.reinstall_protocol_interface = reinstall_protocol_interface;
  services.uninstall_protocol_interface = uninstall_protocol_interface;
  services.handle_protocol = handle_protocol;
  services.reserved = nullptr;
  services.register_protocol_notify = register_protocol_notify;
  services.locate_handle = locate_handle;
  services.locate_device_path = locate_device_path;
  services.connect_controller = connect_controller;
  services.disconnect_controller = disconnect_controller;
  services.open_protocol = open_protocol;
  services.close_protocol = close_protocol;
  services.open_protocol_information = open_protocol_information;
  services.protocols_per_handle = protocols_per_handle;
  services.locate_handle_buffer = locate_handle_buffer;
  services.locate_protocol = locate_protocol;
  services.install_multiple_protocol_interfaces = install_multiple_protocol_interfaces;
  services.uninstall_multiple_protocol_interfaces = uninstall_multiple_protocol_interfaces;
}

}  // namespace efilite::core
