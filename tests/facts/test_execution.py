"""The control flow of the IR is Python's: random programs do the same, run either way.

Each program is run by Python and by the interpreter of the IR. What every call returns, and whether
it raises, comes from one list of answers, so that the runs agree only if both take the same path.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmwlint.facts.lower import lower
from tests.facts.interpreter import Machine
from tests.facts.invariants import assert_invariants


class FirstError(Exception):
    pass


class SecondError(Exception):
    pass


class World:
    """What the program can call, and a trace of what it did."""

    def __init__(self, answers: list[int]) -> None:
        self.trace: list[tuple[str, object]] = []
        self._answers: Iterator[int] = iter(answers)

    def _next(self) -> int:
        return next(self._answers, 0)

    def call(self, number: int) -> int:
        self.trace.append(("call", number))
        answer = self._next()
        if answer == 1:
            raise FirstError(number)
        if answer == 2:
            raise SecondError(number)
        return number

    def test(self, number: int) -> bool:
        self.trace.append(("test", number))
        return self._next() % 2 == 1

    def times(self, number: int) -> Times:
        self.trace.append(("times", number))
        return Times(self._next() % 3)

    def lock(self, number: int) -> Lock:
        self.trace.append(("lock", number))
        return Lock(number, self.trace)

    def names(self) -> dict[str, Any]:
        return {
            "call": self.call,
            "test": self.test,
            "times": self.times,
            "lock": self.lock,
            "FirstError": FirstError,
            "SecondError": SecondError,
            "Exception": Exception,
            "AssertionError": AssertionError,
        }


class Times:
    """Both a Python iterator and one that the IR's "loop" and "element" can drive."""

    def __init__(self, left: int) -> None:
        self.current = -1
        self._left = left

    def advance(self) -> bool:
        self.current += 1
        return self.current < self._left

    def __iter__(self) -> Times:
        return self

    def __next__(self) -> int:
        if not self.advance():
            raise StopIteration
        return self.current


class Lock:
    def __init__(self, number: int, trace: list[tuple[str, object]]) -> None:
        self._number = number
        self._trace = trace

    def __enter__(self) -> None:
        self._trace.append(("enter", self._number))

    def __exit__(self, kind: object, *_: object) -> None:
        # The IR leaves on normal paths only.
        if kind is None:
            self._trace.append(("leave", self._number))


_INDENT = "    "


