"""One call as the interpreter meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.link import Call
from rmwlint.program.types import Type
from rmwlint.windows.values import Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_NOT_LINKED = Call((), (), None, None, "", 3)


class Site(NamedTuple):
    """``op`` is the call itself, at ``position``; ``known`` what it may reach. The values it is given are in
    ``receiver``, ``args`` and ``kwargs``; ``kind`` is the type of what it gives."""

    position: int
    op: Op
    known: Call
    receiver: Value | None
    args: tuple[Value, ...]
    kwargs: tuple[tuple[str, Value], ...]
    kind: Type | None

    @property
    def given(self) -> tuple[Value, ...]:
        """All arguments."""
        return (*self.args, *(value for _, value in self.kwargs)) if self.kwargs else self.args

    def keyword(self, wanted: str) -> Value | None:
        """The argument of that keyword, None where it is not given."""
        return next((value for keyword, value in self.kwargs if keyword == wanted), None)

    def positional(self, written: str) -> int | None:
        """The index of an argument that a library row names ``arg0``, ``arg1`` …, None without it."""
        if written.startswith("arg") and written[3:].isdigit() and int(written[3:]) < len(self.args):
            return int(written[3:])
        return None


def site_of(run: Interpreter, position: int, op: Op) -> Site:
    """The call operation ``op`` at ``position``."""
    regs = run.regs
    known = run.link.calls.get(position, _NOT_LINKED)
    receiver = regs[known.receiver] if known.receiver is not None else None
    args = tuple([regs[register] for register in op[2]])
    kwargs = tuple([(keyword, regs[register]) for keyword, register in op[3]])
    return Site(position, op, known, receiver, args, kwargs, run.link.types[position])
