"""Something is looked for, not found, and created: what the look was for, what is created, what forbids two.

The look and the creation speak of one thing when they are of one class, or when their names share a noun
(``service_get_by_args`` and ``create_service``). Names count only where the functions they name, or the
objects they are called on, reach a database or another service.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rmwlint.facts.operands import last_store, numbers_in
from rmwlint.libraries.index import snake
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.reverse import asked_through, referring
from rmwlint.windows.concurrency.callers import (
    duplicate_caught,
    duplicate_caught_by_callers,
    locked_by_callers,
)
from rmwlint.windows.concurrency.quiet import heard, quiet
from rmwlint.windows.concurrency.ways import locked_on_every_way, locks_rows_before, rows_locked_on_every_way
from rmwlint.windows.creations.answered import answers_well, gives_found, takes_duplicate
from rmwlint.windows.creations.decisions import absences, left_by, put_before
from rmwlint.windows.creations.found_or_made import found_or_made
from rmwlint.windows.creations.given_away import given_away
from rmwlint.windows.creations.retried import retried_by_callers, retries, tries_again
from rmwlint.windows.creations.unique import conditional_uniques, nullable, uniques
from rmwlint.windows.find import common
from rmwlint.windows.flow import in_loop, leads, other_way, reaches
from rmwlint.windows.guards.first_hand import made_here
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.presence import counts, found_there, gathered, met
from rmwlint.windows.memory.owned import by_its_host, one_loop
from rmwlint.windows.names import is_id
from rmwlint.windows.text import UNWRITTEN, text
from rmwlint.windows.values import Dep, Event, Symbol

_LOOKS = frozenset(["read", "test", "look"])
_KEPT = frozenset(["row", "rows"])
#: what stands for a row that a query has found
_FOUND = frozenset(["row", "query"])
#: changes of all the rows that a query finds
_MEETS = frozenset(["write", "swap", "delta"])
_SENDS = frozenset(["commit", "flush"])
_REACHES = frozenset(["backend", "read", "test", "write", "create", "delete", "swap", "delta"])
_SETTING = "naming.Setting"
_MADE_OF = frozenset(["attr", "await", "binop", "bool", "build", "choose", "compare", "dict", "item", "star"])
#: operations that decide, or choose between, what is done
_DECIDES = frozenset(["branch", "caught"])
_DECIDES_ALL = _DECIDES | {"bool", "choose", "collect", "loop"}
_DEEPEST = 5
#: the confidence of what is created for what is missing: such code often runs once at a time
_BY_KEY = 2
#: the confidence of a row whose class nobody knows: it may be unique
_UNKNOWN = 2
#: a query is followed back so far
_LONGEST = 12
#: a creation minds a duplicate itself, by what it calls
_MINDS_BELOW = 2
_LOOKS_BELOW = 2
#: what names say besides the thing they speak of
_OTHER_WORDS = """
    get set find list lookup read search query fetch has exists exist by create insert import add new
    all or and of for in on with to from id ids uuid name names none first one default existing current
    info data ref refs db obj object objects item items entry record type key keys value values if not
"""
_NO_NOUNS = frozenset(_OTHER_WORDS.split())
#: what a row is called that ties two things: who looks asks which are tied (``agents_hosting_network``)
_TIES = frozenset(["binding", "association", "mapping", "link", "relation", "membership", "assignment"])


class Creation(NamedTuple):
    """A creation that a look decides. ``how``: absent (nothing was found) | counted (so many are there).

    ``guard``: why no second one can be made unseen, empty where it can. ``unique``: the class declares
    columns of the look to be unique, so that the second creation fails. ``refused``: what is found only ends
    the call, so that a second creation that fails says much the same.
    """

    look: Event
    create: Event
    branch: int
    how: str
    guard: str
    unique: bool
    refused: bool
    sure: int


def creations(fn: Fn) -> tuple[Creation, ...]:
    """The creations of a function that a look in it decides."""
    found = fn.memo.get("creations")
    if found is None:
        found = fn.memo["creations"] = tuple(_creations(fn))
    return found  # type: ignore[return-value]


def _may_create(fn: Fn) -> bool:
    """Whether the function can make something, and decides: it need not be interpreted otherwise."""
    facts = fn.facts
    loud = not quiet(fn)
    decides = _DECIDES_ALL if loud else _DECIDES
    if all(op[0] not in decides for op in facts.ops) and not _may_refuse(fn):
        return False
    if loud:
        return True
    return fn.module.program.libraries.creates(facts.names) and _may_look_and_make(fn)


def _may_refuse(fn: Fn) -> bool:
    """Whether something that it calls raises by itself."""
    if not fn.module.program.libraries.creates(fn.facts.names):
        return False
    targets = (call.targets[0] for call in link(fn).calls.values() if len(call.targets) == 1 and not call.cls)
    return any(op[0] == "raise" for target in targets for op in target.facts.ops)


def _may_look_and_make(fn: Fn) -> bool:
    """Whether a quiet function calls something whose name says that it creates a thing, and looks for one
    that may be the same."""
    named = fn.module.program.libraries.named
    calls = link(fn).calls.values()
    made = [call.name for call in calls if named(call.name) == "create" and _may_keep(fn, call)]
    if not made:
        return False
    return _reads(fn, _LOOKS_BELOW) or any(
        _akin(call.name, name) for call in calls if named(call.name) == "test" for name in made
    )


def _may_keep(fn: Fn, call: Call) -> bool:
    if call.targets:
        return _remote(fn, call) or any(_reaches(target, _DEEPEST) for target in call.targets)
    if call.receiver is None:
        return bool(call.qualified)
    return _remote(fn, call)


def _akin(one: str, other: str) -> bool:
    """Whether two names share a noun, or one has initials of the other's words."""
    return bool(_nouns_of(one) & _nouns_of(other)) or _initials(one, other) or _initials(other, one)


