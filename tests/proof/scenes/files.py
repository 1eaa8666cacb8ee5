"""Scenes of files and folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rmwlint.prove.replay import Scene
from rmwlint.prove.waiting import on_files
from tests.proof.proof import Proof
from tests.proof.worlds import World


def _content(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _add(world: World, text: str) -> Scene:
    module = world.load(text)
    path = world.folder / "total"

    def arrange() -> None:
        path.write_text("100", "utf-8")

    acts = (lambda _: module.add(path, 1), lambda _: module.add(path, 20))
    return Scene(arrange, acts, lambda _: _content(path), on_files, told=())


def _prepare(world: World, text: str) -> Scene:
    # two copies of the module, as two processes have them: what the copies share is outside of them
    modules = [world.load(text), world.load(text)]
    path = world.folder / "prepared"

    def arrange() -> None:
        if path.is_dir():
            path.rmdir()

    acts = tuple(lambda _, module=module: module.prepare(str(path)) for module in modules)
    return Scene(arrange, acts, lambda _: path.is_dir(), on_files, told=())


def _forget(world: World, text: str) -> Scene:
    module = world.load(text)
    path = world.folder / "known"

    def arrange() -> None:
        path.write_text("something", "utf-8")

    def act(_: Any) -> None:
        module.forget(path)

    return Scene(arrange, (act, act), lambda _: path.exists(), on_files, told=())


def _remember(world: World, text: str) -> Scene:
    module = world.load(text)
    path = world.folder / "known.json"

    def arrange() -> None:
        path.write_text("{}", "utf-8")

    acts = (lambda _: module.remember(path, "mine", 1), lambda _: module.remember(path, "theirs", 2))
    return Scene(arrange, acts, lambda _: json.loads(path.read_text("utf-8")), on_files, told=())


def _lease(world: World, text: str) -> Scene:
    leases = world.load(text).Leases(world.folder)

    def arrange() -> None:
        leases.save("disk", {"owner": "nobody"})

    acts = (lambda _: leases.save("disk", {"owner": "me"}), lambda _: bool(leases.load("disk")))
    return Scene(arrange, acts, lambda _: leases.load("disk"), on_files, told=())


PROOFS = (
    Proof("RMW402", "files", _add, after="total = "),
    Proof("RMW403", "files", _prepare),
    Proof("RMW406", "files", _forget),
    Proof("RMW407", "files", _remember),
    Proof("RMW407", "files", _lease, bad=2, good=0, after="with open"),
)
