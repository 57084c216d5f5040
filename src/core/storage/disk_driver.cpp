// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/disk_driver.hpp"

#include "base/log.hpp"
#include "core/device_path/device_path.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::core {

// A partition's handle.
struct DiskDriver::Child {
  Child(DiskDriver& driver, BlockDevice& whole, const Partition& partition)
      : self(partition), info(*partition.info), blocks(whole, partition.first, partition.count),
        disk(driver.events_, driver.heap_, &blocks, {.partition = true}) {
    self.info = &info;
    self.node = nullptr;  // the caller's
  }
  // [UEFI 2.10, 13.3.2] a partition's type is a protocol without an interface, so that partitions of a type can be looked for.
  const efi::Guid* type() const {
    if (info.kind == efi::PartitionKind::Gpt) return &info.gpt.type;
    return info.kind == efi::PartitionKind::Mbr && info.system != 0 ? &efi::kSystemPartitionType : nullptr;
  }
  Result<> install(HandleDatabase& handles, efi::DevicePath* path);

  Child* next = nullptr;
  Partition self;
  efi::PartitionInfoProtocol info;
  std::array<ProtocolPair, 2> more{{{&efi::PartitionInfoProtocol::kGuid, &info}}};
  PartitionBlocks blocks;
  Disk disk;
};

// A table can name any type. One that is a protocol's GUID would give programs an interface that is none.
Result<> DiskDriver::Child::install(HandleDatabase& handles, efi::DevicePath* path) {
  size_t count = 1;
  const bool names_protocol = type() != nullptr && handles.locate_protocol(*type()).value_or(nullptr) != nullptr;
  const bool names_volume = type() != nullptr && *type() == efi::SimpleFileSystemProtocol::kGuid;
  if (type() != nullptr && !names_protocol && !names_volume) more[count++] = {type(), nullptr};
  return disk.install(handles, path, std::span(more).first(count));
}

// What we have made of a handle with BLOCK_IO.
struct DiskDriver::Controller {
  Controller(efi::Handle which, efi::BlockIoProtocol& io, Heap& heap) : handle(which), block_io(io), foreign(io, heap) {
    BlockIo* ours = BlockIo::of(&io);
    if (ours == nullptr) {
      medium = {io.media->media_present && foreign.usable() ? &foreign : nullptr, io.media};
      blocks = medium.device;
    } else {
      medium = ours->medium();
      if (medium.device != nullptr) blocks = &present.emplace(medium);
    }
  }
  Controller* next = nullptr;
  const efi::Handle handle;
  efi::BlockIoProtocol& block_io;
  ForeignBlocks foreign;
  Medium medium;
  std::optional<MediumBlocks> present;  // of a drive of ours; a program's is as careful
  BlockDevice* blocks = nullptr;        // of the medium that was there when we started; nullptr: none was
  std::optional<DiskIo> disk_io;        // where the handle had none
  std::optional<Volume> volume;
  Child* children = nullptr;
};

class DiskDriver::ChildMaker final : public PartitionVisitor {
 public:
  ChildMaker(DiskDriver& driver, Controller& controller) : driver_(driver), controller_(controller) {}
  Result<> visit(const Partition& partition) override {
    if (!may_be_parted()) return {};
    // A table may have the same partition twice; it is one.
    auto added = driver_.add_child(controller_, partition);
    return added.status() == Status::AlreadyStarted ? Result<>() : added;
  }

 private:
  bool may_be_parted();

  DiskDriver& driver_;
  Controller& controller_;
};

void DiskDriver::set_handle(efi::Handle handle, efi::Handle image) {
  edge_.driver_binding_handle = handle;
  edge_.image_handle = image;
}

DiskDriver::Controller* DiskDriver::find(efi::Handle handle) {
  Controller* at = controllers_;
  while (at != nullptr && at->handle != handle) at = at->next;
  return at;
}

// [UEFI 2.10, 11.1.2] no look at the disk: another driver may have it.
Result<> DiskDriver::supported(efi::Handle handle) {
  const efi::Handle self = edge_.driver_binding_handle;
  return in_database([&]() -> Result<> {
    void* interface;
    TRY(handles_.open(handle, efi::BlockIoProtocol::kGuid, &interface, self, handle, efi::kOpenByDriver));
    return handles_.close(handle, efi::BlockIoProtocol::kGuid, self, handle);
  });
}

