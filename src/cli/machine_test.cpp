// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/machine.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace efilite::cli {
namespace {

Machine machine() {
  Machine out;
  out.name = "m";
  out.firmware = "/f.elf";
  out.image = "/i, 1.efi";
  out.cmdline = "root=\"a b\" <&>";
  out.disks = {{"/d.img"}, {"/dev/vg/x", false, true}, {"/q.qcow2", true}};
  return out;
}

bool has(const Outcome<std::string>& text, std::string_view part) { return text && text->find(part) != std::string::npos; }

TEST(Qemu, IsToldByAShellCommand) {
  const auto text = qemu_command(machine());
  EXPECT_TRUE(has(text, "qemu-system-x86_64 \\\n    -name m \\\n"));
  EXPECT_TRUE(has(text, " 'name=opt/efilite/kernel,file=/i,, 1.efi' "));
  EXPECT_TRUE(has(text, "-append 'root=\"a b\" <&>'"));
  EXPECT_TRUE(has(text, "-drive if=none,id=disk2,format=qcow2,file=/q.qcow2"));
  EXPECT_TRUE(has(text, "virtio-blk-pci,drive=disk2"));
  Machine microvm = machine();
  microvm.is_microvm = true;
  EXPECT_TRUE(has(qemu_command(microvm), "virtio-blk-device,drive=disk0"));
  Machine volume = machine();
  volume.is_ram_disk = true;
  EXPECT_TRUE(has(qemu_command(volume), "-initrd '/i, 1.efi'"));
  EXPECT_FALSE(has(qemu_command(volume), "opt/efilite/kernel"));
}

TEST(Xl, HasOneFileBesideItsKernelOrTwoByTheShim) {
  const auto one = xl_configuration(machine());
  EXPECT_TRUE(has(one, "kernel = \"/f.elf\"\nramdisk = \"/i, 1.efi\"\ncmdline = \"root=\\\"a b\\\" <&>\"\n"));
  EXPECT_TRUE(has(one, "    \"format=raw,vdev=xvdb,access=rw,target=/dev/vg/x\",\n"));
  Machine with_initrd = machine();
  with_initrd.initrd = "/r";
  EXPECT_TRUE(has(xl_configuration(with_initrd), "pvshim = 1\npvshim_path = \"/f.elf\"\npvshim_cmdline = "));
  EXPECT_TRUE(has(xl_configuration(with_initrd), "kernel = \"/i, 1.efi\"\nramdisk = \"/r\"\n"));
}

TEST(Libvirt, EscapesWhatIsMarkup) {
  const auto kvm = libvirt_kvm_xml(machine());
  EXPECT_TRUE(has(kvm, "<cmdline>root=&quot;a b&quot; &lt;&amp;&gt;</cmdline>"));
  EXPECT_TRUE(has(kvm, "<entry name='opt/efilite/kernel' file='/i, 1.efi'/>"));
  EXPECT_TRUE(has(kvm, "<source dev='/dev/vg/x'/>\n      <target dev='vdb' bus='virtio'/>"));
  const auto xen = libvirt_xen_xml(machine());
  EXPECT_TRUE(has(xen, "<initrd>/i, 1.efi</initrd>"));
  EXPECT_TRUE(has(xen, "<disk type='block' device='disk'>\n      <driver name='phy'/>"));
  Machine with_initrd = machine();
  with_initrd.initrd = "/r";
  EXPECT_TRUE(has(libvirt_kvm_xml(with_initrd), "<entry name='opt/efilite/initrd' file='/r'/>"));
  EXPECT_FALSE(libvirt_xen_xml(with_initrd));
  Machine bell = machine();
  bell.cmdline = "\a";
  EXPECT_FALSE(libvirt_kvm_xml(bell));
}

TEST(CloudHypervisor, IsToldByAShellCommand) {
  const auto text = cloud_hypervisor_command(machine());
  EXPECT_TRUE(has(text, "--initramfs '/i, 1.efi'"));
  EXPECT_TRUE(has(text, "--disk path=/d.img path=/dev/vg/x path=/q.qcow2\n"));
  Machine comma = machine();
  comma.disks = {{"/a,b"}};
  EXPECT_FALSE(cloud_hypervisor_command(comma));
  Machine with_initrd = machine();
  with_initrd.initrd = "/r";
  EXPECT_FALSE(cloud_hypervisor_command(with_initrd));
}

TEST(Firecracker, IsToldByJson) {
  Machine raw = machine();
  EXPECT_FALSE(firecracker_json(raw));  // qcow2
  raw.disks.pop_back();
  const auto all = nlohmann::json::parse(*firecracker_json(raw));
  EXPECT_EQ(all["boot-source"]["kernel_image_path"], "/f.elf");
  EXPECT_EQ(all["boot-source"]["initrd_path"], "/i, 1.efi");
  EXPECT_EQ(all["boot-source"]["boot_args"], raw.cmdline);
  EXPECT_EQ(all["drives"].size(), 2u);
  EXPECT_EQ(all["machine-config"]["mem_size_mib"], 512);
  raw.cmdline.assign(2048, 'x');
  EXPECT_FALSE(firecracker_json(raw));
  raw.cmdline.clear();
  raw.cpus = 33;
  EXPECT_FALSE(firecracker_json(raw));
}

TEST(DiskNames, EndWithTheLetters) {
  EXPECT_EQ(*disk_name("vd", 25), "vdz");
  EXPECT_FALSE(disk_name("vd", 26));
}

}  // namespace
}  // namespace efilite::cli
