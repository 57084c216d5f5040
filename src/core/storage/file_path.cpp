// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/file_path.hpp"

namespace efilite::core {

bool FilePath::at_end() {
  while (at_ < kMaxLength && text_[at_] == u'\\') ++at_;
  return text_[at_] == u'\0';
}

Result<FilePath::Part> FilePath::next(FileName& name) {
  if (at_end()) return Part::End;
  const size_t begin = at_;
  while (at_ < kMaxLength && text_[at_] != u'\\' && text_[at_] != u'\0') ++at_;
  if (at_ == kMaxLength) return Status::InvalidParameter;
  const std::u16string_view part(text_ + begin, at_ - begin);
  if (part == u".") return Part::Here;
  if (part == u"..") return Part::Up;
  if (!name.assign(part)) return Status::InvalidParameter;
  return Part::Name;
}

namespace {

// Another reference to an open directory. The port has no call for that, but what is open is found as itself.
Result<FileNode*> again(FileSystem& volume, FileNode& node) {
  NodeReference parent(TRY(node.parent()));
  if (parent.get() == nullptr) return volume.root();
  FileName name;
  TRY(node.name(name));
  return parent->find(name.view());
}

}  // namespace

Result<> follow(FileSystem& volume, FileNode& from, const char16_t* text, Place& place) {
  FilePath path(text);
  NodeReference reached;  // empty: still at `from`
  FileNode* here = &from;
  if (path.absolute()) {
    reached = NodeReference(TRY(volume.root()));
    here = reached.get();
  }
  for (;;) {
    const FilePath::Part part = TRY(path.next(place.missing));
    if (part == FilePath::Part::End) break;
    if (!here->is_directory()) return Status::NotFound;
    if (part == FilePath::Part::Here) continue;
    auto found = part == FilePath::Part::Up ? here->parent() : here->find(place.missing.view());
    if (part == FilePath::Part::Name && found.status() == Status::NotFound && path.at_end()) {
      place.holder = std::move(reached);
      place.directory = here;
      place.means_directory = path.ends_in_backslash();
      return {};
    }
    here = TRY(std::move(found));
    if (here == nullptr) return Status::NotFound;
    reached = NodeReference(here);
  }
  place.means_directory = path.ends_in_backslash();
  if (place.means_directory && !here->is_directory()) return Status::NotFound;
  if (reached.get() == nullptr) reached = NodeReference(TRY(again(volume, from)));
  place.node = std::move(reached);
  return {};
}

}  // namespace efilite::core