def _reads(fn: Fn, depth: int) -> bool:
    """Whether the function, or one that it calls, looks at rows."""
    return any(
        any(row.does in _LOOKS for row in call.rows)
        or (depth > 0 and any(_reads(target, depth - 1) for target in call.targets))
        for call in link(fn).calls.values()
    )


def _creations(fn: Fn) -> Iterator[Creation]:
    events = analysis(fn).events if _may_create(fn) else []
    creates = [event for event in events if is_creation(event)]
    made = {event.op for event in creates if event.does == "create"}
    creates = [event for event in creates if event.does != "write" or _new_at(event) not in made]
    creates += found_or_made(fn, events)
    looks: dict[int, list[Event]] = {}
    for event in events:
        if event.place is not None and event.place.kind in _KEPT and _asks(event):
            looks.setdefault(event.op, []).append(event)
    if not creates and looks:
        creates = list(given_away(fn, [event for asked in looks.values() for event in asked]))
    if not creates:
        return
    known = frozenset(looks)
    for create in creates:
        best: Creation | None = None
        for dep, branch, outcome in _decided(fn, create):
            if dep[0] >= create.op or (dep[1] is not None and not gathered(fn.facts, branch, dep[0])):
                continue
            for look in looks.get(dep[0], ()):
                how = _how(fn, look, branch, outcome)
                if how is not None:
                    refused = _refused(fn, look, create, branch, outcome)
                    best = _better(best, _creation(fn, look, create, branch, how, refused, events))
            if best is not None and best.guard.startswith("lock"):
                break
        if best is None:
            before = frozenset(look for look in known if look < create.op)
            for absence in absences(fn, create, before):
                for look in looks[absence.look]:
                    found = _creation(fn, look, create, absence.at, "absent", False, events, absence.by_key)
                    best = _better(best, found)
        if best is not None:
            yield best


def _put_back(look: Event, create: Event) -> bool:
    """Whether what is added to the session is the very object that was asked about: it is there."""
    return (
        create.does == "create"
        and look.place is not None
        and create.place is not None
        and look.place.kind == create.place.kind == "row"
        and look.place.symbol == create.place.symbol
    )


def _new_at(save: Event) -> int | None:
    """The operation that made the row which is saved: where that has kept it, the save makes none."""
    symbol = save.place.symbol if save.place is not None else None
    return symbol[1] if isinstance(symbol, tuple) and symbol[0] == "new" else None


def _decided(fn: Fn, create: Event) -> list[tuple[Dep, int, bool]]:
    """What decides that a creation happens, by branch."""
    decided = [*create.control, *_passed(fn, create), *left_by(fn, create), *put_before(fn, create)]
    return sorted(set(decided), key=lambda one: (one[1], one[0][0], one[2]))


def _better(one: Creation | None, other: Creation | None) -> Creation | None:
    """The creation to tell of two, of which the first is the one found first."""
    if one is None or other is None:
        return one or other
    if one.guard.startswith("lock"):
        return one
    return other if other.guard.startswith("lock") or _weight(one) > _weight(other) else one


def _creation(
    fn: Fn,
    look: Event,
    create: Event,
    branch: int,
    how: str,
    refused: bool,
    events: list[Event],
    by_key: bool = False,
) -> Creation | None:
    """The creation after a look, where both speak of one thing; None where they do not. ``by_key``: it is of
    each key that the look has not given: whoever tries again after a duplicate knows that they are unique."""
    if not _same(fn, look, create) or own(fn, look) or _through_own(fn, look) or _put_back(look, create):
        return None
    guard = guard_of_creation(fn, look, create, events, how == "counted")
    unique = _unique(fn, look, create)
    searched = met(fn.facts, branch, look.op) is not None
    again = by_key or unique or (searched and _has_unique(create))
    guard = guard or tried_again(fn, look, create, again) or locked_outside(fn)
    sure = min(_sure(fn, look, create), _BY_KEY) if by_key else _sure(fn, look, create)
    if create.does == "make" and in_loop(fn, create.op) and gathered(fn.facts, branch, look.op):
        sure = 1  # what is missing is made up for, one after the other: rarely by two at a time
    return Creation(look, create, branch, how, guard, unique, refused, sure)


def _passed(fn: Fn, create: Event) -> Iterator[tuple[Dep, int, bool]]:
    """What lets a creation happen besides what decides it: a look that is not always made, and that ends the
    call where it finds something (``if name: if exists(name): return …``)."""
    if create.trail:
        return
    known = {branch for _, branch, _ in create.control}
    repeated = in_loop(fn, create.op)
    for branch, deps in analysis(fn).deciding.items():
        if branch > create.op or (branch in known and (repeated or not in_loop(fn, branch))):
            continue
        for outcome in (True, False):
            if ends_otherwise(fn, branch, outcome) and reaches(fn, branch, create.op):
                yield from ((dep, branch, outcome) for dep in deps)
        for dep in deps:
            way = met(fn.facts, branch, dep[0])
            if way is not None and not leads(fn, branch, way, create.op):
                if leads(fn, branch, not way, create.op):
                    yield (dep[0], None, "derive"), branch, not way


