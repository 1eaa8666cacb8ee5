"""Worlds for examples, on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.proof.worlds import DjangoWorld, SQLAlchemyWorld, World

WORLDS: dict[str, type[World]] = {
    "django": DjangoWorld,
    "files": World,
    "oslo.versionedobjects": SQLAlchemyWorld,
    "sqlalchemy": SQLAlchemyWorld,
}


@pytest.fixture
def enter(postgres: str, tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """Enter a world by its name."""
    entered: list[World] = []

    def world(name: str) -> World:
        entered.append(WORLDS[name](postgres, tmp_path))
        return entered[-1]

    yield world
    for one in entered:
        one.close()
