"""Tests of rows of Django models."""

from __future__ import annotations

from pathlib import Path

from rmwlint.prove.rival import rival
from rmwlint.prove.subject import Model, Subject
from rmwlint.prove.text import Call, call, cannot, header, imports, instance, judgement
from rmwlint.prove.values import row_values


def text(subject: Subject, output: Path) -> str:
    """The test. Raises UsageError where the code leaves too much open."""
    model = subject.models[0]
    creates = subject.violation.code in CREATIONS
    mine, theirs = (_acting(subject, model, number) for number in (0, 1))
    other = rival(subject, model)
    if other is not None:
        theirs = Call(other, ())
    if other == "":
        raise cannot(subject, f"`{model.name}` has no second column that another could change")
    names = ["connection", "connections", *(["transaction"] if "transaction" in theirs.text else [])]
    needed = [
        "import pytest",
        f"from django.db import {', '.join(names)}",
        *(["from django.test import RequestFactory"] if "RequestFactory" in mine.text else []),
        *(["from rmwlint.prove.alone import alone"] if subject.is_async else []),
        "from rmwlint.prove.replay import Scene, assert_nothing_is_lost",
        f"from rmwlint.prove.rows import {'' if creates else 'django_row, '}django_rows",
        "from rmwlint.prove.stops import schedules",
        *(["from rmwlint.prove.updates import django_updates"] if decides(subject) else []),
        "from rmwlint.prove.waiting import in_django",
    ]
    values = "".join(f", {name}={value}" for name, value in row_values(subject, model).items())
    made = "" if creates else f"\n    return django_row({model.name}{values})"
    return f'''{header(subject)}
{imports(subject, output, needed)}
# Needs pytest-django, and a database that locks rows, as the one in production does: SQLite does not.
pytestmark = pytest.mark.django_db(transaction=True)


def arrange():
    """What is there before; other columns that matter belong here."""
    {model.name}._base_manager.all().delete(){made}


def actor_a(row):
    {_statement(subject, mine)}


def actor_b(row):
    {_statement(subject, theirs)}


def observe(row):
    """What is there afterwards."""
    return django_rows({model.name})


def test_nothing_is_lost():
    scene = Scene(arrange, (actor_a, actor_b), observe, in_django(connection), connections.close_all)
{judgement(subject)}'''


def decides(subject: Subject) -> bool:
    """Whether it shows in who writes, and in nothing that is written, that two have passed one test."""
    return subject.violation.code == "RMW106" and not subject.is_async


#: What these are about is not there before.
CREATIONS = frozenset(["RMW501", "RMW503", "RMW504", "RMW505"])


def _statement(subject: Subject, call: Call) -> str:
    if decides(subject):
        return (
            "with django_updates(connection) as updated:\n"
            f"        {call.text}{call.comment}\n"
            "    return updated()"
        )
    return f"return {call.text}{call.comment}" if "\n" not in call.text else call.text + call.comment


def _acting(subject: Subject, model: Model, number: int) -> Call:
    fresh = f"{model.name}._base_manager.get(pk=row.pk)"
    given = {"": fresh, "request": 'RequestFactory().post("/")'}
    name = subject.function.name
    creates = subject.violation.code in CREATIONS
    if subject.on_instance and subject.owner is not None:
        if subject.owner.name == model.name:
            found = call(subject, number, f"{fresh}.{name}", model, given, creates=creates)
        else:
            made = instance(subject, {})
            found = call(subject, number, f"{made.text}.{name}", model, given, creates=creates)
            found = found._replace(guessed=made.guessed + found.guessed)
    else:
        found = call(subject, number, f"module.{subject.violation.function}", model, given, creates=creates)
    return found._replace(text=f"alone({found.text})") if subject.is_async else found
