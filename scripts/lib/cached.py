# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Build products that are named by the hash of everything they are made from, so that a stale one is never used."""
import hashlib
import os
import pathlib
import tempfile
import time

UNUSED_DAYS = 14


def cache_dir():
    default = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(os.environ.get("EFILITE_CACHE") or os.path.join(default, "efilite"))


def payload_dir(name):
    path = cache_dir() / "payload" / name
    if not (path / "package").exists():
        raise SystemExit(f"{name} is not in {path.parent}: run scripts/setup payloads {name}")
    return path


def digest(*parts):
    """The hash of strings, bytes and the contents of paths."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, pathlib.Path):
            part = part.read_bytes()
        elif isinstance(part, str):
            part = part.encode()
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def cached(stem, suffix, key, build):
    """The path of `stem-key.suffix` in the cache; `build(path)` makes it when it is not there yet."""
    directory = cache_dir() / "guest"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}-{key}{suffix}"
    if path.exists():
        os.utime(path)
        return path
    handle, temporary = tempfile.mkstemp(prefix=f".{stem}-", dir=directory)
    os.close(handle)
    try:
        build(pathlib.Path(temporary))
        os.chmod(temporary, 0o644)
        os.rename(temporary, path)  # two builders at once are fine: both write the same
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    for old in directory.iterdir():
        try:
            if time.time() - old.stat().st_mtime > UNUSED_DAYS * 86400:
                old.unlink()
        except FileNotFoundError:
            pass  # another builder's, which has given it its name meanwhile
    return path
