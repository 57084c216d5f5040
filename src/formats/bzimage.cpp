// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/bzimage.hpp"

#include <algorithm>
#include <array>

#include "abi/linux_boot.hpp"

namespace efilite::formats {

namespace {

constexpr uint64_t kSector = 512;
constexpr uint64_t kJumpOffset = 0x201;  // the second byte of a short jump over the header: where it ends
constexpr uint8_t kOldSetupSectors = 4;  // [boot.rst, setup_sects] what 0 means
constexpr uint64_t kVersionTextBase = 0x200;

constexpr uint64_t at(size_t field) { return BzImage::kHeaderOffset + field; }

// Where the fields of each version end, so that what an old kernel has there, which is code, counts for nothing.
struct Extent {
  uint16_t version;
  size_t size;
};
#define ENDS(field) (offsetof(setup_header, field) + sizeof(setup_header::field))
constexpr Extent kExtents[] = {
    {0x0200, ENDS(bootsect_kludge)},    {0x0201, ENDS(heap_end_ptr)},      {0x0202, ENDS(cmd_line_ptr)}, {0x0203, ENDS(initrd_addr_max)},
    {0x0205, ENDS(min_alignment) - 1},  {0x0206, ENDS(cmdline_size)},      {0x0207, ENDS(hardware_subarch_data)},
    {0x0208, ENDS(payload_length)},     {0x0209, ENDS(setup_data)},        {0x020A, ENDS(init_size)},    {0x020B, ENDS(handover_offset)},
    {0x020F, ENDS(kernel_info_offset)},
};
#undef ENDS

size_t extent_of(uint16_t version) {
  size_t size = 0;
  for (const Extent& extent : kExtents)
    if (version >= extent.version) size = extent.size;
  return size;
}

Parsed<> check(const Input& input, BzImage& image) {
  const setup_header& header = image.header;
  const uint64_t sectors = header.setup_sects == 0 ? kOldSetupSectors : header.setup_sects;
  image.kernel_offset = (sectors + 1) * kSector;
  if (image.kernel_offset >= input.size())
    return Problem{at(offsetof(setup_header, setup_sects)), "setup_sects", "there is no kernel behind the setup code", sectors};
  image.kernel_size = input.size() - image.kernel_offset;
  if (image.has(BzImage::kPayload) && header.payload_length != 0) {
    if (header.payload_offset > image.kernel_size || header.payload_length > image.kernel_size - header.payload_offset)
      return Problem{at(offsetof(setup_header, payload_offset)), "payload_offset", "the payload reaches behind the end of the file",
                     header.payload_offset};
  }
  const uint32_t alignment = header.kernel_alignment;
  if (header.relocatable_kernel != 0 && (alignment == 0 || (alignment & (alignment - 1)) != 0))
    return Problem{at(offsetof(setup_header, kernel_alignment)), "kernel_alignment", "is no power of two", alignment};
  if (image.has_64_bit_entry() && image.kernel_size <= BzImage::k64BitEntry)
    return Problem{at(offsetof(setup_header, xloadflags)), "xloadflags", "the 64-bit entry lies behind the end of the file",
                   header.xloadflags};
  if (header.handover_offset != 0 && (image.kernel_size <= BzImage::k64BitEntry ||
                                      header.handover_offset >= image.kernel_size - BzImage::k64BitEntry))
    return Problem{at(offsetof(setup_header, handover_offset)), "handover_offset", "lies behind the end of the file",
                   header.handover_offset};
  return {};
}

}  // namespace

const char* name_of(Compression compression) {
  constexpr const char* kNames[] = {"none", "gzip", "bzip2", "lzma", "xz", "lzo", "lz4", "zstd", "unknown"};
  return kNames[static_cast<size_t>(compression)];
}

Compression compression_at(const Input& input, uint64_t offset) {
  struct Magic {
    Compression compression;
    uint8_t length;
    uint8_t bytes[6];
  };
  constexpr Magic kMagics[] = {
      {Compression::Gzip, 2, {0x1F, 0x8B}},          {Compression::Bzip2, 3, {'B', 'Z', 'h'}},
      {Compression::Lzma, 3, {0x5D, 0x00, 0x00}},    {Compression::Xz, 6, {0xFD, '7', 'z', 'X', 'Z', 0x00}},
      {Compression::Lzo, 4, {0x89, 'L', 'Z', 'O'}},  {Compression::Lz4, 4, {0x02, 0x21, 0x4C, 0x18}},
      {Compression::Zstd, 4, {0x28, 0xB5, 0x2F, 0xFD}}, {Compression::None, 4, {0x7F, 'E', 'L', 'F'}},
  };
  const auto found = input.peek<std::array<uint8_t, 6>>(offset);
  if (!found) return Compression::Unknown;
  for (const Magic& magic : kMagics)
    if (std::equal(magic.bytes, magic.bytes + magic.length, found->begin())) return magic.compression;
  return Compression::Unknown;
}

bool is_bzimage(const Input& input) {
  return input.peek<uint16_t>(linux_boot::kBootFlagOffset) == linux_boot::kBootFlag &&
         input.peek<uint32_t>(linux_boot::kHeaderOffset) == linux_boot::kHeaderMagic;
}

Parsed<BzImage> parse_bzimage(const Input& input) {
  if (!is_bzimage(input)) return Problem{linux_boot::kHeaderOffset, "header", "is not HdrS"};
  const auto version = TRY(input.get<uint16_t>(at(offsetof(setup_header, version)), "version"));
  if (version < BzImage::kFirstVersion) return Problem{at(offsetof(setup_header, version)), "version", "is older than 2.00", version};
  // [boot.rst, Details of Header Fields] the jump over the header tells where it ends, whatever the version.
  const auto jump = TRY(input.get<uint8_t>(kJumpOffset, "jump"));
  const uint64_t told = kJumpOffset + 1 + jump - BzImage::kHeaderOffset;
  BzImage image{};
  image.header_size = std::min<uint64_t>({told, extent_of(version), sizeof(setup_header)});
  TRY(input.read(BzImage::kHeaderOffset, std::as_writable_bytes(std::span(&image.header, 1)).first(image.header_size), "the header"));
  if (image.header.version != version)
    return Problem{kJumpOffset, "jump", "ends the header before its version", jump};
  if (!image.has(BzImage::kXLoadFlags)) image.header.xloadflags = 0;
  TRY(check(input, image));
  return image;
}

std::optional<Problem> BzImage::refusal() const {
  if (!has(kCommandLinePointer))
    return Problem{at(offsetof(setup_header, version)), "version", "is older than 2.02: take a kernel of 2.4 or newer", header.version};
  if (!loads_high())
    return Problem{at(offsetof(setup_header, loadflags)), "loadflags", "tell a zImage, which loads low: build a bzImage", header.loadflags};
  return std::nullopt;
}

std::string_view kernel_version(const Input& input, const BzImage& image, std::span<char> out) {
  const uint64_t start = kVersionTextBase + image.header.kernel_version;
  if (image.header.kernel_version == 0 || start >= image.kernel_offset) return {};
  size_t length = 0;
  for (; length < out.size(); ++length) {
    const auto c = input.peek<char>(start + length);
    if (!c || *c == '\0') break;
    out[length] = *c;
  }
  return {out.data(), length};
}

}  // namespace efilite::formats
