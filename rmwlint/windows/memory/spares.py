"""What can be made twice with no harm: the one that is replaced has served as well as the other.

A client, a session, a pool of connections: made again it is the same. Not so what starts a thread, is a lock,
or keeps what others put into it; nor what is taken from elsewhere (``allocate``, ``register``),
unless under the object's own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmwlint.facts.model import Op
from rmwlint.facts.operands import last_store, made_of
from rmwlint.libraries.index import snake
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.spawning import spawns, starts_thread, takes_locks
from rmwlint.windows.concurrency.stored import made_by, stored_value
from rmwlint.windows.find import Window
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.names import is_id
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Value, own_attribute

#: words of names: of what runs by itself, keeps others out, or passes on what it was given
_HEAVY = frozenset(
    [
        *("thread", "threads", "executor", "process", "processes", "server", "scheduler", "timer", "daemon"),
        *(
            "lock",
            "rlock",
            "mutex",
            "semaphore",
            "barrier",
            "condition",
            "event",
            "queue",
            "channel",
            "socket",
        ),
        *("worker", "workers", "loop", "listener", "consumer"),
    ]
)
_RUNNING = frozenset(["thread", "threads", "threading", "threaded"])
#: first words of functions that only bring something
_FETCHES = ("get", "load", "fetch", "read", "find", "lookup")
#: the same, of functions that answer a question or work something out
_ANSWERS = frozenset(
    [
        "is",
        "has",
        "exists",
        "exist",
        "check",
        "query",
        "search",
        "count",
        "calculate",
        "compute",
        "hash",
        "stat",
        "collect",
        "measure",
    ]
)
#: words of functions that bring something which is new each time
_ANEW = frozenset(
    ["or", "create", "new", "next", "connection", "channel", "socket", "token", "lock", "lease"]
)
#: last words of what is as good as the next of its sort
_ALIKE = frozenset(["client", "session", "adapter", "engine", "api", "proxy", "config"])
#: first words of functions that take something which then is taken
_TAKES = frozenset(
    ["allocate", "acquire", "register", "reserve", "claim", "start", "spawn", "launch", "bind", "subscribe"]
)
#: methods that take an element out of a set
_TAKES_OUT = frozenset(["discard", "remove"])
#: first words of what is noted anew each time
_LAST = frozenset(["last", "latest", "previous"])
#: last words of what is kept open by whoever has got it
_KEPT = frozenset(["pool", "transport", "stream", "reader", "writer", "process", "browser", "driver", "task"])
#: of what a value is made of, so many parts are looked at
_MOST = 120
#: last words of attributes that are words or figures, and nothing that could be used up
_TELLING = frozenset(["name", "title", "text", "version", "url", "size"])
#: containers that a comprehension makes
_PLAIN = ("list", "dict", "set")
#: of what is chosen between, so many are looked at
_DEEPEST = 3
#: words of functions whose answer may tell of something that they have made
_SENDS = frozenset(
    [
        "post",
        "put",
        "add",
        "insert",
        "make",
        "open",
        "connect",
        "request",
        "call",
        "execute",
        "send",
        "submit",
    ]
)
#: what methods of a library's object do that runs something; one that talks to a server may well offer locks
_RUNS = ("spawn", "wait", "enqueue")
_TALKS = ("backend", "read", "write", "test")
#: first words of methods that make an object fit for use
_FITS = ("parse", "load", "connect", "start", "open", "init", "setup", "set", "configure", "register", "add")


def spare(fn: Fn, store: Event) -> bool:
    """Whether a second object like the one that is stored does no harm."""
    value = stored_value(fn, store)
    if value is None or fitted_later(fn, store):
        return False
    words = _words(fn, value)
    if words and words[0] in _TAKES and _for_itself(fn, store):
        return True
    if words and (words[0] in _TAKES or _heavy(words) or _asks_for_the_one(fn, value)):
        return False
    if any(spawns(target, False) or takes_locks(target, False) for target in _makers(fn, store)):
        return False
    kind = value.type
    if kind is not None and kind.kind == "instance":
        return _spare_class(kind.ref)
    if kind is not None and kind.kind == "library":
        libraries = fn.module.program.libraries
        return bool(libraries.any_method(kind.name, _TALKS)) and not libraries.any_method(kind.name, _RUNS)
    if not words:
        return False
    written = made_by(fn, value.symbol).rpartition(".")[2].lstrip("_")
    constructed = written[:1].isupper() and not written.isupper()
    return constructed or words[0] in _FETCHES or words[-1] in _ALIKE


def brought_again(fn: Fn, store: Event) -> bool:
    """Whether the entry that is stored is a text, an answer of yes or no, a list or dict made of what was
    found, what is taken from another attribute there and then, or what an awaited call brings or works out
    by its name, or a part of its answer: whoever else stores it comes to the same."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] == "call":
        entries = _entries_put(ops, op)
        return bool(entries) and all(_comes_again(ops, one, _DEEPEST) or _listed(ops, one) for one in entries)
    if op[0] != "setitem":
        return False
    return _comes_again(ops, op[3], _DEEPEST) or _taken_there(fn, op[3], store.op)


