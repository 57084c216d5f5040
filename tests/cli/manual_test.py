#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The manual page and the shells' completion are well-formed, by those who read them, as far as they are installed."""
import shutil
import subprocess
import unittest

from program import Case


class Generated(Case):
    def check(self, text, *command):
        path = self.file("generated", text.encode())
        done = subprocess.run([*command, path], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    @unittest.skipUnless(shutil.which("man"), "there is no man here")
    def test_the_manual_page_can_be_read(self):
        path = self.file("efilite.1", self.good("generate", "man").encode())
        done = subprocess.run(["man", "--warnings", "-l", path], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={"MANWIDTH": "100", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANPAGER": "cat"})
        self.assertEqual(done.stderr, "")
        for words in "NAME", "inspect", "--cmdline-file FILE", "EXIT STATUS", "efilite config qemu --image debian.efi":
            self.assertIn(words, done.stdout)

    def test_bash_completes_commands_options_and_choices(self):
        text = self.good("generate", "bash")
        self.check(text, "bash", "-n")
        for line, wanted in [("efilite ins", {"inspect"}), ("efilite inspect --ent", {"--entry"}), ("efilite generate z", {"zsh"}),
                             ("efilite inspect --entry p", {"pvh", "pv"}), ("efilite config cl", {"cloud-hypervisor"}),
                             ("efilite pack --uname x", set())]:
            words = line.split(" ")
            array = " ".join(f"'{word}'" for word in words)
            script = f"{text}\nCOMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; _efilite; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            done = subprocess.run(["bash", "-c", script], check=True, stdout=subprocess.PIPE, text=True)
            self.assertEqual(set(done.stdout.split()), wanted, line)

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh here")
    def test_zsh_reads_its_completion(self):
        self.check(self.good("generate", "zsh"), "zsh", "-n")

    @unittest.skipUnless(shutil.which("fish"), "there is no fish here")
    def test_fish_reads_its_completion(self):
        self.check(self.good("generate", "fish"), "fish", "-n")


unittest.main()
