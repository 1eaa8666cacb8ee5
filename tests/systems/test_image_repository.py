"""One actor renames an image while another activates it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from tests.systems.conftest import Actors, codes, fixed, load, meet_after

ID = "c0de"


def play(side: str, engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    system = load("image_repository", side)
    system.tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            system.images.insert().values(id=ID, name="old", status="queued", visibility="private")
        )
    repository = system.ImageRepository(engine)
    monkeypatch.setattr(repository, "get", meet_after(repository.get, threading.Barrier(2)))
    results = Actors().run(
        lambda: system.rename(repository, ID, "new"),
        lambda: system.activate(repository, ID, 7, "abc"),
    )
    assert results == [None, None]
    with engine.connect() as connection:
        row = connection.execute(sqlalchemy.select(system.images)).one()
    return row.name, row.status, row.size, row.checksum


def test_before_one_of_the_two_changes_is_put_back(
    engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play("before", engine, monkeypatch) in (("new", "queued", None, None), ("old", "active", 7, "abc"))


def test_after_both_changes_stay(engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert play("after", engine, monkeypatch) == ("new", "active", 7, "abc")


def test_rmwlint_tells_them_apart() -> None:
    assert "RMW201" in codes("image_repository", "before")
    assert not codes("image_repository", "after")


def test_no_fix_reaches_it(tmp_path: Path) -> None:
    assert fixed("image_repository", tmp_path)[1:] == ([], ["RMW201"])