class Writer:
    """Draws a program, statement by statement."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self._number = 0

    def _next(self) -> int:
        self._number += 1
        return self._number

    def body(self, depth: int, in_loop: bool) -> str:
        size = self._draw(st.integers(1, 3))
        return "".join(self._statement(depth, in_loop) for _ in range(size))

    def _block(self, depth: int, in_loop: bool) -> str:
        return textwrap.indent(self.body(depth - 1, in_loop), _INDENT)

    def _statement(self, depth: int, in_loop: bool) -> str:
        kinds = ["call", "call", "pass", "return", "raise", "assert"]
        if in_loop:
            kinds += ["break", "continue"]
        if depth:
            kinds += ["if", "while", "for", "with", "try", "try", "match"]
        kind = self._draw(st.sampled_from(kinds))
        number = self._next()
        if kind in ("break", "continue", "pass"):
            return f"{kind}\n"
        if kind == "call":
            return f"call({number})\n"
        if kind == "return":
            return f"return call({number})\n"
        if kind == "raise":
            return f"raise {self._draw(st.sampled_from(['FirstError', 'SecondError']))}({number})\n"
        if kind == "assert":
            return f"assert test({number}), call({number})\n"
        return str(getattr(self, f"_{kind}")(number, depth, in_loop))

    def _maybe(self, head: str, depth: int, in_loop: bool) -> str:
        return f"{head}\n{self._block(depth, in_loop)}" if self._draw(st.booleans()) else ""

    def _if(self, number: int, depth: int, in_loop: bool) -> str:
        text = f"if test({number}):\n{self._block(depth, in_loop)}"
        for _ in range(self._draw(st.integers(0, 2))):
            text += f"elif test({self._next()}):\n{self._block(depth, in_loop)}"
        return text + self._maybe("else:", depth, in_loop)

    def _while(self, number: int, depth: int, in_loop: bool) -> str:
        text = f"while test({number}):\n{self._block(depth, True)}"
        return text + self._maybe("else:", depth, in_loop)

    def _for(self, number: int, depth: int, in_loop: bool) -> str:
        text = f"for i{number} in times({number}):\n{self._block(depth, True)}"
        return text + self._maybe("else:", depth, in_loop)

    def _with(self, number: int, depth: int, in_loop: bool) -> str:
        items = ", ".join(f"lock({n})" for n in [number, *([self._next()] if number % 2 else [])])
        return f"with {items}:\n{self._block(depth, in_loop)}"

    def _match(self, number: int, depth: int, in_loop: bool) -> str:
        text = f"match call({number}):\n"
        for pattern in self._draw(st.lists(st.sampled_from([number, 0]), max_size=2)):
            guard = f" if test({self._next()})" if self._draw(st.booleans()) else ""
            text += f"{_INDENT}case {pattern}{guard}:\n"
            text += textwrap.indent(self._block(depth, in_loop), _INDENT)
        return f"{text}{_INDENT}case _:\n{textwrap.indent(self._block(depth, in_loop), _INDENT)}"

    def _try(self, number: int, depth: int, in_loop: bool) -> str:
        text = f"try:\n{self._block(depth, in_loop)}"
        clauses = self._draw(
            st.lists(st.sampled_from(["FirstError", "SecondError", "Exception"]), max_size=2)
        )
        for clause in clauses:
            text += f"except {clause}:\n{self._block(depth, in_loop)}"
        if clauses:
            text += self._maybe("else:", depth, in_loop)
        if not clauses or self._draw(st.booleans()):
            # A jump out of ``finally`` ends an exception that is under way; the interpreter does
            # not know that of break and continue. Nor does it know which handlers are around a copy
            # unless it begins outside any ``try`` of its own.
            text += f"finally:\n{_INDENT}call({self._next()})\n{self._block(depth, False)}"
        return text


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    return Writer(draw).body(4, False)


def _outcome(execute: Callable[[dict[str, Any]], object], answers: list[int]) -> tuple[object, ...]:
    world = World(answers)
    try:
        return ("returned", execute(world.names()), world.trace)
    except Exception as error:
        return ("raised", type(error), str(error), world.trace)


def _check(source: str, answers: list[int]) -> None:
    tree = ast.parse("def program():\n" + textwrap.indent(source, _INDENT))
    with warnings.catch_warnings():
        # Newer Pythons advise against ``return`` inside ``finally``.
        warnings.simplefilter("ignore", SyntaxWarning)
        code = compile(tree, "m.py", "exec")
    module = lower(tree, "m", "m.py", False)
    assert_invariants(module)
    # Beyond the limit of copies the paths are merged, and two runs may differ.
    if len(module.functions[1].ops) >= 50_000:
        return

    def by_python(names: dict[str, Any]) -> object:
        exec(code, names)
        return names["program"]()

    expected = _outcome(by_python, answers)
    assert _outcome(lambda names: Machine(module.functions[1], names).run(), answers) == expected


@settings(max_examples=250, deadline=None, derandomize=True)
@given(programs(), st.lists(st.integers(0, 3), max_size=30))
def test_random_programs(source: str, answers: list[int]) -> None:
    _check(source, answers)


_JUMPS = """
for i in times(1):
    with lock(2), lock(3):
        try:
            with lock(4):
                {jump}
        finally:
            call(5)
            with lock(6):
                call(7)
        call(8)
    call(9)
else:
    call(10)
call(11)
"""


@pytest.mark.parametrize("jump", ["return call(0)", "break", "continue", "raise FirstError(0)", "pass"])
@pytest.mark.parametrize("answers", [[2], [2, 0, 1], [1, 0, 0, 0, 1], []])
def test_jumps_out_of_with_and_finally(jump: str, answers: list[int]) -> None:
    _check(_JUMPS.format(jump=jump), answers)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 2), max_size=12))
@example([0, 1, 1, 1])
def test_finally_inside_finally(answers: list[int]) -> None:
    source = "call(0)\n"
    for number in range(1, 4):
        body = textwrap.indent(source, _INDENT)
        source = f"try:\n    call({number})\nfinally:\n{body}    call({number + 10})\n"
    _check(source, answers)
