# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the bench says while it measures: a bar on a terminal, lines elsewhere."""
import shutil
import sys
import threading
import time

BAR = 24


def step(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


class Progress:
    """Of `total` machines. On a terminal only what failed keeps a line of its own."""

    def __init__(self, total, out=sys.stderr):
        self.total, self.out = total, out
        self.count, self.running, self.began = 0, [], time.monotonic()
        self.lock = threading.Lock()

    def start(self, name):
        with self.lock:
            self.running.append(name)
            self.draw()

    def done(self, name, status, seconds):
        with self.lock:
            self.running.remove(name)
            self.count += 1
            if not self.out.isatty():
                print(f"==> [{self.count}/{self.total}] {name}: {status} ({seconds:.0f} s)", file=self.out, flush=True)
            elif status != "ok":
                self.clear()
                print(f"==> {name}: {status}", file=self.out)
            self.draw()

    def line(self, columns):
        filled = BAR * self.count // max(1, self.total)
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        text = f"[{'#' * filled}{'.' * (BAR - filled)}] {self.count}/{self.total} {minutes}:{seconds:02} {'; '.join(self.running)}"
        return text[:columns - 1]

    def draw(self):
        if self.out.isatty():
            print(f"\r\x1b[K{self.line(shutil.get_terminal_size().columns)}", end="", file=self.out, flush=True)

    def clear(self):
        if self.out.isatty():
            print("\r\x1b[K", end="", file=self.out, flush=True)
