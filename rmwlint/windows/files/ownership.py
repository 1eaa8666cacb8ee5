"""Whose path is it: one that everybody has, or that of one object, known to whoever works on that object?

``os.path.join(CONF.folder, "index")`` is the same for all who run the code. ``os.path.join(CONF.folder,
order.uuid)`` belongs to one order, and what works on an order mostly has it for itself: by its state, its
lock, its queue. So a path is of one object where it is built from an attribute or item of something that the
function is given and that no plain class explains, from the object's own row, or from what one of its methods
has stored on ``self``. Of a parameter the callers tell, as far as they are known. Optimistic: a path that two
decorated functions of the module remove or move, each built in the same way, is nobody's own (receivers of
signals, tasks: each is run when its time has come); nor is one that a class or function works on whose name
suggests a place where others look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rmwlint.facts.model import Op
from rmwlint.libraries.index import snake
from rmwlint.program.calling import argument, callings, constructions
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.phases import ALONE
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.values import Event, Symbol, own_attribute

_DEEPEST = 3
_COMMON = "files.Common"
_TEMPORARY = "files.Temporary"
_IDENTITY = "files.Identity"
#: what paths themselves offer: an attribute of a path is another path
_OF_PATHS = frozenset(["parent", "parents", "name", "stem", "suffix", "suffixes", "parts", "anchor", "drive"])
#: the keys of the object that has them
_OF_ITSELF = frozenset(["id", "_id", "uuid", "pk"])


def of_one(fn: Fn, event: Event) -> bool:
    """Whether the path of an event is that of one object, which one actor at a time works on."""
    place = event.place
    assert place is not None
    if common_by_name(fn):
        return False
    return (_owned(fn, place.symbol, 0) or _given_owned(fn, event)) and not _others_act(fn, event)


def of_one_key(fn: Fn, event: Event) -> bool:
    """Whether the path of an event is that of one object, or has the key of one in it that the function is
    given."""
    assert event.place is not None
    trace = _Trace(fn, 0)
    trace.symbol(event.place.symbol)
    suggests = fn.module.program.libraries.receiver
    return any(_IDENTITY in suggests(fn.facts.params[index].name) for index in trace.given) or of_one(
        fn, event
    )


def _owned(fn: Fn, symbol: Symbol, depth: int) -> bool:
    trace = _Trace(fn, depth)
    trace.symbol(symbol)
    return trace.settled()


def _given_owned(fn: Fn, event: Event) -> bool:
    """The same of a path that is built in so many steps that its symbol does not tell them all."""
    assert event.place is not None
    op = fn.facts.ops[event.op]
    if event.place.symbol[:1] != ("op",) or event.trail or op[0] != "call" or event.row is None:
        return False
    callee = fn.facts.ops[op[1]]
    given = op[2][0] if event.row.at in (None, "arg0") and op[2] else None
    if event.row.at == "self" and callee[0] == "attr":
        given = callee[1]
    return given is not None and _register_owned(fn, given, 0)


def _register_owned(fn: Fn, register: int, depth: int) -> bool:
    trace = _Trace(fn, depth)
    trace.register(register)
    return trace.settled()


def of_own_object(fn: Fn, event: Event) -> bool:
    """Whether a path is what a method's object has for itself: an attribute that is no setting of the
    project's."""
    assert event.place is not None
    name = own_attribute(event.place.symbol)
    owner = method_around(fn).owner
    if name is None or owner is None or not fn.first_is_self:
        return False
    for base in owner.mro():
        for index, register in base.facts.self_fields.get(name, ()):
            trace = _Trace(base.module.fn(index), 0)
            trace.register(register)
            if trace.own or trace.given:
                return True
    return False


def common_by_name(fn: Fn) -> bool:
    """Whether a name around the function suggests that what it works on is there for many."""
    suggests = fn.module.program.libraries.receiver
    names = [fn.facts.name, *fn.module.name.split(".")]
    owner = method_around(fn).owner
    if owner is not None:
        names.append(owner.facts.name.lower())
    return any(_COMMON in suggests(name) for name in names)


