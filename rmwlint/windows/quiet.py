"""Which functions cannot matter: nothing in them writes, locks, or opens a transaction.

Most functions are such, and are interpreted only when a caller's question needs what they return. The answer
is by what their calls are linked to, without regard to the flow, and errs on the side of "may matter". Calls
are followed as far down as a summary reaches.
"""

from __future__ import annotations

from functools import lru_cache

from rmwlint.facts.model import Op
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import called_parameters
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.accesses import guard_parameters
from rmwlint.windows.decorators import held_by_decorators
from rmwlint.windows.interpret import Analysis, analysis
from rmwlint.windows.opaque import mutates

#: rows that by themselves make no window: what they read somebody must still write, what they set off
#: matters while something is held
_SILENT = frozenset(
    [
        *("backend", "enqueue", "wait", "switch", "spawn", "read", "test", "query", "expression", "mutate"),
        *("pure", "proxy", "handles", "hook", "defer", "signal", "receive"),
    ]
)
#: what gives a value that only this function knows
_FRESH = frozenset(
    ["binop", "build", "collect", "compare", "const", "dict", "inplace", "lambda", "param", "unary"]
)
_PARTS = frozenset(["caught", "class", "def", "element", "import", "item", "unpack"])
_WRITES = frozenset(
    ["assign", "create", "delete", "delta", "ensure", "flush", "replace", "run", "swap", "write"]
)
_CHANGES = frozenset(["call", "delitem", "setitem"])
_ACTS = frozenset(["call", "delattr", "delitem", "element", "setattr", "setitem"])
#: calls further down are no part of a summary
_DEEPEST = 5
#: stores further down are not told as the caller's
_STORES_BELOW = 2


def heard(fn: Fn) -> Analysis:
    """The analysis of a function as the checks hear of it: empty where it is quiet."""
    found = fn.memo.get("heard")
    if found is None:
        found = fn.memo["heard"] = Analysis(fn) if quiet(fn) else analysis(fn)
    return found  # type: ignore[return-value]


def quiet(fn: Fn) -> bool:
    """Whether interpreting the function cannot give an event that a check asks for."""
    found = fn.memo.get("quiet")
    if found is None:
        found = not _Anchors(fn).any() and not any(_writes(target, _DEEPEST) for target in _targets(fn))
        fn.memo["quiet"] = found
    return bool(found)


def _writes(fn: Fn, depth: int) -> bool:
    """Whether a call of the function may write for its caller."""
    known: list[bool | None] = fn.memo.setdefault("writes", [None] * (_DEEPEST + 1))  # type: ignore[assignment]
    found = known[depth]
    if found is None:
        found = known[0]
        if found is None:
            found = known[0] = _Anchors(fn).writes()
        if not found and depth:
            found = any(_writes(target, depth - 1) for target in _targets(fn))
        known[depth] = found
    return found


def _targets(fn: Fn) -> tuple[Fn, ...]:
    found = fn.memo.get("targets")
    if found is None:
        targets: dict[Fn, None] = {}
        if any(op[0] == "call" for op in fn.facts.ops):
            for call in link(fn).calls.values():
                targets.update(dict.fromkeys(call.targets))
        found = fn.memo["targets"] = tuple(targets)
    return found  # type: ignore[return-value]


def _stored(fn: Fn, depth: int) -> frozenset[str]:
    """The names of attributes that the function, or those it calls, may store to or change in place."""
    found = fn.memo.get(f"stored {depth}")
    if found is None:
        found = frozenset(_Anchors(fn).stored())
        if depth:
            found = found.union(*(_stored(target, depth - 1) for target in _targets(fn)))
        fn.memo[f"stored {depth}"] = found
    return found  # type: ignore[return-value]


def _changed_in(module: ModuleView) -> frozenset[str]:
    """The names of containers that some function of the module changes in place."""
    memo = module.fn(0).memo
    found = memo.get("changed_in")
    if found is None:
        found = memo["changed_in"] = frozenset().union(*(_Anchors(fn).changed() for fn in module.functions()))
    return found  # type: ignore[return-value]


