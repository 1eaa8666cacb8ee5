"""Facts kept from run to run, by the content they were made from.

Thousands of small files would cost more to open than to compute, so entries live in few *packs*: files
that are written once, whole, and then only read, through a memory map. A run adds what it computed as one
new pack; when there are many, one run folds the small ones into one. Several processes can do so at the
same time: packs are put in place in one step, never changed, and a pack that vanishes is a miss.

Nothing here ever fails a run: no folder, no right to write, a damaged pack all mean that facts are computed.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import mmap
import os
import sys
import zlib
from pathlib import Path

from rmwlint import __version__
from rmwlint.facts.model import FORMAT

_MAGIC = b"rmwpack1"
_TAIL = len(_MAGIC) + 8 + 8 + 4
_MOST_PACKS = 8
_MOST_BYTES = 512 * 1024 * 1024

_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by rmwlint.\n"
    "# For information about cache directory tags see https://bford.info/cachedir/\n"
)

_Entry = tuple[int, int]


class Cache:
    """The packs of one folder, for one version of rmwlint and of Python.

    ``folder`` need not exist. Call :meth:`close` once, at the end, to keep what was put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._salt = _salt()
        self._packs_at = folder / f"facts-{self._salt.hex()[:16]}"
        self._packs: list[_Pack] | None = None
        self._new: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()

    def key(self, data: bytes, name: str) -> bytes:
        """The key of the facts of a module of this name with these bytes."""
        digest = hashlib.blake2b(data, digest_size=16, key=self._salt)
        digest.update(b"\0" + name.encode("utf-8", "surrogateescape"))
        return digest.digest()

    def get(self, key: bytes) -> bytes | None:
        """What was put under the key, None where nothing is. Whoever reads it must notice damage."""
        found = self._new.get(key)
        if found is not None:
            return found
        if self._packs is None:
            self._packs = _open_packs(self._packs_at)
        for pack in self._packs:
            found = pack.get(key)
            if found is not None:
                self._used.add(key)
                return found
        return None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; it is written by :meth:`close`."""
        self._new[key] = value

    def prepare(self) -> bool:
        """Make the folder, marked as a cache that nobody backs up or commits; False where it cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
                if not (self.folder / name).exists():
                    replace_file(self.folder / name, text.encode())
        except OSError:
            return False
        return os.access(self.folder, os.W_OK)

    def close(self) -> None:
        """Write what is new; fold the packs into one where they are many."""
        packs = self._packs or []
        folded = _to_fold(packs)
        entries, self._new = self._new, {}
        if (entries or folded) and self.prepare():
            if folded:
                entries = {**self._survivors(folded, sum(map(len, entries.values()))), **entries}
            with contextlib.suppress(OSError):
                self._packs_at.mkdir(exist_ok=True)
                _write_pack(self._packs_at, entries)
                for pack in folded:
                    pack.close()
                    with contextlib.suppress(OSError):
                        pack.path.unlink()
        for pack in packs:
            pack.close()
        self._packs = None

    def _survivors(self, packs: list[_Pack], size: int) -> dict[bytes, bytes]:
        """Entries to fold: those this run used, then others, newest packs first, while there is room."""
        kept: dict[bytes, bytes] = {}
        for wanted in (True, False):
            for pack in packs:
                for key in pack.entries:
                    if key in kept or (key in self._used) is not wanted:
                        continue
                    value = pack.get(key)
                    if value is not None and size + len(value) <= _MOST_BYTES:
                        kept[key] = value
                        size += len(value)
        return kept


class _Pack:
    """One file: the values one after the other, the index, then magic, the index's place and its checksum."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or ValueError where it cannot be read or is damaged."""
        self.path = path
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            tail = self._map[-_TAIL:]
            start, length = int.from_bytes(tail[8:16], "little"), int.from_bytes(tail[16:24], "little")
            index = self._map[start : start + length]
            checksum = int.from_bytes(tail[24:], "little")
            if tail[:8] != _MAGIC or len(index) != length or zlib.crc32(index) != checksum:
                raise ValueError("a damaged pack")
            self.entries: dict[bytes, _Entry] = marshal.loads(index)
        except BaseException:
            self._map.close()
            raise

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self._map)

    def get(self, key: bytes) -> bytes | None:
        """The value of the key; None where it is not in this pack."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        start, length = entry
        return self._map[start : start + length]

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def _to_fold(packs: list[_Pack]) -> list[_Pack]:
    """The packs to fold into one where they are many: not the one that is larger than the others together.

    It is what a first run has learnt, and the others what edits have added; to copy it is dear.
    """
    if len(packs) < _MOST_PACKS:
        return []
    largest = max(packs, key=lambda pack: pack.size)
    others = [pack for pack in packs if pack is not largest]
    kept = sum(pack.size for pack in others) < largest.size < _MOST_BYTES // 2
    return others if kept else packs


def _open_packs(folder: Path) -> list[_Pack]:
    """The packs of a folder, newest first."""
    packs: list[tuple[int, str, _Pack]] = []
    try:
        paths = [path for path in folder.iterdir() if path.suffix == ".pack"]
    except OSError:
        return []
    for path in paths:
        try:
            packs.append((path.stat().st_mtime_ns, path.name, _Pack(path)))
        except (OSError, ValueError, EOFError, TypeError, IndexError):
            with contextlib.suppress(OSError):
                path.unlink()
    return [pack for _, _, pack in sorted(packs, key=lambda found: found[:2], reverse=True)]


def _write_pack(folder: Path, entries: dict[bytes, bytes]) -> None:
    index: dict[bytes, _Entry] = {}
    start = 0
    for key, value in entries.items():
        index[key] = (start, len(value))
        start += len(value)
    packed = marshal.dumps(index)
    tail = _MAGIC + start.to_bytes(8, "little") + len(packed).to_bytes(8, "little")
    tail += zlib.crc32(packed).to_bytes(4, "little")
    name = hashlib.blake2b(packed + os.urandom(8), digest_size=12).hexdigest()
    replace_file(folder / f"{name}.pack", b"".join([*entries.values(), packed, tail]))


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in place whole: a reader sees all of it or none."""
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _salt() -> bytes:
    """What the facts depend on besides the bytes: the code that makes them, and the parser that it uses."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{__version__} {FORMAT} {sys.version_info[:3]} {sys.implementation.name}\0".encode())
    here = Path(__file__).parent
    for folder in ("facts", "source"):
        for path in sorted((here / folder).glob("*.py")):
            digest.update(path.read_bytes() + b"\0")
    return digest.digest()