class _Trace:
    """What a path is built from. ``own``: something that belongs to one object; ``given``: parameters of
    which only callers know what they are."""

    def __init__(self, fn: Fn, depth: int) -> None:
        self.fn = fn
        self.depth = depth
        self.own = False
        self.given: set[int] = set()
        self._seen: set[object] = set()

    def settled(self) -> bool:
        """Whether the path is of one object, as all known callers of the function say where it must ask."""
        if self.own:
            return True
        return any(self._own_of_callers(index) for index in sorted(self.given))

    def _own_of_callers(self, index: int) -> bool:
        if self.depth >= _DEEPEST:
            return False
        called, _ = callings(self.fn)
        if not called:
            return False
        for calling in called:
            register = argument(calling, self.fn, index)
            if register is None or not _register_owned(calling.caller, register, self.depth + 1):
                return False
        return True

    def symbol(self, symbol: Symbol) -> None:
        """Look into how a symbol came to be."""
        if not isinstance(symbol, tuple) or not symbol or symbol in self._seen:
            return
        self._seen.add(symbol)
        head = symbol[0]
        if head == "const":
            return
        if head == "global":
            self.named(str(symbol[1]).rpartition(".")[2])
            return
        if head == "param":
            self.parameter(symbol[1])
        elif head in ("attr", "item") and _own_key(symbol[2]) and symbol[1] != ("param", 0):
            self.own = True
        elif head in ("attr", "item") and symbol[1][:1] == ("param",):
            key = symbol[2]
            name = key if head == "attr" else key[1] if key[:1] == ("const",) else None
            self.member(symbol[1][1], name, head == "attr")
            self.symbol(key)
        elif head == "call" and symbol[1][:1] == ("attr",):
            self.method(symbol[1])
            self.symbol(symbol[1][1])
            for part in symbol[2:]:
                self.symbol(part)
        elif head == "element":
            self.element(symbol[1])
        elif head == "outer":
            self.enclosing(symbol[1], symbol[2])
        elif head == "join" and isinstance(symbol[-1], str):
            self.name(symbol[-1])
        elif len(symbol) == 2 and isinstance(symbol[1], int):
            self.register(symbol[1])
        elif head == "op":
            return
        else:
            for part in symbol[1:]:
                self.symbol(part)

    def element(self, of: Symbol) -> None:
        """One of several: those of a listing lie in what is listed, those of a new list are this call's."""
        if isinstance(of, tuple) and len(of) == 2 and of[0] == "new" and isinstance(of[1], int):
            op = self.fn.facts.ops[of[1]]
            if op[0] == "build" and not op[2]:
                self.own = True
                return
        self.symbol(of)

    def register(self, register: int) -> None:
        """Look into how a register came to be."""
        if register in self._seen or register >= len(self.fn.facts.ops):
            return
        self._seen.add(register)
        ops = self.fn.facts.ops
        op = ops[register]
        kind = op[0]
        if kind == "name":
            self.name(op[1])
        elif kind == "param":
            self.parameter(op[1])
        elif kind in ("attr", "item"):
            index = self.parameter_of(ops[op[1]])
            if index is not None:
                key = ops[op[2]] if kind == "item" else op
                name = key[-1] if kind == "attr" or key[0] == "const" else None
                self.member(index, name, kind == "attr")
            elif _own_key(op[2] if kind == "attr" else ops[op[2]]):
                self.own = True
            else:
                self.register(op[1])
            if kind == "item":
                self.register(op[2])
            else:
                self.named(op[2])
        elif kind == "call":
            self.call(register, op)
        else:
            for part in registers_of(op):
                self.register(part)

    def method(self, callee: Symbol) -> None:
        """What a method of the object itself gives."""
        name = own_attribute(callee)
        owner = method_around(self.fn).owner if self.fn.first_is_self else None
        target = owner.method(name) if owner is not None and name is not None else None
        if target is not None and self._gives_own(target):
            self.own = True

    def call(self, register: int, op: Op) -> None:
        known = link(self.fn).calls.get(register)
        if known is not None and known.cls is not None:
            self.named(snake(known.cls.name))
        if known is not None and known.receiver is not None and self._is_row(known.receiver):
            self.own = True
            return
        if known is not None and any(row.does == "create" and row.at == "result" for row in known.rows):
            self.own = True
            return
        callee = self.fn.facts.ops[op[1]]
        if callee[0] == "attr":
            index = self.parameter_of(self.fn.facts.ops[callee[1]])
            if index is None:
                self.register(callee[1])
            elif index or not self.fn.first_is_self:
                self.parameter(index)
            elif self._of_row() and not self.fn.decorated("classmethod"):
                self.own = True
        if known is not None and known.targets and all(map(self._gives_own, known.targets)):
            self.own = True
        for given in op[2]:
            self.register(given)
        for _, given in op[3]:
            self.register(given)

    def _gives_own(self, target: Fn) -> bool:
        """Whether a function gives a new place, or the path of an object that it is given."""
        if _makes(target):
            return True
        ops = target.facts.ops
        several = any(op[0] == "return" and op[1] is not None and ops[op[1]][0] == "build" for op in ops)
        return not several and self.depth < _DEEPEST and _returned_owned(target, self.depth + 1)

    def _is_row(self, register: int) -> bool:
        """Whether a register holds a row, whose methods tell what is that row's."""
        kind = link(self.fn).types[register]
        return kind is not None and kind.kind == "instance" and kind.ref.row() is not None

    def named(self, name: str) -> None:
        """A name may suggest a temporary place, whosever it is."""
        if _TEMPORARY in self.fn.module.program.libraries.receiver(name):
            self.own = True

    def parameter_of(self, op: Op) -> int | None:
        """The parameter that a name loads which nothing assigns again."""
        if op[0] != "name":
            return None
        stores = [other for other in self.fn.facts.ops if other[:2] == ("store", op[1])]
        if len(stores) != 1:
            return None
        given = self.fn.facts.ops[stores[0][2]]
        return int(given[1]) if given[0] == "param" else None

    def name(self, name: str) -> None:
        fn: Fn | None = self.fn
        while fn is not None and fn.index and name not in fn.facts.locals and not name.endswith("'"):
            fn = fn.parent
        if fn is None or fn.index == 0 or ("name", name) in self._seen:
            return
        self._seen.add(("name", name))
        self.named(name)
        if fn is not self.fn:
            self.enclosing(fn.index, name)
        else:
            for op in fn.facts.ops:
                if op[:2] == ("store", name):
                    self.register(op[2])

    def enclosing(self, index: int, name: str) -> None:
        """A variable of the function around."""
        if self.depth >= _DEEPEST:
            return
        around = self.fn.module.fn(index)
        trace = _Trace(around, self.depth + 1)
        if name == around.self_name:
            return
        trace.name(name)
        if trace.settled():
            self.own = True

    def parameter(self, index: int) -> None:
        params = self.fn.facts.params
        if index >= len(params) or (index == 0 and self.fn.first_is_self):
            return
        self.named(params[index].name)
        if _is_object(self.fn, index) or self._of_run():
            self.own = True
        else:
            self.given.add(index)

    def member(self, index: int, name: object, attribute: bool) -> None:
        """An attribute or item of a parameter. The key of another object says that there are others who work
        on that one: ``line.order_id``."""
        if index == 0 and self.fn.first_is_self:
            if attribute:
                self.attribute(str(name))
            return
        suggests = self.fn.module.program.libraries.receiver
        given_first = self.fn.module.program.libraries.given_first(self.fn.facts.params[index].name)
        if attribute and name in _OF_PATHS:
            self.parameter(index)
        elif name in _OF_ITSELF and not given_first:
            self.own = True
        elif isinstance(name, str) and name not in _OF_ITSELF and _IDENTITY in suggests(name):
            return
        elif self.fn.facts.name in ALONE and name not in _OF_ITSELF:
            return  # what an object is set up with may be everybody's
        elif not _plain(self.fn, index):
            self.own = True

    def attribute(self, name: str) -> None:
        """An attribute of ``self``: what its methods have stored there."""
        owner = method_around(self.fn).owner
        if owner is None:
            return
        self.named(name)
        if self._of_row() or (self.depth < _DEEPEST and _attribute_owned(owner, name, self.depth + 1)):
            self.own = True

    def _of_run(self) -> bool:
        """Whether the object is made for one run, so that what its methods are given is that run's."""
        owner = method_around(self.fn).owner
        if owner is None or self.fn.facts.name in ALONE:
            return False
        libraries = owner.module.program.libraries
        return any(
            libraries.types[ancestor].unshared and not libraries.types[ancestor].first_parameters
            for name in owner.library_types()
            for ancestor in libraries.lineage(name)
        )

    def _of_row(self) -> bool:
        owner = method_around(self.fn).owner
        return owner is not None and owner.row() is not None


