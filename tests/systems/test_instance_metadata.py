"""Two clients each add one metadata entry to a server."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy

from tests.systems.conftest import Actors, codes, fixed, load, meet_after

UUID = "7f1c"


def start(system: Any, engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    system.tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(system.servers.insert().values(uuid=UUID, metadata={}, generation=0))
    read = system.Server.get_by_uuid
    monkeypatch.setattr(system.Server, "get_by_uuid", staticmethod(meet_after(read, threading.Barrier(2))))
    return SimpleNamespace(engine=engine)


def stored(system: Any, engine: sqlalchemy.Engine) -> Any:
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.select(system.servers.c.metadata)).scalar_one()


def test_before_one_entry_is_lost(engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    system = load("instance_metadata", "before")
    context = start(system, engine, monkeypatch)
    Actors().run(
        lambda: system.add_metadata(context, UUID, {"owner": "ann"}),
        lambda: system.add_metadata(context, UUID, {"color": "red"}),
    )
    assert stored(system, engine) in ({"owner": "ann"}, {"color": "red"})


def test_after_the_second_is_told_and_tries_again(
    engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = load("instance_metadata", "after")
    context = start(system, engine, monkeypatch)

    def add(entries: dict[str, str]) -> int:
        conflicts = 0
        while True:
            try:
                system.add_metadata(context, UUID, entries)
                return conflicts
            except system.Conflict:
                conflicts += 1

    conflicts = Actors().run(lambda: add({"owner": "ann"}), lambda: add({"color": "red"}))
    assert sorted(conflicts) == [0, 1]
    assert stored(system, engine) == {"owner": "ann", "color": "red"}


def test_rmwlint_tells_them_apart() -> None:
    assert "RMW105" in codes("instance_metadata", "before")
    assert not codes("instance_metadata", "after")


def test_no_fix_reaches_it(tmp_path: Path) -> None:
    assert fixed("instance_metadata", tmp_path)[1:] == ([], ["RMW105"])
