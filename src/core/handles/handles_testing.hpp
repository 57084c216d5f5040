// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the tests of handles and device paths share: a heap that counts its blocks and can run dry, events that note who was signalled, and
// a database on both.
#pragma once

#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "core/handles/handles.hpp"

namespace efilite::core::testing {

class CountingHeap final : public Heap {
 public:
  void* allocate(size_t size) override {
    if (left == 0) return nullptr;
    --left;
    void* block = malloc(size);
    blocks.insert(block);
    return block;
  }
  void release(void* block) override {
    if (blocks.erase(block) != 1) abort();
    free(block);
  }
  ~CountingHeap() {
    for (void* block : blocks) free(block);
  }

  size_t left = SIZE_MAX;  // allocations until it runs dry
  std::set<void*> blocks;
};

class RecordingEvents final : public EventSignaller {
 public:
  Result<> signal(efi::Event event) override {
    if (!is_valid(event)) return Status::InvalidParameter;
    ++signals[event];
    order.push_back(event);
    return {};
  }
  bool is_valid(efi::Event event) override { return live.contains(event); }

  efi::Event make() {
    auto event = reinterpret_cast<efi::Event>(next_ += 0x1000);
    live.insert(event);
    return event;
  }

  std::set<efi::Event> live;
  std::map<efi::Event, int> signals;
  std::vector<efi::Event> order;

 private:
  uintptr_t next_ = 0x10000;
};

inline constexpr efi::Guid guid(uint32_t n) { return {0x10000 + n, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}; }

struct World {
  CountingHeap heap;
  RecordingEvents events;
  HandleDatabase db{heap, events};
  char objects[64];  // things to be interfaces

  efi::Handle make_handle(uint32_t protocol) {
    efi::Handle handle = nullptr;
    if (!db.install(&handle, guid(protocol), nullptr)) abort();
    return handle;
  }
  std::vector<efi::Handle> having(uint32_t protocol) {
    efi::Guid wanted = guid(protocol);
    return list(efi::LocateSearchType::ByProtocol, &wanted);
  }
  std::vector<efi::Handle> all() { return list(efi::LocateSearchType::AllHandles, nullptr); }
  std::vector<efi::Handle> list(efi::LocateSearchType type, const efi::Guid* protocol, void* key = nullptr) {
    auto found = db.locate_buffer(type, protocol, key);
    if (!found) return {};
    std::vector<efi::Handle> out(found->begin(), found->end());
    heap.release(found->data());
    return out;
  }
  std::vector<efi::OpenProtocolInformationEntry> opens(efi::Handle handle, uint32_t protocol) {
    auto found = db.open_information(handle, guid(protocol));
    if (!found) return {};
    std::vector<efi::OpenProtocolInformationEntry> out(found->begin(), found->end());
    heap.release(found->data());
    return out;
  }
};

}  // namespace efilite::core::testing