def _own_key(key: Any) -> bool:
    """Whether what is asked for is the key of the object that has it."""
    return key in _OF_ITSELF if isinstance(key, str) else key[:1] == ("const",) and key[1] in _OF_ITSELF


def _attribute_owned(cls: Cls, name: str, depth: int) -> bool:
    """Whether all that is stored in an attribute is of one object. What a constructor is given may be
    anybody's; what another method is given belongs to the work that the object does."""
    found = False
    for base in cls.mro():
        if name in base.facts.properties:
            method = base.module.fn(base.facts.methods[name])
            return _returned_owned(method, depth)
        for index, register in base.facts.self_fields.get(name, ()):
            fn = base.module.fn(index)
            op = fn.facts.ops[register]
            if op[0] == "const" and not op[1]:
                continue
            trace = _Trace(fn, depth)
            trace.register(register)
            identifies = _IDENTITY in base.module.program.libraries.receiver(name)
            if trace.own or (trace.given and (identifies or fn.facts.name not in ALONE)):
                found = True
                continue
            if not any(_constructed_with(base, fn, index, depth) for index in sorted(trace.given)):
                return False
            found = True
    return found


def _constructed_with(cls: Cls, constructor: Fn, index: int, depth: int) -> bool:
    """Whether all who make an object of a class, as far as they are known, give its constructor what belongs
    to one object."""
    if depth >= _DEEPEST or constructor.facts.name != "__init__":
        return False
    made = constructions(cls, constructor)
    return bool(made) and all(
        (register := argument(calling, constructor, index)) is not None
        and _register_owned(calling.caller, register, depth + 1)
        for calling in made
    )


