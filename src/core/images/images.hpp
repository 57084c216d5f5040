// SPDX-License-Identifier: BSD-2-Clause-Patent
// Images: loading, starting, leaving and unloading EFI programs, and the end of boot services [UEFI 2.10, 7.4]. images.cpp is their life,
// images_place.cpp finds their memory, images_open.cpp finds their bytes behind a device path.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "abi/uefi/file.hpp"
#include "abi/uefi/protocols.hpp"
#include "base/static_vector.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/images/pe.hpp"
#include "core/memory/memory_map.hpp"
#include "core/memory/pool.hpp"
#include "core/tables.hpp"

namespace efilite::core {

// Where unwind() finds the way back. Opaque: arch's assembly or a test fills it.
struct alignas(16) JumpContext {
  std::array<std::byte, 256> opaque;
};

// Running an image on the stack of its starter.
class ImageCaller {
 public:
  // Returns what the entry returns, or the status of the unwind() with this context.
  virtual efi::EfiStatus call(efi::ImageEntryPoint entry, efi::Handle image, efi::SystemTable* system_table, JumpContext& context) = 0;
  [[noreturn]] virtual void unwind(JumpContext& context, efi::EfiStatus status) = 0;

 protected:
  ~ImageCaller() = default;
};

// A device that must stop to touch memory before the OS gets it.
class Quiescer {
 public:
  virtual Result<> quiesce() = 0;

 protected:
  ~Quiescer() = default;
};

// The composition's part of ExitBootServices: runs last, with interrupts disabled, every device quiet, the System Table already cleared of
// boot services. It brings the runtime into its own phase.
class Departure {
 public:
  virtual void leave_boot_services() = 0;
  // Behind all that, when a program has called ExitBootServices: nobody but the runtime services is left.
  virtual void left() {}
  // Before anything is done: ExitBootServices has been called.
  virtual void announced() {}
  // ExitBootServices will succeed. From now on the memory map is what the OS knows of it: it must not change any more.
  virtual void accepted() {}

 protected:
  ~Departure() = default;
};

// Pages of an image that want the same permissions: kMemoryRo, kMemoryXp or none.
struct ImagePart {
  PhysRange range;
  uint64_t attributes;
};

struct ImageRecord {
  enum class State : uint8_t {
    Loaded,
    Running,   // its entry is on the stack
    Resident,  // a driver whose entry returned SUCCESS
  };

  efi::LoadedImageProtocol protocol;
  efi::Handle handle;
  efi::ImageEntryPoint entry;
  efi::DevicePath* device_path;  // whole, may be nullptr; protocol.file_path is the part behind the device
  PhysRange pages;               // what to free; the image's base lies in the first, and they reach over SizeOfImage
  pe::Subsystem subsystem;
  State state;
  bool is_protected;     // some of its pages are not read-write-execute
  bool in_place;         // it runs where its file lay
  void* load_options;    // ours to free
  efi::Tpl tpl;          // of its starter
  ImageRecord* starter;  // the image that ran before
  JumpContext* way_back;
  efi::Char16* exit_data;
  uint64_t exit_data_size;
  std::array<char, 24> name;  // for crash reports; ends with NUL
  void* hii_package_list;     // in the image, if it has one
  // A runtime driver's: how it is moved after boot, in runtime services data, and what of it the OS may protect.
  runtime::MovableImage* movable;
  ImagePart* parts;
  size_t part_count;
  ImageRecord* next;

  uint64_t base() const { return reinterpret_cast<uint64_t>(protocol.image_base); }
  std::string_view title() const { return name.data(); }
  std::span<const ImagePart> permissions() const { return {parts, part_count}; }
  uint64_t offset_of(uint64_t address) const { return address - base(); }
};

class Images {
 public:
  constexpr Images(MemoryMap& memory, Pool& pool, HandleDatabase& handles, EventQueue& events, Tables& tables, PageProtection& protection,
                   ImageCaller& caller, Departure& departure)
      : memory_(memory), pool_(pool), handles_(handles), events_(events), tables_(tables), protection_(protection), caller_(caller),
        departure_(departure) {}
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  // A protocol for the handle of every image that is loaded from now on. What it points to stays.
  void set_image_protocol(const ProtocolPair& protocol) { image_protocol_ = protocol; }

  // efilite itself as an image: the agent on whose behalf HandleProtocol opens [UEFI 2.10, 7.3.7].
  Result<> install_core_image(PhysRange range);

  // LoadImage. `source` of size 0 means: by `path`.
  Result<efi::Handle> load(bool boot_policy, efi::Handle parent, efi::DevicePath* path, MutableByteSpan source);
  // For the boot manager, whose images have no parent. `path` may be nullptr and is copied. When source.in_place() has memory, its pages
  // must be reserve()d in the memory map and hold nothing else: they become the image's, and the source is used up.
  Result<efi::Handle> load(ByteSource& source, efi::Handle parent, efi::Handle device, const efi::DevicePath* path);
  // LoadImage by path as the boot manager calls it: with BootPolicy TRUE. `path` is well-formed.
  Result<efi::Handle> load_for_boot(efi::DevicePath* path);
  // An application that lies in memory already, in pages of PageOwner::Image, which are the image's from now on; its entry is the caller's
  // affair. On failure they are not.
  Result<efi::Handle> adopt(PhysRange pages, efi::ImageEntryPoint entry, efi::Handle device, const efi::DevicePath* path);
  // A copy, with a NUL behind it, that lives as long as the image. No text has the size 0 and is a NUL all the same: memtest86+ looks there
  // before it looks at the size.
  Result<> set_load_options(efi::Handle image, std::u16string_view options);
  // Any bytes, as a boot option has them; none at all as above.
  Result<> set_load_options(efi::Handle image, ByteSpan options);

