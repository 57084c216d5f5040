# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Calls the program under test, whose path is the first word of the command line."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "scripts/lib"))
from cached import cache_dir, payload_dir  # noqa: E402

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else REPO / "build/host/efilite"
ENVIRONMENT = {**os.environ, "LC_ALL": "C", "TERM": "dumb", "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def has_payload(name):
    """./test --unit runs without them."""
    return (cache_dir() / "payload" / name / "package").exists()


def needs(*names):
    missing = [name for name in names if not has_payload(name)]
    return unittest.skipIf(missing, f"not in the cache: {', '.join(missing)} (scripts/setup payloads)")


def kernel(name="linux-6.1"):
    return (payload_dir(name) / "vmlinuz").resolve()


def call(*words, **options):
    return subprocess.run([str(PROGRAM), *map(str, words)], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                          timeout=120, **options)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="efilite-cli.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, contents):
        path = self.folder / name
        path.write_bytes(contents)
        return path

    def good(self, *words, **options):
        """Its standard output; nothing is said on the other, but warnings where they are asked for."""
        warnings = options.pop("warnings", False)
        done = call(*words, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        if not warnings:
            self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def json(self, *words, **options):
        return json.loads(self.good("inspect", "--json", *words, **options))

    def bad(self, *words, status=1, **options):
        """One line on standard error, which is returned without the program's name. A sanitizer's report is more than that."""
        done = call(*words, **options)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, status, text)
        self.assertRegex(text, r"\Aefilite: [^\n]+\n\Z")
        return text.removeprefix("efilite: ").rstrip("\n")