def _asks(event: Event) -> bool:
    """Whether an event tells if something is there: a look, or an update that says how many rows it met."""
    return event.does in _LOOKS or (event.does in _MEETS and event.query is not None)


def _weight(creation: Creation) -> tuple[bool, bool, int]:
    return bool(creation.guard), creation.refused, -creation.sure


def is_creation(event: Event) -> bool:
    """Whether the event makes a row, or says by its name that it makes something like one."""
    if event.place is None or event.place.kind not in _KEPT:
        return False
    saves = event.does == "write" and event.fresh
    if event.does == "create" and _kept_again(event):
        return False
    return event.does in ("create", "make") or (saves and not (event.row is not None and event.row.each))


def _kept_again(create: Event) -> bool:
    """Whether what is added to the session is a row that a query has found: it is there."""
    added = create.row is not None and (create.row.at or "").startswith("arg")
    symbol = create.place.symbol if create.place is not None else None
    return added and isinstance(symbol, tuple) and symbol[0] in _FOUND


def _how(fn: Fn, look: Event, branch: int, outcome: bool) -> str | None:
    if fn.facts.ops[branch][0] == "branch":
        there = found_there(fn.facts, branch, outcome, look.op)
        if there is False or met(fn.facts, branch, look.op) is (not outcome):
            return "absent"
        counted = look.row is not None and look.row.kind == "count"
        counted = counted or (there is None and counts(fn.facts, branch, look.op))
        return "counted" if there is None and counted else None
    refused = branch == look.op and branch in analysis(fn).refused
    return "absent" if refused or fn.facts.ops[branch][0] == "caught" else None


# -- one thing ----------------------------------------------------------------------------------------


def _same(fn: Fn, look: Event, create: Event) -> bool:
    if _made_below(create) and not _of_one_subject(fn, look, create):
        return False
    one, other = row_class(look), row_class(create)
    if one is not None and other is not None:
        return one is other or one in other.mro() or other in one.mro()
    if one is None and other is None and _of_one_unknown(fn, look, create):
        return True
    if _refers(fn, look, create, one, other):
        return True
    by_name = look.does == "look" or create.does == "make"
    if not alike(look, create) and not (by_name and _abbreviated(look, create)):
        if look.does != "look" or create.does == "make" or not _asked_by(fn, look, create):
            return False
    if not by_name:
        return True
    if create.does != "make":
        # The creation is sure to be of a row, and what is looked for bears its name.
        return row_class(create) is not None or _kept(fn, look)
    return all(event.does not in ("look", "make") or _kept(fn, event) for event in (look, create))


def _of_one_unknown(fn: Fn, look: Event, create: Event) -> bool:
    return _of_given_class(look, create) or _of_unknown_class(fn, look, create)


def _of_unknown_class(fn: Fn, look: Event, create: Event) -> bool:
    """Whether both are about one class of another package, which nobody knows, by its name in full."""
    assert look.place is not None and create.place is not None
    if look.does == "look" or create.does == "make":
        return False
    made = create.place.what
    symbol = create.place.symbol
    if not made and isinstance(symbol, tuple):
        if symbol[0] == "call" and isinstance(symbol[1], tuple) and symbol[1][:1] == ("global",):
            made = symbol[1][1]
        elif symbol[0] == "op" and not create.trail:
            call = link(fn).calls.get(symbol[1])
            made = "" if call is None else call.qualified
    if made or look.place.what or look.trail or create.trail:
        return "." in made and made == look.place.what
    asked = _way_to_rows(fn, look.op)
    return bool(asked) and asked == _way_to_rows(fn, create.op)


def _of_given_class(look: Event, create: Event) -> bool:
    """Whether both are about the class that the function is given: ``session.query(model)``, and
    ``session.add(model(**values))``. Both are known for what they do by the library that is called."""
    assert create.place is not None
    kind, symbol = look.type, create.place.symbol
    if kind is None or kind.kind != "argument" or look.trail or create.trail or create.does == "make":
        return False
    return isinstance(symbol, tuple) and symbol[:2] == ("call", ("param", kind.ref))


def _way_to_rows(fn: Fn, number: int) -> str:
    """How the class is written whose rows an operation reaches, where that means one class all along:
    ``Order`` of ``Order.objects.filter(…).first()``."""
    ops, ways = fn.facts.ops, fn.module.program.libraries.ways_to_rows
    register = number
    for _ in range(_LONGEST):
        op = ops[register]
        if op[0] == "name":
            at = last_store(ops, op[1], register)
            if at < 0:
                return ""
            register = ops[at][2]
        elif op[0] == "attr" and op[2] in ways:
            holder = ops[op[1]]
            stored = [one for one in ops if one[0] == "store" and one[1] == holder[-1]]
            return str(holder[1]) if holder[0] == "name" and len(stored) <= 1 else ""
        elif op[0] in ("attr", "await", "call", "element"):
            register = op[1]
        else:
            return ""
    return ""