class _Anchors:
    """What in the function's own operations may matter."""

    def __init__(self, fn: Fn) -> None:
        self.fn = fn
        self.ops = fn.facts.ops
        self.own_self = fn.facts.params[0].name if fn.owner is not None and fn.first_is_self else None
        self.seen: set[int] = set()
        self.kinds = {op[0] for op in self.ops}

    def any(self) -> bool:
        """Whether anything may matter to the function itself."""
        if "enter" in self.kinds or self.fn.facts.global_names:
            return True
        if not self.kinds & _ACTS:
            return False
        if held_by_decorators(self.fn):
            return True
        return self._rows() or self._offered() or self._tracked() or self._shared()

    def holds(self) -> bool:
        """Whether something may be held in it."""
        return "enter" in self.kinds or bool(held_by_decorators(self.fn)) or self._rows()

    def writes(self) -> bool:
        """Whether anything may be told as a write of the caller."""
        if not self.kinds & _ACTS:
            return False
        calls = link(self.fn).calls.values()
        return any(row.does in _WRITES for call in calls for row in call.rows) or self._tracked()

    def stored(self) -> set[str]:
        """The names of the attributes and globals that are set, or whose value is changed in place."""
        found = self.changed() | self.fn.facts.global_names
        if "setattr" in self.kinds:
            found |= {op[2] for op in self.ops if op[0] == "setattr"}
        return found

    def changed(self) -> set[str]:
        """The names of containers that are changed in place, local names for them too."""
        found: set[str] = set()
        if not self.kinds & _CHANGES:
            return found
        for op in self.ops:
            register = self._changed(op) if op[0] in _CHANGES else None
            if register is None:
                continue
            base = self.ops[register]
            if base[0] in ("attr", "name"):
                found.add(base[-1])
            if base[0] == "name":
                sources = [self.ops[other[2]] for other in self.ops if other[:2] == ("store", base[1])]
                found |= {source[-1] for source in sources if source[0] in ("attr", "name")}
        return found

    def _rows(self) -> bool:
        return any(_loud(row) for call in link(self.fn).calls.values() for row in call.rows)

    def _offered(self) -> bool:
        """Whether a function is called that offers a guard for what it is given, or calls back in a lock."""
        return any(
            guard_parameters(target) or (called_parameters(target) and _Anchors(target).holds())
            for target in _targets(self.fn)
        )

    def _shared(self) -> bool:
        """Whether memory that outlives the call may be stored to, and its old value looked at before."""
        loads: dict[str, int] = {}
        for op in self.ops:
            opcode = op[0]
            if opcode in ("attr", "name"):
                loads[op[-1]] = loads.get(op[-1], 0) + 1
            elif opcode == "setattr":
                if self._names_class_or_module(op[1]) or (op[2] in loads and self._outlives(op[1])):
                    return True
            elif opcode == "element":
                if self._walks(op[1]):
                    return True
            elif opcode in _CHANGES:
                if opcode == "call" and self._gets_by_name(op):
                    loads[self.ops[op[2][1]][1]] = 2
                changed = self._changed(op)
                if changed is not None and self._looked_at(changed, loads):
                    return True
        if "branch" not in self.kinds:
            return False
        known = loads.keys() - self.fn.facts.locals | {op[2] for op in self.ops if op[0] == "attr"}
        return any(not known.isdisjoint(_stored(target, _STORES_BELOW)) for target in _targets(self.fn))

    def _looked_at(self, register: int, loads: dict[str, int]) -> bool:
        """Whether a container that is changed may have been looked at: its name has come up before."""
        op = self.ops[register]
        return (op[0] not in ("attr", "name") or loads.get(op[-1], 0) > 1) and self._outlives(register)

    def _gets_by_name(self, op: Op) -> bool:
        callee = self.ops[op[1]]
        return callee == ("name", "getattr") and len(op[2]) > 1 and self.ops[op[2][1]][0] == "const"

    def _changed(self, op: Op) -> int | None:
        """The container that an operation changes in place, or the object whose attribute it sets by name."""
        if op[0] in ("setitem", "delitem"):
            return int(op[1])
        if op[0] != "call":
            return None
        callee = self.ops[op[1]]
        if callee[0] == "attr" and mutates(self.fn.module.program.libraries, callee[2]):
            return int(callee[1])
        if callee[0] == "name" and callee[1] in ("setattr", "delattr") and op[2]:
            return int(op[2][0])
        return None

    def _walks(self, register: int) -> bool:
        """Whether a loop may go through a container that somebody in the module changes in place."""
        register = self._walked(register)
        op = self.ops[register]
        if op[0] in ("attr", "name") and op[-1] not in _changed_in(self.fn.module):
            return False
        return self._outlives(register)

    def _walked(self, register: int) -> int:
        """What a loop over ``self.jobs.items()`` or ``list(self.jobs)`` walks through."""
        op = self.ops[register]
        while op[0] == "call":
            callee = self.ops[op[1]]
            if callee[0] == "attr":
                register = callee[1]
            elif op[2]:
                register = op[2][0]
            else:
                break
            op = self.ops[register]
        return register

    def _names_class_or_module(self, register: int) -> bool:
        kind = link(self.fn).types[register]
        return kind is not None and kind.kind in ("module", "class")

    def _outlives(self, register: int) -> bool:
        """Whether an object may be self, an attribute of it, or a module's variable."""
        op = self.ops[register]
        opcode = op[0]
        if opcode == "attr":
            return self._outlives(op[1]) or self._names_class_or_module(op[1])
        if opcode == "call":
            call = link(self.fn).calls.get(register)
            return call is not None and bool(call.targets)
        if opcode != "name":
            return opcode not in _FRESH and opcode not in _PARTS
        if op[1] == self.own_self or op[1] not in self.fn.facts.locals:
            return True
        for other in self.ops:
            if other[0] == "store" and other[1] == op[1] and other[2] not in self.seen:
                self.seen.add(other[2])
                if self._outlives(other[2]):
                    return True
        return False

    def _tracked(self) -> bool:
        """Whether a row may be changed whose session writes it without a call."""
        libraries = self.fn.module.program.libraries
        for kind in link(self.fn).types:
            if kind is None:
                continue
            if kind.kind == "instance":
                cls: Cls = kind.ref
                if cls.row() == "flush":
                    return True
            elif kind.kind == "library" and _flushed(libraries, kind.name):
                return True
        return False


def _loud(row: CallModel) -> bool:
    if row.does in _SILENT:
        return row.lock or bool(row.lock_keywords) or row.place in ("file", "directory")
    return True


@lru_cache(maxsize=4096)
def _flushed(libraries: Libraries, type_name: str) -> bool:
    return any(libraries.types[name].row == "flush" for name in libraries.lineage(type_name))
