// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a stub that gets sections. What is made of it the loader takes, each section has its contents, and of the stub nothing but
// its headers has changed.
#include "cli/uki.hpp"

#include "core/images/pe.hpp"
#include "formats/pe_file.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/pe_builder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::cli;
  if (size < 2) return 0;
  const NewSection sections[] = {{".cmdline", std::string(data[0], 'c')}, {".linux", std::string(data[1] * size_t{100}, 'k'), true}};
  const std::string stub(data + 2, data + size);
  const auto image = add_sections(stub, sections);
  EXPECT(image || !image.error().text.empty());
  if (!image) return 0;
  test::VectorSource before(test::Bytes8(stub.begin(), stub.end())), after(test::Bytes8(image->begin(), image->end()));
  auto old_plan = std::make_unique<core::PePlan>(), plan = std::make_unique<core::PePlan>();
  EXPECT(core::parse_pe(before, *old_plan) && core::parse_pe(after, *plan));
  EXPECT(plan->entry == old_plan->entry && plan->size_of_image >= old_plan->size_of_image);
  EXPECT(std::equal(stub.begin() + old_plan->headers_size, stub.end(), image->begin() + old_plan->headers_size));
  const auto file = formats::parse_pe_file(formats::Input(after));
  EXPECT(file.has_value());
  for (const NewSection& section : sections) {
    const auto* found = file->find(section.name);
    EXPECT(found != nullptr && image->substr(found->offset, found->size) == section.contents);
  }
  return 0;
}
