"""What a warm program says, and when it is asked to look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rmwlint.config import settings_for
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.session import Session

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]

MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    retries = models.IntegerField()\n"
BUMP = "def bump(order):\n    order.retries += 1\n"
RETRY = """\
from shop.bump import bump
from shop.models import Order


def retry(pk):
    order = Order.objects.get(pk=pk)
    bump(order)
    order.save(update_fields=["retries"])
"""
ORDERS = Path("shop/orders.py")


@pytest.fixture
def session(lay_out: LayOut) -> Session:
    lay_out({
        "shop/__init__.py": "", "shop/models.py": MODELS, "shop/bump.py": BUMP, "shop/orders.py": RETRY,
        "pyproject.toml": "",
    })  # fmt: skip
    return Session(ORDERS, settings_for(ORDERS))


def codes(session: Session, text: str = RETRY, path: Path = ORDERS) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in session.check(path, text.encode()).violations]


def test_it_says_what_a_run_says(session: Session) -> None:
    found = session.check(ORDERS, RETRY.encode()).violations
    assert found == run(Request([str(ORDERS)], settings_for(ORDERS))).violations != ()
    assert session.check(ORDERS, RETRY.encode()).violations == found


def test_the_text_counts_and_not_the_disk(session: Session) -> None:
    assert codes(session) == [("RMW104", 8)]
    assert codes(session, f"\n{RETRY}") == [("RMW104", 9)]
    assert codes(session, "def f(:\n") == [("RMW901", 1)]
    assert codes(session, "x = 1\n") == []
    assert codes(session, f"# rmwlint: skip-file\n{RETRY}") == []
    assert codes(session) == [("RMW104", 8)]
    assert ORDERS.read_text() == RETRY


def test_other_files_are_as_they_were_until_it_is_refreshed(session: Session) -> None:
    assert codes(session) == [("RMW104", 8)]
    Path("shop/bump.py").write_text(BUMP.replace("+=", "="))
    assert codes(session, f"\n{RETRY}") == [("RMW104", 9)]
    session.refresh([Path("shop/bump.py")])
    assert codes(session) == []


def test_unsaved_text_of_another_file(session: Session) -> None:
    bump = Path("shop/bump.py")
    assert codes(session, BUMP.replace("+=", "="), bump) == []
    session.refresh()
    assert codes(session) == []
    session.refresh([bump])
    assert codes(session) == []  # the disk does not count while the file is open
    session.release(bump)
    session.refresh()
    assert codes(session) == [("RMW104", 8)]


def test_files_that_come_and_go(session: Session) -> None:
    bump = Path("shop/bump.py")
    bump.unlink()
    session.refresh(moved=True)
    assert codes(session) == []
    bump.write_text(BUMP)
    session.refresh(moved=True)
    assert codes(session) == [("RMW104", 8)]


def test_unsaved_texts_are_not_kept_in_the_cache(session: Session) -> None:
    for number in range(50):
        codes(session, RETRY + f"# {number}\n" * 200)
    session.close()
    packs = list(Path(".rmwlint_cache").rglob("*.pack"))
    assert packs
    assert sum(pack.stat().st_size for pack in packs) < 20_000


TWO = """\
from shop.models import Order


def first(pk):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.save(update_fields=["retries"])


def second(pk):
    pick = sorted([pk], key=lambda one: one)
    order = Order.objects.get(pk=pick[0])
    order.retries += 1
    order.save(update_fields=["retries"])
"""
FIRST = "order.retries += 1"


def glanced(session: Session, text: str) -> list[tuple[str, int]] | None:
    result = session.glance(ORDERS, text.encode())
    return None if result is None else [(one.code, one.line) for one in result.violations]


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        "# a comment\n\n" + TWO,
        TWO.replace(FIRST, "order.retries = 1", 1),
        TWO.replace(FIRST, f"pass\n    {FIRST}", 1),
        TWO.replace(FIRST, f"# {FIRST}", 1),
        TWO.replace("one: one", "one: -one"),
        TWO + "\n\n# the end",
    ],
)
def test_a_glance_says_what_a_check_says(session: Session, text: str) -> None:
    assert glanced(session, TWO) is None  # nothing has been checked so far
    assert codes(session, TWO) == [("RMW104", 7), ("RMW104", 14)]
    found = glanced(session, text)
    assert found == codes(session, text)
    result = session.check(ORDERS, text.encode())
    again = session.glance(ORDERS, text.encode())
    assert again is not None
    assert again.violations == result.violations
    assert again.suppressed == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(:\n",
        TWO + "\n\ndef third():\n    pass\n",
        TWO.replace("import Order", "import Order as Bestellung"),
        "# rmwlint: skip-file\n" + TWO,
        TWO.replace("def first(pk):", "def erste(pk):"),
    ],
)
def test_a_glance_is_too_little_for_more_than_bodies(session: Session, text: str) -> None:
    codes(session, TWO)
    assert glanced(session, text) is None
    assert codes(session, text) == [
        (one.code, one.line) for one in session.check(ORDERS, text.encode()).violations
    ]


def test_a_glance_moves_a_story_and_heeds_comments(session: Session) -> None:
    codes(session, TWO)
    result = session.glance(ORDERS, TWO.replace(FIRST, f"pass\n    {FIRST}", 1).encode())
    assert result is not None
    assert [step.span.line for step in result.violations[1].steps] == [13, 14, 15]
    silenced = TWO.replace('"retries"])', '"retries"])  # rmwlint: ignore[RMW104]', 1).replace(
        FIRST, "order.retries += 2", 1
    )
    assert glanced(session, silenced) == [("RMW104", 14)] == codes(session, silenced)
