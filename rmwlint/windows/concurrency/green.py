"""Green threads: one runs until it waits for something, and only then another one comes in.

A program that has its threads patched when it starts (``eventlet.monkey_patch()``, or by a function that does
so) has no others. Between a test and a store with nothing in between that may wait, nobody else runs. What is
not known may wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rmwlint.libraries.model import CallModel
from rmwlint.program.calling import call_sites, checking, kept_for_check, rest_on
from rmwlint.program.dispatch import candidates
from rmwlint.program.link import Call, link
from rmwlint.program.logs import writes_to_log
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.comers import imports_crowd
from rmwlint.windows.concurrency.modules import imports_concurrency

_MOST_FUNCTIONS = 40
#: places that are reached without letting others run: a file, the process's own memory
_NEAR = frozenset(["file", "directory", "memory"])
_QUICK = frozenset(["pure", "mutate", "spawn", "proxy", "setting", "expression", "query"])
_TOUCHES = frozenset(["read", "test", "write", "create", "ensure", "delete", "replace"])
#: packages of the language that wait for nothing
_LOCAL_NAMES = """
    abc base64 binascii bisect collections copy dataclasses datetime decimal enum fractions functools
    hashlib heapq hmac inspect itertools json logging math numbers operator random re six string struct
    textwrap time traceback types typing urllib.parse uuid warnings weakref
"""
_LOCAL = frozenset(_LOCAL_NAMES.split())
_WAITS = frozenset(["time.sleep"])
_BUILTIN_NAMES = """
    abs all any bool bytes callable chr dict dir divmod enumerate filter float format frozenset getattr
    hasattr hash hex id int isinstance issubclass iter len list map max min next object oct ord pow
    range repr reversed round set setattr slice sorted str sum super tuple type vars zip Exception
    KeyError ValueError TypeError RuntimeError AttributeError NotImplementedError IndexError
"""
_BUILTINS = frozenset(_BUILTIN_NAMES.split())
#: what only the language's own containers and texts have, by name, where nobody knows what it is called of
_METHOD_NAMES = """
    append appendleft copy discard endswith extend format insert items iteritems iterkeys itervalues
    join keys lower lstrip popleft rstrip setdefault split startswith strip union upper values
"""
_METHODS = frozenset(_METHOD_NAMES.split())
_CONTAINERS = frozenset(["dict", "list", "set", "frozen", "str", "tuple", "frozenset", "bytes"])
_GIVES_WAY = frozenset(["await", "yield", "yieldfrom", "enter"])


def green(module: ModuleView) -> bool:
    """Whether all threads of the project are green: each of its programs patches them when it is loaded."""
    return kept_for_check(module.fn(0), "green", lambda: _green(module))


def _green(module: ModuleView) -> bool:
    program, near = module.program, module.path
    patching = {
        path
        for name in sorted(program.libraries.patches)
        for told in _told(module, name)
        for path in _patching(module, told)
    }
    if not patching:
        return False
    folders = {path.parent for path in patching}
    for path in program.mentions("main", near):
        if path.parent in folders and path not in patching and path.parent / "__init__.py" not in patching:
            other = program.module_of(path)
            rest_on(near, path, program)
            if other is not None and "main" in other.facts.defs and _goes_on_beside(other):
                return False
    return True


def _goes_on_beside(module: ModuleView) -> bool:
    """Whether a program imports by itself what serves many, or starts threads: not one that upgrades a
    database and ends."""
    return imports_crowd(module) or imports_concurrency(module, False)


def _told(module: ModuleView, name: str) -> Iterable[Path]:
    program = module.program
    check = checking(program)
    if check is not None:
        program.asked.hint(check, "mention", (name,))
        program.asked.hint(check, "mention", ("main",))
    return program.mentions(name, module.path)


def _patching(module: ModuleView, path: Path) -> Iterator[Path]:
    """The files whose bodies patch the threads, in whatever case, by what a file does: that file, or those
    that call a function of it which patches."""
    program = module.program
    other = program.module_of(path)
    rest_on(module.path, path, program)
    for fn in other.functions() if other is not None else ():
        if not _patches(fn):
            continue
        if fn.index == 0:
            yield path
        elif fn.owner is None:
            for caller, _ in call_sites(fn):
                if caller.index == 0:
                    rest_on(module.path, caller.module.path, program)
                    yield caller.module.path


def _patches(fn: Fn) -> bool:
    """Whether a function itself patches the threads."""
    ops = fn.facts.ops
    for number, call in link(fn).calls.items():
        rows = [row for row in call.rows if row.does == "patch"]
        if not rows:
            continue
        chosen = [keyword for keyword, register in ops[number][3] if ops[register] == ("const", True)]
        # parts that are named are patched alone
        if not chosen or any(row.limit is None or row.limit in chosen for row in rows):
            return True
    return False


def undisturbed(fn: Fn, first: int, last: int) -> bool:
    """Whether nothing between two operations of a function, or in what the last one calls, may wait."""
    if not green(fn.module) or fn.facts.is_async or fn.facts.is_generator:
        return False
    ops, calls = fn.facts.ops, link(fn).calls
    targets: list[Fn] = []
    for number in range(first + 1, last + 1):
        if ops[number][0] in _GIVES_WAY:
            return False
        call = calls.get(number)
        if call is not None:
            below = _below(fn, number, call)
            if below is None:
                return False
            targets += below
    return not _may_wait(targets)


def _may_wait(functions: list[Fn]) -> bool:
    """Whether one of these functions, or what they call in turn, may let others run."""
    seen: set[Fn] = set()
    while functions:
        fn = functions.pop()
        if fn in seen:
            continue
        seen.add(fn)
        if len(seen) > _MOST_FUNCTIONS or fn.facts.is_async or fn.facts.is_generator:
            return True
        if any(op[0] in _GIVES_WAY for op in fn.facts.ops) or fn.facts.decorators:
            return True
        for number, call in link(fn).calls.items():
            below = _below(fn, number, call)
            if below is None:
                return True
            functions += below
    return False


def _below(fn: Fn, number: int, call: Call) -> list[Fn] | None:
    """The functions that a call runs, as far as its name tells, None where it may wait itself or nobody
    knows."""
    if call.rows:
        return [] if all(map(_quick, call.rows)) and call.qualified not in _WAITS else None
    if call.targets:
        return [*call.targets, *candidates(fn, number, call).functions]
    if call.cls is not None or any(_harmless(fn, number, call)):
        return []
    return list(candidates(fn, number, call).functions) or None


def _quick(row: CallModel) -> bool:
    """Whether a call does what nobody waits for: a lock is made at once, and waited for where it is taken."""
    made = row.does == "lock" and "create" in row.form
    return made or row.does in _QUICK or (row.does in _TOUCHES and row.place in _NEAR)


def _harmless(fn: Fn, number: int, call: Call) -> Iterator[bool]:
    ops = fn.facts.ops
    callee = ops[ops[number][1]]
    if callee[0] == "name":
        yield callee[1] in _BUILTINS and not fn.module.may_bind(callee[1])
    if call.qualified:
        parts = call.qualified.split(".")
        yield call.qualified not in _WAITS and (
            parts[0] in _LOCAL or ".".join(parts[:2]) in _LOCAL or call.qualified in _BUILTINS
        )
    if callee[0] == "attr":
        kind = link(fn).types[callee[1]]
        yield callee[2] in _METHODS
        yield kind is not None and kind.name.rpartition(".")[2] in _CONTAINERS
        yield writes_to_log(fn, number)
