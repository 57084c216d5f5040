// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/images/images.hpp"

#include "abi/uefi/hii.hpp"
#include "base/copy.hpp"
#include "base/log.hpp"
#include "core/device_path/device_path.hpp"

namespace efilite::core {
namespace {

// The last part of the last file name in a path, as far as it is ASCII.
void name_image(const efi::DevicePath* path, const char* fallback, std::array<char, 24>& name) {
  ByteSpan file{};
  auto whole = device_path::measure(path);
  for (size_t at = 0; whole && at < whole->size();) {
    auto node = device_path::node_at(*whole, at);
    if (!node || node->ends_path()) break;
    if (node->type == efi::kMediaPath && node->sub_type == efi::kMediaFilePath) file = node->data();
    at += node->bytes.size();
  }
  size_t length = 0;
  for (size_t at = 0; auto c = read_at<char16_t>(file, at); at += sizeof *c) {
    if (*c == u'\0') break;
    if (*c == u'\\') {
      length = 0;
    } else if (length + 1 < name.size()) {
      name[length++] = *c >= u' ' && *c < 0x7F ? static_cast<char>(*c) : '?';
    }
  }
  if (length == 0) {
    for (; fallback[length] != '\0' && length + 1 < name.size(); ++length) name[length] = fallback[length];
  }
  name[length] = '\0';
}

}  // namespace

Result<> BufferSource::read(uint64_t offset, MutableByteSpan out) {
  auto from = slice(bytes_, offset, out.size());
  if (!from) return Status::EndOfFile;
  copy_bulk(out.data(), from->data(), out.size());
  return {};
}

const ImageRecord* Images::find(efi::Handle image) const {
  for (const ImageRecord* i = images_; i != nullptr && image != nullptr; i = i->next) {
    if (i->handle == image) return i;
  }
  return nullptr;
}

const ImageRecord* Images::image_at(uint64_t address) const {
  for (const ImageRecord* i = images_; i != nullptr; i = i->next) {
    if (address >= i->pages.begin.value && address < i->pages.end.value) return i;
  }
  return nullptr;
}

Result<ImageRecord*> Images::new_record(const Origin& origin) {
  TplGuard guard(events_, efi::kTplNotify);
  void* block = pool_.allocate(sizeof(ImageRecord));
  if (block == nullptr) return Status::OutOfResources;
  auto& image = *new (block) ImageRecord{};
  if (origin.path != nullptr) {
    auto path = device_path::duplicate(pool_, origin.path);
    if (!path) {
      pool_.release(block);
      return path.error();
    }
    image.device_path = *path;
    auto offset = reinterpret_cast<const std::byte*>(origin.file_path) - reinterpret_cast<const std::byte*>(origin.path);
    image.protocol.file_path = reinterpret_cast<efi::DevicePath*>(reinterpret_cast<std::byte*>(*path) + offset);
  }
  image.protocol.revision = efi::LoadedImageProtocol::kRevision;
  image.protocol.parent_handle = origin.parent;
  image.protocol.device_handle = origin.device;
  image.protocol.system_table = tables_.system_table();
  name_image(image.protocol.file_path, origin.fallback_name, image.name);
  image.next = images_;
  images_ = &image;
  return &image;
}

// [UEFI 2.10, 9.2] The loaded image device path is there even when there is no path: its interface is nullptr then.
Result<efi::Handle> Images::publish(ImageRecord& image) {
  TplGuard guard(events_, efi::kTplNotify);
  ProtocolPair pairs[4] = {{&efi::LoadedImageProtocol::kGuid, &image.protocol}, {&efi::kLoadedImageDevicePathGuid, image.device_path}};
  size_t count = 2;
  if (image_protocol_.protocol != nullptr) pairs[count++] = image_protocol_;
  if (image.hii_package_list != nullptr) pairs[count++] = {&efi::kHiiPackageListGuid, image.hii_package_list};
  TRY(handles_.install_multiple(&image.handle, std::span(pairs).first(count)));
  return image.handle;  // taken before the notifications run, one of which may unload the image
}

void Images::release(ImageRecord& image) {
  TplGuard guard(events_, efi::kTplNotify);
  for (ImageRecord** link = &images_; *link != nullptr; link = &(*link)->next) {
    if (*link == &image) {
      *link = image.next;
      break;
    }
  }
  // Whether somebody still holds an interface of ours: its memory must not become another's then.
  bool seen = false, list_seen = false;
  if (image.handle != nullptr) {
    handles_.close_all_by(image.handle);
    if (image.hii_package_list != nullptr)
      list_seen = handles_.uninstall(image.handle, efi::kHiiPackageListGuid, image.hii_package_list).status() == Status::AccessDenied;
    if (image_protocol_.protocol != nullptr)
      static_cast<void>(handles_.uninstall(image.handle, *image_protocol_.protocol, image_protocol_.interface));
    seen |= handles_.uninstall(image.handle, efi::kLoadedImageDevicePathGuid, image.device_path).status() == Status::AccessDenied;
    seen |= handles_.uninstall(image.handle, &image.protocol).status() == Status::AccessDenied;
  }
  if (!list_seen) free_pages(image);  // the list lies among the image's pages
  // Programs see some of these and may have freed them: that is no fault of ours.
  if (image.load_options != nullptr) static_cast<void>(pool_.free(image.load_options));
  if (image.exit_data != nullptr) pool_.release(image.exit_data);
  if (seen) return;
  if (image.device_path != nullptr) static_cast<void>(pool_.free(image.device_path));
  pool_.release(&image);
}

Result<> Images::install_core_image(PhysRange range) {
  auto path = device_path::memory_mapped_path(efi::MemoryType::BootServicesCode, range);
  efi::DevicePath* whole = &path.memory.header;
  ImageRecord& image = *TRY(new_record({.path = whole, .file_path = whole, .fallback_name = "efilite"}));
  image.state = ImageRecord::State::Resident;
  handles_.set_core_agent(TRY(publish_at(range, pe::Subsystem::EfiBootServiceDriver, image)));
  return {};
}

Result<efi::Handle> Images::publish_at(PhysRange pages, pe::Subsystem subsystem, ImageRecord& image) {
  image.pages = pages;
  image.protocol.image_base = reinterpret_cast<void*>(pages.begin.value);
  set_kind(subsystem, pages.size(), image);
  auto published = publish(image);
  if (!published) {
    image.pages = {};  // not ours to free
    release(image);
  }
  return published;
}

void Images::split_path(efi::DevicePath* path, Origin& origin) {
  origin.path = origin.file_path = path;
  if (path == nullptr) return;
  TplGuard guard(events_, efi::kTplNotify);
  efi::DevicePath* rest = path;
  auto device = handles_.locate_device_path(efi::kDevicePathGuid, rest);
  if (!device) return;
  origin.device = *device;
  origin.file_path = rest;
}

Result<efi::Handle> Images::load_from(ByteSource& source, const Origin& origin) {
  PePlan plan;
  TRY(parse_pe(source, plan));
  ImageRecord& image = *TRY(new_record(origin));
  const Result<> placed = place(plan, source, image);
  Result<efi::Handle> published = placed ? publish(image) : Result<efi::Handle>(placed.error());
  if (!published) release(image);
  return published;
}

Result<efi::Handle> Images::load(bool boot_policy, efi::Handle parent, efi::DevicePath* path, MutableByteSpan source) {
  if (find(parent) == nullptr) return Status::InvalidParameter;
  if (source.data() == nullptr && path == nullptr) return Status::NotFound;
  if (path != nullptr) static_cast<void>(TRY(device_path::measure(path)));

  Origin origin{.parent = parent};
  if (source.data() == nullptr) return load_by_path(boot_policy, path, origin);
  if (source.empty()) return Status::LoadError;
  origin.fallback_name = "buffer";
  split_path(path, origin);
  BufferSource buffer(source);
  return load_from(buffer, origin);
}

Images::Origin Images::origin_of(efi::Handle parent, efi::Handle device, const efi::DevicePath* path) {
  Origin origin{.parent = parent};
  split_path(const_cast<efi::DevicePath*>(path), origin);
  if (device != nullptr && origin.device != device) {
    origin.device = device;
    origin.file_path = origin.path;
  }
  return origin;
}

Result<efi::Handle> Images::load(ByteSource& source, efi::Handle parent, efi::Handle device, const efi::DevicePath* path) {
  return load_from(source, origin_of(parent, device, path));
}

Result<efi::Handle> Images::adopt(PhysRange pages, efi::ImageEntryPoint entry, efi::Handle device, const efi::DevicePath* path) {
  ImageRecord& image = *TRY(new_record(origin_of(nullptr, device, path)));
  image.entry = entry;
  return publish_at(pages, pe::Subsystem::EfiApplication, image);
}

Result<efi::Handle> Images::load_for_boot(efi::DevicePath* path) {
  Origin origin;
  return load_by_path(true, path, origin);
}

Result<> Images::set_load_options(efi::Handle handle, std::u16string_view options) {
  TRY(set_load_options(handle, std::as_bytes(std::span(options))));
  // With the NUL that lies behind them.
  if (ImageRecord* image = record_of(handle); !options.empty()) image->protocol.load_options_size += sizeof(char16_t);
  return {};
}

Result<> Images::set_load_options(efi::Handle handle, ByteSpan options) {
  ImageRecord* image = record_of(handle);
  if (image == nullptr) return Status::InvalidParameter;
  TplGuard guard(events_, efi::kTplNotify);
  auto* copy = static_cast<std::byte*>(TRY(pool_.allocate(efi::MemoryType::LoaderData, options.size() + sizeof(char16_t))));
  if (!options.empty()) memcpy(copy, options.data(), options.size());
  memset(copy + options.size(), 0, sizeof(char16_t));
  if (image->load_options != nullptr) static_cast<void>(pool_.free(image->load_options));
  image->load_options = image->protocol.load_options = copy;
  image->protocol.load_options_size = static_cast<uint32_t>(options.size());
  return {};
}

void Images::settle_tpl(efi::Tpl tpl) {
  if (events_.tpl() > tpl) {
    events_.restore_tpl(tpl);
  } else {
    events_.raise_tpl(tpl);
  }
}

// [UEFI 2.10, 7.4.3] The caller frees the data that it takes; data that nobody takes is freed with the image, or now.
void Images::hand_over_exit_data(ImageRecord& image, uint64_t* size, efi::Char16** data) {
  if (size != nullptr) *size = image.exit_data_size;
  if (data != nullptr) {
    *data = image.exit_data;
  } else if (image.exit_data != nullptr) {
    TplGuard guard(events_, efi::kTplNotify);
    pool_.release(image.exit_data);
  }
  image.exit_data = nullptr;
  image.exit_data_size = 0;
}

efi::EfiStatus Images::start(efi::Handle handle, uint64_t* exit_data_size, efi::Char16** exit_data) {
  ImageRecord* image = record_of(handle);
  if (image == nullptr || image->state != ImageRecord::State::Loaded) return efi::encode(Status::InvalidParameter);

  JumpContext way_back;
  image->state = ImageRecord::State::Running;
  image->starter = current_;
  image->way_back = &way_back;
  image->tpl = events_.tpl();
  current_ = image;
  // Exit() may leave a ConnectController behind that never ends, and its gate with it.
  DriverGate* const gate = handles_.exchange_gate(nullptr);
  const efi::EfiStatus status = caller_.call(image->entry, handle, tables_.system_table(), way_back);

  handles_.exchange_gate(gate);
  current_ = image->starter;
  image->way_back = nullptr;
  // Programs should leave as they came; one that does not must not stop its starter's timers.
  settle_tpl(image->tpl);
  hand_over_exit_data(*image, exit_data_size, exit_data);
  // [UEFI 2.10, 7.4.3 and 7.4.5] applications go in any case, drivers when they failed. Until then nobody else can unload it.
  if (image->subsystem == pe::Subsystem::EfiApplication || efi::is_error(status)) release(*image);
  else image->state = ImageRecord::State::Resident;
  return status;
}

Result<> Images::exit(efi::Handle handle, efi::EfiStatus status, uint64_t exit_data_size, const efi::Char16* exit_data) {
  ImageRecord* image = record_of(handle);
  if (image == nullptr) return Status::InvalidParameter;
  if (image->state == ImageRecord::State::Loaded) {
    release(*image);
    return {};
  }
  if (image != current_) return Status::InvalidParameter;

  // [UEFI 2.10, 7.4.5] only meant for a status that needs explaining; leaving matters more than the explanation
  if (status != efi::encode(Status::Success) && exit_data != nullptr && exit_data_size != 0) {
    TplGuard guard(events_, efi::kTplNotify);
    if (auto copy = pool_.allocate(efi::MemoryType::BootServicesData, exit_data_size)) {
      memcpy(*copy, exit_data, exit_data_size);
      image->exit_data = static_cast<efi::Char16*>(*copy);
      image->exit_data_size = exit_data_size;
    }
  }
  caller_.unwind(*image->way_back, status);
}

efi::EfiStatus Images::unload(efi::Handle handle) {
  ImageRecord* image = record_of(handle);
  if (image == nullptr) return efi::encode(Status::InvalidParameter);
  efi::EfiStatus status = efi::encode(Status::Success);
  if (image->state != ImageRecord::State::Loaded) {
    if (image->state == ImageRecord::State::Running || image->protocol.unload == nullptr) return efi::encode(Status::Unsupported);
    status = image->protocol.unload(handle);  // [UEFI 2.10, 7.4.3] what it says comes back, a warning too
    if (efi::is_error(status)) return status;
    image = record_of(handle);  // its handler may have done our work
  }
  if (image != nullptr) release(*image);
  return status;
}

Result<> Images::exit_boot_services(uint64_t map_key) {
  departure_.announced();
  // [UEFI 2.10, 7.1.2] before anything is taken away, once; what its notifications do to the memory map makes the key stale.
  if (!departure_announced_) {
    departure_announced_ = true;
    events_.signal_group(efi::kEventGroupBeforeExitBootServices);
  }
  // From the look at the key on nothing may run that could change the map. Once boot services are over the guard has no effect.
  TplGuard guard(events_, efi::kTplHighLevel);
  // Before that look, for it may take memory: a page for the CPU's tables.
  for_each_runtime_driver([this](const ImageRecord& image) { make_relocatable(image); });
  // [UEFI 2.10, 7.4.6] a stale key must fail, with everything still working: the OS reads the map again and retries.
  if (map_key != memory_.key()) return Status::InvalidParameter;
  departure_.accepted();
  events_.exit_boot_services();
  for (size_t i = quiescers_.size(); i-- > 0;) {
    auto quiet = quiescers_[i]->quiesce();
    if (!quiet) log::line("efilite: a device would not stop at ExitBootServices: ", quiet.error());
  }
  tables_.forget_boot_services();
  departure_.leave_boot_services();
  return {};
}

}  // namespace efilite::core