// Whoever hears of what is installed may ask us to stop: not before we have done with it.
Result<> DiskDriver::start(efi::Handle handle) {
  StorageLock lock(events_);
  const efi::Handle self = edge_.driver_binding_handle;
  void* interface;
  TRY(in_database([&] {
    return handles_.open(handle, efi::BlockIoProtocol::kGuid, &interface, self, handle, efi::kOpenByDriver);
  }));
  auto* block_io = static_cast<efi::BlockIoProtocol*>(interface);
  const bool has_media = block_io != nullptr && block_io->media != nullptr;  // a program may have installed anything
  auto made = has_media ? make<Controller>(heap_, handle, *block_io, heap_) : Result<Controller*>(Status::Unsupported);
  if (!made) {
    (void)in_database([&] { return handles_.close(handle, efi::BlockIoProtocol::kGuid, self, handle); });
    return made.error();
  }
  Controller& controller = **made;
  in_database([&] {
    controller.next = controllers_;
    controllers_ = &controller;
  });
  Result<> filled = fill(controller);
  if (controller.disk_io || controller.volume || controller.children != nullptr) {
    if (!filled) log::line("efilite: not all of a disk can be used: ", filled.error());
    return {};
  }
  CHECK(release(controller).has_value());  // it only has to be closed
  return filled ? Status::Unsupported : filled.error();
}

Result<> DiskDriver::fill(Controller& controller) {
  TRY(in_database([&]() -> Result<> {
    if (handles_.find(controller.handle, efi::DiskIoProtocol::kGuid)) return {};
    efi::Handle handle = controller.handle;
    controller.disk_io.emplace(events_, heap_, controller.medium);
    const ProtocolPair pairs[] = {{&efi::DiskIoProtocol::kGuid, controller.disk_io->protocol()},
                                  {&efi::DiskIo2Protocol::kGuid, controller.disk_io->protocol2()}};
    auto installed = handles_.install_multiple(&handle, pairs);
    if (!installed) controller.disk_io.reset();
    return installed;
  }));
  if (controller.blocks == nullptr) return {};
  ChildMaker maker(*this, controller);
  const auto found = TRY(formats_.look(*controller.blocks, self_of(controller.handle), maker));
  return found == DiskFormats::Found::Volume ? add_volume(controller) : Result<>();
}

// A partition's partition is not parted again, and a program's partitions are its own business.
bool DiskDriver::ChildMaker::may_be_parted() {
  const efi::Handle handle = controller_.handle;
  Controller* parent = driver_.parent_of(handle);
  if (parent != nullptr ? driver_.parent_of(parent->handle) != nullptr : controller_.medium.media->logical_partition != 0) return false;
  // [UEFI 2.10, 3.1.2] HD() alone would be a short-form path, which names a partition on any disk.
  return in_database([&] { return driver_.handles_.find(handle, efi::kDevicePathGuid).value_or(nullptr); }) != nullptr;
}

Result<> DiskDriver::add_volume(Controller& controller) {
  efi::Handle handle = controller.handle;
  controller.volume.emplace(events_, heap_, *controller.blocks, formats_);
  auto installed = in_database([&] { return handles_.install(&handle, controller.volume->protocol()); });
  if (!installed) controller.volume.reset();
  return installed;
}

Result<> DiskDriver::add_child(Controller& controller, const Partition& partition) {
  Child* child = TRY(make<Child>(heap_, *this, *controller.blocks, partition));
  const efi::Handle self = edge_.driver_binding_handle;
  auto installed = in_database([&]() -> Result<> {
    auto parent = handles_.find(controller.handle, efi::kDevicePathGuid);
    efi::DevicePath* path =
        TRY(device_path::append_node(heap_, static_cast<efi::DevicePath*>(parent.value_or(nullptr)), partition.node));
    auto done = child->install(handles_, path);
    void* interface;
    if (done) {
      done = handles_.open(controller.handle, efi::BlockIoProtocol::kGuid, &interface, self, child->disk.handle(),
                           efi::kOpenByChildController);
      if (!done) CHECK(child->disk.uninstall(handles_).has_value());
    }
    if (!done) heap_.release(path);
    return done;
  });
  if (!installed) {
    drop(heap_, child);
    return installed;
  }
  *link_of(controller, nullptr) = child;  // behind all others
  return {};
}

// Where the child of this handle hangs, or where the list ends.
DiskDriver::Child** DiskDriver::link_of(Controller& controller, efi::Handle handle) {
  Child** at = &controller.children;
  while (*at != nullptr && (*at)->disk.handle() != handle) at = &(*at)->next;
  return at;
}

// Whose partition it is.
DiskDriver::Controller* DiskDriver::parent_of(efi::Handle handle) {
  Controller* at = controllers_;
  while (at != nullptr && *link_of(*at, handle) == nullptr) at = at->next;
  return at;
}

