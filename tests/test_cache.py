from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import rmwlint as package
from rmwlint import cache as room
from rmwlint.cache import Cache
from rmwlint.store import Store

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]


def kept(folder: Path, **entries: bytes) -> None:
    cache = Cache(folder)
    for name, value in entries.items():
        cache.put(cache.key(name.encode(), "m"), value)
    cache.close()


def read(folder: Path, *names: str) -> list[bytes | None]:
    cache = Cache(folder)
    values = [cache.get(cache.key(name.encode(), "m")) for name in names]
    cache.close()
    return values


def packs(folder: Path) -> list[Path]:
    return sorted(folder.glob("facts-*/*.pack"))


def test_what_is_put_is_there_for_the_next_run(tmp_path: Path) -> None:
    kept(tmp_path, a=b"1", b=b"", c=b"x" * 100_000)
    assert read(tmp_path, "a", "b", "c", "d") == [b"1", b"", b"x" * 100_000, None]


def test_the_key_is_content_and_name(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    keys = {
        cache.key(b"x = 1", "a"),
        cache.key(b"x = 2", "a"),
        cache.key(b"x = 1", "b"),
        cache.key(b"x = 1\0", ""),
    }
    assert len(keys) == 4
    assert cache.key(b"x = 1", "a") in keys


def test_another_version_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, a=b"1")
    monkeypatch.setattr(room, "__version__", "99")
    assert read(tmp_path, "a") == [None]


def test_the_folder_is_marked_as_a_cache(tmp_path: Path) -> None:
    kept(tmp_path / "deep" / "cache", a=b"1")
    assert (tmp_path / "deep/cache/.gitignore").read_text() == "*\n"
    assert (
        (tmp_path / "deep/cache/CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    kept(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    kept(tmp_path / "cache", a=b"1")
    before = packs(tmp_path / "cache")
    read(tmp_path / "cache", "a")
    assert packs(tmp_path / "cache") == before


@pytest.mark.parametrize("damage", ["empty", "cut", "tail", "index", "foreign"])
def test_a_damaged_pack_is_a_miss(tmp_path: Path, damage: str) -> None:
    kept(tmp_path, a=b"1" * 50)
    (pack,) = packs(tmp_path)
    data = pack.read_bytes()
    index = data.index(b"1" * 50) + 55
    pack.write_bytes({
        "empty": b"",
        "cut": data[: len(data) // 2],
        "tail": data[:-1] + bytes([data[-1] ^ 1]),
        "index": data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :],
        "foreign": os.urandom(300),
    }[damage])  # fmt: skip
    assert read(tmp_path, "a") == [None]
    kept(tmp_path, a=b"2")
    assert read(tmp_path, "a") == [b"2"]


def test_damaged_facts_are_computed_again(lay_out: LayOut) -> None:
    root = lay_out({"a.py": "def f(): pass\n"})
    for _ in range(2):
        cache = Cache(root / "cache")
        assert Store([], cache).facts_of(Path("a.py")) is not None
        cache.close()
    (pack,) = packs(root / "cache")
    data = bytearray(pack.read_bytes())
    data[40] ^= 1
    pack.write_bytes(data)
    cache = Cache(root / "cache")
    facts = Store([], cache).facts_of(Path("a.py"))
    assert facts is not None
    assert [function.name for function in facts.functions] == ["<module>", "f"]
    cache.close()


def test_many_packs_become_one(tmp_path: Path) -> None:
    for number in range(room._MOST_PACKS):
        kept(tmp_path, **{f"n{number}": b"%d" % number})
    assert len(packs(tmp_path)) == room._MOST_PACKS
    cache = Cache(tmp_path)
    assert cache.get(cache.key(b"n3", "m")) == b"3"
    cache.put(cache.key(b"new", "m"), b"new")
    cache.close()
    assert len(packs(tmp_path)) == 1
    assert read(tmp_path, "n0", "n7", "new") == [b"0", b"7", b"new"]


def test_a_pack_larger_than_the_others_together_stays(tmp_path: Path) -> None:
    kept(tmp_path, large=b"x" * 10_000)
    (large,) = packs(tmp_path)
    for number in range(room._MOST_PACKS):
        kept(tmp_path, **{f"n{number}": b"%d" % number})
        cache = Cache(tmp_path)
        cache.get(cache.key(b"large", "m"))
        cache.close()
    assert large in packs(tmp_path)
    assert len(packs(tmp_path)) < room._MOST_PACKS
    assert read(tmp_path, "large", "n0", "n7") == [b"x" * 10_000, b"0", b"7"]


def test_what_is_folded_has_a_limit_and_what_was_used_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(room._MOST_PACKS):
        kept(tmp_path, **{f"n{number}": b"%d" % number * 10})
    monkeypatch.setattr(room, "_MOST_BYTES", 35)
    cache = Cache(tmp_path)
    cache.get(cache.key(b"n0", "m"))
    cache.put(cache.key(b"new", "m"), b"new")
    cache.close()
    values = read(tmp_path, "n0", "new", *(f"n{number}" for number in range(1, room._MOST_PACKS)))
    assert values[:2] == [b"0" * 10, b"new"]
    assert sum(value is not None for value in values[2:]) == 2


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept(tmp_path / "file" / "cache", a=b"1")
    assert read(tmp_path / "file" / "cache", "a") == [None]
    assert not Cache(tmp_path / "file" / "cache").prepare()


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    kept(tmp_path, a=b"1")
    monkeypatch.setattr(os, "replace", full)
    kept(tmp_path, b=b"2")
    assert read(tmp_path, "a", "b") == [b"1", None]
    assert [path.name for path in tmp_path.glob("facts-*/*") if path.suffix != ".pack"] == []


def test_several_processes_at_once(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom rmwlint.cache import Cache\n"
        "for round in range(12):\n"
        "    cache = Cache(Path(sys.argv[1]))\n"
        "    key = cache.key(b'%d' % round, 'shared')\n"
        "    assert cache.get(key) in (None, b'same'), 'torn'\n"
        "    cache.put(key, b'same')\n"
        "    cache.put(cache.key(b'%d' % round, sys.argv[2]), sys.argv[2].encode())\n"
        "    cache.close()\n"
    )
    root = Path(package.__file__).parents[1]
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"p{number}"], cwd=root)
        for number in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    cache = Cache(tmp_path)
    assert all(cache.get(cache.key(b"%d" % round, "shared")) == b"same" for round in range(12))
    cache.close()