def _refers(fn: Fn, look: Event, create: Event, looked: Cls | None, made: Cls | None) -> bool:
    """Whether rows are asked for by way of a row that those which are made refer to, or the other way round.

    Where neither class is known, it is the same attribute of the same row.
    """
    if look.trail or create.trail:
        return False
    asked = None if looked is not None else through(fn, look)
    given = None if made is not None else through(fn, create)
    if asked is not None and made is not None:
        return referring(made, asked[0]) is not None
    if given is not None and looked is not None:
        return referring(looked, given[0]) is not None
    return asked is not None and asked == given


def through(fn: Fn, event: Event) -> tuple[str, str] | None:
    """The undeclared attribute of a row by which an event reaches its rows, by name and as it is written."""
    found = asked_through(fn, event.op)
    return None if found is None else (found[1], text(fn.facts, found[0]))


def _asked_by(fn: Fn, look: Event, create: Event) -> bool:
    """Whether the class is called after what is looked up and what it is looked up by: a ``NetworkSegment``
    by ``get_segment(network_id)``."""
    one, other = _nouns(look), _nouns(create)
    given = frozenset[str]().union(*(_nouns_of(name) for name in _subjects(fn, look.op)))
    return bool(one & other) and other <= one | given


def _made_below(create: Event) -> bool:
    """Whether the function that is called makes the row and keeps it, too."""
    return bool(create.trail) and create.place is not None and create.place.symbol == ("new", create.op)


def _of_one_subject(fn: Fn, look: Event, create: Event) -> bool:
    """Whether a function that creates is given a variable that the look is given too."""
    return not _subjects(fn, look.op).isdisjoint(_subjects(fn, create.op))


def _subjects(fn: Fn, call: int) -> frozenset[str]:
    """The variables that a call, or the query that it runs, is given; not what all are given: a session."""
    ops = fn.facts.ops
    suggests = fn.module.program.libraries.receiver
    found: set[str] = set()
    pending, asked = [call], {call}
    while pending:
        number = pending.pop()
        op = ops[number]
        if op[0] == "name":
            if op[1] in fn.facts.locals and _SETTING not in suggests(op[1]):
                found.add(op[1])
        elif op[0] == "call":
            pending += [*op[2], *(register for _, register in op[3])]
            callee = ops[op[1]]
            if callee[0] == "attr" and (number not in asked or ops[callee[1]][0] == "call"):
                # what is asked runs a query; what is given, as ``values.get("name")``, is a part of something
                pending.append(callee[1])
                if number in asked:
                    asked.add(callee[1])
        elif op[0] in _MADE_OF:
            pending += numbers_in(op)
    return frozenset(found)


def row_class(event: Event) -> Cls | None:
    """The class of the rows that an event is about, None where it is not known."""
    call = event.call
    for kind in (event.type, call.rtype if call is not None else None):
        if kind is not None and kind.kind == "member":
            continue  # an attribute that nobody declares; what it belongs to is another row
        if kind is not None and kind.arg is not None and kind.arg.kind == "instance":
            return kind.arg.ref  # type: ignore[no-any-return]
        if kind is not None and kind is event.type and kind.kind == "instance":
            return kind.ref  # type: ignore[no-any-return]
    kind = call.rtype if call is not None else None
    if kind is not None and kind.kind == "class" and event.row is not None and event.row.at == "query":
        asked: Cls = kind.ref
        return asked if asked.row() is not None else None
    return None


def as_called(fn: Fn, number: int, event: Event, way: tuple[tuple[Fn, int], ...]) -> Event:
    """An event further down, as one of the function whose call leads to it. ``way``: the functions from the
    call on, each with its operation. What was held there is given back by now, unless the caller holds it
    too."""
    held = heard(fn).at_calls.get(number, ())
    return event._replace(op=number, trail=way, held=held, locked=event.locked and bool(held))


def thing(event: Event) -> str:
    """What an event is about: what its place is called, how it is written, or the name of its class."""
    place = event.place
    written = "" if place is None else place.what.rpartition(".")[2] or place.text
    if written not in ("", UNWRITTEN):
        return written
    cls = row_class(event)
    return "row" if cls is None else cls.name


def _nouns(event: Event) -> frozenset[str]:
    place = event.place
    assert place is not None
    cls = None if place.what else row_class(event)
    found = _nouns_of((place.what if cls is None else cls.name).rpartition(".")[2])
    kind = event.call.rtype if event.call is not None and event.does == "look" else None
    if kind is not None and kind.kind == "class":
        found |= _nouns_of(kind.name.rpartition(".")[2])
    return found


@lru_cache(maxsize=4096)
def _nouns_of(name: str) -> frozenset[str]:
    return frozenset(_singular(word) for word in snake(name).split("_") if word) - _NO_NOUNS


def alike(look: Event, create: Event) -> bool:
    """Whether both are of one class, or the names speak of one thing: one says no more than the other, or a
    third is shared."""
    assert look.place is not None and create.place is not None
    if "." in look.place.what and look.place.what == create.place.what:
        return True
    one, other = _nouns(look), _nouns(create)
    both = len(one & other)
    if not both:
        return False
    if create.does != "make":
        tied = other - _TIES
        return other <= one or (len(tied) > 1 and tied <= one)
    return one <= other or other <= one or both * 3 >= len(one | other)


