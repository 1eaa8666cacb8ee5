"""Scenes of versioned objects, whose saves end in conditional updates of a PostgreSQL table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rmwlint.prove.replay import Outcome, Scene
from rmwlint.prove.waiting import in_sqlalchemy
from tests.proof.proof import Proof
from tests.proof.worlds import SQLAlchemyWorld

UUID = "6f6f3a4e-6a53-4c7f-9d0c-0f8ef4f2c0de"


class Busy(Exception):
    """Another action owns the server."""


class Conflict(Exception):
    """The row is not in an expected state."""


def _one_passes(outcome: Outcome) -> bool:
    return sum(end.error is None for end in outcome.ends) == 1


def _scene(
    world: SQLAlchemyWorld, text: str, act: Callable[[Any], Any], holds: Callable[[Outcome], bool] | None
) -> Scene:
    from sqlalchemy import Column, MetaData, String, Table, or_, select, update

    tables = MetaData()
    servers = Table("servers", tables, Column("uuid", String(36)), Column("task_state", String(30)))
    tables.create_all(world.engine)

    def write(uuid: str, changes: dict[str, Any], expected: list[str | None] | None) -> None:
        statement = update(servers).where(servers.c.uuid == uuid).values(**{"uuid": uuid, **changes})
        if expected is not None:
            statement = statement.where(or_(*(servers.c.task_state == state for state in expected)))
        with world.engine.begin() as connection:
            if connection.execute(statement).rowcount != 1:
                raise Conflict(uuid)

    def get_by_uuid(cls: Any, context: Any, uuid: str) -> Any:
        with world.engine.connect() as connection:
            row = connection.execute(select(servers).where(servers.c.uuid == uuid)).one()
        server = cls(context, uuid=row.uuid, task_state=row.task_state)
        server.obj_reset_changes()
        return server

    module = world.load(text, write=write, update=write, Busy=Busy)
    module.Server.get_by_uuid = classmethod(get_by_uuid)

    def arrange() -> None:
        with world.engine.begin() as connection:
            connection.execute(servers.delete())
            connection.execute(servers.insert().values(uuid=UUID, task_state=None))

    def observe(_: Any) -> Any:
        with world.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(servers.c.task_state))]

    def acting(_: Any) -> None:
        act(module)

    return Scene(arrange, (acting, acting), observe, in_sqlalchemy(world.engine), holds=holds)


def _pause(world: SQLAlchemyWorld, text: str) -> Scene:
    return _scene(world, text, lambda module: module.pause(None, UUID), None)


def _resize(world: SQLAlchemyWorld, text: str) -> Scene:
    return _scene(world, text, lambda module: module.resize(None, UUID), _one_passes)


def _set_state(world: SQLAlchemyWorld, text: str) -> Scene:
    def act(module: Any) -> None:
        server = module.Server.get_by_uuid(None, UUID)
        if server.task_state != "pausing":
            server.task_state = "pausing"
        server.save(expected_task_state=[None])

    return _scene(world, text, act, _one_passes)


PROOFS = (
    Proof("RMW101", "oslo.versionedobjects", _pause),
    Proof("RMW102", "oslo.versionedobjects", _resize),
    Proof("RMW103", "oslo.versionedobjects", _set_state),
)
