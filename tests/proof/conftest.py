"""Worlds for examples, on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.proof.worlds import DjangoWorld, HTTPWorld, RedisWorld, SQLAlchemyWorld, World

WORLDS: dict[str, type[World]] = {
    "Django": DjangoWorld,
    "files": World,
    "redis-py": RedisWorld,
    "requests": HTTPWorld,
    "oslo.versionedobjects": SQLAlchemyWorld,
    "SQLAlchemy": SQLAlchemyWorld,
}


@pytest.fixture
def enter(postgres: str) -> Iterator[Callable[[str], World]]:
    """Enter a world by its name."""
    entered: list[World] = []
    # not in a folder of pytest's: its name would make the program a test
    with TemporaryDirectory(prefix="shop-") as folder:

        def world(name: str) -> World:
            entered.append(WORLDS[name](postgres, Path(folder)))
            return entered[-1]

        yield world
        for one in entered:
            one.close()
