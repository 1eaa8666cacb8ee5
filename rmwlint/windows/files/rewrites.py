"""Files that one function writes in place and another one reads: the reader can see half of it.

Two paths are the same file when they are built in the same way from what outlives a call: attributes of
``self``, constants, module variables. What a call alone knows (its parameters, elements, other values) may be
anything: ``self.folder / f"{key}.json"`` is one file for each key, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_somewhere_called, locked_wherever_called
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.files.tolerant import drops_garbled, takes_half_for_none
from rmwlint.windows.interpreter.interpret import analysis, outer_self
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.values import Event, Symbol

ALONE = frozenset(["__init__", "__new__", "__post_init__"])
_BUILT = frozenset(["call", "binop", "fstring", "attr", "item"])


class Rewrite(NamedTuple):
    """A file written in place by ``writer`` and read by ``reader``. ``kept``: the reader asks for what is
    kept in memory first, where the writer has put it before: in one process, it does not come to read.
    ``tolerated``: all who read it take half of it for none. ``lost``: what was in it is lost then: somebody
    writes the file again from what he read, or removes what cannot be parsed. ``given``: the open file is
    given to an object that the writer makes, which goes on writing."""

    writer: Fn
    write: Event
    reader: Fn
    read: Event
    kept: bool
    tolerated: bool
    lost: bool
    given: bool


def rewrites(functions: Sequence[Fn]) -> Iterator[Rewrite]:
    """The in-place writes of files, without a lock, that another of the functions reads; each once."""
    writes: list[tuple[Any, Fn, Event]] = []
    reads: dict[Any, list[tuple[Fn, Event]]] = {}
    for fn in functions:
        for event in heard(fn).events:
            if event.place is None or event.place.kind != "file" or event.trail or event.row is None:
                continue
            if of_handle(fn, event):
                continue
            if event.does not in ("read", "write") or (
                event.does == "write" and event.row.columns != "content"
            ):
                continue
            key = key_of(fn, event.place.symbol)
            if key is None or not lasting(key):
                continue
            where = home(fn)
            if event.does == "read":
                reads.setdefault((where, key), []).append((fn, event))
            elif fn.facts.name not in ALONE and fn.index and not _first(fn, event):
                writes.append(((where, key), fn, event))
    told: set[tuple[Fn, Any]] = set()
    for key, fn, event in writes:
        bare = _without_the_lock(reads.get(key, [])) if locked(event) else reads.get(key, [])
        met = [read for read in bare if _meet(fn, event, *read)]
        if met and (fn, key) not in told:
            told.add((fn, key))
            found = next((read for read in met if not takes_half_for_none(read[0], read[1].op)), None)
            reader, read = found or met[0]
            kept = _kept(fn, event, reader, read)
            readers = {reader for reader, _ in met}
            lost = _lost(functions, fn, readers)
            yield Rewrite(fn, event, reader, read, kept, found is None, lost, _given(fn, event.op))


def _lost(functions: Sequence[Fn], writer: Fn, readers: set[Fn]) -> bool:
    """Whether a function reads the file and then has it written, or a reader removes what it cannot parse."""
    names = {reader.facts.name for reader in readers}
    return any(drops_garbled(reader) for reader in readers) or any(
        writer.facts.name in fn.facts.names and not names.isdisjoint(fn.facts.names) for fn in functions
    )


def _given(fn: Fn, opened: int) -> bool:
    """Whether a file that was opened is an argument of a constructor of the program."""
    ops = fn.facts.ops
    names = {op[1] for op in ops if op[0] == "store" and op[2] == opened}
    return any(
        call.cls is not None
        and any(
            register == opened or (ops[register][0] == "name" and ops[register][1] in names)
            for register in ops[number][2]
        )
        for number, call in link(fn).calls.items()
        if number > opened and ops[number][0] == "call"
    )


def _kept(fn: Fn, write: Event, reader: Fn, read: Event) -> bool:
    """Whether the reader only comes to the file where an attribute is empty that the writer fills first."""
    filled = {
        event.place
        for event in analysis(fn).events
        if event.does == "store" and event.op < write.op and not event.control and event.place is not None
    }
    asked = {
        event.op: event.place
        for event in analysis(reader).events
        if event.does == "load" and event.place is not None and event.place in filled
    }
    return any(
        dep[0] in asked and found_there(reader.facts, branch, outcome, dep[0]) is False
        for dep, branch, outcome in read.control
    )


def _without_the_lock(reads: list[tuple[Fn, Event]]) -> list[tuple[Fn, Event]]:
    """The reads by those who take no lock for them. Who takes one on another way knows when it is needed."""
    knowing = {fn for fn, event in reads if locked(event)}
    return [(fn, event) for fn, event in reads if fn not in knowing]


def home(fn: Fn) -> str:
    """The class of the method that a function is or stands in, empty where it is none."""
    around: Fn | None = fn
    while around is not None:
        if around.owner is not None:
            return around.owner.qualified
        around = around.parent
    return ""


def _meet(fn: Fn, write: Event, reader: Fn, read: Event) -> bool:
    """Whether the write and the read can happen at the same time: no lock keeps them apart."""
    return reader is not fn and not (
        (locked(write) or locked_wherever_called(fn)) and (locked(read) or locked_somewhere_called(reader))
    )


def of_handle(fn: Fn, event: Event) -> bool:
    """Whether the access is to an open file, not to a path."""
    assert event.row is not None
    opened = fn.module.program.libraries.function_meaning("builtins.open", {})
    return any(row.gives in event.row.on for row in opened)


def _first(fn: Fn, event: Event) -> bool:
    """Whether the file is written because it is not there: nobody can be reading it."""
    tests = {
        other.op
        for other in analysis(fn).events
        if other.does == "test"
        and other.place is not None
        and event.place is not None
        and other.place.symbol == event.place.symbol
    }
    return any(
        dep[0] in tests and found_there(fn.facts, branch, outcome, dep[0]) is False
        for dep, branch, outcome in event.control
    )


def locked(event: Event) -> bool:
    """Whether a lock is held that this call did not make itself."""
    return any(held.kind == "lock" and not held.fresh for held in event.held)


def key_of(fn: Fn, symbol: Symbol) -> Any:
    """The way in which a path is built, the same in every function that builds it so."""
    if not isinstance(symbol, tuple) or not symbol:
        return None
    head = symbol[0]
    if head in ("const", "global"):
        return symbol
    if (symbol == ("param", 0) and fn.first_is_self) or (head == "outer" and symbol == outer_self(fn)[0]):
        return "self"
    if head == "attr":
        base = key_of(fn, symbol[1])
        return ("attr", base, symbol[2]) if base == "self" or isinstance(base, tuple) else "*"
    if head in _BUILT:
        return (head, *(key_of(fn, part) if isinstance(part, tuple) else part for part in symbol[1:]))
    return "*"


def lasting(key: Any) -> bool:
    """Whether the path rests on something that outlives the call."""
    if not isinstance(key, tuple):
        return False
    if key[0] == "attr":
        return key[1] == "self" or lasting(key[1])
    if key[0] == "global":
        return str(key[1]).rpartition(".")[2].strip("_").isupper()
    return any(lasting(part) for part in key[1:])


def asked_for(key: Any) -> bool:
    """Whether a whole part of the path is what a call alone knows, not a name that is made of it."""
    if not isinstance(key, tuple):
        return bool(key == "*")
    made = key[0] == "fstring" or (key[0] == "binop" and key[1] != "/")
    return not made and any(asked_for(part) for part in key[1:])