def _abbreviated(look: Event, create: Event) -> bool:
    """Whether one name has the initials of two or three words of the other: ``sg`` for ``security_group``."""
    assert look.place is not None and create.place is not None
    one, other = look.place.what, create.place.what
    return _initials(one, other) or _initials(other, one)


def _initials(one: str, other: str) -> bool:
    words = [word for word in snake(one).split("_") if word and word not in _NO_NOUNS]
    initials = {
        "".join(word[0] for word in words[start : start + size])
        for size in (2, 3)
        for start in range(len(words) - size + 1)
    }
    return not initials.isdisjoint(snake(other).split("_"))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _kept(fn: Fn, event: Event) -> bool:
    """Whether a call that only its name explains reaches something that outlives this process."""
    call = event.call
    if call is None:
        return False
    if call.targets:
        return _remote(fn, call) or any(_reaches(target, _DEEPEST) for target in call.targets)
    if call.cls is not None:
        return False
    if call.receiver is None:
        return bool(call.qualified) and _given_remote(fn, event)
    return _remote(fn, call)


def _given_remote(fn: Fn, event: Event) -> bool:
    """Whether a function of another package is given the object that reaches far."""
    assert event.place is not None
    suggests = fn.module.program.libraries.receiver
    return any(
        isinstance(symbol, tuple) and symbol[0] == "attr" and "naming.Remote" in suggests(symbol[2])
        for _, symbol in event.place.keys
    )


def _remote(fn: Fn, call: Call) -> bool:
    if call.receiver is None:
        return False
    op = fn.facts.ops[call.receiver]
    name = str(op[-1]) if op[0] in ("attr", "name") else ""
    return "naming.Remote" in fn.module.program.libraries.receiver(name)


def _reaches(fn: Fn, depth: int) -> bool:
    """Whether the function, or one that it calls down to that depth, reaches a database or a service."""
    known: list[bool | None] = fn.memo.setdefault("reaches", [None] * (_DEEPEST + 1))  # type: ignore[assignment]
    found = known[depth]
    if found is None:
        found = known[0]
        if found is None:
            found = known[0] = any(_far(fn, call) for call in link(fn).calls.values())
        if not found and depth:
            targets = {target for call in link(fn).calls.values() for target in call.targets}
            found = any(_reaches(target, depth - 1) for target in targets)
        known[depth] = found
    return found


def _far(fn: Fn, call: Call) -> bool:
    if any(row.does in _REACHES and row.place in (None, *_KEPT, "document", "http") for row in call.rows):
        return True
    return _remote(fn, call) and bool(fn.module.program.libraries.named(call.name))


# -- what forbids two ---------------------------------------------------------------------------------


def own(fn: Fn, look: Event) -> bool:
    """Whether the look is among what this call itself has made: nobody else adds to that."""
    assert look.place is not None
    return look.does != "look" and any(
        _made(fn, symbol, look.op) for name, symbol in look.place.keys if name != "**"
    )


def _through_own(fn: Fn, look: Event) -> bool:
    """Whether the look goes through a relation of a row that the function has just made."""
    call = link(fn).calls.get(look.op)
    if call is None or call.receiver is None or call.targets or look.does == "look":
        return False
    ops, register = fn.facts.ops, call.receiver
    if ops[register][0] != "attr":
        return False
    while ops[register][0] == "attr":
        register = ops[register][1]
    return made_here(fn, register, look.op)


def _made(fn: Fn, symbol: Symbol, at: int) -> bool:
    while isinstance(symbol, tuple) and len(symbol) > 1 and symbol[0] in ("attr", "item"):
        symbol = symbol[1]
    if not isinstance(symbol, tuple) or symbol[:1] != ("new",):
        return False
    op = fn.facts.ops[symbol[1]]
    # a list of values is written out here, and they need not be made here
    return op[0] != "build" or any(made_here(fn, register, at) for register in op[2])


def _of_look(event: Event, look: Event, counted: bool) -> bool:
    """Whether a locked read is the look itself, which finds nothing, and so has locked nothing."""
    return not counted and event.op == look.op and row_class(event) is row_class(look)


def guard_of_creation(fn: Fn, look: Event, create: Event, events: list[Event], counted: bool = True) -> str:
    """Why no second one can be created after the same look; empty where one can. ``counted``: the look finds
    some."""
    if "duplicate" in create.caught or _caught_where_sent(fn, create):
        return "the duplicate is caught"
    shared = common(look.held, create.held)
    if any(held.kind == "lock" and not held.fresh for held in shared):
        return "lock"
    if any(held.kind == "transaction" for held in shared) or look.locked:
        for event in events:
            if (
                event.locked
                and event.does == "read"
                and event.op <= look.op
                and not _of_look(event, look, counted)
            ):
                return "row lock"
    if locks_rows_before(fn, look.op):
        return "row lock"
    if _looked_again(fn, look, create, events):
        return "row lock over a second look"
    if _claimed(fn, create, events):
        return "another creation is the claim"
    if locked_by_callers(fn):
        return "lock of the callers"
    if duplicate_caught_by_callers(fn):
        return "the duplicate is caught by the callers"
    if create.call is not None and any(_minds(target, create, 0) for target in create.call.targets):
        return "the creation minds a duplicate itself"
    return ""


