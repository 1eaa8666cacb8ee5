"""One function, interpreted flow-sensitively: what it reads, writes and holds, in order, as events.

Assumptions, and where they are optimistic: a loop is run once or not at all; what a value was before a call
is what it is after, unless the callee's summary says otherwise; two values with one symbol are the same; an
exception leaves a ``try`` body with what was held on its entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rmwlint.facts.model import Op
from rmwlint.program.link import Link, attribute, link, register_type
from rmwlint.program.named import classes_named
from rmwlint.program.program import Cls, Fn, ModuleView, remembered
from rmwlint.program.reverse import only_referred
from rmwlint.program.types import Type
from rmwlint.windows.flow import raising_blocks
from rmwlint.windows.interpreter import calls, locks
from rmwlint.windows.interpreter.aliases import looked_again
from rmwlint.windows.interpreter.columns import computed, unsaved
from rmwlint.windows.interpreter.constants import constant_of
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.interpreter.looks import asked, settled
from rmwlint.windows.interpreter.opaque import mutates, whole_by_loop
from rmwlint.windows.interpreter.queries import row_from_query, run_whole
from rmwlint.windows.interpreter.watched import commits, unwatched
from rmwlint.windows.solver import solve
from rmwlint.windows.text import bound, text
from rmwlint.windows.values import (
    NO_DEPS,
    UNKNOWN,
    Control,
    Dep,
    Event,
    Held,
    Place,
    Symbol,
    Value,
    merge_deps,
    no_figures,
    strengthen,
    walked_through,
)

_DEPTH = 7
_CONDITIONS = frozenset(["bool", "compare", "unary"])
_ARITHMETIC = frozenset(["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@"])
_FALSE: tuple[Any, ...] = (None, 0, "", False)
#: what a column holds that is changed in place: JSON knows no sets
_IN_COLUMNS = ("builtins.dict", "builtins.list")
_BY_KEY = frozenset(["update", "setdefault"])
#: ways in which a new value is an old one, changed
_CHANGES = frozenset(["container", "arith"])
_NAMED = frozenset(["name", "attr"])
_CONTAINER_TYPES = frozenset(["dict", "list", "set", "tuple", "generator", "frozenset"])


#: the confidence of what only the shape suggests
_SUGGESTED = 2
#: what an exception says is missing: the operation that has looked for it in vain
_MISSING_IN = {"KeyError": "item", "AttributeError": "attr"}
_ANYTHING = frozenset(["Exception", "BaseException", "OSError", "IOError", "EnvironmentError"])


class State:
    """What is known at one point. Copied where the flow parts."""

    __slots__ = ("attrs", "control", "decided", "dirty", "env", "held", "mutated", "unrun")

    def __init__(self) -> None:
        self.env: dict[str, Value] = {}
        self.attrs: dict[tuple[Symbol, str], Value] = {}
        self.dirty: dict[Symbol, dict[str, tuple[int, Value]]] = {}
        self.mutated: dict[Symbol, int] = {}
        self.held: tuple[Held, ...] = ()
        self.control: frozenset[tuple[Dep, int, bool]] = frozenset()
        #: what decided that an attribute or entry was set, for a write that stands after the branches met
        self.decided: dict[tuple[Symbol, str], frozenset[tuple[Dep, int, bool]]] = {}
        #: whether this is what a loop leaves behind that has found nothing to run for
        self.unrun = False

    def copy(self) -> State:
        """An independent copy."""
        new = State.__new__(State)
        new.env = self.env.copy()
        new.attrs = self.attrs.copy()
        new.dirty = {symbol: columns.copy() for symbol, columns in self.dirty.items()} if self.dirty else {}
        new.mutated = self.mutated.copy()
        new.held = self.held
        new.control = self.control
        new.decided = self.decided.copy() if self.decided else {}
        new.unrun = False
        return new


class Exit:
    """One normal way out: what is returned, and the state there."""

    __slots__ = ("state", "value")

    def __init__(self, value: Value | None, state: State) -> None:
        self.value = value
        self.state = state


class Analysis:
    """The result for one function: its events in source order, its ways out, its yields."""

    __slots__ = (
        "admitted",
        "at_calls",
        "calls_decided",
        "checked",
        "control_at",
        "deciding",
        "events",
        "exits",
        "fn",
        "interpreter",
        "refused",
        "tests",
        "yields",
    )

    def __init__(self, fn: Fn) -> None:
        self.fn = fn
        self.events: list[Event] = []
        self.exits: list[Exit] = []
        self.yields: list[Exit] = []
        self.at_calls: dict[int, tuple[Held, ...]] = {}
        #: calls that raise for some of what they are given, of the values that something read has made
        self.admitted: set[int] = set()
        #: calls that raise for some of what a row says, one that they are given or read for themselves
        self.checked: set[int] = set()
        #: calls that raise where the callee finds what it looks for
        self.refused: set[int] = set()
        #: what decided that a call happens, where anything did
        self.control_at: dict[int, frozenset[tuple[Dep, int, bool]]] = {}
        #: calls that something read has decided on: by what, and the receiver
        self.calls_decided: dict[int, tuple[frozenset[tuple[Dep, int, bool]], Symbol]] = {}
        #: branch → what was read that decides which way it goes, in a function that may create something
        self.deciding: dict[int, frozenset[Dep]] = {}
        #: branch → the symbol of its condition, where that depends on something read
        self.tests: dict[int, Symbol] = {}

    def same(self, other: Analysis) -> bool:
        """Whether callers hear the same of both."""
        mine = [way.value for way in (*self.exits, *self.yields)]
        return mine == [way.value for way in (*other.exits, *other.yields)] and self.events == other.events


def analysis(fn: Fn, constants: tuple[tuple[int, bool | None], ...] = ()) -> Analysis:
    """Interpret ``fn``, once. What a recursive call does is what the last round found; see ``cycles``.

    ``constants``: flags that a call passes, as (parameter, value) pairs: branches on them go one way only.
    """
    key = f"analysis {constants}" if constants else "analysis"
    found = fn.memo.get(key)
    if found is not None:
        return found  # type: ignore[return-value]

    def settle(made: Analysis) -> None:
        fn.memo[key] = made

    cycles = fn.module.program.cycles
    return cycles.ask(
        (fn, constants), lambda: Interpreter(fn, constants).run(), lambda: Analysis(fn), settle, Analysis.same
    )


class Interpreter:
    """The transfer function of every operation, and the tables it fills."""

    def __init__(self, fn: Fn, constants: tuple[tuple[int, bool | None], ...] = ()) -> None:
        self.fn = fn
        self.facts = fn.facts
        self.ops = fn.facts.ops
        self.constants: dict[Symbol, bool | None] = {("param", index): value for index, value in constants}
        self.link: Link = link(fn)
        self.libraries = fn.module.program.libraries
        self.result = Analysis(fn)
        self.regs: list[Value] = [
            Value(("const", op[1]), const=op[1]) if op[0] == "const" else _NOTHING for op in self.ops
        ]
        #: symbol of an object that is a row → the number of the read that gave it
        self.rows: dict[Symbol, int] = {}
        #: symbol of such an object → its columns by position, where it has them so
        self.selected: dict[Symbol, tuple[str, ...]] = {}
        #: symbol of a container → the rows put into it or taken out of it
        self.members: dict[Symbol, list[Value]] = {}
        #: conditions whose symbols are too long, by the short symbols that stand for them
        self.conditions: dict[Symbol, Symbol] = {}
        self.state = State()
        #: how deep symbols nest, by their address; the symbol is kept so that no other gets the address
        self.depths: dict[int, tuple[Symbol, int]] = {}
        self.block = 0
        owner = fn.owner
        self.self_class: Cls | None = None
        if owner is not None and fn.first_is_self:
            self.self_class = owner
        self.self_symbol: Symbol = ("param", 0) if self.self_class is not None else None
        if owner is None:
            self.self_symbol, self.self_class = outer_self(fn)
        #: block of a handler → the first block that it handles exceptions of; those blocks
        self.handler_starts: dict[int, int] = {}
        self.tried: frozenset[int] = frozenset()
        self.suppressing: list[tuple[int, int, frozenset[str]]] | None = None
        self.raising: frozenset[int] | None = None
        #: block → the looks in it, which an exception handler around it may answer
        self.looks: dict[int, list[tuple[int, str]]] = {}
        #: symbol of a container that this function fills → what its content depends on
        self.contents: dict[Symbol, frozenset[Dep]] = {}
        #: whether a name in the function says that it may create a row, or something like one
        self.creating = remembered(fn, "creating", self.creates, False)
        #: symbol of an object that this function made → the keywords it was made with
        self.made: dict[Symbol, tuple[tuple[str, Value], ...]] = {}
        self.states_in: dict[int, State] = {}
        self.locals = self.facts.locals if fn.index else frozenset()

    def creates(self) -> bool:
        """Whether a name in the function, or in one that it calls, is one of those that create things."""
        creates = self.libraries.creates
        if creates(self.facts.names):
            return True
        called = (call.targets[0] for call in self.link.calls.values() if len(call.targets) == 1)
        return any(creates(target.facts.names) for target in called)

    # -- the run ----------------------------------------------------------------------------------

    def run(self) -> Analysis:
        """Interpret all blocks."""
        blocks = self.facts.blocks
        for number, block in enumerate(blocks):
            for handler in block[3]:
                self.handler_starts.setdefault(handler, number)
        self.tried = frozenset(self.handler_starts.values())
        start = State()
        start.held = held_by_decorators(self.fn)
        solve(blocks, start, self.transfer, self.join)
        return self.result

    def transfer(self, number: int, state: State) -> list[tuple[int, State]]:
        """Run one block; where control goes next, with what state."""
        first, last, successors, handlers = self.facts.blocks[number]
        self.block = number
        entry = state.copy() if handlers else state
        self.state = state
        rules = _RULES
        ops = self.ops
        regs = self.regs
        end: Op = ("pass",)
        for position in range(first, last):
            end = ops[position]
            rule = rules.get(end[0])
            if rule is not None:
                found = rule(self, position, end)
                if found is not None:
                    regs[position] = found
        out: list[tuple[int, State]] = []
        if end[0] in ("branch", "loop") and len(successors) == 2:
            condition = regs[end[1]]
            if condition.deps:
                self.result.tests[last - 1] = self.condition(condition.symbol)
            known = truth(self.ops, end[1], self.flag) if self.constants and end[0] == "branch" else None
            deciding = condition.deps | self.presence(condition)
            if self.creating and condition.query is not None and end[0] == "branch":
                deciding |= run_whole(self, end[1])
            if self.creating and deciding and end[0] == "branch":
                self.result.deciding[last - 1] = deciding
            for outcome, target in zip((True, False), successors):
                if known is not None and outcome is not known:
                    continue
                branch = state.copy()
                if end[0] == "branch" and deciding:
                    branch.control = state.control | {(dep, last - 1, outcome) for dep in deciding}
                elif end[0] == "loop" and not outcome:
                    branch.unrun = True
                out.append((target, branch))
        else:
            if not successors and end[0] not in ("return", "raise"):
                self.leave(None)
            for target in successors:
                # The end of a loop's body leads on to what comes after the loop, too.
                onward = self.after_loop(target) if target <= number else target
                if onward > number:
                    out.append((onward, state.copy() if len(successors) > 1 else state))
        for handler in handlers:
            out.append((handler, entry.copy()))
            out.append((handler, state.copy()))
        return out

    def after_loop(self, header: int) -> int:
        """The block after the loop that a block is the head of; 0 where it is none."""
        _, last, successors, _ = self.facts.blocks[header]
        ways = self.ops[last - 1][0] in ("loop", "branch") and len(successors) == 2
        return successors[1] if ways else 0

    def join(self, number: int, states: list[State]) -> State:
        """Union of what may be, intersection of what must be held and must have decided."""
        merged = states[0]
        if len(states) > 1:
            merged = merged.copy()
            merged.unrun = states[0].unrun
            for other in states[1:]:
                for name, value in other.env.items():
                    mine = merged.env.get(name)
                    if mine is None:
                        merged.env[name] = value
                    elif mine is not value and mine != value:
                        merged.env[name] = self.merged(mine, value, ("join", number, name))
                for key in [key for key in merged.attrs if key not in other.attrs]:
                    merged.attrs[key] = self.or_as_it_was(key, merged.attrs[key])
                for key, value in other.attrs.items():
                    known = merged.attrs.get(key)
                    if known is None:
                        merged.attrs[key] = self.or_as_it_was(key, value)
                    elif known is not value and known != value:
                        merged.attrs[key] = self.merged(known, value, ("join", number, key))
                for symbol, columns in other.dirty.items():
                    mine_columns = merged.dirty.setdefault(symbol, {})
                    for name, change in columns.items():
                        mine_columns.setdefault(name, change)
                merged.mutated.update(other.mutated)
                merged.held = tuple(held for held in merged.held if held in other.held)
                if merged.unrun:
                    # what every round of a loop has passed, all that it has run for have passed
                    merged.control, merged.unrun = other.control, other.unrun
                elif not other.unrun:
                    merged.control &= other.control
                for where, decision in other.decided.items():
                    merged.decided[where] = merged.decided.get(where, frozenset()) | decision
        if number in self.handler_starts:
            before = self.states_in.get(self.handler_starts[number])
            if before is not None:
                merged.held = tuple(held for held in merged.held if held in before.held)
        self.states_in[number] = merged.copy() if number in self.tried else merged
        return merged

    def merged(self, one: Value, other: Value, symbol: Symbol) -> Value:
        """The value where two flows meet: an object of either, a row if either is one."""
        if one.const is None and other.const is not None:
            keep = other
        elif other.const is None or one.symbol == other.symbol:
            keep = one
        elif one.symbol in self.rows or other.symbol in self.rows:
            keep = one if one.symbol in self.rows else other
        else:
            # where one is a dict that somebody else made, nobody knows what stands under a key
            items = None if one.items is None or other.items is None else one.items or other.items
            keep = one._replace(symbol=symbol, const=UNKNOWN, items=items)
        if one.deps == other.deps and keep is not one and keep is not other:
            return keep
        return keep._replace(
            deps=one.deps | other.deps,
            type=keep.type or one.type or other.type,
            query=keep.query or one.query or other.query,
            whole=keep.whole or one.whole or other.whole,
        )

    def or_as_it_was(self, key: tuple[Symbol, str], value: Value) -> Value:
        """An attribute that only some of the ways here have set. Where they have put an empty container, for
        want of any, what a row has there is what counts: ``if not self.notes: self.notes = {}``."""
        row = self.rows.get(key[0]) if value.items == () and value.symbol[:1] == ("new",) else None
        if row is None or (key[0] == self.self_symbol and not self.is_row_symbol(key[0])):
            return value
        return Value(self.symbol("attr", *key), frozenset([(row, key[1], "copy")]), value.type)

    def others_run(self) -> None:
        """Others may have run by now: what this function last saw in shared memory is no longer known."""
        state = self.state
        shared = [key for key in state.attrs if self.is_shared(("attr", *key)) or self.is_shared(key[0])]
        for key in shared:
            del state.attrs[key]
        for name in self.facts.global_names:
            state.env.pop(name, None)

    def leave(self, value: Value | None) -> None:
        """A normal way out of the function."""
        if value is not None and value.deps and value.symbol in self.state.mutated:
            value = value._replace(deps=strengthen(value.deps, "container"))
        self.result.exits.append(Exit(value, self.state))

    def emit(self, event: Event) -> None:
        """Record an event with what is held and what decided it."""
        state = self.state
        if event.does in ("read", "test", "look"):
            self.looks.setdefault(self.block, []).append((event.op, event.does))
        self.result.events.append(
            event._replace(
                held=state.held,
                control=state.control | event.control,
                caught=event.caught | self.caught() | self.suppressed(event.op),
            )
        )

    def caught(self) -> frozenset[str]:
        """Which of duplicate, missing and conflict the handlers around the current block take care of."""
        found: set[str] = set()
        pending = list(self.facts.blocks[self.block][3])
        seen: set[int] = set()
        while pending:
            handler = pending.pop()
            if handler in seen:
                continue
            seen.add(handler)
            block = self.facts.blocks[handler]
            for number in range(block[0], block[1]):
                op = self.ops[number]
                if op[0] == "caught":
                    if self.takes_care(handler, number):
                        found |= self.handled(op[1])
                    break
            pending.extend(block[3])
        return frozenset(found)

    def takes_care(self, handler: int, caught: int) -> bool:
        """Whether a handler, a block with its ``caught``, does more than to let whatever went wrong go on:
        one for many exceptions that always ends with one has not reckoned with any in particular."""
        if len(self.handled(self.ops[caught][1])) == 1:
            return True
        if self.raising is None:
            self.raising = raising_blocks(self.facts)
        if handler in self.raising:
            return False
        first, last, _, _ = self.facts.blocks[handler]
        entered = [number for number in range(first, last) if self.ops[number][0] == "enter"]
        known = (self.link.calls.get(self.ops[number][1]) for number in entered)
        if not any(call is not None and any(row.does == "reraise" for row in call.rows) for call in known):
            return True
        # what it enters may be told, by an attribute, to let some of it pass
        names = {op[1] for op in self.ops if op[0] == "store" and op[2] in entered}
        told = (self.ops[op[1]] for op in self.ops if op[0] == "setattr")
        return any(base[0] == "name" and base[1] in names for base in told)

    def suppressed(self, position: int) -> frozenset[str]:
        """Which of duplicate, missing and conflict a ``with`` around an operation swallows."""
        if self.suppressing is None:
            self.suppressing = list(self._suppressing())
        found: frozenset[str] = frozenset()
        for start, end, words in self.suppressing:
            if start < position < end:
                found |= words
        return found

    def _suppressing(self) -> Iterator[tuple[int, int, frozenset[str]]]:
        """(enter, last leave, what is swallowed) of each such ``with``."""
        for number, op in enumerate(self.ops):
            known = self.link.calls.get(op[1]) if op[0] == "enter" else None
            if known is None or not any(row.does == "suppress" for row in known.rows):
                continue
            words = frozenset(word for register in self.ops[op[1]][2] for word in self.handled(register))
            leaves = [other for other, last in enumerate(self.ops) if last == ("leave", number)]
            yield number, max(leaves, default=len(self.ops)), words

    def handled(self, register: int | None) -> frozenset[str]:
        if register is None:
            return frozenset(["duplicate", "missing", "conflict"])
        op = self.ops[register]
        if op[0] == "build":
            found: frozenset[str] = frozenset()
            for part in op[2]:
                found |= self.handled(part)
            return found
        value = self.link.types[register]
        if value is None:
            return self.libraries.handled(op[-1]) if op[0] in ("attr", "name") else frozenset()
        if value.kind in ("external", "member"):
            return self.libraries.handled(value.name)
        if value.kind == "class":
            cls: Cls = value.ref
            found = self.libraries.handled(cls.name)
            for base in cls.mro():
                for written in base.facts.base_names:
                    words = self.libraries.handled(written)
                    # Whoever catches a special exception does not catch all that its base stands for.
                    if len(words) == 1:
                        found |= words
            return found
        return frozenset()

    def flag(self, register: int) -> tuple[bool | None] | None:
        """The flag that a register is known to hold in this call, in a tuple; None where it is not known."""
        op = self.ops[register]
        if op[0] == "const":
            return (op[1],) if op[1] is None or isinstance(op[1], bool) else None
        symbol = self.regs[register].symbol
        return (self.constants[symbol],) if symbol in self.constants else None

    # -- symbols ----------------------------------------------------------------------------------

    def symbol(self, *parts: Any) -> Symbol:
        """A symbol, replaced by a number of its own where it would nest too deep to compare."""
        if self.depth(parts) < _DEPTH:
            return parts
        short = ("op", parts[0], self.fn.qualified, hash(parts))
        if parts[0] in _CONDITIONS:
            self.conditions[short] = parts
        return short

    def depth(self, symbol: Any) -> int:
        """How deep a symbol nests. Most are made of others that were asked about before."""
        depths = self.depths
        deepest = 0
        for part in symbol:
            if isinstance(part, tuple) and part:
                known = depths.get(id(part))
                below = known[1] if known is not None and known[0] is part else self.depth(part)
                if below > deepest:
                    deepest = below
        deepest += 1
        depths[id(symbol)] = (symbol, deepest)
        return deepest

    def condition(self, symbol: Symbol) -> Symbol:
        """The symbol of a condition, with the comparisons in it that nest too deep elsewhere."""
        symbol = self.conditions.get(symbol, symbol)
        if isinstance(symbol, tuple) and symbol and symbol[0] in ("bool", "unary"):
            return tuple(self.condition(part) for part in symbol)
        return symbol

    def constant(self, value: Value) -> Any:
        """The constant that a value is known to be, else UNKNOWN."""
        return value.const if value.const is not UNKNOWN else constant_of(self.fn, value)

    def row_of(self, value: Value) -> int | None:
        """The number of the read that gave this object, None where it is no row that was read."""
        return self.rows.get(value.symbol)

    def read(self, position: int, place: Place, **more: Any) -> None:
        """Record a read event that gives a row, which this function now has a snapshot of."""
        self.rows[place.symbol] = position
        self.emit(Event(position, "read", place, **more))

    # -- names ------------------------------------------------------------------------------------

    def op_param(self, position: int, op: Op) -> Value:
        symbol = ("param", op[1])
        self.rows[symbol] = -1 - op[1]
        return Value(symbol, type=self.link.types[position], const=self.constants.get(symbol, UNKNOWN))

    def op_name(self, position: int, op: Op) -> Value:
        name: str = op[1]
        found = self.state.env.get(name)
        if found is not None:
            return looked_again(self, position, found) if found.deps and self.state.held else found
        kind = self.link.types[position]
        if name in self.locals:
            return Value(("op", position), type=kind)
        parent = self.fn.parent
        while parent is not None and parent.index:
            if name in parent.facts.locals:
                found = Value(("outer", parent.index, name), type=kind)
                if self.is_row(kind) and found.symbol not in self.rows:
                    self.read(position, self.row_place(found, name), type=kind, sure=2)
                return found
            parent = parent.parent
        if kind is not None and kind.kind in ("module", "class", "external", "function"):
            return Value(("global", kind.name), type=kind)
        symbol = ("global", f"{self.fn.module.name}.{name}")
        if self.fn.index and name in changing_globals(self.fn.module):
            place = Place("shared", symbol, "", frozenset(), name)
            self.emit(Event(position, "load", place, type=kind))
            return Value(symbol, frozenset([(position, None, "copy")]), kind)
        return Value(symbol, type=kind)

    def op_store(self, position: int, op: Op) -> None:
        name: str = op[1]
        value = self.regs[op[2]]
        if name in self.facts.global_names:
            symbol = ("global", f"{self.fn.module.name}.{name}")
            place = Place("shared", symbol, "", frozenset(), name)
            self.emit(Event(position, "store", place, deps=value.deps, columns=(("", value),)))
        self.state.env[name] = value

    def op_import(self, position: int, op: Op) -> None:
        self.state.env[op[1]] = Value(("global", op[2]), type=self.link.names.get(op[1]))

    def op_def(self, position: int, op: Op) -> Value:
        fn = self.fn.module.fn(op[2])
        value = Value(("function", fn.qualified, op[2]), type=Type("function", fn.qualified, None, fn))
        if fn.facts.owner is None:
            self.state.env[op[1]] = value
        return value

    # -- attributes and items ---------------------------------------------------------------------

    def is_row(self, kind: Type | None) -> bool:
        """Whether objects of the type are rows."""
        if kind is None:
            return False
        if kind.kind == "instance":
            cls: Cls = kind.ref
            return cls.row() is not None
        if kind.kind == "library":
            return any(self.libraries.types[name].row for name in self.libraries.lineage(kind.name))
        return False

    def row_place(self, value: Value, written: str) -> Place:
        """The place that an object known as a row stands for."""
        what = value.type.name if value.type is not None and value.type.kind == "instance" else ""
        return Place("row", value.symbol, what, frozenset(), written)

    def op_attr(self, position: int, op: Op) -> Value:
        base = self.regs[op[1]]
        name: str = op[2]
        deps: frozenset[Dep]
        kind = self.link.types[position]
        found = self.state.attrs.get((base.symbol, name))
        if found is not None:
            return found
        row = self.rows.get(base.symbol)
        if kind is not None and kind.kind in ("method", "member", "module", "class", "external", "function"):
            if kind.kind in ("method", "member"):
                deps = base.deps
                if row is not None and kind.kind == "member":
                    deps = frozenset([(row, name, "copy")])
                    if self.creating and self.facts.blocks[self.block][3] and self.is_row(base.type):
                        # where no other row refers to it, the handler hears of it
                        place = Place("row", ("attr", base.symbol, name), "", frozenset(), name)
                        self.emit(Event(position, "look", place, sure=_SUGGESTED))
                return Value(("attr", base.symbol, name), deps, kind)
            return Value(("global", kind.name), type=kind)
        if base.type is not None and base.type.kind in ("module", "class", "external"):
            symbol = ("global", f"{base.type.name}.{name}")
            if base.type.kind == "class" and self.fn.index and not name.isupper():
                place = Place("shared", symbol, "", frozenset(), text(self.facts, position))
                self.emit(Event(position, "load", place, type=kind))
                return Value(symbol, frozenset([(position, None, "copy")]), kind)
            return Value(symbol, type=kind)
        symbol = self.symbol("attr", base.symbol, name)
        if self.is_shared_object(base):
            place = Place("shared", symbol, "", frozenset(), text(self.facts, position))
            self.emit(Event(position, "load", place, type=kind))
            deps = frozenset([(position, None, "copy"), (-1, name, "copy")])
            if base.symbol != self.self_symbol:
                deps = frozenset([(position, None, "copy")])
        elif row is not None:
            deps = frozenset([(row, name, "copy")])
        else:
            deps = strengthen(base.deps, "derive")
        value = Value(symbol, deps, kind)
        if self.is_row(kind) and symbol not in self.rows:
            self.read(position, self.row_place(value, text(self.facts, position)), type=kind, sure=2)
        return value

    def op_setattr(self, position: int, op: Op) -> None:
        self.set_attribute(position, self.regs[op[1]], op[2], self.regs[op[3]], op[1])

    def set_attribute(self, position: int, base: Value, name: str, value: Value, register: int) -> None:
        """``base.name = value``: a column of a row, or shared memory."""
        state = self.state
        value = self.as_changed(value)
        state.attrs[base.symbol, name] = value
        if state.control:
            self.decide(base.symbol, name, value)
        shared_object = self.is_shared_object(base)
        if shared_object or (base.type is not None and base.type.kind in ("module", "class")):
            symbol = ("attr", base.symbol, name) if shared_object else ("global", f"{base.type.name}.{name}")  # type: ignore[union-attr]
            place = Place("shared", symbol, "", frozenset(), f"{text(self.facts, register)}.{name}")
            self.emit(Event(position, "store", place, deps=value.deps, columns=(("", value),)))
        if self.row_mode(base.type) == "flush" and base.symbol in self.rows:
            same = value.symbol == ("attr", base.symbol, name)
            if not (same and unwatched(self.fn, base.type, name)):
                self.flushed(position, base, ((name, value),), register)
            return
        if not self.just_saved(value):
            state.dirty.setdefault(base.symbol, {})[name] = (position, value)

    def just_saved(self, value: Value) -> bool:
        """Whether a value is an object that saves what has changed of it, and has done so: another object
        that refers to it has nothing of it to write."""
        return (
            value.symbol not in self.state.dirty
            and self.row_mode(value.type) == "changed"
            and any(
                event.does in ("write", "create") and event.place.symbol == value.symbol
                for event in self.result.events
                if event.place is not None and event.place.kind == "row"
            )
        )

    def decide(self, base: Symbol, name: str, value: Value) -> None:
        """What decided that an attribute is set; not a test whether it has that value, or any, already."""
        column = (self.symbol("attr", base, name),)
        tests = self.result.tests
        self.state.decided[base, name] = frozenset(
            entry
            for entry in self.state.control
            if entry[0][1] != name
            or entry[1] not in tests
            or not settled(asked(tests[entry[1]], column, value), value)
        )

    def flushed(
        self,
        position: int,
        base: Value,
        columns: tuple[tuple[str, Value], ...],
        register: int | None,
        trail: tuple[tuple[Fn, int], ...] = (),
        decision: Control = frozenset(),
    ) -> None:
        """Columns of a row that a session tracks get values: the next flush writes them."""
        columns = tuple(one for one in columns if not self.related_rows(base.type, *one))
        if not columns:
            return
        place = self.row_place(base, text(self.facts, register))
        sure = 3 if base.type is None else base.type.sure
        set_at = () if trail else tuple((name, position) for name, _ in columns)
        self.emit(
            Event(
                position,
                "write",
                place,
                columns=columns,
                set_at=set_at,
                control=decision,
                sure=sure,
                type=base.type,
                trail=trail,
            )
        )

    def row_mode(self, kind: Type | None) -> str | None:
        """What a plain save of such an object writes: all, changed, flush; None where it is no row."""
        if kind is None:
            return None
        if kind.kind == "instance":
            cls: Cls = kind.ref
            return cls.row()
        if kind.kind == "library":
            for name in self.libraries.lineage(kind.name):
                row = self.libraries.types[name].row
                if row:
                    return row
        return None

    def op_item(self, position: int, op: Op) -> Value:
        base = self.regs[op[1]]
        index = self.regs[op[2]]
        kind = self.link.types[position]
        key = self.constant(index)
        if isinstance(key, str):
            found = self.state.attrs.get((base.symbol, key))
            if found is not None:
                return found
            for known, value in base.items or ():
                if known == key:
                    return value
            if base.symbol in self.rows:
                return self.column(base, key)._replace(type=kind)
        if isinstance(key, int) and key < len(self.selected.get(base.symbol, ())):
            return self.column(base, self.selected[base.symbol][key])._replace(type=kind)
        if base.query is not None:
            if self.cuts(position):
                return base
            return row_from_query(self, position, base, kind, op[1])
        symbol = self.symbol("item", base.symbol, index.symbol)
        deps = base.deps | index.deps if index.deps else base.deps
        built = isinstance(base.symbol, tuple) and base.symbol[:1] == ("new",)
        if self.is_row(kind) and self.only_new(base.symbol):
            return Value(("new", position), type=kind)
        value = Value(symbol, deps if built else no_figures(deps), kind)
        if self.is_row(kind) and not self.kept(base.symbol, symbol, position):
            self.taken(position, value, base.symbol)
        return value

    def as_changed(self, value: Value) -> Value:
        """A value as it stands for what was changed in place, where it was."""
        if not value.deps or value.symbol not in self.state.mutated:
            return value
        return value._replace(deps=strengthen(value.deps, "container"))

    def column(self, row: Value, name: str) -> Value:
        """A column of a row that was read."""
        read = self.rows.get(row.symbol)
        if read is None or not name:
            return row
        return Value(self.symbol("attr", row.symbol, name), frozenset([(read, name, "copy")]))

    def taken(self, position: int, value: Value, container: Symbol) -> None:
        """A row is taken out of what a read gave under keys: it was read then, locked as that was."""
        for event in self.result.events if container[:1] == ("op",) else ():
            if event.op == container[1] and event.does == "read" and event.place is not None:
                place = self.row_place(value, text(self.facts, position))
                self.read(position, place, type=value.type, sure=_SUGGESTED, locked=event.locked)
                return

    def op_setitem(self, position: int, op: Op) -> None:
        base = self.regs[op[1]]
        index = self.regs[op[2]]
        value = self.regs[op[3]]
        key = self.constant(index)
        if isinstance(key, str):
            state = self.state
            state.attrs[base.symbol, key] = value
            if state.control:
                self.decide(base.symbol, key, value)
            if self.row_mode(base.type) == "flush" and base.symbol in self.rows:
                self.flushed(position, base, ((key, value),), op[1])
                return
            state.dirty.setdefault(base.symbol, {})[key] = (position, value)
        self.gather(base.symbol, (value,))
        self.mutate(position, base, value.deps | index.deps, op[1], value)

    def op_delitem(self, position: int, op: Op) -> None:
        self.mutate(position, self.regs[op[1]], self.regs[op[2]].deps, op[1])

    def mutate(
        self, position: int, base: Value, deps: frozenset[Dep], register: int, value: Value | None = None
    ) -> None:
        """The container ``base`` is changed in place."""
        state = self.state
        symbol = base.symbol
        state.mutated[symbol] = position
        if deps and isinstance(symbol, tuple) and symbol[0] == "new":
            self.fill(base, deps)
        if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
            row = self.rows.get(symbol[1])
            tracked = (row is not None and symbol[1] != self.self_symbol) or self.is_row_symbol(symbol[1])
            if tracked and not self.ties_rows(position, register):
                changed = base._replace(deps=strengthen(base.deps, "container") | deps)
                if self.row_mode_of(symbol[1]) == "flush":
                    self.flushed_in_place(position, symbol, changed, register, 3)
                elif self.by_key(position):
                    if self.row_mode(self.type_of_row(symbol[1])) == "flush":
                        self.flushed_in_place(position, symbol, changed, register, _SUGGESTED)
                    else:
                        state.dirty.setdefault(symbol[1], {})[symbol[2]] = (position, changed)
                elif not self.named_relation(symbol[1], register, changed):
                    state.dirty.setdefault(symbol[1], {})[symbol[2]] = (position, changed)
        if self.is_shared(symbol):
            place = Place("shared", symbol, "container", frozenset(), text(self.facts, register))
            given = () if value is None else (("", value),)
            self.emit(Event(position, "store", place, deps=deps, columns=given, type=base.type))

    def flushed_in_place(
        self, position: int, symbol: Symbol, changed: Value, register: int, sure: int
    ) -> None:
        """A container in a column of a tracked row has been changed: the next flush writes it."""
        kind = self.type_of_row(symbol[1]) or self.type_held(symbol[1])
        if symbol[2] in (computed(kind) | unsaved(kind)) or self.related_rows(kind, symbol[2], changed):
            return
        if unwatched(self.fn, kind, symbol[2]) and not (self.ops[register][0] == "attr" and commits(self.fn)):
            return  # who changes it where it stands, and commits, means it to be kept
        place = Place("row", symbol[1], "", frozenset(), text(self.facts, register).rpartition(".")[0])
        columns = ((symbol[2], changed),)
        self.emit(
            Event(position, "write", place, columns=columns, set_at=((symbol[2], position),), sure=sure)
        )

    def related_rows(self, kind: Type | None, name: str, value: Value) -> bool:
        """Whether an attribute that was changed in place holds related rows, each written by itself."""
        if kind is None or kind.kind != "instance" or all(dep[2] not in _CHANGES for dep in value.deps):
            return False
        program = self.fn.module.program
        declared = [attribute(program, kind, name)]
        for base in kind.ref.mro():
            register = base.facts.fields.get(name)
            if register is not None:  # an annotation says of which rows, not that they are related
                declared.append(register_type(program, base.module.fn(base.facts.scope), register))
        if only_referred(kind.ref, name):
            return all(dep[2] != "arith" for dep in value.deps)
        return any(
            self.libraries.types[one].one_by_key
            for held in declared
            if held is not None and held.kind == "library"
            for one in self.libraries.lineage(held.name)
        )

    def named_relation(self, row: Symbol, register: int, value: Value) -> bool:
        """Whether an attribute of a row of no known class, held in ``register``, holds related rows, as a
        class says that the row is named after."""
        held = self.ops[register]
        known = self.type_of_row(row)
        if known is not None and known.kind != "argument":
            return False
        if held[0] != "attr" or self.ops[held[1]][0] not in _NAMED:
            return False
        kinds = classes_named(self.fn.module, str(self.ops[held[1]][-1]))
        return any(self.related_rows(kind, held[2], value) for kind in kinds)

    def by_key(self, position: int) -> bool:
        """Whether an operation changes a container's entry by its key, as nobody does with related rows."""
        op = self.ops[position]
        if op[0] in ("setitem", "delitem"):
            key = self.regs[op[2]]
            return key.const is UNKNOWN or isinstance(key.const, str)
        callee = self.ops[op[1]] if op[0] == "call" else op
        return callee[0] == "attr" and (callee[2] in _BY_KEY or (callee[2] == "pop" and bool(op[2])))

    def ties_rows(self, position: int, register: int) -> bool:
        """Whether an operation on an attribute of a row, held in ``register``, is one for related rows, and
        for nothing that a column can hold: ``profile.teams.add(team)``."""
        op = self.ops[position]
        callee = self.ops[op[1]] if op[0] == "call" else op
        if callee[0] != "attr" or mutates(self.libraries, callee[2], *_IN_COLUMNS):
            return False
        held = self.ops[register]
        kind = self.regs[held[1]].type if held[0] == "attr" else None
        if kind is None:
            return self.libraries.shown_on_rows(callee[2])
        names = kind.ref.library_types() if kind.kind == "instance" else (kind.name,)
        return any(
            self.libraries.shown(above, callee[2]) for of in names for above in self.libraries.lineage(of)
        )

    def type_held(self, symbol: Symbol) -> Type | None:
        """The type of a value that this function has got, by its symbol."""
        return next((value.type for value in self.regs if value.symbol == symbol and value.type), None)

    def type_of_row(self, symbol: Symbol) -> Type | None:
        """The type of a row that this function has read or was given."""
        if symbol[0] == "param":
            at = next((n for n, op in enumerate(self.ops) if op == ("param", symbol[1])), None)
            return None if at is None else self.link.types[at]
        reads = [event for event in self.result.events if event.does == "read" and event.place is not None]
        found = [event.type for event in reads if event.place is not None and event.place.symbol == symbol]
        return found[-1] if found else None

    def gather(self, container: Symbol, values: tuple[Value, ...]) -> None:
        """Remember which rows are in a container."""
        for value in values:
            if value.symbol in self.rows and self.is_row(value.type):
                known = self.members.setdefault(container, [])
                if all(value.symbol != other.symbol for other in known):
                    known.append(value)

    def kept(self, container: Symbol, symbol: Symbol, position: int) -> bool:
        """Whether what is taken out of a container is one of the rows that this function has read and put
        there: then it is a snapshot of the same read."""
        if symbol in self.rows or container is None:
            return symbol in self.rows
        put = [member.symbol for member in self.members.get(container, ())]
        for event in reversed(self.result.events if put else []):
            place = event.place
            if event.does == "read" and place is not None and place.symbol == put[0]:
                written = bound(self.facts, position, text(self.facts, position))
                self.rows[symbol] = event.op
                self.result.events.append(event._replace(place=place._replace(symbol=symbol, text=written)))
                return True
        return False

    def only_new(self, container: Symbol) -> bool:
        """Whether this function has made a container and put no row into it that it has read: what is in it
        are new rows."""
        if not isinstance(container, tuple) or len(container) != 2 or container[0] != "new":
            return False
        made = isinstance(container[1], int) and self.ops[container[1]][0] in ("build", "dict", "collect")
        return made and container not in self.members

    def fill(self, container: Value, deps: frozenset[Dep]) -> None:
        """Something with these dependences is put into the container, or read into the object."""
        symbol = container.symbol
        self.contents[symbol] = self.contents.get(symbol, NO_DEPS) | strengthen(deps, "derive")

    def is_row_symbol(self, symbol: Symbol) -> bool:
        return (
            symbol == self.self_symbol and self.self_class is not None and self.self_class.row() is not None
        )

    def row_mode_of(self, symbol: Symbol) -> str | None:
        if symbol == self.self_symbol and self.self_class is not None:
            return self.self_class.row()
        return None

    def is_shared(self, symbol: Symbol) -> bool:
        """Whether a symbol names memory that outlives this call: an attribute of self, a module variable."""
        if not isinstance(symbol, tuple):
            return False
        if symbol[0] == "global":
            return True
        return (
            symbol[0] == "attr"
            and self.self_symbol is not None
            and symbol[1] == self.self_symbol
            and not (self.self_class is not None and self.self_class.row() is not None)
        )

    def is_shared_object(self, value: Value) -> bool:
        """Whether others may see the attributes of an object: ``self``, or an object that it holds."""
        if value.type is not None and value.type.kind == "class":
            return False
        if value.symbol == self.self_symbol and value.symbol is not None:
            return not self.is_row(value.type)
        kind = value.type
        if kind is None or kind.kind != "instance" or value.symbol in self.rows or self.is_row(kind):
            return False
        return self.is_shared(value.symbol)

    # -- values -----------------------------------------------------------------------------------

    def op_binop(self, position: int, op: Op) -> Value:
        symbol, left, right = op[1], self.regs[op[2]], self.regs[op[3]]
        how = "derive"
        if symbol in _ARITHMETIC:
            how = "container" if self.is_container(left) or self.is_container(right) else "arith"
            if isinstance(left.const, str) or (isinstance(right.const, str) and symbol == "+"):
                # a part that is taken out of a text is put right, not added to
                how = "derive" if any(self.cuts(register) for register in op[2:4]) else "container"
            if symbol == "%" and (isinstance(left.const, str) or how == "container"):
                how = "derive"  # a text is filled in
        made = self.symbol("binop", symbol, left.symbol, right.symbol)
        if op[0] == "inplace" and self.is_shared(left.symbol):
            how = "arith" if how == "derive" else how
        deps = merge_deps((left, right), how)
        return Value(made, deps, self.link.types[position])

    def cuts(self, register: int) -> bool:
        """Whether an operation takes a part of a sequence."""
        op = self.ops[register]
        return op[0] == "item" and self.ops[op[2]][:2] == ("build", "slice")

    def is_container(self, value: Value) -> bool:
        if value.items is not None:
            return True
        kind = value.type
        if kind is None:
            return False
        if kind.kind == "library":
            return kind.name.startswith("builtins.") and kind.name[9:] in _CONTAINER_TYPES
        return kind.kind == "iterable" and kind.name in _CONTAINER_TYPES

    def op_unary(self, position: int, op: Op) -> Value:
        value = self.regs[op[2]]
        deps = strengthen(value.deps, "derive") | self.presence(value)
        if self.creating and value.query is not None:
            deps |= run_whole(self, op[2])
        return Value(self.symbol("unary", op[1], value.symbol), deps)

    def op_compare(self, position: int, op: Op) -> Value:
        values = [self.regs[register] for register in op[2]]
        if op[1] in (("in",), ("not in",)) and self.fn.index:
            values[1] = self.looked_into(position, values[1], op[2][1])
        symbol = self.symbol("compare", op[1], *(value.symbol for value in values))
        deps = merge_deps(values, "derive")
        if op[1] in (("in",), ("not in",)) and isinstance(values[0].const, str):
            row = self.rows.get(values[1].symbol)
            if row is not None:
                deps |= {(row, values[0].const, "derive")}
        for value in values:
            deps |= self.presence(value)
        return Value(symbol, deps)

    def presence(self, value: Value) -> frozenset[Dep]:
        """The dependence of a test whether there is such a row, or such an element in a container. Who asks
        for a column alone asks whether there is a row by what that has."""
        symbol = value.symbol
        if self.selected and isinstance(symbol, tuple) and symbol[0] == "attr" and symbol[1] in self.selected:
            symbol = symbol[1]
        row = self.rows.get(symbol)
        if row is not None and row >= 0:
            return frozenset([(row, None, "derive")])
        inside = self.contents.get(value.symbol)
        if inside:
            return frozenset((dep[0], None, "derive") for dep in inside)
        return NO_DEPS

    def looked_into(self, position: int, value: Value, register: int) -> Value:
        """A container of another library (``sys.modules``) that a key is looked up in: all share it."""
        if value.deps or value.symbol[:1] != ("global",):
            return value
        if value.type is None or value.type.kind != "external":
            return value
        place = Place("shared", value.symbol, "", frozenset(), text(self.facts, register))
        self.emit(Event(position, "load", place, type=value.type))
        return value._replace(deps=frozenset([(position, None, "copy")]))

    def op_bool(self, position: int, op: Op) -> Value:
        values: list[Value] = [self.regs[register] for register in op[2]]
        if op[1] == "or" and len(values) == 2 and (values[1].items == () or values[1].const in _FALSE):
            return values[0]
        kind = self.link.types[position]
        # what comes before an ``and`` is its value only where it is false
        last = values[-1:] if op[1] == "and" else values
        row = next((value for value in last if value.symbol in self.rows), None)
        if row is not None and row.type is not None and kind is not None:
            return row._replace(deps=merge_deps(values))
        deps = merge_deps(values)
        for value in values:
            deps |= self.presence(value)
        return Value(self.symbol("bool", *(value.symbol for value in values)), deps, kind)

    def op_choose(self, position: int, op: Op) -> Value:
        test, one, other = (self.regs[register] for register in op[1:4])
        deps = merge_deps((one, other)) | strengthen(test.deps, "derive")
        keep = other if one.const is None else one
        symbol = keep.symbol if one.const is None or other.const is None else ("op", position)
        return keep._replace(symbol=symbol, deps=deps, const=UNKNOWN, type=self.link.types[position])

    def op_build(self, position: int, op: Op) -> Value:
        values = [self.regs[register] for register in op[2]]
        kind = op[1]
        if kind == "slice":
            return Value(("op", position), merge_deps(values))
        deps = merge_deps(values, "derive" if kind == "fstring" else "copy")
        if kind == "fstring":
            return Value(self.symbol("fstring", *(value.symbol for value in values)), deps)
        items = tuple((None, value) for value in values)
        if len(values) > 1 and any(self.ops[register][0] == "star" for register in op[2]):
            deps = strengthen(deps, "container")
        return Value(("new", position), deps, self.link.types[position], items=items)

    def op_dict(self, position: int, op: Op) -> Value:
        items: list[tuple[Any, Value]] = []
        deps: frozenset[Dep] = NO_DEPS
        whole: Symbol | None = None
        for key, register in op[1]:
            value = self.regs[register]
            if key is None:
                items += value.items or ()
                deps |= strengthen(value.deps, "container" if len(op[1]) > 1 else "copy")
                whole = whole or value.whole
            else:
                items.append((self.key(key), value))
                deps |= value.deps
        kind = self.link.types[position]
        return Value(("new", position), deps, kind, items=tuple(items), whole=whole or whole_of(items))

    def key(self, register: int) -> Any:
        """What a key of a dict is: a constant, or the name of the column that it is (``Order.total``)."""
        op = self.ops[register]
        kind = self.link.types[op[1]] if op[0] == "attr" else None
        if kind is not None and kind.kind == "class" and kind.ref.row() is not None:
            return op[2]
        return self.constant(self.regs[register])

    def conditions_of(self, position: int) -> Iterator[int]:
        """The conditions of a comprehension's last loop: where there are any, it does not take everything."""
        for number in range(position - 1, -1, -1):
            if self.ops[number][0] == "test":
                yield self.ops[number][1]
            if self.ops[number][0] == "element":
                return

    def op_collect(self, position: int, op: Op) -> Value:
        value = self.regs[op[2]]
        conditions = [self.regs[register] for register in self.conditions_of(position)]
        # what is taken at all says what the conditions have found, and under which keys what there is
        taken = [value] if op[1] != "dict" else [value, self.regs[op[3]]]
        deps = merge_deps((*taken, *conditions), "derive")
        for one in taken:
            if not self.is_row(one.type):  # columns that were asked for alone
                deps |= self.presence(one)
        whole = None
        if op[1] == "dict" and not conditions:
            whole = whole_by_loop(self, op)
        self.gather(("new", position), (value,))
        return Value(("new", position), deps, self.link.types[position], whole=whole)

    def op_lambda(self, position: int, op: Op) -> Value:
        return Value(("function", self.fn.module.name, op[1]), type=self.link.types[position])

    def op_same(self, position: int, op: Op) -> Value:
        if op[0] == "await":
            self.others_run()
            self.emit(Event(position, "switch", None))
        return self.regs[op[1]] if op[1] is not None else _NOTHING

    def op_typed(self, position: int, op: Op) -> Value:
        value = self.regs[op[1]]
        return self.noticed(position, value._replace(type=self.link.types[position] or value.type))

    def op_element(self, position: int, op: Op) -> Value:
        return self.element_of(position, op[1], self.link.types[position])

    def element_of(self, position: int, register: int, kind: Type | None) -> Value:
        """What a loop over the value of a register gives at a time, read by the operation ``position``."""
        base = self.regs[register]
        if base.query is not None:
            found = row_from_query(self, position, base, kind, register)
            self.gather(base.symbol, (found,))
            return found
        if base.items and base.items[0][0] is None and len(base.items) == 1:
            return base.items[0][1]
        walked = walked_through(base.symbol)
        if self.fn.index and self.is_shared(walked):
            place = Place("shared", walked, "container", frozenset(), text(self.facts, register))
            self.emit(Event(position, "walk", place, deps=base.deps))
        symbol = self.symbol("element", base.symbol)
        value = Value(symbol, base.deps, kind)
        if self.is_row(kind) and self.only_new(walked):
            return Value(("new", position), base.deps, kind)
        if self.is_row(kind) and symbol not in self.rows:
            if not self.kept(walked, symbol, position):
                self.read(position, self.row_place(value, text(self.facts, position)), type=kind, sure=2)
        elif base.symbol in self.rows and symbol not in self.rows:
            self.rows[symbol] = self.rows[base.symbol]
        self.gather(walked, (value,))
        return value

    def op_unpack(self, position: int, op: Op) -> Value:
        base = self.regs[op[1]]
        index: int = op[2]
        if base.items and len(base.items) == op[3] and all(key is None for key, _ in base.items):
            return base.items[index][1]
        row = self.rows.get(base.symbol)
        kind = self.link.types[position]
        if index < len(self.selected.get(base.symbol, ())):
            return self.column(base, self.selected[base.symbol][index])._replace(type=kind)
        if row is not None and row >= 0 and index == 0:
            return base._replace(type=kind)
        symbol = self.symbol("item", base.symbol, ("const", index))
        if self.is_row(kind) and isinstance(base.symbol, tuple) and base.symbol[0] == "element":
            self.kept(walked_through(base.symbol[1]), symbol, position)
        return Value(symbol, base.deps, kind)

    def op_caught(self, position: int, op: Op) -> Value:
        words = self.handled(op[1])
        if "missing" in words:
            broad = "conflict" in words and (op[1] is None or self.ops[op[1]][-1] in _ANYTHING)
            found = [
                ((look, None, "derive"), position, False)
                for number, block in enumerate(self.facts.blocks)
                if self.block in block[3]
                for look, does in self.looks.get(number, ())
                if does == "test" or not broad
            ]
            if found:
                self.state.control = self.state.control | frozenset(found)
        tried = self.missed(op[1])
        if tried:
            missing = frozenset(((look, None, "derive"), position, False) for look in tried)
            self.state.control = self.state.control | missing
        return Value(("op", position))

    def missed(self, register: int | None) -> list[int]:
        """The loads of shared memory whose place, or the entry taken from it, a handler finds missing."""
        op = ("pass",) if register is None else self.ops[register]
        asked = _MISSING_IN.get(op[1]) if op[0] == "name" else None
        if asked is None:
            return []
        loads = {event.op for event in self.result.events if event.does == "load"}
        found: list[int] = []
        for start, end, _, handlers in self.facts.blocks if loads else ():
            if self.block in handlers:
                taken = (number for number in range(start, end) if self.ops[number][0] == asked)
                found += [number if asked == "attr" else self.ops[number][1] for number in taken]
        return [load for load in found if load in loads]

    # -- control ----------------------------------------------------------------------------------

    def op_enter(self, position: int, op: Op) -> Value:
        return locks.enter(self, position, op)

    def op_leave(self, position: int, op: Op) -> None:
        state = self.state
        given_back = [held for held in state.held if held.id == op[1]]
        if given_back:
            state.held = tuple(held for held in state.held if held.id != op[1])
            self.emit(Event(position, "leave", None))

    def op_return(self, position: int, op: Op) -> None:
        self.leave(None if op[1] is None else self.regs[op[1]])

    def op_yield(self, position: int, op: Op) -> Value:
        value = None if op[1] is None else self.regs[op[1]]
        self.result.yields.append(Exit(value, self.state.copy()))
        return Value(("op", position))

    def op_call(self, position: int, op: Op) -> Value:
        return self.noticed(position, calls.call(self, position, op))

    def noticed(self, position: int, value: Value) -> Value:
        """The value; a row that something outside this function fetched is a snapshot from here on."""
        kind = self.link.types[position]
        if kind is None or value.query is not None or not self.is_row(kind) or value.symbol in self.rows:
            return value
        if isinstance(value.symbol, tuple) and value.symbol[0] in ("new", "outcome", "global"):
            return value
        if self.selected and value.symbol[0] == "attr" and value.symbol[1] in self.selected:
            return value._replace(type=None)
        if self.kept(_taken_from(value.symbol), value.symbol, position):
            return value._replace(type=kind)
        written = bound(self.facts, position, text(self.facts, position))
        self.read(position, self.row_place(value._replace(type=kind), written), type=kind, sure=2)
        return value._replace(type=kind)


