"""What `prove` says where it writes no test."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.check import registry
from rmwlint.prove.run import FILES, ROWS, why_not
from tests.conftest import Command, LayOut

LOST = """
import threading


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.total = 0

    def add(self, amount):
        total = self.total
        with self.lock:
            self.total = total + amount
"""

ONE_LINE = """
import os


def prepare(path):
    if not os.path.exists(path): os.mkdir(path)
"""

NESTED = """
import os


def cleaner(path):
    def forget():
        if os.path.exists(path):
            os.remove(path)

    return forget
"""

SECOND = """
import os


def forget(path):
    if os.path.exists(path):
        os.remove(path)


def clear(path):
    if os.path.exists(path):
        os.remove(path)
"""


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        (LOST, "a.py:13", "a.py:13: RMW405 cannot be proven here: what is shared is in the memory"),
        (
            ONE_LINE,
            "a.py:6",
            "a.py:6: RMW406 cannot be proven here: it reads and writes on one line",
        ),
        (NESTED, "a.py:8", "a.py:8: `cleaner.forget` cannot be called from outside"),
        (SECOND, "a.py", "a.py has 2 violations; choose one: a.py:7 --code RMW406, a.py:12 --code RMW406."),
        (SECOND, "a.py:1", "No violation at a.py:1; there are some on lines: 7 (RMW406), 12 (RMW406)."),
        (SECOND, "b.py:1", "`b.py` is no file; name a violation as FILE:LINE."),
    ],
)
def test_refusals(text: str, target: str, said: str, rmwlint: Command, lay_out: LayOut) -> None:
    lay_out({"a.py": text})
    run = rmwlint("prove", target)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"rmwlint: {said}")
    assert [path.name for path in Path().iterdir()] == ["a.py"]


def test_a_step_names_its_violation_too_and_a_code_chooses(rmwlint: Command, lay_out: LayOut) -> None:
    lay_out({"a.py": SECOND})
    assert rmwlint("prove", "a.py:6", "--code", "file-check-then-act", "-o", "-").code == 0
    assert rmwlint("prove", "a.py:6", "--code", "RMW104").code == 2
    assert "no code" in rmwlint("prove", "a.py:6", "--code", "RMW999").err


def test_a_file_is_overwritten_only_by_force(rmwlint: Command, lay_out: LayOut) -> None:
    lay_out({"a.py": SECOND, "test_it.py": "mine\n"})
    run = rmwlint("prove", "a.py:7", "-o", "test_it.py")
    assert run.code == 2 and "`--force`" in run.err
    assert Path("test_it.py").read_text() == "mine\n"
    assert rmwlint("prove", "a.py:7", "-o", "test_it.py", "--force").code == 0
    assert "assert_nothing_is_lost" in Path("test_it.py").read_text()
    assert rmwlint("prove", "a.py:7", "-o", "nowhere/test_it.py").code == 2


@pytest.mark.parametrize("code", sorted(registry()))
def test_every_check_can_be_proven_or_it_is_said_why_not(code: str) -> None:
    assert (code in ROWS | FILES) != bool(why_not(code))
