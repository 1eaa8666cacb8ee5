"""Locks and transactions: taken and given back by calls, held by ``with`` items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rmwlint.facts.model import Op
from rmwlint.facts.operands import made_of
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import row_sure
from rmwlint.program.link import link, method_rows
from rmwlint.program.program import Cls, Fn, Program
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.contexts import committed_by_leaving, held_after, held_inside
from rmwlint.windows.interpreter.site import Site, site_of
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Held, Place, Symbol, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_STATEMENTS = frozenset(["run", "create", "write"])


def lock(run: Interpreter, site: Site, row: CallModel, sure: int) -> Value | None:
    """A call that makes, takes or gives back a lock; the value it gives."""
    position, known = site.position, site.known
    key = lock_key(row, site.receiver, site.args, position)
    if "release" in row.form:
        run.state.held = tuple(
            held for held in run.state.held if not (held.kind == "lock" and held.key == key)
        )
        run.emit(Event(position, "unlock", Place("lock", key), call=known, row=row, sure=sure))
        return None
    if "acquire" in row.form and "context" not in row.form:
        reach = lock_reach(row, site.kwargs)
        run.others_run()
        register = known.receiver if known.receiver is not None else (site.op[2][0] if site.op[2] else None)
        written = text(run.facts, register)
        held = Held(position, "lock", key, reach, written, sure=sure, fresh=is_fresh(key))
        run.state.held += (held._replace(until_commit=row.until == "commit"),)
        place = Place("lock", key, "", frozenset(), written)
        run.emit(Event(position, "lock", place, call=known, row=row, sure=sure))
        return Value(("op", position))
    if "create" in row.form:
        return Value(_named(run, site, row) or ("new", position), type=site.kind)
    return None


def _named(run: Interpreter, site: Site, row: CallModel) -> Symbol | None:
    """A lock that reaches beyond the process is its name, however many objects stand for it."""
    if row.reach not in ("host", "cluster") or not site.args:
        return None
    return run.symbol("call", run.regs[site.op[1]].symbol, *(value.symbol for value in site.args))


def is_fresh(key: Symbol) -> bool:
    """Whether a lock's key is an object that this function itself made."""
    return isinstance(key, tuple) and bool(key) and key[0] == "new"


def lock_key(row: CallModel, receiver: Value | None, args: Sequence[Value], position: int) -> Symbol:
    """The symbol of what is locked."""
    key = row.key or ("self" if receiver is not None else "arg0")
    if key == "self" and receiver is not None:
        return receiver.symbol
    if key.startswith("arg") and key[3:].isdigit() and int(key[3:]) < len(args):
        return ("named", args[int(key[3:])].symbol)
    if key == "none":
        return ("named", row.library)
    return ("op", position)


def lock_reach(row: CallModel, kwargs: Sequence[tuple[str, Value]]) -> str:
    """How far the lock reaches, with the keyword that widens it."""
    if row.widens is not None:
        for keyword, value in kwargs:
            if keyword == row.widens[0] and value.const is not False and value.const is not None:
                return row.widens[1]
    return row.reach or "process"


def enter(run: Interpreter, position: int, op: Op) -> Value:
    """Enter a ``with`` item: what it acquires, and the value that ``as`` binds."""
    return _enter(run, position, op[1], position)