  // The status is the image's own, or ours.
  efi::EfiStatus start(efi::Handle image, uint64_t* exit_data_size, efi::Char16** exit_data);
  // Does not return when it is the current image that leaves.
  Result<> exit(efi::Handle image, efi::EfiStatus status, uint64_t exit_data_size, const efi::Char16* exit_data);
  efi::EfiStatus unload(efi::Handle image);

  // Whether all hooks had room: quiesce() is called in the reverse order of adding.
  [[nodiscard]] bool add_quiescer(Quiescer& device) { return quiescers_.push_back(&device); }
  Result<> exit_boot_services(uint64_t map_key);
  void leave_to_program() { departure_.left(); }
  // The images that outlive boot services: visit(const ImageRecord&).
  template <typename Visit>
  void for_each_runtime_driver(Visit visit) const {
    for (const ImageRecord* i = images_; i != nullptr; i = i->next) {
      if (i->movable != nullptr) visit(*i);
    }
  }

  // For crash reports: reads only, allocates nothing.
  const ImageRecord* image_at(uint64_t address) const;
  const ImageRecord* current() const { return current_; }
  const ImageRecord* find(efi::Handle image) const;
  uint64_t copied_bytes() const { return copied_; }
  void note_copied(uint64_t bytes) { copied_ += bytes; }  // what others have copied to where it runs

 private:
  static constexpr size_t kMaxQuiescers = 16;
  struct Origin;  // what LoadedImage tells about where an image came from

  // images.cpp
  ImageRecord* record_of(efi::Handle image) { return const_cast<ImageRecord*>(find(image)); }
  Result<ImageRecord*> new_record(const Origin& origin);
  Result<efi::Handle> load_from(ByteSource& source, const Origin& origin);
  Result<efi::Handle> publish(ImageRecord& image);
  Result<efi::Handle> publish_at(PhysRange pages, pe::Subsystem subsystem, ImageRecord& image);
  void release(ImageRecord& image);
  void settle_tpl(efi::Tpl tpl);
  void hand_over_exit_data(ImageRecord& image, uint64_t* size, efi::Char16** data);
  void split_path(efi::DevicePath* path, Origin& origin);
  Origin origin_of(efi::Handle parent, efi::Handle device, const efi::DevicePath* path);

  // images_place.cpp
  Result<> place(const PePlan& plan, ByteSource& source, ImageRecord& image);
  Result<PhysRange> allocate(const PePlan& plan, efi::MemoryType type);
  bool claim_in_place(const PePlan& plan, MutableByteSpan file, uint32_t lead, ImageRecord& image);
  static void set_kind(pe::Subsystem subsystem, uint64_t size, ImageRecord& image);
  Result<> protect(const PePlan& plan, ImageRecord& image);
  Result<> keep_for_runtime(const PePlan& plan, ImageRecord& image, ByteSpan memory);
  void make_relocatable(const ImageRecord& image);
  void free_pages(ImageRecord& image);

  // images_open.cpp
  Result<efi::Handle> load_by_path(bool boot_policy, efi::DevicePath* path, Origin& origin);
  Result<efi::Handle> load_file_image(efi::SimpleFileSystemProtocol& volume, Origin& origin);
  Result<efi::FileProtocol*> open_nodes(efi::SimpleFileSystemProtocol& volume, const efi::DevicePath* path);
  template <typename Protocol>
  Result<efi::Handle> load_with(Protocol& protocol, bool boot_policy, Origin& origin);

  MemoryMap& memory_;
  Pool& pool_;
  HandleDatabase& handles_;
  EventQueue& events_;
  Tables& tables_;
  PageProtection& protection_;
  ImageCaller& caller_;
  Departure& departure_;

  ImageRecord* images_ = nullptr;
  ImageRecord* current_ = nullptr;
  ProtocolPair image_protocol_{};
  StaticVector<Quiescer*, kMaxQuiescers> quiescers_;
  uint64_t copied_ = 0;
  bool departure_announced_ = false;
};

struct Images::Origin {
  efi::Handle parent = nullptr;
  efi::Handle device = nullptr;
  efi::DevicePath* path = nullptr;       // whole; nullptr when there is none
  efi::DevicePath* file_path = nullptr;  // what of it lies behind the device's own path
  const char* fallback_name = "module";
};

// A program's buffer or a loaded file as a source. Never in place: the caller may free it as soon as LoadImage has returned.
class BufferSource final : public ByteSource {
 public:
  explicit BufferSource(MutableByteSpan bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<> read(uint64_t offset, MutableByteSpan out) override;

 private:
  MutableByteSpan bytes_;
};

}  // namespace efilite::core