def _entries_put(ops: Sequence[Op], op: Op) -> list[int]:
    """The values that ``table.update({key: value})`` puts in."""
    callee = ops[op[1]]
    if callee[0] != "attr" or callee[2] != "update" or len(op[2]) != 1 or ops[op[2][0]][0] != "dict":
        return []
    return [value for _, value in ops[op[2][0]][1]]


def _listed(ops: Sequence[Op], register: int) -> bool:
    """Whether a value is a list of what was found, which is filled under a name."""
    op = ops[register]
    if op[0] != "name":
        return False
    given = [ops[other[2]] for other in ops if other[:2] == ("store", op[1])]
    return bool(given) and all(
        one[:2] == ("build", "list") or (one[0] == "call" and ops[one[1]] == ("name", "list"))
        for one in given
    )


def _taken_there(fn: Fn, register: int, number: int) -> bool:
    """Whether a value is taken from an attribute of the object, with nothing awaited before it is stored."""
    ops = fn.facts.ops
    if ops[register][0] == "name":
        at = last_store(ops, str(ops[register][1]), register)
        if at < 0 or any(ops[other][0] == "await" and reaches(fn, at, other) for other in range(at, number)):
            return False
        register = ops[at][2]
    op = ops[register]
    if op[0] == "attr":
        return fn.is_self(op[1])
    return op[0] == "call" and ops[op[1]] == ("name", "getattr") and len(op[2]) > 1 and fn.is_self(op[2][0])


def fetched_again(fn: Fn, store: Event) -> bool:
    """Whether a place is given what awaited calls fetch, by their names, or an object made of that alone:
    whoever else fetches it gets the same. Not one that is made fit for use once others find it there."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] not in ("setattr", "setitem") or store.trail or fitted_later(fn, store):
        return False
    made = made_of(ops, op[3], most=_MOST)
    awaited = [ops[at][1] for at in made if ops[at][0] in ("await", "yield") and isinstance(ops[at][1], int)]
    return bool(awaited) and len(made) < _MOST and all(_fetches(ops, register) for register in awaited)


def _fetches(ops: Sequence[Op], register: int) -> bool:
    op = ops[register]
    if op[0] != "call" or ops[op[1]][0] not in ("name", "attr"):
        return False
    words = _said(str(ops[op[1]][-1]))
    kept = words[-1] in _ALIKE or words[-1] in _KEPT or not _ANEW.isdisjoint(words) or _heavy(words)
    return words[0] in _FETCHES and len(words) > 1 and not kept


def _said(name: str) -> list[str]:
    """The words of a function's name, but for the one that says it is a coroutine."""
    words = snake(name).strip("_").split("_")
    return words[1:] if words[0] == "async" and len(words) > 1 else words


def noted_as_done(fn: Fn, store: Event) -> bool:
    """Whether a function only notes in a set that something has been done: it takes nothing out of that
    again, as who is at work does, and starts nothing afterwards."""
    ops = fn.facts.ops
    op = ops[store.op]
    if store.trail or op[0] != "call" or len(op[2]) != 1 or ops[op[1]][0] != "attr" or ops[op[1]][2] != "add":
        return False
    table = text(fn.facts, ops[op[1]][1])
    taken_out = any(
        other[0] == "attr" and other[2] in _TAKES_OUT and text(fn.facts, other[1]) == table
        for other in ops[store.op :]
    )
    calls = link(fn).calls
    return not taken_out and not any(
        at > store.op and starts_thread(call, True) and reaches(fn, store.op, at)
        for at, call in calls.items()
    )


