"""Which functions cannot matter: nothing in them writes, locks, or opens a transaction.

Most functions are such, and are interpreted only when a caller's question needs what they return. The answer
is by what their calls are linked to, without regard to the flow, and errs on the side of "may matter". Calls
are followed as far down as a summary reaches.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from rmwlint.facts.model import Op
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import called_parameters
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView, remembered
from rmwlint.windows.concurrency.by_hand import reached_by_threads
from rmwlint.windows.concurrency.modules import around_concurrency
from rmwlint.windows.concurrency.phases import alone_with_all
from rmwlint.windows.concurrency.sharing import (
    locks_by_decorator,
    method_around,
    shared_class,
    unshared_class,
)
from rmwlint.windows.interpreter.accesses import guard_parameters
from rmwlint.windows.interpreter.commands import runs_programs
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.interpreter.forwarded import changed_by_forwarding
from rmwlint.windows.interpreter.handed import hands_over
from rmwlint.windows.interpreter.interpret import Analysis, analysis
from rmwlint.windows.interpreter.locks import entered_rows, suggested_lock
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.interpreter.saved_below import found_by
from rmwlint.windows.values import Event, Symbol, own_creation

#: rows that by themselves make no window: what they read somebody must still write, what they set off
#: matters while something is held
_SILENT = frozenset(
    [
        *("backend", "enqueue", "wait", "switch", "spawn", "read", "test", "query", "expression", "mutate"),
        *("pure", "proxy", "handles", "hook", "defer", "signal", "receive", "retry", "setting", "fetch"),
    ]
)
#: what gives a value that only this function knows
_FRESH = frozenset(
    ["binop", "build", "collect", "compare", "const", "dict", "inplace", "lambda", "param", "unary"]
)
_PARTS = frozenset(["caught", "class", "def", "element", "import", "item", "unpack"])
_TOLD = frozenset(["create", "delete", "delta", "ensure", "replace", "swap", "write"])
_FILLS = frozenset(["dict", "setattr", "setitem"])
#: guards for a state, which a caller can name; a bare version is told where it is written
_OFFERS = ("expected_", "if_", "from_")
_HELD = frozenset(["lock", "transaction"])
_ENTERING = ("__enter__", "__aenter__", "__exit__", "__aexit__")
_CHANGES = frozenset(["call", "delitem", "setitem"])
#: methods whose object nobody else has yet
_GIVEN_NEW = frozenset(["__init__", "__post_init__"])
_ACTS = frozenset(["call", "delattr", "delitem", "element", "enter", "setattr", "setitem"])
#: calls further down are no part of a summary
_DEEPEST = 4
#: context managers are followed through so many others
_CONTEXTS = 3
#: stores further down are not told as the caller's
_STORES_BELOW = 2
#: so far down it is asked what calls return; further down anything may be
_GIVEN_BELOW = 3
#: refusals further down are not told as the caller's
_CHECKS_BELOW = 4


def heard(fn: Fn) -> Analysis:
    """The analysis of a function as the checks hear of it: empty where it is quiet."""
    found = fn.memo.get("heard")
    if found is None:
        found = fn.memo["heard"] = Analysis(fn) if quiet(fn) else analysis(fn)
    return found  # type: ignore[return-value]


def quiet(fn: Fn) -> bool:
    """Whether interpreting the function cannot give an event that a check asks for."""
    found = fn.memo.get("quiet")
    if found is not None:
        return bool(found)
    return remembered(fn, "quiet", lambda: not _anchors(fn).any() and not any(map(_tells, _run(fn))), True)


def idle(fn: Fn) -> bool:
    """Whether a call of the function is nothing to its caller: it gives nothing, writes nothing, sets nothing
    and lets everything pass."""
    found = fn.memo.get("idle")
    if found is not None:
        return bool(found)
    return remembered(
        fn,
        "idle",
        lambda: not (_gives(fn) or _refuses(fn, _CHECKS_BELOW) or _stored(fn, _DEEPEST)) and quiet(fn),
        False,
    )


def _gives(fn: Fn) -> bool:
    ops = fn.facts.ops
    return fn.facts.is_generator or any(
        op[0] == "return" and op[1] is not None and ops[op[1]] != ("const", None) for op in ops
    )


def _refuses(fn: Fn, depth: int) -> bool:
    """Whether the function, or one that it calls, may raise by itself."""
    key = f"refuses {depth}"
    found = fn.memo.get(key)
    if found is None:
        found = "raise" in _anchors(fn).kinds
        found = found or (depth > 0 and any(_refuses(target, depth - 1) for target in _run(fn)))
        fn.memo[key] = found
    return bool(found)


def _tells(fn: Fn) -> bool:
    """Whether a call of the function may write for its caller."""
    found = fn.memo.get("tells")
    if found is not None:
        return bool(found)
    return remembered(fn, "tells", lambda: not quiet(fn) and _tells_something(analysis(fn)), False)


def _tells_something(found: Analysis) -> bool:
    if any(map(_liftable, found.events)):
        return True
    return any(
        _nameable(key)
        for event in found.events
        if event.does == "write" and event.place is not None
        for _, key in found_by(found, event.place)
    )


def _liftable(event: Event) -> bool:
    """Whether the event writes something that a caller can name, or reads a row of the caller again."""
    place = event.place
    again = event.row is not None and event.row.does == "refresh"
    if (event.does not in _TOLD and not again) or place is None or len(event.trail) >= _DEEPEST:
        return False
    if place.kind in ("row", "file", "directory", "key", "document") and _nameable(place.symbol):
        return True
    if own_creation(event):
        return True
    return place.kind in ("row", "rows", "key", "document") and any(_nameable(key) for _, key in place.keys)


def _nameable(symbol: Symbol) -> bool:
    if not isinstance(symbol, tuple) or not symbol:
        return symbol is not None
    if symbol[0] in ("param", "const", "global", "function"):
        return True
    if symbol[0] == "outer":
        return True
    if symbol[0] in ("op", "new", "row", "rows", "query", "join", "entered", "nothing"):
        return False
    return all(_nameable(part) for part in symbol[1:] if isinstance(part, tuple))


def _holds(fn: Fn, depth: int) -> bool:
    """Whether something may be held in the function, or left held by it."""
    key = f"holds {depth}"
    found = fn.memo.get(key)
    if found is None:
        fn.memo[key] = False
        found = fn.memo[key] = _anchors(fn).holds(depth)
    return bool(found)


def _run(fn: Fn) -> tuple[Fn, ...]:
    """The functions whose summaries it hears: those that a call runs for sure, constructors left out."""
    found = fn.memo.get("run")
    if found is None:
        targets: dict[Fn, None] = {}
        if "call" in _anchors(fn).kinds:
            for call in link(fn).calls.values():
                if len(call.targets) == 1 and call.cls is None:
                    targets[call.targets[0]] = None
        found = fn.memo["run"] = tuple(targets)
    return found  # type: ignore[return-value]


def _hands_out(fn: Fn, depth: int) -> bool:
    """Whether the function may return something that outlives the call."""
    key = f"hands out {depth}"
    found = fn.memo.get(key)
    if found is None:
        fn.memo[key] = depth <= 0
        anchors = _anchors(fn)
        found = fn.memo[key] = depth <= 0 or any(
            op[0] == "return" and op[1] is not None and anchors.outlives(op[1]) for op in fn.facts.ops
        )
    return bool(found)


def stored_by_name(fn: Fn) -> frozenset[str]:
    """The names of the attributes and globals that a function itself may store to or change in place."""
    return _stored(fn, 0)


def _stored(fn: Fn, depth: int) -> frozenset[str]:
    """The names of attributes that the function, or those it calls, may store to or change in place."""
    key = f"stored {depth}"
    found = fn.memo.get(key)
    if found is None:
        found = _anchors(fn).stored()
        if depth:
            found = found.union(*(_stored(target, depth - 1) for target in _run(fn)))
        fn.memo[key] = found
    return found  # type: ignore[return-value]


def _stored_globals(fn: Fn, depth: int) -> frozenset[str]:
    """The names of module variables that the function, or those it calls, may store to or change in place."""
    key = f"stored globals {depth}"
    found = fn.memo.get(key)
    if found is None:
        found = fn.facts.global_names | (_anchors(fn).changed - fn.facts.locals)
        if depth:
            found = found.union(*(_stored_globals(target, depth - 1) for target in _run(fn)))
        fn.memo[key] = found
    return found  # type: ignore[return-value]


def _changed_in(module: ModuleView) -> frozenset[str]:
    """The names of containers that some function of the module changes in place."""
    memo = module.fn(0).memo
    found = memo.get("changed_in")
    if found is None:
        found = memo["changed_in"] = frozenset().union(*(_anchors(fn).changed for fn in module.functions()))
    return found  # type: ignore[return-value]


def shared_memory(fn: Fn) -> tuple[bool, bool]:
    """Whether attributes of ``self``, and whether variables of the module, may be shared with others as far
    as anybody asks: where nothing says so, what could be told is unlikely."""
    owner = method_around(fn).owner
    if owner is not None and unshared_class(owner):
        return False, False
    if fn.module.unlikely or fn.facts.is_async:
        # what a coroutine has found missing before it waits is told of any class, where it is made by a key
        return True, True
    own = owner is not None and (shared_class(owner, False) or locks_by_decorator(owner))
    apart = bool(fn.facts.global_names) and any(op[0] == "branch" for op in fn.facts.ops)
    return own, around_concurrency(fn.module, False) or (apart and reached_by_threads(fn))


def _anchors(fn: Fn) -> _Anchors:
    found = fn.memo.get("anchors")
    if found is None:
        found = fn.memo["anchors"] = _Anchors(fn)
    return found  # type: ignore[return-value]


class _Anchors:
    """What in the function's own operations may matter."""

    def __init__(self, fn: Fn) -> None:
        self.fn = fn
        self.ops = fn.facts.ops
        self.kinds = {op[0] for op in self.ops}
        self.seen: set[int] = set()

    def any(self) -> bool:
        """Whether anything may matter to the function itself."""
        if not self.kinds & _ACTS and not self.fn.facts.global_names:
            return False
        if held_by_decorators(self.fn):
            return True
        return (
            self._rows()
            or self._enters(_CONTEXTS)
            or self._offered()
            or self._tracked()
            or self._shared()
            or runs_programs(self.fn)
            or ("call" in self.kinds and hands_over(self.fn))
        )

    def holds(self, depth: int) -> bool:
        """Whether something may be held in it; context managers are followed to that depth."""
        return self._rows() or self._enters(depth) or bool(held_by_decorators(self.fn))

    def _enters(self, depth: int) -> bool:
        """Whether a ``with`` of it may hold a lock or a transaction."""
        if "enter" not in self.kinds:
            return False
        return any(op[0] == "enter" and self._may_hold(op[1], depth) for op in self.ops)

    def _may_hold(self, register: int, depth: int) -> bool:
        linked = link(self.fn)
        program = self.fn.module.program
        source = self.ops[register]
        call = linked.calls.get(register)
        if source[0] == "call" and call is not None:
            if any("context" in row.form and row.does in _HELD for row in call.rows):
                return True
            if call.targets and call.cls is None:
                if depth <= 0 or any(_holds(target, depth - 1) for target in call.targets):
                    return True
            elif not call.rows and any(
                self.ops[given][0] == "call" and self._may_hold(given, depth) for given in source[2]
            ):
                return True
        kind = linked.types[register]
        if kind is None or kind.kind in ("member", "method", "external"):
            if suggested_lock(program.libraries, self.ops, register):
                return True
            if kind is None:
                # what the flow may know better than the first look: a variable, a parameter
                return source[0] not in ("call", "attr") or depth <= 0
        rows = entered_rows(program, kind)
        if rows:
            return any("context" in row.form and row.does in _HELD for row in rows)
        if kind.kind == "instance":
            methods = [kind.ref.method(name) for name in _ENTERING]
            return any(method is not None and (depth <= 0 or _holds(method, depth - 1)) for method in methods)
        return False

    def stored(self) -> frozenset[str]:
        """The names of the attributes and globals that are set, or whose value is changed in place."""
        found = self.changed | self.fn.facts.global_names
        if "setattr" in self.kinds:
            found |= {op[2] for op in self.ops if op[0] == "setattr"}
        return found

    @cached_property
    def changed(self) -> frozenset[str]:
        """The names of containers that are changed in place, local names for them too."""
        if not self.kinds & _CHANGES:
            return frozenset()
        found: set[str] = set()
        names: set[str] = set()
        for op in self.ops:
            register = self._changed(op) if op[0] in _CHANGES else None
            if register is None:
                continue
            base = self.ops[register]
            if base[0] in ("attr", "name"):
                found.add(base[-1])
            if base[0] == "name":
                names.add(base[1])
        if names:
            for op in self.ops:
                if op[0] == "store" and op[1] in names:
                    source = self.ops[op[2]]
                    if source[0] in ("attr", "name"):
                        found.add(source[-1])
        return frozenset(found)

    def _rows(self) -> bool:
        return any(_loud(row) for call in link(self.fn).calls.values() for row in call.rows)

    def _offered(self) -> bool:
        """Whether a function is called that offers a guard for what it is given, or calls back in a lock."""
        calls = link(self.fn).calls
        for number, call in calls.items():
            for target in call.targets:
                if any(name.startswith(_OFFERS) for name in guard_parameters(target)) and self._fills():
                    return True
                if called_parameters(target) and self._hands_over(number) and _holds(target, _CONTEXTS):
                    return True
        return False

    def _fills(self) -> bool:
        """Whether an entry or attribute of something is set, by the function or by a proxy that it calls."""
        return not self.kinds.isdisjoint(_FILLS) or any(map(changed_by_forwarding, _run(self.fn)))

    def _hands_over(self, number: int) -> bool:
        """Whether a call is given a function."""
        op = self.ops[number]
        types = link(self.fn).types
        given = (types[register] for register in op[2])
        return any(kind is not None and kind.kind in ("function", "method") for kind in given)

    @cached_property
    def memory(self) -> tuple[bool, bool]:
        """See ``shared_memory``; nobody else has the object that a constructor is given."""
        own, of_all = shared_memory(self.fn)
        return own and self.fn.facts.name not in _GIVEN_NEW, of_all

    @cached_property
    def own_self(self) -> str:
        """The name of the method's first parameter, also within a function in it."""
        return method_around(self.fn).self_name

    def _shared(self) -> bool:
        """Whether memory that outlives the call may be stored to, and its old value looked at before."""
        fn = self.fn
        if fn.index == 0 or alone_with_all(fn) or self.memory == (False, False):
            return False
        if fn.facts.global_names and self.memory[1]:
            return True
        loads: dict[str, int] = {}
        for op in self.ops:
            opcode = op[0]
            if opcode in ("attr", "name"):
                loads[op[-1]] = loads.get(op[-1], 0) + 1
            elif opcode == "setattr":
                if self._names_class_or_module(op[1]) or (op[2] in loads and self.outlives(op[1])):
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
        return "branch" in self.kinds and self._stored_below(loads)

    def _stored_below(self, loads: dict[str, int]) -> bool:
        """Whether a function that it calls may store to what was looked at here."""
        own, globals_ = self.memory
        mine: set[str] = set()
        if own:
            me = ("name", self.own_self)
            mine = {op[2] for op in self.ops if op[0] == "attr" and self.ops[op[1]] == me}
        others = loads.keys() - self.fn.facts.locals if globals_ else frozenset()
        for call in link(self.fn).calls.values():
            if len(call.targets) != 1 or call.cls is not None:
                continue
            target = call.targets[0]
            on_self = call.receiver is not None and self.ops[call.receiver] == ("name", self.own_self)
            if mine and on_self and not mine.isdisjoint(_stored(target, _STORES_BELOW)):
                return True
            if not others.isdisjoint(_stored_globals(target, _STORES_BELOW)):
                return True
        return False

    def _looked_at(self, register: int, loads: dict[str, int]) -> bool:
        """Whether a container that is changed may have been looked at: its name has come up before."""
        op = self.ops[register]
        return (op[0] not in ("attr", "name") or loads.get(op[-1], 0) > 1) and self.outlives(register)

    def _gets_by_name(self, op: Op) -> bool:
        callee = self.ops[op[1]]
        asks = callee in (("name", "getattr"), ("name", "hasattr"))
        return asks and len(op[2]) > 1 and self.ops[op[2][1]][0] == "const"

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
        return self.outlives(register)

    def _walked(self, register: int) -> int:
        """What a loop over ``self.jobs.items()`` or ``list(self.jobs)`` walks through."""
        op = self.ops[register]
        while op[0] == "call":
            callee = self.ops[op[1]]
            if callee[0] == "attr" and not op[2]:
                register = callee[1]
            elif op[2]:
                register = op[2][0]
            else:
                break
            op = self.ops[register]
        return register

    def _names_class_or_module(self, register: int) -> bool:
        kind = link(self.fn).types[register]
        if kind is not None and kind.kind == "external":
            # an imported module of another package: ``sys.modules``
            return self.memory[1] and self.ops[register][0] == "name" and "." not in kind.name
        return kind is not None and kind.kind in ("module", "class")

    def outlives(self, register: int) -> bool:
        """Whether an object may be self, an attribute of it, or a module's variable."""
        op = self.ops[register]
        opcode = op[0]
        if opcode == "attr":
            return self.outlives(op[1]) or self._names_class_or_module(op[1])
        if opcode == "call":
            call = link(self.fn).calls.get(register)
            return call is not None and any(_hands_out(target, _GIVEN_BELOW) for target in call.targets)
        if opcode != "name":
            return opcode not in _FRESH and opcode not in _PARTS
        if op[1] == self.own_self:
            return self.memory[0]
        if op[1] not in self.fn.facts.locals:
            return self.memory[1]
        for other in self.ops:
            if other[0] == "store" and other[1] == op[1] and other[2] not in self.seen:
                self.seen.add(other[2])
                if self.outlives(other[2]):
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