def _makes(fn: Fn) -> bool:
    """Whether a function returns a new place that it has made for the caller alone."""
    calls = link(fn).calls
    returned = {op[1] for op in fn.facts.ops if op[0] == "return" and op[1] is not None}
    names = {fn.facts.ops[register][1] for register in returned if fn.facts.ops[register][0] == "name"}
    returned |= {op[2] for op in fn.facts.ops if op[0] == "store" and op[1] in names}
    return any(
        row.does == "create" and row.at == "result"
        for register in returned
        if register in calls
        for row in calls[register].rows
    )


def _returned_owned(fn: Fn, depth: int) -> bool:
    returned = [op[1] for op in fn.facts.ops if op[0] == "return" and op[1] is not None]
    return bool(returned) and all(_register_owned(fn, register, depth) for register in returned)


def _is_object(fn: Fn, index: int) -> bool:
    """Whether a parameter is an object with attributes of its own, no plain path or name."""
    kind = link(fn).types[index * 2] if fn.facts.ops[index * 2] == ("param", index) else None
    if kind is not None:
        return kind.kind == "instance" and kind.ref.row() is not None
    ops = fn.facts.ops
    name = fn.facts.params[index].name
    if fn.module.program.libraries.given_first(name):
        return False
    called = {op[1] for op in ops if op[0] == "call"}
    inner = [other for other in fn.module.functions() if other.facts.parent == fn.index]
    return any(
        op[0] == "attr" and ops[op[1]] == ("name", name) and number not in called and op[2] not in _OF_PATHS
        for number, op in enumerate(ops)
    ) or any(_has_name(one, name) for one in (fn, *inner))


def _has_name(fn: Fn, thing: str) -> bool:
    """Whether a thing is asked for what it is called by."""
    ops = fn.facts.ops
    return any(
        op[0] == "item"
        and ops[op[1]] == ("name", thing)
        and (ops[op[2]] == ("const", "name") or _own_key(ops[op[2]]))
        for op in ops
    )


def _plain(fn: Fn, index: int) -> bool:
    """Whether a parameter is of a class that is no row, or a request: what it asks for may be anybody's."""
    if fn.module.program.libraries.given_first(fn.facts.params[index].name):
        return True
    kind = link(fn).types[index * 2] if fn.facts.ops[index * 2] == ("param", index) else None
    return kind is not None and not (kind.kind == "instance" and kind.ref.row() is not None)


def registers_of(op: Op) -> Iterator[int]:
    """The registers that a value is made from, where it is no name, attribute, item or call."""
    kind = op[0]
    if kind in ("binop", "inplace"):
        yield from op[2:]
    elif kind in ("bool", "build"):
        yield from op[2]
    elif kind == "dict":
        for pair in op[1]:
            yield from (register for register in pair if register is not None)
    elif kind == "choose":
        yield from op[2:]
    elif kind in ("typed", "await", "element", "unpack", "star", "enter"):
        yield op[1]
    elif kind == "unary":
        yield op[2]


# -- others who act on the same path ------------------------------------------------------------------


def _others_act(fn: Fn, event: Event) -> bool:
    """Whether two functions that are run by whoever has registered them remove or move a path that is built
    in the same way."""
    assert event.place is not None
    shape = _shape(event.place.symbol)
    if not fn.facts.decorators or not _telling(shape):
        return False
    return any(
        other.does in ("delete", "replace")
        and other.place is not None
        and other.place.kind in ("file", "directory")
        and not other.trail
        and _shape(other.place.symbol) == shape
        for caller in fn.module.functions()
        if caller is not fn and caller.facts.decorators
        for other in heard(caller).events
    )


def _shape(symbol: Symbol) -> Any:
    """How a path is built, whatever the parameters are called."""
    if not isinstance(symbol, tuple) or not symbol:
        return symbol
    if symbol[0] == "param":
        return "*"
    if symbol[0] in ("op", "new", "join", "outer", "element"):
        return "?"
    return tuple(_shape(part) for part in symbol)


def _telling(shape: Any) -> bool:
    """Whether a shape says enough to be known again: a name of what is asked for, no part left open."""
    if not isinstance(shape, tuple):
        return False
    parts = list(_flat(shape))
    return "?" not in parts and "attr" in parts


def _flat(shape: Any) -> Iterator[Any]:
    if isinstance(shape, tuple):
        for part in shape:
            yield from _flat(part)
    else:
        yield shape
