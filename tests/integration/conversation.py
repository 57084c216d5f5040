# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Somebody else's program at the other end of the serial line: what to type when, and what it must answer."""
import codecs
import os
import re
import threading
import time
from dataclasses import dataclass

import qemu

# What a terminal would obey rather than show.
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]")


@dataclass(frozen=True)
class Turn:
    """Waits until what came since the last turn matches `prompt`, which the program shows when it wants something typed."""
    prompt: str
    typed: str
    patterns: list = ()  # its answer, up to the next turn's prompt, must have these; one that begins with ! must not be there
    name: str = ""
    seconds: float = 0  # that it takes at least until the next prompt

    def __str__(self):
        return self.name or self.typed.strip() or "its start"


class Conversation:
    """Stands for the serial line's reader in qemu.run and keeps the answers: the first is what came before anything was typed."""

    def __init__(self, turns, ends=True):
        self.turns = turns
        self.ends = ends  # the machine ends by itself after the last turn
        self.answers = []
        self.times = []

    def __call__(self, process, result, path, _replies):
        answer, decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
        with open(path, "wb") as log:
            while data := os.read(process.stdout.fileno(), 65536):
                log.write(data)
                log.flush()
                # An escape sequence may be cut in two: it is put together before it is taken out.
                answer = ESCAPES.sub("", answer + decoder.decode(data)).replace("\r", "")
                if not result.hopeless and any(word.decode() in answer for word in qemu.HOPELESS):
                    result.hopeless = True
                    self._end_soon(process)
                if len(self.answers) < len(self.turns) and re.search(self.turns[len(self.answers)].prompt, answer):
                    self.times.append(time.monotonic())
                    self._type(process, self.turns[len(self.answers)].typed)
                    self.answers.append(answer)
                    answer = ""
                    if len(self.answers) == len(self.turns) and not self.ends:
                        self._end_soon(process)
        self.answers.append(answer)
        result.lines = [(time.time(), line) for line in "".join(self.answers).split("\n")]

    @staticmethod
    def _end_soon(process):
        threading.Timer(qemu.LAST_WORDS, process.kill).start()

    @staticmethod
    def _type(process, text):
        try:
            process.stdin.write(text.encode())
            process.stdin.flush()
        except BrokenPipeError:
            pass  # the machine is gone, which its end tells

    def complaints(self, greeting=()):
        found = []
        for name, patterns, answer in [("its start", greeting, self.answers[0])] + [
                (turn, turn.patterns, answer) for turn, answer in zip(self.turns, self.answers[1:])]:
            found += [f"{name}: {complaint}" for complaint in _mismatches(patterns, answer)]
        for turn, typed, answered in zip(self.turns, self.times, self.times[1:]):
            if answered - typed < turn.seconds:
                found.append(f"{turn}: it took {answered - typed:.2f} s, which is less than {turn.seconds}")
        if len(self.answers) <= len(self.turns):
            missing = self.turns[len(self.answers) - 1]
            found.append(f"it did not come to /{missing.prompt}/, where '{missing}' was to be typed")
        return found


def _mismatches(patterns, answer):
    for pattern in patterns:
        wanted = not pattern.startswith("!")
        pattern = pattern.lstrip("!")
        # The terminal breaks lines at its right margin.
        if any(re.search(pattern, text, re.M) for text in (answer, answer.replace("\n", ""))) != wanted:
            yield f"its answer {'does not match' if wanted else 'matches'} /{pattern}/"