class TestInARun:
    def test_the_second_run_says_the_same_and_writes_nothing(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"pyproject.toml": "", "pkg/a.py": "def f(:\n", "pkg/b.py": "def g(): return 1\n"})
        first = rmwlint("check", "pkg")
        written = {path: path.stat().st_mtime_ns for path in (root / ".rmwlint_cache").rglob("*")}
        assert packs(root / ".rmwlint_cache")
        assert rmwlint("check", "pkg") == first
        assert {path: path.stat().st_mtime_ns for path in (root / ".rmwlint_cache").rglob("*")} == written

    def test_facts_follow_a_file_that_moves(self, lay_out: LayOut, rmwlint: Command) -> None:
        body = "import os\n\n\ndef f(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"
        root = lay_out({"pyproject.toml": "", "one-folder/a.py": body})
        assert rmwlint("check", "--output-format", "concise").out.startswith("one-folder/a.py:")
        before = packs(root / ".rmwlint_cache")
        (root / "one-folder").rename(root / "another-folder")
        assert rmwlint("check", "--output-format", "concise").out.startswith("another-folder/a.py:")
        assert packs(root / ".rmwlint_cache") == before

    def test_no_cache(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"pyproject.toml": "", "a.py": "x = 1\n"})
        rmwlint("check", "--no-cache")
        assert sorted(path.name for path in root.iterdir()) == ["a.py", "pyproject.toml"]

    def test_no_project_no_cache(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": "x = 1\n"})
        rmwlint("check")
        assert [path.name for path in root.iterdir()] == ["a.py"]

    def test_cache_dir(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": "x = 1\n", "b/rmwlint.toml": "cache-dir = 'kept'\n", "b/b.py": ""})
        rmwlint("check", "a.py", "--cache-dir", "elsewhere")
        rmwlint("check", "b")
        assert packs(root / "elsewhere")
        assert packs(root / "b/kept")

    def test_a_project_that_is_read_only(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"pyproject.toml": "", "a.py": "x = 1\n", ".rmwlint_cache": "a file in the way"})
        assert rmwlint("check") == (0, "no violations in 1 file.\n", "")
        assert (root / ".rmwlint_cache").read_text() == "a file in the way"
