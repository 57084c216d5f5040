// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the tests of files share. On the runner's volume are \hello.txt ("hello, world\r\n") and \dir\inner.txt; each test makes what it
// needs besides below \test.
#pragma once

#include "storage.hpp"

namespace conformance::files {

using File = EFI_FILE_PROTOCOL;
constexpr UINT64 kRead = EFI_FILE_MODE_READ, kWrite = kRead | EFI_FILE_MODE_WRITE, kCreate = kWrite | EFI_FILE_MODE_CREATE;
constexpr UINT64 kEnd = ~UINT64{0};
inline EFI_GUID kInfoGuid = EFI_FILE_INFO_ID;
inline EFI_GUID kSystemInfoGuid = EFI_FILE_SYSTEM_INFO_ID;

inline EFI_SIMPLE_FILE_SYSTEM_PROTOCOL* volume() { return on<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>(the_disk(), kFileSystemGuid); }

// A file that is closed at the end of the test.
struct Opened {
  File* file = nullptr;
  EFI_STATUS status;
  Opened(File* from, const wchar_t* name, UINT64 mode = kRead, UINT64 attributes = 0) {
    status = from == nullptr ? EFI_NOT_READY : from->Open(from, &file, text(name), mode, attributes);
    if (EFI_ERROR(status)) file = nullptr;
  }
  explicit Opened(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL* of) {
    status = of == nullptr ? EFI_NOT_READY : of->OpenVolume(of, &file);
    if (EFI_ERROR(status)) file = nullptr;
  }
  Opened(const Opened&) = delete;
  ~Opened() { close(); }
  void close() {
    if (file != nullptr) file->Close(file);
    file = nullptr;
  }
  EFI_STATUS remove() {
    File* gone = file;
    file = nullptr;
    return gone->Delete(gone);
  }
  operator File*() const { return file; }
  File* operator->() const { return file; }
  bool ok(int line = __builtin_LINE()) const { return conformance::ok(status, line); }
};

inline EFI_STATUS write(File* file, const char* words) {
  UINTN size = 0;
  while (words[size] != 0) ++size;
  return file->Write(file, &size, const_cast<char*>(words));
}
// Whether what is read from the position on is just this.
inline bool reads(File* file, const char* words, int line = __builtin_LINE()) {
  char seen[200];
  UINTN size = sizeof seen, length = 0;
  while (words[length] != 0) ++length;
  return conformance::ok(file->Read(file, &size, seen), line) && equal(size, length, line) && that(same(seen, words, length), line);
}
inline UINT64 position(File* file) {
  UINT64 at_byte = 0x1234567;
  file->GetPosition(file, &at_byte);
  return at_byte;
}

union Info {
  EFI_FILE_INFO file;
  EFI_FILE_SYSTEM_INFO system;
  UINT8 bytes[700];
};
inline EFI_STATUS info(File* file, Info& out, EFI_GUID& type = kInfoGuid) {
  UINTN size = sizeof out;
  return file->GetInfo(file, &type, &size, &out);
}
inline EFI_STATUS set(File* file, Info& wanted) { return file->SetInfo(file, &kInfoGuid, sizeof wanted, &wanted); }
inline void name_it(Info& wanted, const wchar_t* name) {
  UINTN i = 0;
  do wanted.file.FileName[i] = static_cast<CHAR16>(name[i]);
  while (name[i++] != 0);
}
inline EFI_STATUS rename(File* file, const wchar_t* name) {
  Info wanted;
  if (EFI_STATUS status = info(file, wanted); EFI_ERROR(status)) return status;
  name_it(wanted, name);
  return set(file, wanted);
}

// Removes what the directory holds, and the directory.
inline void clear(File* parent, CHAR16* name) {
  File* file = nullptr;
  if (EFI_ERROR(parent->Open(parent, &file, name, kWrite, 0))) {
    // A read-only file: its attribute first.
    if (EFI_ERROR(parent->Open(parent, &file, name, kRead, 0))) return;
    Info wanted;
    info(file, wanted);
    wanted.file.Attribute = 0;
    set(file, wanted);
    file->Close(file);
    if (EFI_ERROR(parent->Open(parent, &file, name, kWrite, 0))) return;
  }
  Info entry;
  info(file, entry);
  while ((entry.file.Attribute & EFI_FILE_DIRECTORY) != 0) {
    UINTN size = 0;
    file->SetPosition(file, 0);
    do {
      size = sizeof entry;
      if (EFI_ERROR(file->Read(file, &size, &entry))) size = 0;
    } while (size != 0 && entry.file.FileName[0] == '.');
    if (size == 0) break;
    clear(file, entry.file.FileName);
    entry.file.Attribute = EFI_FILE_DIRECTORY;
  }
  file->Delete(file);
}

// \test, empty.
struct Playground {
  Opened root{volume()};
  Opened dir;
  Playground() : dir(prepared(root), L"\\test", kCreate, EFI_FILE_DIRECTORY) {}
  static File* prepared(File* root) {
    if (root != nullptr) clear(root, text(L"\\test"));
    return root;
  }
  bool ok(int line = __builtin_LINE()) const { return conformance::ok(root.status, line) && conformance::ok(dir.status, line); }
  operator File*() const { return dir; }
  // A file with something in it.
  bool make(const wchar_t* name, const char* words, int line = __builtin_LINE()) const {
    Opened file(dir, name, kCreate);
    return file.ok(line) && conformance::ok(write(file, words), line);
  }
  bool make_directory(const wchar_t* name, int line = __builtin_LINE()) const {
    return conformance::ok(Opened(dir, name, kCreate, EFI_FILE_DIRECTORY).status, line);
  }
};
#define IN_PLAYGROUND(p) \
  Playground p;          \
  if (!p.ok()) return false

inline bool opens_as(File* from, const wchar_t* name, EFI_STATUS wanted, UINT64 mode = kRead, UINT64 attributes = 0,
                     int line = __builtin_LINE()) {
  return is(Opened(from, name, mode, attributes).status, wanted, line);
}

struct AFileToken {
  Calls calls;
  AnEvent event{EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls};
  EFI_FILE_IO_TOKEN token{event, EFI_ABORTED, 0, nullptr};
  bool answered(UINTN times = 1) const {
    for (int i = 0; i < 100 && calls.count < times; ++i) bs->Stall(10'000);
    return equal(calls.count, times);
  }
};

}  // namespace conformance::files
