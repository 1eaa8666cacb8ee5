"""Small programs and the facts they have, each file on one theme.

A case is a program and what ``show`` prints for it, or, after ``[out f g]``, for those functions only:

    [case early_return]
    def f(x):
        return x
    [out f]
    f(x)
      …

``[case name 3.12]`` needs that Python, ``[case name package]`` is the ``__init__`` of a package. Run with
``UPDATE_CASES=1`` to write what is printed now; then read every line of the difference.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from rmwlint.facts.lower import lower
from rmwlint.facts.show import show, show_function
from tests.facts.invariants import assert_invariants

_FOLDER = Path(__file__).parent / "cases"
_CASE = re.compile(
    r"^\[case (?P<name>\w+)(?P<flags>[^\]]*)\]\n(?P<program>.*?)^\[out(?P<shown>[^\]\n]*)\]\n(?P<out>.*?)(?=^\[case |\Z)",
    re.MULTILINE | re.DOTALL,
)


class Case(NamedTuple):
    file: Path
    name: str
    flags: list[str]
    program: str
    shown: list[str]
    out: str

    @property
    def python(self) -> tuple[int, ...]:
        """The Python that it needs."""
        versions = [flag for flag in self.flags if flag[0].isdigit()]
        return tuple(map(int, versions[0].split("."))) if versions else (3, 10)


def _cases(file: Path) -> list[Case]:
    return [
        Case(
            file,
            match["name"],
            match["flags"].split(),
            match["program"],
            match["shown"].split(),
            match["out"].strip() + "\n",
        )
        for match in _CASE.finditer(file.read_text(encoding="utf-8"))
    ]


def _printed(case: Case) -> str:
    tree = ast.parse(case.program)
    module = lower(tree, "shop.orders", "shop/orders.py", "package" in case.flags)
    assert_invariants(module)
    if not case.shown:
        return show(module)
    functions = {function.qualname: function for function in module.functions}
    return "\n".join(show_function(functions[name]) for name in case.shown)


_ALL = [case for file in sorted(_FOLDER.glob("*.txt")) for case in _cases(file)]


@pytest.mark.parametrize("case", _ALL, ids=lambda case: f"{case.file.stem}-{case.name}")
def test_case(case: Case) -> None:
    if sys.version_info < case.python:
        pytest.skip(f"Python {'.'.join(map(str, case.python))} syntax")
    printed = _printed(case)
    if os.environ.get("UPDATE_CASES"):
        text = case.file.read_text(encoding="utf-8")
        for match in _CASE.finditer(text):
            if match["name"] == case.name:
                after = text[match.end() :]
                text = text[: match.start("out")] + printed + ("\n" if after else "") + after
                break
        case.file.write_text(text, encoding="utf-8")
    else:
        assert printed == case.out


def test_every_file_is_read_to_its_end_and_no_name_is_used_twice() -> None:
    for file in _FOLDER.glob("*.txt"):
        names = [case.name for case in _cases(file)]
        assert len(names) == file.read_text(encoding="utf-8").count("[case ") > 0
        assert len(names) == len(set(names))


def test_every_operation_is_in_some_case() -> None:
    shown = {
        line.split()[1] for case in _ALL for line in case.out.splitlines() if re.match(r" +\d+  \w", line)
    }
    documented = set(re.findall(r'\("(\w+)"', _operations_of_the_contract()))
    assert shown == documented


def _operations_of_the_contract() -> str:
    from rmwlint.facts import model

    assert model.__doc__ is not None
    return model.__doc__.partition("Values::")[2].partition("``and``")[0]
