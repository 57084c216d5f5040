// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace efilite::cli {

namespace {

constexpr uint64_t kMostOfAPipe = uint64_t{1} << 30;

std::string error_text(int error) { return std::string(strerror(error)); }

class Descriptor {
 public:
  explicit Descriptor(int number, bool owned) : number_(number), owned_(owned) {}
  ~Descriptor() {
    if (owned_) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(other.number_), owned_(std::exchange(other.owned_, false)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int number() const { return number_; }

 private:
  int number_;
  bool owned_;
};

// A file or a block device: read where it is asked for.
class SeekableFile final : public InputFile {
 public:
  SeekableFile(Descriptor file, uint64_t size) : file_(std::move(file)), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, MutableByteSpan out) override {
    if (offset > size_ || out.size() > size_ - offset) return Status::EndOfFile;
    while (!out.empty()) {
      const ssize_t got = pread(file_.number(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Status::DeviceError;  // 0: somebody has made the file shorter
      out = out.subspan(static_cast<size_t>(got));
      offset += static_cast<uint64_t>(got);
    }
    return {};
  }

 private:
  Descriptor file_;
  uint64_t size_;
};

class BufferedInput final : public InputFile {
 public:
  explicit BufferedInput(std::string bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<> read(uint64_t offset, MutableByteSpan out) override { return TextSource(bytes_).read(offset, out); }

 private:
  std::string bytes_;
};

Outcome<std::string> drain(const Descriptor& file) {
  constexpr size_t kStep = size_t{1} << 20;
  std::string bytes;
  size_t filled = 0;
  while (filled <= kMostOfAPipe) {
    bytes.resize(filled + kStep);
    const ssize_t got = ::read(file.number(), bytes.data() + filled, kStep);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure{"cannot be read: " + error_text(errno)};
    if (got == 0) {
      bytes.resize(filled);
      return bytes;
    }
    filled += static_cast<size_t>(got);
  }
  return Failure{"more than 1 GiB comes out of it: save it to a file first"};
}

}  // namespace

Outcome<std::unique_ptr<InputFile>> InputFile::open(const std::string& name) {
  const bool is_standard = name == "-";
  // Opening a pipe that nobody writes to waits, as it does for every program; everything else does not.
  Descriptor file(is_standard ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY), !is_standard);
  if (file.number() < 0) return Failure{error_text(errno)};
  struct stat facts;
  if (fstat(file.number(), &facts) != 0) return Failure{error_text(errno)};
  if (S_ISDIR(facts.st_mode)) return Failure{"is a directory"};
  if (S_ISREG(facts.st_mode) || S_ISBLK(facts.st_mode)) {
    const off_t end = lseek(file.number(), 0, SEEK_END);
    if (end < 0) return Failure{error_text(errno)};
    return std::make_unique<SeekableFile>(std::move(file), static_cast<uint64_t>(end));
  }
  if (!is_standard && !S_ISFIFO(facts.st_mode) && !S_ISSOCK(facts.st_mode)) return Failure{"is no file, disk or pipe"};
  return std::make_unique<BufferedInput>(TRY(drain(file)));
}

std::string shown_name(const std::string& name) { return name == "-" ? "standard input" : name; }

Result<> TextSource::read(uint64_t offset, MutableByteSpan out) {
  const auto from = slice(std::as_bytes(std::span(text_)), offset, out.size());
  if (!from) return Status::EndOfFile;
  std::ranges::copy(*from, out.begin());
  return {};
}

Result<> Part::read(uint64_t offset, MutableByteSpan out) {
  if (offset > size_ || out.size() > size_ - offset) return Status::EndOfFile;
  return whole_.read(offset_ + offset, out);
}

Outcome<std::string> read_all(core::ByteSource& source, uint64_t limit) {
  if (source.size() > limit) return Failure{"is larger than " + std::to_string(limit) + " bytes"};
  std::string text(static_cast<size_t>(source.size()), '\0');
  if (!source.read(0, std::as_writable_bytes(std::span(text)))) return Failure{"cannot be read"};
  return text;
}

}  // namespace efilite::cli