def _caught_where_sent(fn: Fn, create: Event) -> bool:
    """Whether what is only added to a session is first sent, or committed, where a duplicate is caught."""
    row = create.row
    if row is None or create.trail or row.at is None or not row.at.startswith("arg"):
        return False
    sent = (
        number
        for number, call in sorted(link(fn).calls.items())
        if number > create.op
        and any(one.does in _SENDS and one.library == row.library for one in call.rows)
        and reaches(fn, create.op, number)
    )
    first = next(sent, None)
    return first is not None and duplicate_caught(fn, first)


def _looked_again(fn: Fn, look: Event, create: Event, events: list[Event]) -> bool:
    """Whether another row is locked after the look, and a function of the program that is given the class of
    what is created decides then once more."""
    cls = row_class(create)
    locks = [
        event.op
        for event in events
        if event.locked and event.does == "read" and look.op < event.op < create.op
        if any(held.kind == "transaction" for held in common(event.held, create.held))
    ]
    return bool(locks) and any(
        dep[0] > locks[0] and cls is not None and _given(fn, dep[0], cls)
        for dep, _, _ in _decided(fn, create)
    )


def _given(fn: Fn, number: int, cls: Cls) -> bool:
    op, kinds = fn.facts.ops[number], link(fn).types
    if op[0] != "call":
        return False
    return any(
        (kind := kinds[register]) is not None and kind.kind == "class" and kind.ref is cls
        for register in (*op[2], *(register for _, register in op[3]))
    )


def locked_outside(fn: Fn) -> str:
    """The lock that everybody holds who comes to a function; empty where somebody holds none."""
    if locked_on_every_way(fn):
        return "lock on every way"
    return "row lock on every way" if rows_locked_on_every_way(fn) else ""


def tried_again(fn: Fn, look: Event, create: Event, unique: bool) -> str:
    """Why a creation that is refused for a duplicate is tried again; empty where it is not."""
    how = retries(fn)
    if how and (unique or (how == "named" and create.does == "make") or _may_be_unique(fn, look, create)):
        return "the function tries again after a duplicate"
    if create.call is not None and any(tries_again(target, fn) for target in create.call.targets):
        return "what is called calls it again where it fails"
    if unique and retried_by_callers(fn):
        return "the callers try again after a duplicate"
    return ""


def _claimed(fn: Fn, create: Event, events: list[Event]) -> bool:
    """Whether the creation follows another one that fails for the second, who then does not get here."""
    for event in events:
        if event.op < create.op and "duplicate" in event.caught and is_creation(event):
            handlers = [at for at, op in enumerate(fn.facts.ops) if op[0] == "caught" and at > event.op]
            if handlers and reaches(fn, event.op, create.op) and not reaches(fn, handlers[0], create.op):
                return True
    return False


def _minds(fn: Fn, create: Event, depth: int) -> bool:
    """Whether a function creates under a handler of duplicates, or under a lock."""
    for event in analysis(fn).events:
        if is_creation(event) and "duplicate" in event.caught:
            return True
        if is_creation(event) and any(held.kind == "lock" and not held.fresh for held in event.held):
            return True
    if takes_duplicate(fn):
        return True
    if depth >= _MINDS_BELOW:
        return False
    named = fn.module.program.libraries.named
    for call in link(fn).calls.values():
        if len(call.targets) != 1 or call.targets[0] is fn:
            continue
        target = call.targets[0]
        if target.facts.name == fn.facts.name or named(call.name) == "create":
            if _minds(target, create, depth + 1):
                return True
        elif depth == 0 and any(op[0] == "caught" for op in target.facts.ops):
            events = analysis(target).events
            if any(
                is_creation(event) and "duplicate" in event.caught and _nouns(event) == _nouns(create)
                for event in events
            ):
                return True
    return False


def _unique(fn: Fn, look: Event, create: Event) -> bool:
    """Whether the class declares columns of the look to be unique, whose values are not empty."""
    cls = row_class(create) or row_class(look)
    if cls is None or look.place is None:
        return False
    keys = cls.keys()
    asked = (name for name in _asked_for(fn, look) if name not in keys)
    compared = [*look.place.keys, *((name, None) for name in asked)]
    known = {symbol for _, symbol in look.place.keys}
    compared += [(name, value.symbol) for name, value in create.columns if _determined(value.symbol, known)]
    columns = {plain(column.partition("__")[0]) for column, _ in compared}
    missing = {plain(column.partition("__")[0]) for column, symbol in compared if _may_be_missing(symbol)}
    empty = {plain(column) for column in nullable(cls)} & missing if missing else set()
    groups = ({plain(column) for column in group} for group in (*uniques(cls), *conditional_uniques(cls)))
    return any(columns >= group and not group & empty for group in groups)


def _may_be_unique(fn: Fn, look: Event, create: Event) -> bool:
    """Whether a column of the look is unique together with others, of which nobody knows the values."""
    cls = row_class(create) or row_class(look)
    if cls is None or look.place is None:
        return False
    keys = cls.keys()
    asked = {plain(column.partition("__")[0]) for column, _ in look.place.keys}
    asked |= {plain(name) for name in _asked_for(fn, look)}
    groups = [{plain(column) for column in group} for group in uniques(cls) if not group <= set(keys)]
    return any(group & asked and group - asked for group in groups)