def tells_last(store: Event) -> bool:
    """Whether an attribute's name says that it keeps what came last: whoever comes last says what that is."""
    attribute = own_attribute(store.place.symbol) if store.place is not None else None
    return attribute is not None and snake(attribute).strip("_").split("_")[0] in _LAST


def tidied(fn: Fn, window: Window) -> bool:
    """Whether an attribute is only replaced by what an awaited call makes of it, and of nothing else: whoever
    else does so comes to the same."""
    ops = fn.facts.ops
    op = ops[window.write.op]
    if window.how != "derive" or window.write.trail or op[0] != "setattr" or ops[op[3]][0] != "await":
        return False
    call = ops[ops[op[3]][1]]
    if call[0] != "call" or window.read is None:
        return False
    return {*call[2], *(register for _, register in call[3])} == {window.read.op}


def _comes_again(ops: Sequence[Op], register: int, depth: int, part: bool = False) -> bool:
    made, inside = _origin(ops, register)
    part = part or inside
    if made[:2] == ("build", "fstring") or (made[0] == "collect" and made[1] in _PLAIN):
        return True
    if made[0] == "name":
        given = [other[2] for other in ops if other[:2] == ("store", made[1])]
        found = [one for one in given if not _looked_up(ops, one)]
        if len(found) == 1 and depth:
            return _comes_again(ops, found[0], depth - 1, part)
        return bool(found) and all(_yes_or_no(ops[one]) for one in found)
    if made[0] == "choose" and depth:
        return all(_comes_again(ops, way, depth - 1, part) for way in made[2:])
    if made[0] != "await" or ops[made[1]][0] != "call":
        return False
    callee = ops[ops[made[1]][1]]
    if callee[0] not in ("name", "attr"):
        return False
    words = _said(str(callee[-1]))
    if not _ANEW.isdisjoint(words) or _heavy(words) or words[-1] in _ALIKE:
        return False
    fetches = words[0] in _FETCHES or words[-1] in _FETCHES or words[0] in _ANSWERS
    return fetches or (part and words[0] not in _TAKES and _SENDS.isdisjoint(words))


def _looked_up(ops: Sequence[Op], register: int) -> bool:
    op = ops[register]
    return bool(op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == "get")


def _yes_or_no(op: Op) -> bool:
    return op[0] in ("compare", "bool") or (op[0] == "const" and isinstance(op[1], bool))


def _origin(ops: Sequence[Op], register: int) -> tuple[Op, bool]:
    """The operation that a value comes from, through names stored once and what is taken out of it; whether
    it is a part, under a name written there, or such that it only tells something."""
    part = False
    while True:
        op = ops[register]
        if op[0] == "name":
            stores = [other[2] for other in ops if other[:2] == ("store", op[1])]
            if len(stores) != 1 or stores[0] >= register:
                return op, part
            register = stores[0]
        elif op[0] in ("item", "attr"):
            part = part or (op[0] == "item" and ops[op[2]][0] == "const" and isinstance(ops[op[2]][1], str))
            part = part or (op[0] == "attr" and snake(op[2]).split("_")[-1] in _TELLING)
            register = op[1]
        else:
            return op, part


def _heavy(words: list[str]) -> bool:
    return words[-1] in _HEAVY or not _RUNNING.isdisjoint(words)


def _asks_for_the_one(fn: Fn, value: Value) -> bool:
    """Whether the function asks the class that makes the object for the one that there is:
    ``Application.instance()``."""
    made = made_by(fn, value.symbol).rpartition(".")[2]
    ops = fn.facts.ops
    return any(
        op[0] == "call"
        and not op[2]
        and ops[op[1]][0] == "attr"
        and ops[op[1]][2] == "instance"
        and ops[ops[op[1]][1]] == ("name", made)
        for op in ops
    )


def _words(fn: Fn, value: Value) -> list[str]:
    name = made_by(fn, value.symbol).rpartition(".")[2]
    return [word for word in snake(name).split("_") if word]