const Partition* DiskDriver::self_of(efi::Handle handle) {
  Controller* parent = parent_of(handle);
  return parent != nullptr ? &(*link_of(*parent, handle))->self : nullptr;
}

Result<> DiskDriver::remove_child(Controller& controller, efi::Handle handle) {
  Child* child = *link_of(controller, handle);
  if (child == nullptr) return Status::NotFound;
  const efi::Handle self = edge_.driver_binding_handle;
  TRY(in_database([&]() -> Result<> {
    // A child that is gone can no more be told apart from a wrong handle. Without this a nested stop does not get it, nor the controller.
    TRY(handles_.close(controller.handle, efi::BlockIoProtocol::kGuid, self, handle));
    auto gone = child->disk.uninstall(handles_);
    void* interface;
    if (!gone) {
      (void)handles_.open(controller.handle, efi::BlockIoProtocol::kGuid, &interface, self, handle, efi::kOpenByChildController);
      return gone;
    }
    // The drivers that were stopped meanwhile may have been us, with other children of this controller.
    Child** at = &controller.children;
    while (*at != child) at = &(*at)->next;
    *at = child->next;
    return {};
  }));
  heap_.release(child->disk.path());
  drop(heap_, child);
  return {};
}

// The children first, one by one or all; then, asked without any, the rest [UEFI 2.10, 11.1.4]. Other drivers are called, which may come
// back to us.
Result<> DiskDriver::stop(efi::Handle handle, std::span<const efi::Handle> children) {
  if (events_.tpl() > efi::kTplCallback) return Status::DeviceError;  // whom we interrupt may be using it
  StorageLock lock(events_);
  if (find(handle) == nullptr) return Status::DeviceError;
  for (efi::Handle child : children) {
    Controller* controller = find(handle);
    if (controller == nullptr) return {};
    TRY(remove_child(*controller, child));
  }
  if (!children.empty()) return {};
  Controller* controller = find(handle);
  for (; controller != nullptr && controller->children != nullptr; controller = find(handle)) {
    TRY(remove_child(*controller, controller->children->disk.handle()));
  }
  if (controller == nullptr) return {};
  auto released = release(*controller);
  return find(handle) != nullptr ? released : Result<>();
}

// All protocols go at once or stay.
Result<> DiskDriver::release(Controller& controller) {
  TRY(in_database([&]() -> Result<> {
    std::array<ProtocolPair, 3> pairs;
    size_t count = 0;
    if (controller.volume) pairs[count++] = {&efi::SimpleFileSystemProtocol::kGuid, controller.volume->protocol()};
    if (controller.disk_io) {
      pairs[count++] = {&efi::DiskIoProtocol::kGuid, controller.disk_io->protocol()};
      pairs[count++] = {&efi::DiskIo2Protocol::kGuid, controller.disk_io->protocol2()};
    }
    if (count != 0) TRY(handles_.uninstall_multiple(controller.handle, std::span(pairs).first(count)));
    const efi::Handle self = edge_.driver_binding_handle;
    (void)handles_.close(controller.handle, efi::BlockIoProtocol::kGuid, self, controller.handle);  // it may have been closed for us
    Controller** at = &controllers_;
    while (*at != &controller) at = &(*at)->next;
    *at = controller.next;
    return {};
  }));
  drop(heap_, &controller);
  return {};
}

// Whether the blocks come from a program's BLOCK_IO, be it by way of a partition of ours.
bool DiskDriver::is_a_programs(Controller& controller) {
  if (controller.medium.device == &controller.foreign) return true;
  Controller* parent = parent_of(controller.handle);
  return parent != nullptr && is_a_programs(*parent);
}

const efi::Char16* DiskDriver::controller_name(efi::Handle handle, efi::Handle child) {
  return in_database([&]() -> const efi::Char16* {
    Controller* controller = find(handle);
    if (controller == nullptr) return nullptr;
    if (child != nullptr) return *link_of(*controller, child) != nullptr ? u"Partition" : nullptr;
    return controller->volume ? u"File System" : u"Disk";
  });
}

Result<> DiskDriver::quiesce() {
  Result<> done;
  for (Controller* at = controllers_; at != nullptr; at = at->next) {
    // Boot services are over, and with them the programs that serve disks of their own.
    if (!at->volume || is_a_programs(*at)) continue;
    if (auto flushed = at->volume->flush(); !flushed) done = flushed;
  }
  return done;
}

DiskDriver::DiskDriver(HandleDatabase& handles, EventQueue& events, Heap& heap, DiskFormats& formats)
    : handles_(handles), events_(events), heap_(heap), formats_(formats), names_(handles, u"Partitions and File Systems", *this) {}

}  // namespace efilite::core