def _has_unique(create: Event) -> bool:
    """Whether the class declares something to be unique besides its keys."""
    cls = row_class(create)
    return cls is not None and any(not group <= cls.keys() for group in uniques(cls))


def _asked_for(fn: Fn, look: Event) -> Iterator[str]:
    """What the function that looks calls the values it is given."""
    call = link(fn).calls.get(look.op)
    if call is None or len(call.targets) != 1:
        return
    target, op = call.targets[0], fn.facts.ops[look.op]
    names = [param.name for param in target.facts.params if param.kind in ("positional", "any")]
    yield from names[1 if target.first_is_self else 0 :][: len(op[2])]
    yield from (keyword for keyword, _ in op[3] if keyword != "**")


def _may_be_missing(symbol: Symbol | None) -> bool:
    """Whether a value is None, or was fetched from a dict that may not have it."""
    if symbol == ("const", None):
        return True
    if not isinstance(symbol, tuple) or len(symbol) != 3 or symbol[0] != "call":
        return False
    callee = symbol[1]
    return isinstance(callee, tuple) and callee[0] == "attr" and callee[2] == "get"


def plain(column: str) -> str:
    """A column without what says that it holds a key: ``user`` for ``user_id``."""
    return column[:-3] if column.endswith("_id") and len(column) > 3 else column


def _determined(symbol: Symbol, known: set[Symbol]) -> bool:
    """Whether a value is the same for all who make the same call with the same look."""
    if symbol in known:
        return True
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] in ("const", "param"):
        return True
    if symbol[0] in ("attr", "item"):
        return _determined(symbol[1], known)
    return symbol[0] == "fstring" and all(_determined(part, known) for part in symbol[1:])


def ends_otherwise(fn: Fn, branch: int, outcome: bool) -> bool:
    """Whether the other way at the branch leaves the function at once, without giving what was found."""
    ops, found = fn.facts.ops, analysis(fn)
    if branch in found.refused or branch in found.checked:
        return True
    way = other_way(fn, branch, outcome)
    if way is None:
        return False
    start, end, further, _ = way
    if any(_always_raises(fn, number) for number in range(start, end)):
        return True
    op = ops[end - 1] if not further and end else ("pass",)
    given = ops[op[1]][0] if op[0] == "return" and op[1] is not None else "const"
    return op[0] in ("raise", "return") and given not in ("name", "attr", "item")


def _refused(fn: Fn, look: Event, create: Event, branch: int, outcome: bool) -> bool:
    """Whether what is found only ends the call: not where an update that has met the row has done what was
    wanted, nor where a row is wanted that is there."""
    if look.does in _MEETS:
        return False
    if fn.facts.ops[branch][0] == "caught":
        return _raises_after(fn, look.op)
    if not ends_otherwise(fn, branch, outcome) or _goes_on(fn, look, create, branch, outcome):
        return False
    return create.does == "make" or not _satisfied(fn, look, branch, outcome)


def _goes_on(fn: Fn, look: Event, create: Event, branch: int, outcome: bool) -> bool:
    """Whether the other way at the branch ends the function as the creation does, or with what it does to
    rows of the class: what is there serves as well as a new one."""
    way = other_way(fn, branch, outcome)
    if way is None:
        return False
    start, end, _, _ = way
    ops = fn.facts.ops
    if any(ops[number][0] == "raise" or _always_raises(fn, number) for number in range(start, end)):
        return False
    if reaches(fn, create.op, start):
        return True
    cls = row_class(create) or row_class(look)
    events = (event for event in analysis(fn).events if start <= event.op < end)
    return cls is not None and any(
        event.place is not None and event.place.kind in _KEPT and row_class(event) is cls for event in events
    )


def _raises_after(fn: Fn, look: int) -> bool:
    """Whether a look that raises nothing itself leads to an error alone, which says that it is there."""
    blocks, ops = fn.facts.blocks, fn.facts.ops
    pending = [at for at, (first, last, _, _) in enumerate(blocks) if first <= look < last]
    seen: set[int] = set()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        first, last, successors, _ = blocks[at]
        if not successors and (last == first or ops[last - 1][0] != "raise"):
            return False
        pending += successors
    return bool(seen)


def _satisfied(fn: Fn, look: Event, branch: int, outcome: bool) -> bool:
    """Whether the other way at the branch ends the function well: with nothing said, with an answer that all
    is well, or with what was found. What is wanted is there."""
    way = other_way(fn, branch, outcome)
    if way is None:
        return False
    start, end, further, _ = way
    if any(_always_raises(fn, number) for number in range(start, end)):
        return False
    ops = fn.facts.ops
    op = ops[end - 1] if not further and end else ("pass",)
    if op[0] != "return":
        return False
    if op[1] is None or ops[op[1]] == ("const", None):
        return True
    return answers_well(fn, op[1]) or gives_found(fn, op[1], look.op)


def _always_raises(fn: Fn, number: int) -> bool:
    """Whether an operation calls a function of the program that never returns."""
    call = link(fn).calls.get(number) if fn.facts.ops[number][0] == "call" else None
    if call is None or len(call.targets) != 1:
        return False
    facts = call.targets[0].facts
    ends = [last for _, last, successors, _ in facts.blocks if not successors]
    return bool(ends) and all(last > 0 and facts.ops[last - 1][0] == "raise" for last in ends)


