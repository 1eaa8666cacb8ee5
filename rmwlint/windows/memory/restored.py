"""State that is set for a while and then put back, and that others look at meanwhile.

    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)

State of the whole process, an attribute of an imported module or of a shared object, an entry of the
environment. Told by the order of the operations; the ways through the function are not followed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from rmwlint.facts.operands import last_store
from rmwlint.libraries.model import CallModel
from rmwlint.program.calling import callings
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.by_hand import run_by_hand, runs_as_program
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.modules import concurrent_module, imports_concurrency
from rmwlint.windows.concurrency.phases import ALONE, prepares
from rmwlint.windows.concurrency.sharing import unshared_type
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.memory.shared import sharing

_COPIES = frozenset(["list", "dict", "tuple", "set"])
_CHANGES = frozenset(["append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"])
_GIVES_WAY = frozenset(["await", "yield", "yieldfrom"])
_RUNS = frozenset(["call", *_GIVES_WAY])
#: the two halves of a context manager that is a class
_HALVES = {"__exit__": "__enter__", "__aexit__": "__aenter__"}

#: What names a state: ``("own", "level")``, ``("module", "sys.path")``, ``("state", "the umask")``,
#: ``("entry", ("module", "os.environ"), "TZ")``.
Key = tuple[Any, ...]


class Restored(NamedTuple):
    """Operation ``looked`` of ``looker`` looks at a state, ``set_at`` sets another, and ``back`` of the
    function at hand puts the first one back. ``sure``: how sure it is that others are there meanwhile: 2 with
    evidence, else 1. ``text``: the state as a reader would say it."""

    looker: Fn
    looked: int
    set_at: int
    back: int
    text: str
    sure: int


def restored(fn: Fn) -> Iterator[Restored]:
    """The states that a function puts back, each once, as it or the other half of its class found them."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    told: set[Key] = set()
    for back, register in _candidates(fn):
        found = _found(fn, back, register)
        if found is None or found[0] in told:
            continue
        key, looker, looked = found
        told.add(key)
        set_at = _set_between(looker, key, looked, back if looker is fn else len(looker.facts.ops))
        if set_at is None or (looker is fn and not _runs(fn, key, set_at, back)):
            continue
        sure = _sure(fn, key, set_at, back if looker is fn else None)
        if sure and not _locked(looker, looked, set_at) and not locked_by_callers(looker):
            yield Restored(looker, looked, set_at, back, _text(key), sure)


def _candidates(fn: Fn) -> Iterator[tuple[int, int]]:
    """The operations that may put something back, each with the register of what they put."""
    ops = fn.facts.ops
    half = fn.facts.name in _HALVES
    for number, op in enumerate(ops):
        if op[0] in ("setattr", "setitem"):
            register = op[3]
        elif op[0] == "store" and op[1] in fn.facts.global_names:
            register = op[2]
        elif op[0] == "call" and op[2] and not op[3] and ops[op[1]][0] in ("attr", "name"):
            register = op[2][-1]
        else:
            continue
        value = ops[register]
        if value[0] == "name" or (half and value[0] == "attr"):
            yield number, register


def _found(fn: Fn, back: int, register: int) -> tuple[Key, Fn, int] | None:
    """The state that an operation puts back: (state, who looked, where); None where it puts back none."""
    ops = fn.facts.ops
    op, value = ops[back], ops[register]
    if op[0] == "call" and ops[op[1]][-1] != "update" and _setting(fn, back) is None:
        return None  # one thing more, not what was there
    written = _written(fn, back)
    if written is None:
        return None
    looker, at = fn, -1
    if value[0] == "name":
        stored = last_store(ops, value[1], back)
        if stored >= 0 and _look(fn, ops[stored][2]) == written and _stored_once(fn, value[1], stored):
            at = ops[stored][2]
    else:
        kept = _kept(fn, value)
        if kept is not None and _look(*kept) == written:
            looker, at = kept
    return None if at < 0 else (written, looker, at)


