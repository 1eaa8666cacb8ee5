"""Programs that are run by their names, as the changes of files that they make: ``execute("mv", a, b)``.

What a program does is a row of the library models, with its operands as arguments and its options as
keywords. The words must be written out in the call, or in a list that is made right before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rmwlint.facts.model import Op
from rmwlint.libraries.index import Libraries
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.values import Value

if TYPE_CHECKING:
    from rmwlint.libraries.model import CallModel
    from rmwlint.windows.interpreter.interpret import Interpreter

PROGRAM = "commands.Program"
_RUNNER = "commands.Runner"
_PREFIX = "commands.Prefix"
_FAILS = frozenset(["duplicate", "missing", "conflict"])

_Word = tuple[int, Op]


def command_rows(run: Interpreter, site: Site) -> list[tuple[Site, CallModel]]:
    """What the program that a call runs does, each with the program's operands as the call's arguments."""
    words = _words(run.fn, site.position)
    if not words:
        return []
    program, operands, options = _parsed(run.libraries, run.fn, words)
    if not program:
        return []
    flags: dict[str, Any] = dict.fromkeys(options, True)
    given = tuple((name, Value(("const", True), const=True)) for name in options)
    op = (site.op[0], site.op[1], tuple(operands), ())
    known = site.known._replace(rows=(), targets=(), receiver=None, name=program, cls=None)
    args = tuple(run.regs[register] for register in operands)
    inner = site._replace(op=op, known=known, receiver=None, args=args, kwargs=given)
    return [(inner, row) for row in run.libraries.method_meaning(PROGRAM, program, flags)]


def tolerated(run: Interpreter, site: Site) -> frozenset[str]:
    """What a call does not mind, since it goes on where the program fails."""
    rows = [row for row in site.known.rows if row.kind == "subprocess"]
    for row in rows or run.libraries.methods(_RUNNER, "run"):
        if row.tolerates == "*" or (row.tolerates is not None and site.keyword(row.tolerates) is not None):
            return _FAILS
    return frozenset()


def runs_programs(fn: Fn) -> bool:
    """Whether a call of the function runs a program that changes files."""
    libraries = fn.module.program.libraries
    if not _may_run(fn):
        return False
    for number in link(fn).calls:
        words = _words(fn, number)
        if words and _parsed(libraries, fn, words)[0]:
            return True
    return False


def _may_run(fn: Fn) -> bool:
    """Whether a name in the function is one of those that run programs, and a word one of the programs."""
    known = fn.memo.get("may_run")
    if known is None:
        libraries = fn.module.program.libraries
        names = libraries.runners(fn.facts.names)
        known = fn.memo["may_run"] = names and any(
            op[0] == "const" and isinstance(op[1], str) and op[1].rpartition("/")[2] in libraries.programs
            for op in fn.facts.ops
        )
    return bool(known)


def _words(fn: Fn, number: int) -> list[_Word]:
    """The words of the command that a call runs, as registers and what is in them; empty without one."""
    if not _may_run(fn):
        return []
    ops = fn.facts.ops
    op = ops[number]
    if op[0] != "call" or not op[2]:
        return []
    registers = list(op[2])
    first = _display(fn, registers[0], number)
    call = link(fn).calls.get(number)
    if call is not None and any(row.kind == "subprocess" for row in call.rows):
        registers = first if first is not None else registers
    else:
        callee = ops[op[1]]
        name = str(callee[-1]) if callee[0] in ("attr", "name") else ""
        if _RUNNER not in fn.module.program.libraries.receiver(name):
            return []
        registers = first + registers[1:] if first is not None else registers
    return [(register, ops[register]) for register in registers]


def _display(fn: Fn, register: int, before: int) -> list[int] | None:
    """The registers of a list or tuple that is written out, itself or by the variable that holds it."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "star":
        op = ops[op[1]]
    if op[0] == "name":
        made = [other[2] for other in ops[:before] if other[:2] == ("store", op[1])]
        changed = any(
            other[0] == "attr" and ops[other[1]] == op and other[2] in ("append", "extend", "insert")
            for other in ops[:before]
        )
        if len(made) != 1 or changed:
            return None
        op = ops[made[0]]
    return list(op[2]) if op[0] == "build" and op[1] in ("list", "tuple") else None


def _parsed(libraries: Libraries, fn: Fn, words: list[_Word]) -> tuple[str, list[int], list[str]]:
    """(program, operands, options) of a command; an empty program where no model knows it."""
    program, operands, options = "", [], []
    valued: frozenset[str] = frozenset()
    skipping = False
    for register, op in words:
        word = op[1] if op[0] == "const" and isinstance(op[1], str) else None
        if op[0] == "star":
            return "", [], []
        if skipping:
            skipping = False
            continue
        if word is None:
            if not program:
                return "", [], []
            operands.append(register)
        elif not program:
            written = word.rpartition("/")[2]
            if _PREFIX in libraries.receiver(written) or "=" in word:
                continue
            if written not in libraries.programs:
                return "", [], []
            program = written.replace("-", "_")
            rows = libraries.methods(PROGRAM, program)
            valued = frozenset(option for row in rows for option in row.valued)
        elif word.startswith("-") and len(word) > 1:
            found = _options(word)
            options += found
            skipping = "=" not in word and found[-1] in valued
        elif not operands and libraries.methods(PROGRAM, f"{program}_{word}"):
            program = f"{program}_{word}"
            valued = frozenset(option for row in libraries.methods(PROGRAM, program) for option in row.valued)
        else:
            operands.append(register)
    return (program if libraries.methods(PROGRAM, program) else ""), operands, options


def _options(word: str) -> list[str]:
    """``r`` and ``f`` of ``-rf``, ``force`` of ``--force``."""
    if word.startswith("--"):
        return [word[2:].partition("=")[0]]
    return list(word[1:])