def _sure(fn: Fn, look: Event, create: Event) -> int:
    sure = min(look.sure, create.sure)
    made = row_class(create)
    if made is None and _of_one_unknown(fn, look, create):
        sure = min(sure, _UNKNOWN)
    if made is not None and made is fn.owner and made.row() is None:
        sure = min(sure, _UNKNOWN)  # what is unique only the classes say that are derived from it
    if _told_by_method(look) or _told_by_method(create):
        return 1
    if create.does == "make" and (_by_own_id(look, create) or one_loop(fn)):
        return 1
    if by_its_host(fn) or _under_new_key(fn, look, create) or _referred_to(fn, look, create):
        return 1
    if look.place is not None and any(_drawn(fn, symbol) for _, symbol in look.place.keys):
        return 1
    return min(sure, 2) if look.does == "look" or create.does == "make" else sure


def _drawn(fn: Fn, symbol: object) -> bool:
    """Whether a value that is looked for has just been drawn at random: nobody else comes with the same."""
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] == "op" and isinstance(symbol[1], int):
        op, call = fn.facts.ops[symbol[1]], link(fn).calls.get(symbol[1])
        if call is not None and (_draws(fn, call.name) or _made_of_draws(fn, symbol[1], call)):
            return True
        # str(uuid4())
        plain = op[0] == "call" and fn.facts.ops[op[1]][0] == "name" and (call is None or not call.targets)
        return plain and any(_drawn(fn, ("op", given)) for given in op[2])
    if symbol[0] in ("global", "attr") and isinstance(symbol[-1], str) and _draws(fn, symbol[-1]):
        return True
    return symbol[0] in ("call", "attr", "fstring") and any(_drawn(fn, part) for part in symbol[1:])


def _made_of_draws(fn: Fn, number: int, call: Call) -> bool:
    """Whether a call that is given nothing reaches a function which draws something."""
    given = fn.facts.ops[number]
    return (
        not given[2]
        and not given[3]
        and len(call.targets) == 1
        and any(_draws(fn, name) for name in sorted(call.targets[0].facts.names))
    )


def _draws(fn: Fn, name: str) -> bool:
    return "naming.Draw" in fn.module.program.libraries.receiver(name.rpartition(".")[2])


def _told_by_method(event: Event) -> bool:
    """Whether only the name of a method tells the table, so that nobody knows what is unique in it."""
    place = event.place
    if place is None or place.kind != "row" or "" not in dict(place.keys):
        return False
    return event.type is None or event.type.kind not in ("instance", "library")


def _under_new_key(fn: Fn, look: Event, create: Event) -> bool:
    """Whether the look is by the key of a row, and what is created gets one of its own: another row."""
    if look.place is None or create.place is None or look.does == "look" or create.trail:
        return False
    keys = _keys(fn, create)
    asked = {column for column, _ in look.place.keys}
    given = {column for column, _ in create.place.keys} | {column for column, _ in create.columns}
    return bool(asked) and asked <= keys and not (given & keys or "" in given or "**" in given)


def _keys(fn: Fn, create: Event) -> frozenset[str]:
    """The names of the keys of a row: of one whose class nobody knows, what the library calls them."""
    cls = row_class(create)
    if cls is not None:
        return cls.keys()
    kind = create.type
    if kind is not None and kind.arg is not None:
        kind = kind.arg
    known = kind is not None and kind.kind == "library" and isinstance(kind.ref, str)
    return frozenset(fn.module.program.libraries.types[kind.name].keys) if known and kind else frozenset()


def _referred_to(fn: Fn, look: Event, create: Event) -> bool:
    """Whether the look only goes on to the row that another row refers to, and what is created is not told of
    that one, nor is that one of it: it may be any new row."""
    ops = fn.facts.ops
    if ops[look.op][0] != "attr" or look.trail or create.trail:
        return False
    if any(op[0] == "setattr" and op[2] == ops[look.op][2] for op in ops):
        return False
    if look.place is None or create.place is None or row_class(create) is None:
        return False
    symbol = look.place.symbol
    if not isinstance(symbol, tuple) or symbol[:1] != ("attr",) or "" in dict(create.place.keys):
        return False
    given = [value for _, value in create.place.keys] + [value.symbol for _, value in create.columns]
    return not any(one == symbol[1] or one == symbol for one in given)


def _by_own_id(look: Event, create: Event) -> bool:
    """Whether the look is by the id that an object has, and what is created is made from that object, not
    from the id: who else makes it has the same object in hand, or it gets an id of its own."""
    assert look.place is not None and create.place is not None
    given = {symbol for _, symbol in create.place.keys}
    asked = [symbol for _, symbol in look.place.keys if symbol not in given]
    if len(asked) != 1 or not isinstance(asked[0], tuple) or len(asked[0]) != 3:
        return False
    kind, owner, name = asked[0]
    if kind == "item" and isinstance(name, tuple) and name[:1] == ("const",):
        name = name[1]
    if kind not in ("attr", "item") or not isinstance(name, str) or not is_id(name):
        return False
    return owner in given or any(
        isinstance(symbol, tuple) and len(symbol) == 3 and symbol[:2] == (kind, owner) for symbol in given
    )