def _taken_from(symbol: Symbol) -> Symbol:
    """The container that a value is taken out of by its method: ``known.get(key)``."""
    if isinstance(symbol, tuple) and symbol[0] == "call":
        callee = symbol[1]
        if isinstance(callee, tuple) and callee[0] == "attr" and callee[2] in ("get", "pop"):
            return callee[1]
    return None


def truth(
    ops: tuple[Op, ...], register: int, flag: Callable[[int], tuple[bool | None] | None]
) -> bool | None:
    """What a condition comes to when ``flag`` says what registers hold; None where that is not enough."""
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        below = truth(ops, op[2], flag)
        return None if below is None else not below
    if op[0] == "bool":
        parts = [truth(ops, part, flag) for part in op[2]]
        short: bool = op[1] == "or"
        if short in parts:
            return short
        return None if None in parts else not short
    if op[0] == "compare" and len(op[1]) == 1 and op[1][0] in ("is", "is not", "==", "!="):
        left, right = flag(op[2][0]), flag(op[2][1])
        if left is None or right is None:
            return None
        return bool(left == right) is (op[1][0] in ("is", "=="))
    known = flag(register) if op[0] in ("name", "const") else None
    return None if known is None else bool(known[0])


def outer_self(fn: Fn) -> tuple[Symbol, Cls | None]:
    """The symbol and class of the method's ``self`` that a function inside a method closes over."""
    around = fn.parent
    while around is not None and around.index:
        if around.facts.owner is not None:
            if not around.first_is_self or around.self_name in fn.facts.locals:
                return None, None
            return ("outer", around.index, around.self_name), around.owner
        around = around.parent
    return None, None