def _for_itself(fn: Fn, store: Event) -> bool:
    """Whether what is taken is taken under the id of the very object that keeps it: whoever gives it has it
    under that id from the first time on."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] != "setattr" or ops[op[3]][0] != "call":
        return False
    _, _, args, keywords = ops[op[3]]
    given = [ops[register] for register in (*args, *(register for _, register in keywords))]
    return bool(given) and all(
        part[0] == "attr" and ops[part[1]] == ops[op[1]] and is_id(part[2]) for part in given
    )


def _makers(fn: Fn, store: Event) -> Iterator[Fn]:
    """The functions of the program that give what is stored."""
    op = fn.facts.ops[store.op]
    register = op[-1] if op[0] in ("setattr", "store", "setitem") else None
    call = link(fn).calls.get(register) if isinstance(register, int) else None
    if call is not None and call.cls is None:
        yield from call.targets


def _spare_class(cls: Cls) -> bool:
    known = cls.memo.get("spare")
    if known is None:
        cls.memo["spare"] = True
        known = cls.memo["spare"] = not _keeps(cls)
    return bool(known)


def _keeps(cls: Cls) -> bool:
    """Whether objects of a class run by themselves, keep others out, or keep what they are given."""
    for base in cls.mro():
        if any(
            _heavy(snake(written.rpartition(".")[2]).split("_"))
            for written in (base.name, *base.facts.base_names)
        ):
            return True
    made = [one for one in (cls.method("__init__"), cls.method("__new__")) if one is not None]
    if any(spawns(one, False) or takes_locks(one, False) or _makes_unknown(one) for one in made):
        return True
    kept = frozenset().union(*(_empty_containers(base) for base in cls.mro()))
    return bool(kept) and any(
        not _written_outside(base, kept).isdisjoint(kept - _thrown_away(cls)) for base in cls.mro()
    )


def _makes_unknown(fn: Fn) -> bool:
    """Whether a function calls what a call gave it: a class that is known only when it runs."""
    ops = fn.facts.ops
    given = {op[1] for op in ops if op[0] == "store" and ops[op[2]][0] == "call"}
    return any(
        op[0] == "call"
        and (ops[op[1]][0] == "call" or (ops[op[1]][0] == "name" and ops[op[1]][1] in given))
        and ops[op[1]] != ("name", "super")
        for op in ops
    )


def _empty_containers(cls: Cls) -> frozenset[str]:
    """The attributes that constructors of a class fill with an empty container."""
    index = cls.facts.methods.get("__init__")
    if index is None:
        return frozenset()
    fn = cls.module.fn(index)
    return frozenset(_emptied(fn))


def _emptied(fn: Fn) -> Iterator[str]:
    if not fn.facts.params:
        return
    ops, own = fn.facts.ops, ("name", fn.facts.params[0].name)
    for op in ops:
        if op[0] == "setattr" and ops[op[1]] == own:
            value = ops[op[3]]
            if (value[0] in ("build", "dict") and not value[-1]) or (
                value[0] == "call" and not value[2] and ops[value[1]][-1] in _CONTAINERS
            ):
                yield op[2]


_CONTAINERS = ("dict", "list", "set", "deque", "OrderedDict", "Counter", "defaultdict")


def _thrown_away(cls: Cls) -> frozenset[str]:
    """The attributes that a method other than the constructor empties, or fills anew without a look at what
    was there: what is in them may go at any time."""
    return frozenset(
        name
        for base in cls.mro()
        for fn in base.own_methods()
        if fn.facts.name != "__init__" and fn.first_is_self
        for name in (*_emptied(fn), *_replaced(fn))
    )


def _replaced(fn: Fn) -> Iterator[str]:
    """The attributes of its object that a method puts something else into, before it looks at them."""
    seen: set[str] = set()
    for op in fn.facts.ops:
        if op[0] == "attr" and fn.is_self(op[1]):
            seen.add(op[2])
        elif op[0] == "setattr" and fn.is_self(op[1]) and op[2] not in seen:
            yield op[2]


def _written_outside(cls: Cls, names: frozenset[str]) -> frozenset[str]:
    """Which of the containers a method other than the constructor puts something into."""
    found: set[str] = set()
    for fn in cls.own_methods():
        if fn.facts.name == "__init__" or not fn.first_is_self or names.isdisjoint(fn.facts.names):
            continue
        ops, own = fn.facts.ops, ("name", fn.facts.params[0].name)
        libraries = fn.module.program.libraries
        for op in ops:
            changed = None
            if op[0] in ("setitem", "delitem"):
                changed = op[1]
            elif op[0] == "call" and ops[op[1]][0] == "attr" and mutates(libraries, ops[op[1]][2]):
                changed = ops[op[1]][1]
            if changed is not None and ops[changed][0] == "attr" and ops[ops[changed][1]] == own:
                found.add(ops[changed][2])
    return frozenset(found)


def fitted_later(fn: Fn, store: Event) -> bool:
    """Whether the object is made fit for use after it has been stored, where the same test decides it: others
    meet it before."""
    ops = fn.facts.ops
    op = ops[store.op]
    branches = {branch for _, branch, _ in store.control}
    if op[0] not in ("setattr", "store", "setitem") or not branches:
        return False
    control = analysis(fn).control_at
    names = _names_of(ops, store.op)
    for number in range(store.op + 1, len(ops)):
        later = ops[number]
        if later[0] == "setattr":
            holders, decided = [later[1]], _in_block(fn, store.op, number)
        elif later[0] == "call":
            holders = _made_fit(fn, number)
            decided = bool(branches & {branch for _, branch, _ in control.get(number, ())})
        else:
            continue
        if decided and any(_holds(ops, holder, op, names) for holder in holders):
            return True
    return False


def _made_fit(fn: Fn, number: int) -> list[int]:
    """The registers of what a call makes fit for use: its receiver, by the method's name, or what it hands to
    a function that changes it."""
    ops = fn.facts.ops
    callee, given = ops[ops[number][1]], ops[number][2]
    fits = callee[0] == "attr" and snake(callee[2]).lstrip("_").split("_")[0] in _FITS
    made = [callee[1]] if fits else []
    if not any(ops[register][0] in ("name", "attr", "item") for register in given):
        return made
    call = link(fn).calls.get(number)
    if call is None or call.cls is not None or len(call.targets) != 1:
        return made
    target = call.targets[0]
    params = target.facts.params[1 if target.first_is_self else 0 :]
    changed = [reg for reg, param in zip(given, params, strict=False) if _changes(target, param.name)]
    return made + changed


def _changes(fn: Fn, name: str) -> bool:
    """Whether a function itself changes what it has under a name: an attribute, an entry, or its content."""
    ops = fn.facts.ops
    libraries = fn.module.program.libraries
    for op in ops:
        changed = op[1] if op[0] in ("setattr", "setitem") else None
        if op[0] == "call" and ops[op[1]][0] == "attr" and mutates(libraries, ops[op[1]][2]):
            changed = ops[op[1]][1]
        if changed is not None and ops[changed] == ("name", name):
            return True
    return False


def _names_of(ops: Sequence[Op], store: int) -> frozenset[str]:
    """The local names that stand for what an operation stores, and for nothing else."""
    value = ops[store][-1]
    names = {op[1] for op in ops if op[0] == "store" and op[-1] == value}
    if ops[value][0] == "name":
        names.add(ops[value][1])
    stores = [op[1] for op in ops if op[0] == "store"]
    return frozenset(name for name in names if stores.count(name) == 1)


def _holds(ops: tuple[Op, ...], register: int, store: Op, names: frozenset[str]) -> bool:
    """Whether a register is what a store has just put there, which has these names too."""
    op = ops[register]
    if op[0] == "name" and op[1] in names:
        return True
    if store[0] == "store":
        return op == ("name", store[1])
    if store[0] == "setitem":
        return False  # what is put into an entry by its key is asked for apart
    return op[0] == "attr" and op[2] == store[2] and ops[op[1]] == ops[store[1]]


def _in_block(fn: Fn, first: int, second: int) -> bool:
    """Whether two operations stand in one block, so that whoever does one does both."""
    return any(start <= first and second < end for start, end, _, _ in fn.facts.blocks)
