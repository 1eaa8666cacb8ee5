"""Scenes of SQLAlchemy sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from rmwlint.prove.replay import Scene
from rmwlint.prove.waiting import in_sqlalchemy
from tests.proof.proof import Proof
from tests.proof.worlds import Recorder, SQLAlchemyWorld

Act = Callable[[Any], Any]


def _scene(
    world: SQLAlchemyWorld,
    model: Any,
    mine: Act,
    theirs: Act,
    charge: Recorder | None = None,
    **row: Any,
) -> Scene:
    """Actors that meet at one row, each in a session of its own that it commits."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    def arrange() -> None:
        if charge is not None:
            charge.calls.clear()
        with Session(world.engine) as session:
            session.query(model).delete()
            session.add(model(**row))
            session.commit()

    def acting(act: Act) -> Act:
        def call(_: Any) -> Any:
            with Session(world.engine) as session:
                found = act(session)
                session.commit()
                return found

        return call

    def observe(_: Any) -> Any:
        with world.engine.connect() as connection:
            rows = [tuple(found) for found in connection.execute(select(model.__table__))]
        return rows, charge is not None and len(charge.calls)

    return Scene(arrange, (acting(mine), acting(theirs)), observe, in_sqlalchemy(world.engine))


def _withdraw(world: SQLAlchemyWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(
        world,
        module.Account,
        lambda session: module.withdraw(session, 1, 1),
        lambda session: module.withdraw(session, 1, 20),
        id=1,
        balance=100,
    )


def _grow(world: SQLAlchemyWorld, text: str) -> Scene:
    module = world.load(text, whole_seconds=lambda: datetime(2030, 1, 1, 12))
    return _scene(
        world,
        module.Image,
        lambda session: module.grow(session, 1, 1),
        lambda session: module.grow(session, 1, 20),
        id=1,
        size=100,
    )


def _save(world: SQLAlchemyWorld, text: str) -> Scene:
    module = world.load(text)
    fields = ("name", "status", "size", "visibility")

    def rename(session: Any) -> None:
        row = session.get(module.Image, "1")
        image = SimpleNamespace(image_id=row.id, **{field: getattr(row, field) for field in fields})
        image.name = "new"
        # both examples: the one that is good is told what has changed
        module.save(session, image, *([{"name": image.name}] if "changed" in text else []))

    def activate(session: Any) -> None:
        session.get(module.Image, "1").status = "active"

    return _scene(
        world,
        module.Image,
        rename,
        activate,
        id="1",
        name="old",
        status="queued",
        size=1,
        visibility="public",
    )


def _retry(world: SQLAlchemyWorld, text: str) -> Scene:
    module = world.load(text)

    def act(session: Any) -> None:
        module.retry(session, 1)

    return _scene(world, module.Order, act, act, id=1)


def _choose(world: SQLAlchemyWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(
        world,
        module.Profile,
        lambda session: module.choose(session, 1, "theme", "dark"),
        lambda session: module.choose(session, 1, "size", 12),
        id=1,
    )


def _pay(world: SQLAlchemyWorld, text: str) -> Scene:
    charge = Recorder()
    module = world.load(text, charge=charge)

    def act(session: Any) -> None:
        module.pay(session, 1)

    return _scene(world, module.Order, act, act, charge, id=1, status="open")


PROOFS = (
    Proof("RMW104", "SQLAlchemy", _retry, bad=2, good=2),
    Proof("RMW105", "SQLAlchemy", _choose, bad=2, good=2),
    Proof("RMW106", "SQLAlchemy", _pay, bad=2, good=2),
    Proof("RMW109", "SQLAlchemy", _grow, after="image = "),
    Proof("RMW201", "SQLAlchemy", _save, after="values = "),
    Proof("RMW306", "SQLAlchemy", _withdraw, bad=2, good=0),
)