def changing_globals(module: ModuleView) -> frozenset[str]:
    """The module variables that functions may change: those declared global, and containers."""
    memo = module.fn(0).memo
    known = memo.get("changing_globals")
    if known is None:
        facts = module.facts
        names: set[str] = set()
        for function in facts.functions[1:]:
            names |= function.global_names
        ops = facts.functions[0].ops
        for name, register in facts.bindings.items():
            kind = ops[register][0]
            display = kind == "build" and ops[register][1] != "tuple"
            if display or kind in ("dict", "collect") or (kind == "call" and not name.isupper()):
                names.add(name)
        known = memo["changing_globals"] = frozenset(names & facts.bindings.keys())
    return known  # type: ignore[return-value]


def whole_of(items: list[tuple[Any, Value]]) -> Symbol | None:
    """The one object that most values of a dict display are attributes of, at least four of them, each under
    its own name or part of it."""
    counts: dict[Symbol, int] = {}
    for key, value in items:
        symbol = value.symbol
        if isinstance(key, str) and isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
            if _named_alike(key, str(symbol[2])):
                counts[symbol[1]] = counts.get(symbol[1], 0) + 1
    for base, count in counts.items():
        if count >= 4 and count * 3 >= len(items) * 2:
            return base
    return None


def _named_alike(column: str, name: str) -> bool:
    column, name = column.rpartition(".")[2].strip("_"), name.strip("_")
    return f"_{column}".endswith(f"_{name}") or f"_{name}".endswith(f"_{column}")