def enter_on_stack(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """Enter the context given to a call, until the ``with`` ends whose object is the call's receiver."""
    index = site.positional(row.at or "arg0")
    if index is None or site.receiver is None:
        return None
    around = next(
        (
            number
            for number, op in enumerate(run.ops[: site.position])
            if op[0] == "enter" and run.regs[op[1]].symbol == site.receiver.symbol
        ),
        site.position,
    )
    return _enter(run, site.position, site.op[2][index], around)


def _enter(run: Interpreter, position: int, register: int, around: int) -> Value:
    """Enter the context in a register at ``position``, until the operation ``around`` is left."""
    context = run.regs[register]
    source = run.ops[register]
    kind = run.link.types[position]
    taken: list[Held] = []
    if source[0] == "call" and register in run.link.calls:
        site = site_of(run, register, source)
        for row in site.known.rows:
            if "context" in row.form:
                taken += _held(
                    run, position, row, site.receiver, site.args, site.kwargs, site.known.sure, register
                )
        if not taken and site.known.cls is None:
            for target in site.known.targets:
                taken += held_inside(
                    run, position, target, site.receiver, site.args, site.kwargs, site.known.sure
                )
        if not taken and not site.known.rows and not site.known.targets:
            taken += _held_by_arguments(run, position, source)
    if not taken and context.type is not None:
        taken += _held_object(run, position, context, context.type, register)
    if not taken and _own_context(run, register):
        taken += [held._replace(reach="cluster") for held in _suggested(run, position, context, register)]
    if not taken and (context.type is None or context.type.kind in ("member", "method", "external")):
        taken += _suggested(run, position, context, register)
    if taken and _chosen(run, register):
        taken = [held._replace(sure=1) for held in taken]
    if taken:
        if any(held.kind == "lock" for held in taken):
            run.others_run()
        run.state.held += tuple(held._replace(id=around) for held in taken)
        for held in taken:
            place = Place(held.kind, held.key, "", frozenset(), held.text)
            run.emit(Event(position, held.kind, place, sure=held.sure))
        if context.symbol not in run.rows:
            return Value(("entered", context.symbol), context.deps, kind)
    return context._replace(type=kind or context.type)


def _kept_for_all(run: Interpreter, register: Any) -> bool:
    """Whether a new lock is kept in an attribute where there is none yet: the next call takes the same."""
    names = {op[2] for op in run.ops if op[0] == "setattr" and op[3] == register}
    return bool(names) and any(
        run.ops[part][0] == "attr" and run.ops[part][2] in names
        for op in run.ops[:register]
        if op[0] == "branch"
        for part in made_of(run.ops, op[1], most=20)
    )


def _own_context(run: Interpreter, register: int) -> bool:
    """Whether what is entered is a context manager of the project, a generator, that runs statements: a row
    that only one can insert keeps out the others."""
    call = run.link.calls.get(register)
    return call is not None and bool(call.targets) and all(map(_runs_statements, call.targets))


def _runs_statements(fn: Fn) -> bool:
    return fn.facts.is_generator and any(
        row.does in _STATEMENTS
        for target in (fn, *(target for call in link(fn).calls.values() for target in call.targets))
        for call in link(target).calls.values()
        for row in call.rows
    )


def _chosen(run: Interpreter, register: int) -> bool:
    """Whether what is entered is one of two: ``with atomic() if wanted else nullcontext():``."""
    op = run.ops[register]
    if op[0] == "name":
        given = [other[2] for other in run.ops[:register] if other[0] == "store" and other[1] == op[1]]
        return len(given) == 1 and bool(run.ops[given[0]][0] == "choose")
    return bool(op[0] == "choose")


def _suggested(run: Interpreter, position: int, context: Value, register: int) -> Iterator[Held]:
    """The lock that a name suggests where nothing is known of the object entered: ``with self.lock:``."""
    row = suggested_lock(run.libraries, run.ops, register)
    if row is not None:
        written = text(run.facts, register)
        yield Held(position, "lock", context.symbol, lock_reach(row, ()), written, sure=1)


def suggested_lock(libraries: Libraries, ops: tuple[Op, ...], register: int) -> CallModel | None:
    """The lock that the name of what is entered suggests, None where it suggests none."""
    op = ops[register]
    while op[0] in ("call", "item", "await"):
        op = ops[op[1]]
    if op[0] in ("name", "attr"):
        for suggested in libraries.receiver(op[-1].rstrip("'")):
            for row in libraries.method_meaning(suggested, "__enter__", {}):
                if row.does == "lock" and "context" in row.form:
                    return row
    return None


def _held_by_arguments(run: Interpreter, position: int, call: Op) -> Iterator[Held]:
    """What an unknown call holds that is given contexts to enter: ``with nested(lock, session.begin()):``."""
    for register in call[2]:
        given = run.ops[register]
        if given[0] == "call" and register in run.link.calls:
            site = site_of(run, register, given)
            for row in site.known.rows:
                if "context" in row.form:
                    yield from _held(
                        run, position, row, site.receiver, site.args, site.kwargs, site.known.sure, register
                    )


def _held_object(
    run: Interpreter, position: int, context: Value, kind: Type, register: int
) -> Iterator[Held]:
    """What an object holds that is entered itself: ``with self.lock:``."""
    rows = entered_rows(run.fn.module.program, kind)
    for row in rows:
        if "context" in row.form:
            yield from _held(run, position, row, context, (), (), kind.sure, register)
    if not rows and kind.kind == "instance":
        cls: Cls = kind.ref
        method = cls.method("__enter__") or cls.method("__aenter__")
        found: list[Held] = []
        if method is not None:
            found = list(held_after(run, position, method, context))
            yield from found
        leave = cls.method("__exit__") or cls.method("__aexit__")
        if leave is not None and all(held.kind != "transaction" for held in found):
            yield from committed_by_leaving(position, leave, cls.name)


def entered_rows(program: Program, kind: Type) -> tuple[CallModel, ...]:
    """What the library models say of entering an object of that type."""
    if kind.kind == "external":
        return program.libraries.function_meaning(kind.name, {})
    if kind.kind == "member" and kind.arg is not None:
        return method_rows(program, kind.arg, kind.name, {})
    if kind.kind in ("library", "instance"):
        return method_rows(program, kind, "__enter__", {}) or method_rows(program, kind, "__aenter__", {})
    return ()


def _held(
    run: Interpreter,
    position: int,
    row: CallModel,
    receiver: Value | None,
    args: Sequence[Value],
    kwargs: Sequence[tuple[str, Value]],
    sure: int,
    register: int,
) -> list[Held]:
    sure = min(sure, row_sure(row.confidence))
    written = text(run.facts, register)
    if row.does == "transaction":
        return [Held(position, "transaction", None, "row", written, row.readonly, row.nested, False, sure)]
    if row.does == "lock":
        key = lock_key(row, receiver, args, position)
        reach = lock_reach(row, kwargs)
        fresh = is_fresh(key) and not _kept_for_all(run, key[1])
        held = Held(position, "lock", key, reach, written, fresh=fresh, sure=sure)
        return [held._replace(until_commit=row.until == "commit", widens=row.widens)]
    return []
