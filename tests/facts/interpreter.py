"""Runs the IR of a function, so that its control flow can be compared with Python's own.

Only what control flow needs: names, constants, calls, stores, ``with``, loops, branches, exceptions.
Exceptions are dispatched as the blocks say: to the first handler whose clause catches the exception,
or that is the exceptional copy of a ``finally`` body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rmwlint.facts.model import Function, Op


class Machine:
    """One run of one function."""

    def __init__(self, function: Function, names: dict[str, Any]) -> None:
        self._function = function
        self._values: dict[int, Any] = {}
        self._names = dict(names)
        self._caught: Exception | None = None
        # The exceptions that wait for the end of an exceptional copy, each with the handlers around.
        self._waiting: list[tuple[Exception, tuple[int, ...]]] = []

    def run(self) -> Any:
        """What the function returns; raises what it raises."""
        number = 0
        while True:
            start, end, successors, handlers = self._function.blocks[number]
            try:
                for register in range(start, end):
                    op = self._function.ops[register]
                    if op[0] == "return":
                        return None if op[1] is None else self._values[op[1]]
                    self._values[register] = self._execute(op)
            except Exception as error:
                number = self._dispatch(error, handlers)
                continue
            last = self._function.ops[end - 1]
            if last[0] in ("loop", "branch"):
                number = successors[0 if _OUTCOMES[last[0]](self._values, last) else 1]
            elif successors and successors == handlers:
                # The end of an exceptional copy: the exception goes on.
                number = self._dispatch(self._waiting.pop()[0], successors)
            elif successors:
                (number,) = successors
            elif self._waiting:
                raise self._waiting.pop()[0]
            else:
                return None

    def _dispatch(self, error: Exception, handlers: tuple[int, ...]) -> int:
        for handler in handlers:
            start, end, _, outside = self._function.blocks[handler]
            types = [op[1] for op in self._function.ops[start:end] if op[0] == "caught"]
            catches = not types or types[0] is None
            if not catches:
                catches = isinstance(error, self._names[self._function.ops[types[0]][1]])
            if catches:
                while self._waiting and handler in self._waiting[-1][1]:
                    self._waiting.pop()
                if types:
                    self._caught = error
                else:
                    self._waiting.append((error, outside))
                return handler
        raise error

    def _execute(self, op: Op) -> Any:
        kind = op[0]
        if kind == "raise":
            raise self._values[op[1]]
        if kind == "caught":
            return self._caught
        return _value(op, self._values, self._names)


def _loop(values: dict[int, Any], op: Op) -> bool:
    # The iterable's register holds an iterator that knows how far it is.
    return bool(values[op[1]].advance())


def _branch(values: dict[int, Any], op: Op) -> bool:
    return bool(values[op[1]])


_OUTCOMES: dict[str, Callable[[dict[int, Any], Op], bool]] = {"loop": _loop, "branch": _branch}


def _value(op: Op, values: dict[int, Any], local: dict[str, Any]) -> Any:
    kind = op[0]
    if kind == "const":
        return op[1]
    if kind == "name":
        return local[op[1]]
    if kind == "call":
        return values[op[1]](*[values[arg] for arg in op[2]])
    if kind == "compare":
        assert op[1] == ("==",)
        return values[op[2][0]] == values[op[2][1]]
    if kind == "store":
        local[op[1]] = values[op[2]]
    elif kind == "element":
        return values[op[1]].current
    elif kind == "enter":
        context = values[op[1]]
        context.__enter__()
        return context
    elif kind == "leave":
        values[op[1]].__exit__(None, None, None)
    else:
        assert kind in ("pass", "loop", "branch"), op
    return None
