"""Loading: the built-in files, the cache folder, users' files over built-in ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import rmwlint.libraries
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.load import _beside_bytecode, load

FOLDER = Path(rmwlint.libraries.__file__).parent
MINE = (
    '[library]\nname = "mine"\nimports = "mine"\n'
    '[[call]]\non = "django.Model"\nmethods = "save"\ndoes = "write"\nplace = "row"\ncolumns = "changed"\n'
    '[[call]]\nfunctions = "requests.get"\ndoes = "pure"\n'
)
MINE_ALONE = '[library]\nname = "mine"\nimports = "mine"\n[[type]]\nname = "Thing"\nclasses = "mine.Thing"\n'


def answers(libraries: Libraries) -> list[object]:
    return [
        sorted(libraries.types.items()),
        libraries.roots,
        libraries.tokens(),
        libraries.methods("django.Manager", "get_or_create"),
        libraries.functions("builtins.open"),
        libraries.attribute("django.Model", "objects"),
        libraries.bases("sqlalchemy.Mapped"),
    ]


def test_every_built_in_file_is_loaded() -> None:
    names = {path.stem for path in FOLDER.glob("*.toml")}
    assert names
    assert {name.partition(".")[0] for name in load().types} <= names


def test_none_without_built_in() -> None:
    empty = load(builtin=False)
    assert (empty.types, empty.roots, empty.tokens()) == ({}, frozenset(), frozenset())


def test_the_cache_gives_the_same(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    fresh = load(cache=cache)
    (kept,) = cache.iterdir()
    before = kept.read_bytes()
    again = load(cache=cache)
    assert answers(fresh) == answers(again) == answers(load())
    assert [path.name for path in cache.iterdir()] == [kept.name]
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    "spoil",
    [lambda kept: b"", lambda kept: kept[: len(kept) // 2], lambda kept: b"no marshal", lambda kept: b"N"],
)
def test_a_spoilt_cache_is_written_anew(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    load(cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    good = kept.read_bytes()
    kept.write_bytes(spoil(good))
    assert answers(load(cache=tmp_path)) == answers(load())
    assert kept.read_bytes() == good


def test_without_a_cache_the_built_in_rows_lie_with_the_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "load.cpython.rows"
    monkeypatch.setattr("rmwlint.libraries.load._beside_bytecode", lambda: place)
    fresh = load()
    good = place.read_bytes()
    assert answers(load()) == answers(fresh)
    place.write_bytes(good[:-9])
    assert answers(load()) == answers(fresh)
    assert place.read_bytes() == good


def test_rows_of_other_files_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "load.cpython.rows"
    monkeypatch.setattr("rmwlint.libraries.load._beside_bytecode", lambda: place)
    load()
    monkeypatch.setattr("rmwlint.libraries.load._built_in", lambda: {"mine": MINE_ALONE.encode()})
    assert set(load().types) == {"mine.Thing"}


@pytest.mark.parametrize("keeps", [True, False])
def test_bytecode_that_is_not_written(keeps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", not keeps)
    assert (_beside_bytecode() is not None) is keeps


def test_a_cache_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert answers(load(cache=tmp_path / "file" / "cache")) == answers(load())


def test_a_changed_user_file_is_not_taken_from_the_cache(tmp_path: Path) -> None:
    cache, mine = tmp_path / "cache", tmp_path / "mine.toml"
    mine.write_text(MINE, encoding="utf-8")
    assert load([mine], cache=cache).methods("django.Model", "save")[0].columns == "changed"
    mine.write_text(MINE.replace('"changed"', '"keywords"'), encoding="utf-8")
    assert load([mine], cache=cache).methods("django.Model", "save")[0].columns == "keywords"


def test_a_users_file_wins(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE, encoding="utf-8")
    libraries = load([mine])
    assert [row.does for row in libraries.functions("requests.get")] == ["pure"]
    assert [row.does for row in libraries.functions("requests.post")] == ["create", "backend"]
    assert [row.columns for row in libraries.methods("django.Model", "save")] == ["changed"]
    assert [row.columns for row in libraries.methods("django.Model", "asave")] == ["all", None]


def test_the_last_users_file_wins(tmp_path: Path) -> None:
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for path, does in zip(paths, ("switch", "enqueue"), strict=True):
        path.write_text(
            f'[library]\nname = "{path.stem}"\nimports = "x"\n[[call]]\nfunctions = "x.f"\ndoes = "{does}"\n',
            encoding="utf-8",
        )
    assert [row.does for row in load(paths).functions("x.f")] == ["enqueue"]
    assert [row.does for row in load(paths[::-1]).functions("x.f")] == ["switch"]


def test_cost_of_start_up(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """The processor time of a cold and a cached load is reported, not judged: machines differ."""

    def spent() -> float:
        start = time.process_time()
        libraries = load(cache=tmp_path)
        end = time.process_time()
        assert libraries.types
        return (end - start) * 1000

    cold = spent()
    cached = min(spent() for _ in range(5))
    record_property("cold_milliseconds", round(cold, 1))
    record_property("cached_milliseconds", round(cached, 1))
    print(f"built-in library models: {cold:.0f} ms parsed, {cached:.1f} ms from the cache")