_NOTHING = Value(("nothing",))

_RULES: dict[str, Any] = {
    "param": Interpreter.op_param,
    "name": Interpreter.op_name,
    "store": Interpreter.op_store,
    "import": Interpreter.op_import,
    "def": Interpreter.op_def,
    "attr": Interpreter.op_attr,
    "setattr": Interpreter.op_setattr,
    "item": Interpreter.op_item,
    "setitem": Interpreter.op_setitem,
    "delitem": Interpreter.op_delitem,
    "binop": Interpreter.op_binop,
    "inplace": Interpreter.op_binop,
    "unary": Interpreter.op_unary,
    "compare": Interpreter.op_compare,
    "bool": Interpreter.op_bool,
    "choose": Interpreter.op_choose,
    "build": Interpreter.op_build,
    "dict": Interpreter.op_dict,
    "collect": Interpreter.op_collect,
    "lambda": Interpreter.op_lambda,
    "await": Interpreter.op_same,
    "typed": Interpreter.op_typed,
    "star": Interpreter.op_same,
    "element": Interpreter.op_element,
    "unpack": Interpreter.op_unpack,
    "caught": Interpreter.op_caught,
    "enter": Interpreter.op_enter,
    "leave": Interpreter.op_leave,
    "return": Interpreter.op_return,
    "yield": Interpreter.op_yield,
    "call": Interpreter.op_call,
}

__all__ = ["Analysis", "Exit", "Interpreter", "State", "analysis", "whole_of"]
