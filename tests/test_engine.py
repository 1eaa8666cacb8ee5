"""The engine's entry: one file's result is the same alone and among others, and a failure costs one function."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmwlint import engine
from rmwlint.check import Check, View, registry
from rmwlint.engine import analyse
from rmwlint.store import Store
from rmwlint.violation import Violation
from tests.checks.running import libraries
from tests.checks.test_fixtures import FIXTURES, ROOT

CODES = frozenset(registry())

PROGRAM = {
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models

class Order(models.Model):
    retries = models.IntegerField(default=0)
""",
    "shop/fetching.py": """
from shop import retrying
from shop.models import Order

def fetch(pk, depth):
    if depth:
        return retrying.again(pk, depth - 1)
    return Order.objects.get(pk=pk)

def count(pk):
    order = fetch(pk, 2)
    order.retries += 1
    order.save(update_fields=["retries"])
""",
    "shop/retrying.py": """
from shop import fetching

def again(pk, depth):
    return fetching.fetch(pk, depth)

def retry(pk):
    order = again(pk, 1)
    order.retries = order.retries + 1
    order.save(update_fields=["retries"])
""",
    "shop/decorating.py": """
from django.db import transaction

from shop.models import Order

def inside(function):
    def wrapper(*args):
        with transaction.atomic():
            audit(args)
            return function(*args)
    return wrapper

@inside
def audit(args):
    print(args)

@inside
def guarded(pk):
    order = Order.objects.select_for_update().get(pk=pk)
    order.retries += 1
    order.save(update_fields=["retries"])
""",
}


def result(paths: list[Path]) -> dict[str, list[Violation]]:
    """The violations of a new run, by file."""
    store = Store([Path()])
    found: dict[str, list[Violation]] = {str(path): [] for path in paths}
    for violation in analyse(paths, store, libraries(), codes=CODES):
        found[violation.path].append(violation)
    assert not store.failures, store.failures[0].traceback
    return found


def assert_independent(paths: list[Path]) -> dict[str, list[Violation]]:
    whole = result(paths)
    assert result(paths[::-1]) == whole
    for path in paths:
        assert result([path])[str(path)] == whole[str(path)]
    return whole


def test_recursion_across_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in PROGRAM.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, "utf-8")
    whole = assert_independent([Path(name) for name in PROGRAM])
    assert {path for path, found in whole.items() if any(v.code == "RMW104" for v in found)} == {
        "shop/fetching.py",
        "shop/retrying.py",
    }


@pytest.mark.parametrize("folder", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_a_file_alone_is_a_file_among_others(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for package in [FIXTURES / folder, *(path for path in (FIXTURES / folder).iterdir() if path.is_dir())]:
        files = sorted(package.rglob("*.py") if package.parent != FIXTURES else package.glob("*.py"))
        if len(files) > 1:
            assert_independent([Path(os.path.relpath(path)) for path in files])


def test_order_of_hashes_does_not_matter(tmp_path: Path) -> None:
    import subprocess
    import sys

    paths = [str(path) for path in sorted((FIXTURES / "lost_arithmetic").glob("*.py"))]
    outputs = set()
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-m", "rmwlint", "check", "--no-cache", "--min-confidence", "low"]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*command, "--output-format", "json", *paths], env=environment, cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 1
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_a_failure_costs_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Check("RMW104", "lost-arithmetic", since="0.1")

    @broken.on_function
    def find(view: View) -> Iterator[Violation]:
        if view.fn.facts.name == "bad":
            raise ValueError("a mistake")
        if view.fn.index:
            yield view.violation(broken, 0, "seen", place="x", sure=3)

    monkeypatch.setattr("rmwlint.engine.registry", lambda: {"RMW104": broken})
    path = tmp_path / "program.py"
    path.write_text(
        "def good():\n    return 1\n\ndef bad():\n    return 2\n\ndef fine():\n    return 3\n", "utf-8"
    )
    store = Store([tmp_path])
    found = list(analyse([path], store, libraries(), codes=CODES))
    assert [violation.function for violation in found] == ["good", "fine"]
    assert [(failure.function, failure.message) for failure in store.failures] == [
        ("bad", "internal error: ValueError: a mistake")
    ]


def test_deep_programs_do_not_crash(tmp_path: Path) -> None:
    lines = ["def f0(order):\n    return order\n"]
    lines += [f"def f{n}(order):\n    return f{n - 1}(order)\n" for n in range(1, 3000)]
    lines += ["class C0:\n    pass\n", *(f"class C{n}(C{n - 1}):\n    pass\n" for n in range(1, 500))]
    path = tmp_path / "deep.py"
    path.write_text("\n".join(lines), "utf-8")
    store = Store([tmp_path])
    assert not list(analyse([path], store, libraries(), codes=CODES))
    assert not store.failures, store.failures[0].traceback


def test_room_for_recursion_stays_until_the_last_has_left() -> None:
    usual = sys.getrecursionlimit()
    entered, leave = threading.Event(), threading.Event()
    seen: list[int] = []

    def first() -> None:
        entered.set()
        leave.wait()

    def second() -> None:
        leave.set()
        one.join()
        seen.append(sys.getrecursionlimit())

    one = threading.Thread(target=engine._deep, args=(first,))
    one.start()
    entered.wait()
    engine._deep(second)
    assert seen == [engine._RECURSION]
    assert sys.getrecursionlimit() == usual
