"""Ageing and spawns of one image, as processes that share a disk."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.systems.conftest import codes, fixed, load

IMAGE = "cirros"
PATIENCE = 1.0  # how long an actor waits for one that a lock keeps out


def _processes() -> Any:
    """Processes that know this module without importing it: where the wheel is tested, `tests` is on no path."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("processes cannot be forked here")
    return multiprocessing.get_context("fork")


def _age(side: str, root: str, seen: Any, looked: Any, removed: Any, results: Any) -> None:
    system = load("image_cache", side)
    remove = shutil.rmtree

    def rmtree(*args: Any, **kwargs: Any) -> None:
        seen.set()
        looked.wait(PATIENCE)
        remove(*args, **kwargs)

    system.shutil.rmtree = rmtree
    try:
        system.ImageCache(root).age(IMAGE)
        results.put(("age", "done"))
    except OSError as error:
        results.put(("age", type(error).__name__))
    finally:
        removed.set()


def _spawn(side: str, root: str, disk: str, seen: Any, looked: Any, removed: Any, results: Any) -> None:
    system = load("image_cache", side)
    copy = shutil.copyfile

    def copyfile(*args: Any, **kwargs: Any) -> Any:
        looked.set()
        removed.wait(PATIENCE)
        return copy(*args, **kwargs)

    system.shutil.copyfile = copyfile
    seen.wait(30)
    try:
        system.ImageCache(root).spawn(IMAGE, disk)
        results.put(("spawn", "done"))
    except OSError as error:
        results.put(("spawn", type(error).__name__))


def age_against_spawn(side: str, tmp_path: Path) -> dict[str, str]:
    pytest.importorskip("filelock")
    root = tmp_path / "cache"
    (root / IMAGE).mkdir(parents=True)
    (root / f"{IMAGE}.base").write_text("image")
    (root / IMAGE / "resized").write_text("image")
    (root / IMAGE / "unused-since").write_text("yesterday")
    context = _processes()
    seen, looked, removed = context.Event(), context.Event(), context.Event()
    results = context.Queue()
    disk = str(tmp_path / "disk")
    actors = [
        context.Process(target=_age, args=(side, str(root), seen, looked, removed, results)),
        context.Process(target=_spawn, args=(side, str(root), disk, seen, looked, removed, results)),
    ]
    for actor in actors:
        actor.start()
    told = dict(results.get(timeout=60) for _ in actors)
    for actor in actors:
        actor.join(60)
    if told["spawn"] == "done":
        assert "image" in Path(disk).read_text()
    return told


def test_before_ageing_removes_the_image_under_a_spawn(tmp_path: Path) -> None:
    assert age_against_spawn("before", tmp_path) == {"age": "done", "spawn": "FileNotFoundError"}


def test_after_the_spawn_waits_and_makes_it_again(tmp_path: Path) -> None:
    assert age_against_spawn("after", tmp_path) == {"age": "done", "spawn": "done"}


def _first(side: str, root: str, disk: str, barrier: Any, results: Any) -> None:
    system = load("image_cache", side)
    make = os.mkdir

    def mkdir(*args: Any, **kwargs: Any) -> None:
        try:
            barrier.wait(PATIENCE)
        except Exception:
            barrier.abort()
        make(*args, **kwargs)

    system.os.mkdir = mkdir
    try:
        system.ImageCache(root).spawn(IMAGE, disk)
        results.put("done")
    except OSError as error:
        results.put(type(error).__name__)


def spawn_against_spawn(side: str, tmp_path: Path) -> list[str]:
    pytest.importorskip("filelock")
    root = tmp_path / "cache"
    root.mkdir(parents=True)
    (root / f"{IMAGE}.base").write_text("image")
    context = _processes()
    barrier, results = context.Barrier(2), context.Queue()
    actors = [
        context.Process(target=_first, args=(side, str(root), str(tmp_path / f"disk{at}"), barrier, results))
        for at in range(2)
    ]
    for actor in actors:
        actor.start()
    told = sorted(results.get(timeout=60) for _ in actors)
    for actor in actors:
        actor.join(60)
    return told


def test_before_two_spawns_collide(tmp_path: Path) -> None:
    assert spawn_against_spawn("before", tmp_path) == ["FileExistsError", "done"]


def test_after_the_second_spawn_uses_what_the_first_made(tmp_path: Path) -> None:
    assert spawn_against_spawn("after", tmp_path) == ["done", "done"]


def _fetch(side: str, root: str, downloaded: str, half: Any, looked: Any, results: Any) -> None:
    system = load("image_cache", side)

    def rename(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def copyfile(source: str, target: str, **kwargs: Any) -> str:
        image = Path(source).read_text()
        with open(target, "w") as file:
            file.write(image[: len(image) // 2])
            file.flush()
            half.set()
            looked.wait(PATIENCE)
            file.write(image[len(image) // 2 :])
        return target

    # What `shutil.move` does from one file system to another, with a copy that takes its time.
    os.rename, shutil.copyfile = rename, copyfile  # type: ignore[assignment]
    system.ImageCache(root).fetch(IMAGE, downloaded)
    results.put(("fetch", "done"))


def _spawn_meanwhile(side: str, root: str, disk: str, half: Any, looked: Any, results: Any) -> None:
    system = load("image_cache", side)
    half.wait(30)
    system.ImageCache(root).spawn(IMAGE, disk)
    looked.set()
    results.put(("spawn", Path(disk).read_text()))


def move_against_spawn(side: str, tmp_path: Path) -> dict[str, str]:
    pytest.importorskip("filelock")
    root, download = tmp_path / "cache", tmp_path / "download"
    root.mkdir(parents=True)
    download.write_text("the whole image")
    context = _processes()
    half, looked, results = context.Event(), context.Event(), context.Queue()
    disk = str(tmp_path / "disk")
    actors = [
        context.Process(target=_fetch, args=(side, str(root), str(download), half, looked, results)),
        context.Process(target=_spawn_meanwhile, args=(side, str(root), disk, half, looked, results)),
    ]
    for actor in actors:
        actor.start()
    told = dict(results.get(timeout=60) for _ in actors)
    for actor in actors:
        actor.join(60)
    return told


def test_before_a_spawn_uses_half_of_what_is_moved_in(tmp_path: Path) -> None:
    assert move_against_spawn("before", tmp_path) == {"fetch": "done", "spawn": "the who, resized"}


def test_after_the_spawn_waits_for_the_whole_image(tmp_path: Path) -> None:
    assert move_against_spawn("after", tmp_path) == {"fetch": "done", "spawn": "the whole image, resized"}


def test_fix_reaches_the_collision_and_not_the_ageing(tmp_path: Path) -> None:
    path, mended, left = fixed("image_cache", tmp_path)
    assert (mended, left) == (["RMW406"] * 2, ["RMW406", "RMW407", "RMW407"])
    assert spawn_against_spawn(path, tmp_path / "spawns") == ["done", "done"]
    assert age_against_spawn(path, tmp_path / "ages") == {"age": "done", "spawn": "FileNotFoundError"}


def test_rmwlint_tells_them_apart() -> None:
    assert {"RMW406", "RMW407"} <= set(codes("image_cache", "before"))
    assert not codes("image_cache", "after")
