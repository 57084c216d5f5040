// SPDX-License-Identifier: BSD-2-Clause-Patent
// Files and directories of the runner's volume: opening, reading, writing, deleting [UEFI 2.10, 13.4 and 13.5].
#include "files.hpp"

namespace conformance {
namespace {

using namespace files;

const Test kTests[] = {
    {"13.4.2 OpenVolume: the root is a directory without a name",
     [] {
       Opened root(volume());
       Info i;
       return root.ok() && ok(info(root, i)) && that((i.file.Attribute & EFI_FILE_DIRECTORY) != 0) && equal(i.file.FileName[0], 0);
     }},
    {"13.4.2 OpenVolume: twice gives two handles",
     [] {
       Opened one(volume()), two(volume());
       return one.ok() && two.ok() && that(one.file != two.file);
     }},
    {"13.4.1 SimpleFileSystem: its revision",
     [] { return that(volume() != nullptr) && equal(volume()->Revision, EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION); }},
    {"13.5.1 File: its revision is 2",
     [] {
       Opened root(volume());
       return root.ok() && equal(root->Revision, EFI_FILE_PROTOCOL_REVISION2);
     }},

    {"13.5.2 Open: a file of the volume",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && reads(file, "hello, world\r\n");
     }},
    {"13.5.2 Open: from the root by a backslash",
     [] {
       Opened root(volume()), dir(root, L"dir"), file(dir, L"\\hello.txt");
       return file.ok() && reads(file, "hello, world\r\n");
     }},
    {"13.5.2 Open: names compare without case",
     [] {
       Opened root(volume());
       return opens_as(root, L"HELLO.TXT", EFI_SUCCESS) && opens_as(root, L"Dir\\INNER.txt", EFI_SUCCESS);
     }},
    {"13.5.2 Open: by components",
     [] {
       Opened root(volume());
       return opens_as(root, L"dir\\inner.txt", EFI_SUCCESS) && opens_as(root, L"\\dir\\inner.txt", EFI_SUCCESS) &&
              opens_as(root, L"\\dir", EFI_SUCCESS);
     }},
    {"13.5.2 Open: . and ..",
     [] {
       Opened root(volume()), dir(root, L"dir");
       return opens_as(dir, L".\\inner.txt", EFI_SUCCESS) && opens_as(dir, L"..\\hello.txt", EFI_SUCCESS) &&
              opens_as(dir, L"..\\dir\\.\\inner.txt", EFI_SUCCESS) && opens_as(dir, L".", EFI_SUCCESS) && opens_as(dir, L"..", EFI_SUCCESS);
     }},
    {"13.5.2 Open: . is the directory itself",
     [] {
       Opened root(volume()), dir(root, L"dir"), again(dir, L".");
       Info i;
       return again.ok() && ok(info(again, i)) && that(same(i.file.FileName, text(L"dir")));
     }},
    {"13.5.2 Open: .. of the root is NOT_FOUND",
     [] {
       Opened root(volume());
       return opens_as(root, L"..", EFI_NOT_FOUND);
     }},
    {"13.5.2 Open: a directory may end in a backslash",
     [] {
       Opened root(volume());
       return opens_as(root, L"dir\\", EFI_SUCCESS) && opens_as(root, L"\\", EFI_SUCCESS);
     }},
    {"13.5.2 Open: what is not there is NOT_FOUND",
     [] {
       Opened root(volume());
       return opens_as(root, L"none", EFI_NOT_FOUND) && opens_as(root, L"none\\inner.txt", EFI_NOT_FOUND) &&
              opens_as(root, L"dir\\none", EFI_NOT_FOUND);
     }},
    {"13.5.2 Open: below a file there is nothing",
     [] {
       Opened root(volume());
       return opens_as(root, L"hello.txt\\inner.txt", EFI_NOT_FOUND);
     }},
    {"13.5.2 Open: from a file is INVALID_PARAMETER",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && opens_as(file, L"inner.txt", kInvalid);
     }},
    {"13.5.2 Open: from a file a name from the root opens",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && opens_as(file, L"\\dir", EFI_SUCCESS) && opens_as(file, L"\\none", EFI_NOT_FOUND);
     }},
    {"13.5.2 Open: combinations of modes that are none are INVALID_PARAMETER",
     [] {
       IN_PLAYGROUND(p);
       return opens_as(p, L"x", kInvalid, 0) && opens_as(p, L"x", kInvalid, EFI_FILE_MODE_WRITE) &&
              opens_as(p, L"x", kInvalid, EFI_FILE_MODE_CREATE) && opens_as(p, L"x", kInvalid, EFI_FILE_MODE_CREATE | kRead) &&
              opens_as(p, L"x", kInvalid, kRead | 4);
     }},
    {"13.5.2 Open: attributes that are none are INVALID_PARAMETER",
     [] {
       IN_PLAYGROUND(p);
       return opens_as(p, L"x", kInvalid, kCreate, 0x40);
     }},
    {"13.5.2 Open: a new file is empty",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"new.txt", kCreate);
       Info i;
       return file.ok() && ok(info(file, i)) && equal(i.file.FileSize, 0) && reads(file, "") &&
              equal(i.file.Attribute & EFI_FILE_DIRECTORY, 0);
     }},
    {"13.5.2 Open: a new file has the attributes that were asked for",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"new.txt", kCreate, EFI_FILE_HIDDEN | EFI_FILE_SYSTEM);
       Info i;
       return file.ok() && ok(info(file, i)) && equal(i.file.Attribute & 7, EFI_FILE_HIDDEN | EFI_FILE_SYSTEM);
     }},
    {"13.5.2 Open: a new file may be read-only",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"new.txt", kCreate, EFI_FILE_READ_ONLY);
       return file.ok();
     }},
    {"13.5.2 Open: creating opens what is there",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "old")) return false;
       Opened file(p, L"x.txt", kCreate, EFI_FILE_HIDDEN);
       return file.ok() && reads(file, "old");
     }},
    {"13.5.2 Open: creating a directory opens the file that is there",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "old")) return false;
       Opened file(p, L"x.txt", kCreate, EFI_FILE_DIRECTORY);
       return file.ok() && reads(file, "old");
     }},
    {"13.5.2 Open: creating without the directories above is NOT_FOUND",
     [] {
       IN_PLAYGROUND(p);
       return opens_as(p, L"none\\x.txt", EFI_NOT_FOUND, kCreate);
     }},
    {"13.5.2 Open: a read-only file for writing is ACCESS_DENIED",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       {
         Opened file(p, L"x.txt", kWrite);
         Info i;
         if (!file.ok() || !ok(info(file, i))) return false;
         i.file.Attribute |= EFI_FILE_READ_ONLY;
         if (!ok(set(file, i))) return false;
       }
       return opens_as(p, L"x.txt", EFI_ACCESS_DENIED, kWrite) && opens_as(p, L"x.txt", EFI_SUCCESS);
     }},
    {"13.5.2 Open: long names keep their letters",
     [] {
       IN_PLAYGROUND(p);
       const wchar_t* name = L"A Name that is Long, with [brackets] + dots.and.more.txt";
       Opened file(p, name, kCreate);
       Info i;
       return file.ok() && ok(info(file, i)) && that(same(i.file.FileName, text(name))) &&
              opens_as(p, L"a name that is long, with [BRACKETS] + dots.and.more.TXT", EFI_SUCCESS);
     }},
    {"13.5.2 Open: a name with a character that no file can have is no success",
     [] {
       IN_PLAYGROUND(p);
       return that(EFI_ERROR(Opened(p, L"a*b", kCreate).status)) && that(EFI_ERROR(Opened(p, L"a:b", kCreate).status));
     }},

    {"13.5.3 Close",
     [] {
       Opened root(volume());
       File* file = root;
       root.file = nullptr;
       return that(file != nullptr) && ok(file->Close(file));
     }},
    {"13.5.4 Delete: the file is gone",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt", kWrite);
       return file.ok() && ok(file.remove()) && opens_as(p, L"x.txt", EFI_NOT_FOUND);
     }},
    {"13.5.4 Delete: an empty directory is gone",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make_directory(L"d")) return false;
       Opened dir(p, L"d", kWrite);
       return dir.ok() && ok(dir.remove()) && opens_as(p, L"d", EFI_NOT_FOUND);
     }},
    {"13.5.4 Delete: a directory that is not empty is WARN_DELETE_FAILURE",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make_directory(L"d") || !p.make(L"d\\x.txt", "text")) return false;
       Opened dir(p, L"d", kWrite);
       return dir.ok() && is(dir.remove(), EFI_WARN_DELETE_FAILURE) && opens_as(p, L"d\\x.txt", EFI_SUCCESS);
     }},
    {"13.5.4 Delete: the root is WARN_DELETE_FAILURE",
     [] {
       Opened root(volume());
       return root.ok() && is(root.remove(), EFI_WARN_DELETE_FAILURE);
     }},
    {"13.5.4 Delete: a handle for reading is WARN_DELETE_FAILURE",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt");
       return file.ok() && is(file.remove(), EFI_WARN_DELETE_FAILURE) && opens_as(p, L"x.txt", EFI_SUCCESS);
     }},
    {"13.5.5 Read: a deleted file is DEVICE_ERROR",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened one(p, L"x.txt", kWrite), two(p, L"x.txt", kWrite);
       UINT8 byte;
       UINTN size = 1;
       return one.ok() && two.ok() && ok(one.remove()) && is(two->Read(two, &size, &byte), EFI_DEVICE_ERROR);
     }},
    {"13.5.6 Write: a deleted file is DEVICE_ERROR",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened one(p, L"x.txt", kWrite), two(p, L"x.txt", kWrite);
       return one.ok() && two.ok() && ok(one.remove()) && is(write(two, "x"), EFI_DEVICE_ERROR);
     }},

    {"13.5.5 Read: from the position, and no further than the end",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       UINT8 some[5];
       UINTN size = 5;
       return file.ok() && ok(file->Read(file, &size, some)) && equal(size, 5) && that(same(some, "hello", 5)) &&
              equal(position(file), 5) && reads(file, ", world\r\n") && reads(file, "");
     }},
    {"13.5.5 Read: behind the end is DEVICE_ERROR",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       UINT8 byte;
       UINTN size = 1;
       return file.ok() && ok(file->SetPosition(file, 15)) && is(file->Read(file, &size, &byte), EFI_DEVICE_ERROR);
     }},
    {"13.5.5 Read: at the end there is nothing",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && ok(file->SetPosition(file, 14)) && reads(file, "");
     }},
    {"13.5.5 Read: a directory is read entry by entry, and then there is nothing",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"one.txt", "12345") || !p.make_directory(L"two")) return false;
       bool one = false, two = false;
       for (int i = 0; i < 10; ++i) {
         Info entry;
         UINTN size = sizeof entry;
         if (!ok(p.dir->Read(p, &size, &entry))) return false;
         if (size == 0) return that(one) && that(two) && ok(p.dir->Read(p, &size, &entry)) && equal(size, 0);
         if (!equal(size, entry.file.Size)) return false;
         if (same(entry.file.FileName, text(L"one.txt"))) one = equal(entry.file.FileSize, 5);
         if (same(entry.file.FileName, text(L"two"))) two = that((entry.file.Attribute & EFI_FILE_DIRECTORY) != 0);
       }
       return that(false);
     }},
    {"13.5.5 Read: an entry that does not fit is BUFFER_TOO_SMALL and stays",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"one.txt", "12345")) return false;
       Info entry;
       bool seen = false;
       for (int i = 0; i < 5; ++i) {
         UINTN size = 0;
         EFI_STATUS status = p.dir->Read(p, &size, &entry);
         if (status == EFI_SUCCESS) return equal(size, 0) && that(seen);
         if (!is(status, EFI_BUFFER_TOO_SMALL) || !ok(p.dir->Read(p, &size, &entry)) || !equal(size, entry.file.Size)) return false;
         seen |= same(entry.file.FileName, text(L"one.txt"));
       }
       return that(false);
     }},
    {"13.5.11 SetPosition: 0 reads a directory again",
     [] {
       Opened root(volume());
       Info first, again;
       UINTN size = sizeof first, second = sizeof again;
       if (!root.ok() || !ok(root->Read(root, &size, &first)) || !ok(root->SetPosition(root, 0)) || !ok(root->Read(root, &second, &again)))
         return false;
       return equal(size, second) && that(same(first.file.FileName, again.file.FileName));
     }},
    {"13.5.11 SetPosition: anything else of a directory is UNSUPPORTED",
     [] {
       Opened root(volume());
       return root.ok() && is(root->SetPosition(root, 1), EFI_UNSUPPORTED) && is(root->SetPosition(root, kEnd), EFI_UNSUPPORTED);
     }},
    {"13.5.11 SetPosition: all ones is the end",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && ok(file->SetPosition(file, kEnd)) && equal(position(file), 14);
     }},
    {"13.5.11 SetPosition: behind the end is allowed",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && ok(file->SetPosition(file, 1000)) && equal(position(file), 1000);
     }},
    {"13.5.11 SetPosition: a deleted file is DEVICE_ERROR",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened one(p, L"x.txt", kWrite), two(p, L"x.txt", kWrite);
       return one.ok() && two.ok() && ok(one.remove()) && is(two->SetPosition(two, 0), EFI_DEVICE_ERROR);
     }},
    {"13.5.12 GetPosition: of a directory is UNSUPPORTED",
     [] {
       Opened root(volume());
       UINT64 where;
       return root.ok() && is(root->GetPosition(root, &where), EFI_UNSUPPORTED);
     }},
    {"13.5.12 GetPosition: a deleted file is DEVICE_ERROR",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened one(p, L"x.txt", kWrite), two(p, L"x.txt", kWrite);
       UINT64 where;
       return one.ok() && two.ok() && ok(one.remove()) && is(two->GetPosition(two, &where), EFI_DEVICE_ERROR);
     }},

    {"13.5.6 Write: what is written is read, and the position moves",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       return file.ok() && ok(write(file, "hello")) && equal(position(file), 5) && ok(file->SetPosition(file, 1)) && ok(write(file, "E")) &&
              ok(file->SetPosition(file, 0)) && reads(file, "hEllo");
     }},
    {"13.5.6 Write: it outlives its handle",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "written")) return false;
       Opened file(p, L"x.txt");
       return file.ok() && reads(file, "written");
     }},
    {"13.5.6 Write: more than a cluster",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.bin", kCreate);
       Pages pages(32);
       UINT8* bytes = at<UINT8>(pages.start);
       for (UINTN i = 0; i < 16 * kPage; ++i) bytes[i] = static_cast<UINT8>(i + i / 251);
       UINTN size = 16 * kPage;
       if (!file.ok() || !ok(file->Write(file, &size, bytes)) || !equal(size, 16 * kPage) || !ok(file->SetPosition(file, 0))) return false;
       return ok(file->Read(file, &size, bytes + 16 * kPage)) && equal(size, 16 * kPage) &&
              that(same(bytes, bytes + 16 * kPage, 16 * kPage));
     }},
    {"13.5.6 Write: behind the end makes the file longer",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       return file.ok() && ok(file->SetPosition(file, 5000)) && ok(write(file, "end")) && ok(info(file, i)) && equal(i.file.FileSize, 5003);
     }},
    {"13.5.6 Write: a directory is UNSUPPORTED",
     [] {
       IN_PLAYGROUND(p);
       return is(write(p, "x"), EFI_UNSUPPORTED);
     }},
    {"13.5.6 Write: by a handle for reading is ACCESS_DENIED",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt");
       return file.ok() && is(write(file, "x"), EFI_ACCESS_DENIED);
     }},
    {"13.5.6 Write: more than the volume holds is VOLUME_FULL",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.bin", kCreate);
       Pages pages(256);
       EFI_STATUS status = file.status;
       for (int i = 0; i < 16 && status == EFI_SUCCESS; ++i) {
         UINTN size = 256 * kPage;
         status = file->Write(file, &size, at<void>(pages.start));
       }
       bool good = is(status, EFI_VOLUME_FULL);
       if (file.file != nullptr) file.remove();
       return good;
     }},
    {"13.5.6 Write: two handles of a file see each other's bytes",
     [] {
       IN_PLAYGROUND(p);
       Opened one(p, L"x.txt", kCreate), two(p, L"x.txt");
       return one.ok() && two.ok() && ok(write(one, "abc")) && reads(two, "abc") && ok(write(one, "def")) && reads(two, "def");
     }},
    {"13.5.15 Flush",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       return file.ok() && ok(write(file, "x")) && ok(file->Flush(file));
     }},
    {"13.5.15 Flush: by a handle for reading is ACCESS_DENIED",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       return file.ok() && is(file->Flush(file), EFI_ACCESS_DENIED);
     }},

    {"13.5.7 OpenEx: the event is signaled when the file is open",
     [] {
       Opened root(volume());
       AFileToken t;
       File* file = nullptr;
       if (!root.ok() || !ok(root->OpenEx(root, &file, text(L"hello.txt"), kRead, 0, &t.token)) || !t.answered() || !ok(t.token.Status))
         return false;
       bool good = reads(file, "hello, world\r\n");
       file->Close(file);
       return good;
     }},
    {"13.5.7 OpenEx: what is not there is NOT_FOUND",
     [] {
       Opened root(volume());
       AFileToken t;
       File* file = nullptr;
       return root.ok() && is(root->OpenEx(root, &file, text(L"none"), kRead, 0, &t.token), EFI_NOT_FOUND) && equal(t.calls.count, 0);
     }},
    {"13.5.8 ReadEx and 13.5.9 WriteEx: the event is signaled when it is done",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       AFileToken t;
       char bytes[] = "hello";
       t.token.Buffer = bytes, t.token.BufferSize = 5;
       if (!file.ok() || !ok(file->WriteEx(file, &t.token)) || !t.answered(1) || !ok(t.token.Status) || !equal(t.token.BufferSize, 5))
         return false;
       char seen[8] = {};
       t.token.Buffer = seen, t.token.BufferSize = 8;
       if (!ok(file->SetPosition(file, 1)) || !ok(file->ReadEx(file, &t.token)) || !t.answered(2) || !ok(t.token.Status)) return false;
       return equal(t.token.BufferSize, 4) && that(same(seen, "ello", 4));
     }},
    {"13.5.9 WriteEx: by a handle for reading is ACCESS_DENIED",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       AFileToken t;
       char byte = 'x';
       t.token.Buffer = &byte, t.token.BufferSize = 1;
       return file.ok() && is(file->WriteEx(file, &t.token), EFI_ACCESS_DENIED) && equal(t.calls.count, 0);
     }},
    {"13.5.10 FlushEx: the event is signaled",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       AFileToken t;
       return file.ok() && ok(write(file, "x")) && ok(file->FlushEx(file, &t.token)) && t.answered() && ok(t.token.Status);
     }},
    {"13.5.8 ReadEx: without an event it waits",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       char seen[8] = {};
       EFI_FILE_IO_TOKEN token{nullptr, EFI_ABORTED, 5, seen};
       return file.ok() && ok(file->ReadEx(file, &token)) && equal(token.BufferSize, 5) && that(same(seen, "hello", 5));
     }},
};

}  // namespace

constinit const Chapter kFiles(kTests);

}  // namespace conformance
