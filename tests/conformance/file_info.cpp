// SPDX-License-Identifier: BSD-2-Clause-Patent
// What files and the runner's volume tell of themselves, and what of it can be changed [UEFI 2.10, 13.5.13 to 13.5.18].
#include "files.hpp"

namespace conformance {
namespace {

using namespace files;

const Test kTests[] = {
    {"13.5.13 GetInfo: of a file",
     [] {
       Opened root(volume()), file(root, L"dir\\inner.txt");
       Info i;
       return file.ok() && ok(info(file, i)) && equal(i.file.Size, 80 + 2 * 10) && equal(i.file.FileSize, 5) &&
              that(i.file.PhysicalSize >= 5) && that(same(i.file.FileName, text(L"inner.txt"))) &&
              that(i.file.ModificationTime.Year >= 2020) && equal(i.file.Attribute & EFI_FILE_DIRECTORY, 0);
     }},
    {"13.5.13 GetInfo: what does not fit is BUFFER_TOO_SMALL with the size that does",
     [] {
       Opened root(volume()), file(root, L"hello.txt");
       Info i;
       UINTN size = 0;
       if (!file.ok() || !is(file->GetInfo(file, &kInfoGuid, &size, nullptr), EFI_BUFFER_TOO_SMALL) || !equal(size, 100)) return false;
       size = 99;
       return is(file->GetInfo(file, &kInfoGuid, &size, &i), EFI_BUFFER_TOO_SMALL) && equal(size, 100) &&
              ok(file->GetInfo(file, &kInfoGuid, &size, &i));
     }},
    {"13.5.13 GetInfo: another type is UNSUPPORTED",
     [] {
       Opened root(volume());
       Info i;
       UINTN size = sizeof i;
       return root.ok() && is(root->GetInfo(root, &kNobodysGuid, &size, &i), EFI_UNSUPPORTED);
     }},
    {"13.5.13 GetInfo: of a deleted file is DEVICE_ERROR",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened one(p, L"x.txt", kWrite), two(p, L"x.txt", kWrite);
       Info i;
       return one.ok() && two.ok() && ok(one.remove()) && is(info(two, i), EFI_DEVICE_ERROR);
     }},
    {"13.5.17 FileSystemInfo: of the volume",
     [] {
       Opened root(volume());
       Info i;
       return root.ok() && ok(info(root, i, kSystemInfoGuid)) && equal(i.system.Size, 36 + 2 * 12) &&
              that(same(i.system.VolumeLabel, text(L"CONFORMANCE"))) && that(!i.system.ReadOnly) &&
              that(i.system.VolumeSize > 6 << 20 && i.system.VolumeSize <= 8 << 20) &&
              that(i.system.FreeSpace > 5 << 20 && i.system.FreeSpace < i.system.VolumeSize) && that(i.system.BlockSize >= 512);
     }},
    {"13.5.17 FileSystemInfo: free space becomes less",
     [] {
       IN_PLAYGROUND(p);
       Info before, after;
       if (!ok(info(p, before, kSystemInfoGuid))) return false;
       Opened file(p, L"x.bin", kCreate);
       Pages pages(32);
       UINTN size = 32 * kPage;
       if (!file.ok() || !ok(file->Write(file, &size, at<void>(pages.start))) || !ok(info(p, after, kSystemInfoGuid))) return false;
       return that(before.system.FreeSpace - after.system.FreeSpace >= 32 * kPage);
     }},
    {"13.5.17 FileSystemInfo: what does not fit is BUFFER_TOO_SMALL",
     [] {
       Opened root(volume());
       UINTN size = 0;
       return root.ok() && is(root->GetInfo(root, &kSystemInfoGuid, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, 60);
     }},
    {"13.5.18 VolumeLabel: what does not fit is BUFFER_TOO_SMALL",
     [] {
       Opened root(volume());
       UINTN size = 23;
       CHAR16 label[40];
       return root.ok() && is(root->GetInfo(root, &kLabelGuid, &size, label), EFI_BUFFER_TOO_SMALL) && equal(size, 24);
     }},
    {"13.5.18 VolumeLabel: it can be set",
     [] {
       Opened root(volume());
       CHAR16 seen[40] = {};
       UINTN size = sizeof seen;
       if (!root.ok() || !ok(root->SetInfo(root, &kLabelGuid, 16, text(L"ANOTHER")))) return false;
       bool good = ok(root->GetInfo(root, &kLabelGuid, &size, seen)) && that(same(seen, text(L"ANOTHER")));
       return ok(root->SetInfo(root, &kLabelGuid, 24, text(L"CONFORMANCE"))) && good;
     }},

    {"13.5.14 SetInfo: a file becomes shorter and longer",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(write(file, "hello")) || !ok(info(file, i))) return false;
       i.file.FileSize = 2;
       if (!ok(set(file, i)) || !ok(file->SetPosition(file, 0)) || !reads(file, "he")) return false;
       i.file.FileSize = 3000;
       return ok(set(file, i)) && ok(info(file, i)) && equal(i.file.FileSize, 3000);
     }},
    {"13.5.14 SetInfo: larger than the volume is VOLUME_FULL",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       i.file.FileSize = 100 << 20;
       return is(set(file, i), EFI_VOLUME_FULL);
     }},
    {"13.5.14 SetInfo: attributes",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       i.file.Attribute = EFI_FILE_HIDDEN;
       return ok(set(file, i)) && ok(info(file, i)) && equal(i.file.Attribute, EFI_FILE_HIDDEN);
     }},
    {"13.5.14 SetInfo: times",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       i.file.ModificationTime.Year = 2001, i.file.ModificationTime.Month = 2, i.file.ModificationTime.Day = 3;
       i.file.ModificationTime.Hour = 4, i.file.ModificationTime.Minute = 5, i.file.ModificationTime.Second = 6;
       if (!ok(set(file, i)) || !ok(info(file, i))) return false;
       const EFI_TIME& t = i.file.ModificationTime;
       return equal(t.Year, 2001) && equal(t.Month, 2) && equal(t.Day, 3) && equal(t.Hour, 4) && equal(t.Minute, 5) && equal(t.Second, 6);
     }},
    {"13.5.14 SetInfo: a time of zeros stays as it was",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       UINT16 year = i.file.CreateTime.Year;
       bs->SetMem(&i.file.CreateTime, sizeof(EFI_TIME), 0);
       bs->SetMem(&i.file.LastAccessTime, sizeof(EFI_TIME), 0);
       bs->SetMem(&i.file.ModificationTime, sizeof(EFI_TIME), 0);
       return ok(set(file, i)) && ok(info(file, i)) && equal(i.file.CreateTime.Year, year) && that(year >= 2020);
     }},
    {"13.5.14 SetInfo: another name",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt", kWrite);
       return file.ok() && ok(rename(file, L"a new name.txt")) && opens_as(p, L"x.txt", EFI_NOT_FOUND) &&
              opens_as(p, L"a new name.txt", EFI_SUCCESS) && reads(file, "text");
     }},
    {"13.5.14 SetInfo: a longer name by the size that was told for the old one",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt", kWrite);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       const UINTN size = i.file.Size;
       name_it(i, L"a longer name.txt");
       return ok(file->SetInfo(file, &kInfoGuid, size, &i)) && opens_as(p, L"a longer name.txt", EFI_SUCCESS);
     }},
    {"13.5.14 SetInfo: into another directory",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text") || !p.make_directory(L"d")) return false;
       Opened file(p, L"x.txt", kWrite);
       return file.ok() && ok(rename(file, L"\\test\\d\\y.txt")) && opens_as(p, L"x.txt", EFI_NOT_FOUND) &&
              opens_as(p, L"d\\y.txt", EFI_SUCCESS);
     }},
    {"13.5.14 SetInfo: a name that is taken is ACCESS_DENIED",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text") || !p.make(L"y.txt", "other")) return false;
       Opened file(p, L"x.txt", kWrite);
       return file.ok() && is(rename(file, L"y.txt"), EFI_ACCESS_DENIED) && opens_as(p, L"x.txt", EFI_SUCCESS);
     }},
    {"13.5.14 SetInfo: the same name in other letters",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"some name.txt", "text")) return false;
       Opened file(p, L"some name.txt", kWrite);
       Info i;
       return file.ok() && ok(rename(file, L"Some Name.txt")) && ok(info(file, i)) && that(same(i.file.FileName, text(L"Some Name.txt")));
     }},
    {"13.5.14 SetInfo: a directory can be renamed",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make_directory(L"d") || !p.make(L"d\\x.txt", "text")) return false;
       Opened dir(p, L"d", kWrite);
       return dir.ok() && ok(rename(dir, L"e")) && opens_as(p, L"e\\x.txt", EFI_SUCCESS);
     }},
    {"13.5.14 SetInfo: a directory into itself is no success",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make_directory(L"d")) return false;
       Opened dir(p, L"d", kWrite);
       return dir.ok() && that(EFI_ERROR(rename(dir, L"\\test\\d\\e"))) && opens_as(p, L"d", EFI_SUCCESS);
     }},
    {"13.5.14 SetInfo: the DIRECTORY attribute is ACCESS_DENIED",
     [] {
       IN_PLAYGROUND(p);
       Opened file(p, L"x.txt", kCreate);
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       i.file.Attribute |= EFI_FILE_DIRECTORY;
       if (!is(set(file, i), EFI_ACCESS_DENIED) || !ok(info(p, i))) return false;
       i.file.Attribute &= ~UINT64{EFI_FILE_DIRECTORY};
       return is(set(p, i), EFI_ACCESS_DENIED);
     }},
    {"13.5.14 SetInfo: the size of a directory is ACCESS_DENIED",
     [] {
       IN_PLAYGROUND(p);
       Info i;
       if (!ok(info(p, i))) return false;
       i.file.FileSize += 4096;
       return is(set(p, i), EFI_ACCESS_DENIED);
     }},
    {"13.5.14 SetInfo: by a handle for reading only attributes can be set",
     [] {
       IN_PLAYGROUND(p);
       if (!p.make(L"x.txt", "text")) return false;
       Opened file(p, L"x.txt");
       Info i;
       if (!file.ok() || !ok(info(file, i))) return false;
       i.file.Attribute = EFI_FILE_HIDDEN;
       if (!ok(set(file, i))) return false;
       i.file.FileSize = 1;
       return is(set(file, i), EFI_ACCESS_DENIED) && is(rename(file, L"y.txt"), EFI_ACCESS_DENIED);
     }},
    {"13.5.14 SetInfo: less than the structure is BAD_BUFFER_SIZE",
     [] {
       IN_PLAYGROUND(p);
       Info i;
       return ok(info(p, i)) && is(p.dir->SetInfo(p, &kInfoGuid, 79, &i), EFI_BAD_BUFFER_SIZE) &&
              is(p.dir->SetInfo(p, &kInfoGuid, 0, &i), EFI_BAD_BUFFER_SIZE);
     }},
    {"13.5.14 SetInfo: another type is UNSUPPORTED",
     [] {
       IN_PLAYGROUND(p);
       Info i;
       return ok(info(p, i)) && is(p.dir->SetInfo(p, &kNobodysGuid, sizeof i, &i), EFI_UNSUPPORTED);
     }},
};

}  // namespace

constinit const Chapter kFileInfo(kTests);

}  // namespace conformance