def _stored_once(fn: Fn, name: str, stored: int) -> bool:
    return all(op[:2] != ("store", name) or number == stored for number, op in enumerate(fn.facts.ops))


def _kept(fn: Fn, value: tuple[Any, ...]) -> tuple[Fn, int] | None:
    """Where the first half of a context manager put what the second one finds in an attribute."""
    ops = fn.facts.ops
    owner = fn.owner
    if owner is None or not fn.is_self(value[1]):
        return None
    for other in fn.module.functions():
        if other.facts.name == _HALVES[fn.facts.name] and other.facts.owner == fn.facts.owner:
            stores = [
                op[3]
                for op in other.facts.ops
                if op[0] == "setattr" and op[2] == value[2] and other.is_self(op[1])
            ]
            if len(stores) == 1 and ops[value[1]][0] == "name":
                return other, stores[0]
    return None


def _look(fn: Fn, register: int) -> Key | None:
    """The state whose value, or a copy of it, a register holds."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] in ("name", "attr"):
        return _place(fn, register)
    if op[0] == "item":
        return _entry(fn, op[1], op[2])
    if op[0] != "call":
        return None
    row = _setting(fn, register)
    if row is not None:
        return ("state", row.state) if row.kind != "set" else None
    callee = ops[op[1]]
    if callee[0] == "name" and callee[1] in _COPIES and len(op[2]) == 1:
        return _place(fn, op[2][0])
    if callee[0] == "attr" and callee[2] == "copy" and not op[2]:
        return _place(fn, callee[1])
    if callee[0] == "attr" and callee[2] in ("get", "pop") and op[2]:
        return _entry(fn, callee[1], op[2][0])
    return None


def _written(fn: Fn, number: int) -> Key | None:
    """The state that an operation sets, or changes in place."""
    ops = fn.facts.ops
    op = ops[number]
    if op[0] == "store":
        return ("module", f"{fn.module.name}.{op[1]}") if op[1] in fn.facts.global_names else None
    if op[0] == "setattr":
        return _attribute(fn, op[1], op[2])
    if op[0] in ("setitem", "delitem"):
        return _entry(fn, op[1], op[2])
    if op[0] != "call":
        return None
    row = _setting(fn, number)
    if row is not None:
        return ("state", row.state) if row.kind != "look" and _given(op, row) else None
    callee = ops[op[1]]
    if callee[0] == "attr" and callee[2] in _CHANGES:
        place = _place(fn, callee[1])
        if callee[2] == "pop" and op[2] and place is not None and place[0] == "module":
            return _entry(fn, callee[1], op[2][0])
        return place
    return None


def _given(op: tuple[Any, ...], row: CallModel) -> bool:
    return len(op[2]) > (int(row.at[3:]) if row.at else 0)


def _setting(fn: Fn, number: int) -> CallModel | None:
    """The row that says which state of the process a call looks at, or sets."""
    ops = fn.facts.ops
    callee = ops[ops[number][1]]
    if callee[0] not in ("attr", "name") or callee[-1] not in fn.module.program.libraries.settings:
        return None
    call = link(fn).calls.get(number)
    return next((row for row in call.rows if row.does == "setting"), None) if call is not None else None


def _place(fn: Fn, register: int) -> Key | None:
    """The state that a name or an attribute stands for."""
    op = fn.facts.ops[register]
    if op[0] == "attr":
        return _attribute(fn, op[1], op[2])
    if op[0] != "name":
        return None
    if op[1] in fn.facts.global_names:
        return "module", f"{fn.module.name}.{op[1]}"
    qualified = fn.module.facts.imports.get(op[1])
    if qualified is None or op[1] in fn.facts.locals or "." not in qualified:
        return None
    return ("module", qualified) if qualified.partition(".")[0] in sys.stdlib_module_names else None


def _attribute(fn: Fn, register: int, name: str) -> Key | None:
    if fn.is_self(register):
        return "own", name
    op = fn.facts.ops[register]
    if op[0] != "name" or op[1] in fn.facts.locals:
        return None
    qualified = fn.module.facts.imports.get(op[1])
    return None if qualified is None else ("module", f"{qualified}.{name}")


def _entry(fn: Fn, container: int, index: int) -> Key | None:
    """An entry by a constant key of a container that a module has; the container where a slice is meant."""
    place = _place(fn, container)
    op = fn.facts.ops[index]
    if place is None or op[:2] == ("build", "slice"):
        return place
    if op[0] == "name" and op[1] not in fn.facts.global_names:
        return "entry", place, ("name", op[1])
    return ("entry", place, op[1]) if op[0] == "const" and place[0] == "module" else None


def _set_between(fn: Fn, key: Key, looked: int, end: int) -> int | None:
    """Where another value is set between the look and the end; the look itself where it exchanges both."""
    if fn.facts.ops[looked][0] == "call" and _written(fn, looked) == key:
        return looked
    whole = key[1] if key[0] == "entry" else key
    for number in range(looked + 1, end):
        written = _written(fn, number)
        if written == key or (written is not None and written[0] == "entry" and written[1] == whole == key):
            return number
    return None


def _runs(fn: Fn, key: Key, set_at: int, back: int) -> bool:
    """Whether other code runs between setting and putting back; in a coroutine, other tasks."""
    ops = fn.facts.ops
    kinds = _GIVES_WAY if fn.facts.is_async else _RUNS
    return any(ops[number][0] in kinds and _written(fn, number) != key for number in range(set_at + 1, back))


def _sure(fn: Fn, key: Key, set_at: int, back: int | None) -> int:
    """How sure it is that others look at the state meanwhile; 0 where each has its own."""
    if key[0] == "own":
        return min(sharing(fn, ("attr", ("param", 0), key[1])), 1)
    ops = fn.facts.ops
    if key[0] == "module":
        op = ops[set_at] if back is not None else ("",)
        if op[0] == "setattr" and unshared_type(link(fn).types[op[1]], fn.module):
            return 0
    if _of_program(key) or runs_as_program(fn.module) or run_by_hand(fn.module) or prepares(fn):
        return 1
    if key[0] == "module" and key[1].partition(".")[0] not in sys.stdlib_module_names:
        # what a name of another module stands for may be each thread's own
        holder = fn.module.program.resolve(key[1].rpartition(".")[0], fn.module.path)
        if holder.kind not in ("module", "class"):
            return 1
    tasks = back is None or any(op[0] in _GIVES_WAY for op in ops[set_at:back])
    return 2 if _beside_others(fn, tasks) else 1


def _of_program(key: Key) -> bool:
    """Whether it is the program's own: its arguments, import path and standard streams."""
    return bool(_text(key).startswith("sys."))


def _beside_others(fn: Fn, tasks: bool) -> bool:
    """Whether the function is called, and its module or one that calls it says that its code runs in several
    threads (or tasks). Who enters a class's context manager is not asked."""
    here = concurrent_module(fn.module, tasks)
    found, all_known = callings(fn)
    if fn.facts.name in _HALVES or not (found or all_known):
        return here
    return any(
        not run_by_hand(caller.module)
        and (here or (tasks and caller.facts.is_async) or imports_concurrency(caller.module, tasks))
        for caller, _, _ in found
    )


def _locked(fn: Fn, looked: int, set_at: int) -> bool:
    """Whether a lock is held while the state is set."""
    result = analysis(fn)
    held = [event.held for event in result.events if event.op in (looked, set_at)]
    held += [locks for number, locks in result.at_calls.items() if looked <= number <= set_at]
    return any(one.kind == "lock" and not one.fresh for locks in held for one in locks)


def _text(key: Key) -> str:
    if key[0] == "own":
        return f"self.{key[1]}"
    if key[0] == "entry":
        entry = key[2][1] if isinstance(key[2], tuple) else repr(key[2])
        return f"{_text(key[1])}[{entry}]"
    return str(key[1])
