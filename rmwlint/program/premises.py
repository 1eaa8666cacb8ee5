"""What must be true of a function's parameters for one of its operations to happen.

``def remove(port, notify=True): … if notify: rpc.cast(…)`` casts only where ``notify`` is true; a caller
that passes ``notify=False`` does not cast. A premise is ``(parameter, truth)``, or ``(parameter, names)``
where it must be one of some constants (``if event in (CREATE, UPDATE)``), or ``(parameter, key)`` where it
must be a dict that has a key (``if body["port"].get("fixed_ips")``), or ``(parameter, option)`` where it is
``**kwargs`` and one of those decides: ``kwargs.get("notify")`` here, or a function that is given all of them
further down, or ``(0, flag)`` where an attribute decides that the method's object has had since it was made.
Only a parameter that nothing assigns again counts, tested as it is (or for None) on every path to the
operation.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.program import Cls, Fn


class Key(NamedTuple):
    """A key that a dict must have, below the keys of ``path``; each as ``_constant`` gives it."""

    path: tuple[str, ...]
    key: str


class Option(NamedTuple):
    """A keyword that must be given a true or a false value, or be left out: ``default`` says what it is then,
    None where that rules nothing out."""

    keyword: str
    truth: bool
    default: bool | None


class Flag(NamedTuple):
    """An attribute of the object, true or false ever since it was made."""

    name: str
    truth: bool


Premise = tuple[int, "bool | frozenset[str] | Key | Option | Flag"]
#: stands for the object whose method is called, where that is not the caller's own
RECEIVER = -1
NONE: frozenset[Premise] = frozenset()


#: comparisons with constants, by the outcome that says which of them it is
_ONE_OF = {("==",): True, ("in",): True, ("!=",): False, ("not in",): False}


def premises(fn: Fn, number: int) -> frozenset[Premise]:
    """The premises of operation ``number``."""
    tables = fn.memo.get("premises")
    if not isinstance(tables, _Tables):
        tables = fn.memo["premises"] = _tables(fn)
    return tables.holds[bisect_right(tables.starts, number) - 1] if tables.holds else NONE


class _Tables(NamedTuple):
    """The first operation of each block, and the premises that hold in it."""

    starts: list[int]
    holds: list[frozenset[Premise]]


def unassigned(fn: Fn) -> dict[str, int]:
    """The parameters that keep the value the caller gave them, by name."""
    found = fn.memo.get("unassigned")
    if found is None:
        stores: dict[str, int] = {}
        for op in fn.facts.ops:
            if op[0] == "store":
                stores[op[1]] = stores.get(op[1], 0) + 1
        found = fn.memo["unassigned"] = {
            parameter.name: index
            for index, parameter in enumerate(fn.facts.params)
            if stores.get(parameter.name, 0) <= 1
        }
    return found  # type: ignore[return-value]


def applied(
    callee: Fn, needed: frozenset[Premise], caller: Fn, call: Op, *, bound: bool
) -> frozenset[Premise] | None:
    """What of ``needed`` is left for the caller's own parameters; None where the call rules it out.

    ``bound``: whether the callee's first parameter is the receiver.
    """
    if not needed:
        return NONE
    given = _Given(callee, caller, call, bound)
    left: set[Premise] = set()
    for index, wanted in needed:
        further: frozenset[Premise] | None
        if isinstance(wanted, Flag):
            further = given.flag(wanted) if bound and index == 0 else NONE
        elif isinstance(wanted, Option):
            further = given.option(wanted)
        elif index == given.own_rest and isinstance(wanted, Key):
            further = given.key(wanted)
        else:
            further = given.parameter(index, wanted)
        if further is None:
            return None
        left |= further
    return frozenset(left)


class _Given:
    """What a call gives a function."""

    def __init__(self, callee: Fn, caller: Fn, call: Op, bound: bool) -> None:
        self.callee = callee
        self.ops = caller.facts.ops
        self.own = caller.is_self
        self.object = self.ops[call[1]][1] if self.ops[call[1]][0] == "attr" else None
        #: the caller's parameters that it has not changed, and the one that takes all other keywords
        self.passing = unassigned(caller)
        self.own_names = {one.name for one in caller.facts.params if one.kind not in ("args", "kwargs")}
        self.rest = _rest(caller)
        self.own_rest = _rest(callee)
        self.by_index: dict[int, int] = {}
        self.by_keyword: dict[str, int] = {}
        #: whether it gives what cannot be known here, and whether it gives all keywords that it was given
        self.more = False
        self.all = False
        self._bind(call, caller, bound)

    def _bind(self, call: Op, caller: Fn, bound: bool) -> None:
        params = self.callee.facts.params
        positional = [index for index, one in enumerate(params) if one.kind in ("positional", "any")]
        for place, register in enumerate(call[2]):
            at = place + (1 if bound else 0)
            if self.ops[register][0] == "star":
                # what few call by position
                self.more = self.more or not self._is(self.ops[register][1], caller, "args")
            elif at < len(positional):
                self.by_index[positional[at]] = register
        names = {one.name: index for index, one in enumerate(params) if one.kind not in ("args", "kwargs")}
        for keyword, register in call[3]:
            if keyword == "**":
                passed = self._is(register, caller, "kwargs")
                self.all, self.more = self.all or passed, self.more or not passed
            elif keyword in names:
                self.by_index[names[keyword]] = register
            else:
                self.by_keyword[keyword] = register

    def _is(self, register: int, caller: Fn, kind: str) -> bool:
        """Whether a register holds the caller's own parameter of a kind."""
        op = self.ops[register]
        index = self.passing.get(op[1]) if op[0] == "name" else None
        return index is not None and caller.facts.params[index].kind == kind

    def parameter(self, index: int, wanted: bool | frozenset[str] | Key) -> frozenset[Premise] | None:
        """What is left of a premise about a parameter; None where the call rules it out."""
        if index in self.by_index:
            return self._value(self.by_index[index], wanted)
        parameter = self.callee.facts.params[index]
        if self.more or isinstance(wanted, Key) or parameter.kind in ("args", "kwargs"):
            return NONE
        default = parameter.default
        known = default[1] if default is not None and default[0] == "const" else None
        constant = default is not None and default[0] == "const"
        if self.all and parameter.name not in self.own_names and parameter.kind != "positional":
            if isinstance(wanted, bool):
                return self._further(Option(parameter.name, wanted, bool(known) if constant else None))
            return NONE
        if constant and (
            bool(known) is not wanted if isinstance(wanted, bool) else repr(known) not in wanted
        ):
            return None
        return NONE

    def _value(self, register: int, wanted: bool | frozenset[str] | Key) -> frozenset[Premise] | None:
        op = self.ops[register]
        if isinstance(wanted, Key):
            if op[0] == "dict":
                return None if _lacks(self.ops, register, wanted) else NONE
        elif not isinstance(wanted, bool):
            name = _constant(self.ops, register)
            if name is not None:
                return NONE if name in wanted else None
        elif op[0] == "const":
            return NONE if bool(op[1]) is wanted else None
        if op[0] == "name" and op[1] in self.passing:
            return frozenset([(self.passing[op[1]], wanted)])
        return NONE

    def option(self, wanted: Option) -> frozenset[Premise] | None:
        """What is left of a premise about a keyword that the callee has no parameter for."""
        if wanted.keyword in self.by_keyword:
            return self._value(self.by_keyword[wanted.keyword], wanted.truth)
        if self.more:
            return NONE
        if self.all and wanted.keyword not in self.own_names:
            return self._further(wanted)
        return NONE if wanted.default in (None, wanted.truth) else None

    def flag(self, wanted: Flag) -> frozenset[Premise]:
        """What is left of a premise about the object whose method is called."""
        if self.object is None:
            return NONE
        op = self.ops[self.object]
        of_super = op[0] == "call" and self.ops[op[1]] == ("name", "super")
        return frozenset([(0 if of_super or self.own(self.object) else RECEIVER, wanted)])

    def key(self, wanted: Key) -> frozenset[Premise] | None:
        """What is left where the callee's keywords must have one, or have something in one."""
        first = (*wanted.path, wanted.key)[0]
        if self.more or any(repr(keyword) == first for keyword in self.by_keyword):
            return NONE
        if self.all and all(repr(name) != first for name in self.own_names):
            return self._further(wanted)
        return None

    def _further(self, wanted: Key | Option) -> frozenset[Premise]:
        return NONE if self.rest is None else frozenset([(self.rest, wanted)])


def _rest(fn: Fn) -> int | None:
    """The parameter that takes all keywords for which there is no other."""
    return next((index for index, one in enumerate(fn.facts.params) if one.kind == "kwargs"), None)


def flag_of(cls: Cls, name: str) -> tuple[Fn, int] | None:
    """The constructor, and the parameter of it, that alone give an attribute its value; None where there are
    none such."""
    found: tuple[Fn, int] | None = None
    for base in cls.speaking_of(name):
        for index, register in base.facts.self_fields.get(name, ()):
            fn = base.module.fn(index)
            op = fn.facts.ops[register]
            given = unassigned(fn).get(op[1]) if op[0] == "name" and fn.facts.name == "__init__" else None
            if given is None or found is not None:
                return None
            found = fn, given
    return found


def _tables(fn: Fn) -> _Tables:
    ops, blocks = fn.facts.ops, fn.facts.blocks
    names = unassigned(fn)
    if not names or not any(op[0] == "branch" for op in ops):
        return _Tables([], [])
    keys = _Keys(ops, names, _rest(fn))
    arriving: dict[int, frozenset[Premise]] = {0: NONE}
    for number, (_, last, successors, handlers) in enumerate(blocks):
        here = arriving.get(number, NONE)
        end = ops[last - 1] if last else ("pass",)
        for way, target in enumerate(successors):
            leaving = here
            if end[0] == "branch" and len(successors) == 2:
                leaving = here | _told(ops, end[1], way == 0, names)
                leaving |= keys.asked(end[1], way == 0) | keys.chosen(end[1], way == 0)
                leaving |= _kept(fn, end[1], way == 0)
            if target > number:
                arriving[target] = arriving[target] & leaving if target in arriving else leaving
        for target in handlers:
            if target > number:
                arriving[target] = arriving[target] & here if target in arriving else here
    return _Tables(
        [block[0] for block in blocks], [arriving.get(number, NONE) for number in range(len(blocks))]
    )


def _told(ops: tuple[Op, ...], register: int, outcome: bool, names: dict[str, int]) -> frozenset[Premise]:
    """What a condition's outcome says of the parameters."""
    op = ops[register]
    if op[0] == "name" and op[1] in names:
        return frozenset([(names[op[1]], outcome)])
    if op[0] == "unary" and op[1] == "not":
        return _told(ops, op[2], not outcome, names)
    if op[0] == "bool" and (op[1] == "and") is outcome:
        found: frozenset[Premise] = NONE
        for part in op[2]:
            found |= _told(ops, part, outcome, names)
        return found
    if op[0] == "compare" and op[1] in (("is",), ("is not",)) and ops[op[2][1]] == ("const", None):
        # None is false; what is not None need not be true, but a caller that passes False is rare
        return _told(ops, op[2][0], outcome is (op[1] == ("is not",)), names)
    if op[0] == "compare" and op[1] in _ONE_OF and outcome is _ONE_OF[op[1]]:
        tested, other = op[2]
        if ops[tested][0] == "name" and ops[tested][1] in names:
            many = op[1] in (("in",), ("not in",))
            listed = ops[other][2] if many and ops[other][0] == "build" else (other,)
            texts = [_constant(ops, register) for register in listed]
            if not many or ops[other][0] == "build":
                known = frozenset(text for text in texts if text is not None)
                if len(known) == len(texts):
                    return frozenset([(names[ops[tested][1]], known)])
    return NONE


def _kept(fn: Fn, register: int, outcome: bool) -> frozenset[Premise]:
    """What a condition's outcome says of what the object has got when it was made."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "attr":
        if fn.owner is None or not fn.is_self(op[1]) or flag_of(fn.owner, op[2]) is None:
            return NONE
        return frozenset([(0, Flag(op[2], outcome))])
    if op[0] == "unary" and op[1] == "not":
        return _kept(fn, op[2], not outcome)
    if op[0] == "bool" and (op[1] == "and") is outcome:
        return NONE.union(*(_kept(fn, part, outcome) for part in op[2]))
    if op[0] == "compare" and op[1] in (("is",), ("==",), ("is not",), ("!=",)):
        same = op[1] in (("is",), ("==",))
        if ops[op[2][1]] in (("const", True), ("const", False)) and same is outcome:
            return _kept(fn, op[2][0], ops[op[2][1]][1])
    return NONE


class _Keys:
    """The keys that a function asks its parameters' dicts for."""

    def __init__(self, ops: tuple[Op, ...], names: dict[str, int], rest: int | None) -> None:
        self.ops = ops
        self.names = names
        self.rest = rest
        self.stored: dict[str, list[int]] = {}
        for op in ops:
            if op[0] == "store":
                self.stored.setdefault(op[1], []).append(op[2])

    def asked(self, register: int, outcome: bool) -> frozenset[Premise]:
        """What a condition's outcome says of the keys that must be there."""
        op = self.ops[register]
        if op[0] == "unary" and op[1] == "not":
            return self.asked(op[2], not outcome)
        if op[0] == "compare" and len(op[1]) == 1:
            word, (left, right) = op[1][0], op[2]
            if word in ("in", "not in") and outcome is (word == "in"):
                return self._premise(self._dict(right), left)
            if word in ("!=", "is not", "==", "is") and outcome is (word in ("!=", "is not")):
                return self._fetched(left, right)
            return NONE
        return self._fetched(register, None) if outcome else NONE

    def chosen(self, register: int, outcome: bool) -> frozenset[Premise]:
        """What a condition's outcome says of the keywords that there are no parameters for."""
        if self.rest is None:
            return NONE
        op = self.ops[self._origin(register)]
        if op[0] == "unary" and op[1] == "not":
            return self.chosen(op[2], not outcome)
        if op[0] == "bool" and (op[1] == "and") is outcome:
            return NONE.union(*(self.chosen(part, outcome) for part in op[2]))
        if op[0] != "call" or op[3] or not 1 <= len(op[2]) <= 2 or self.ops[op[1]][0] != "attr":
            return NONE
        callee, asked = self.ops[op[1]], self.ops[op[2][0]]
        holder = self.ops[callee[1]]
        if callee[2] not in ("get", "pop") or holder[0] != "name" or self.names.get(holder[1]) != self.rest:
            return NONE
        default = self.ops[op[2][1]] if len(op[2]) == 2 else ("const", None)
        if asked[0] != "const" or not isinstance(asked[1], str):
            return NONE
        return frozenset(
            [(self.rest, Option(asked[1], outcome, bool(default[1]) if default[0] == "const" else None))]
        )

    def _fetched(self, register: int, other: int | None) -> frozenset[Premise]:
        """The key of ``d.get(key, default)`` where the result is true, or not what the default is."""
        op = self.ops[self._origin(register)]
        if op[0] != "call" or self.ops[op[1]][0] != "attr" or self.ops[op[1]][2] not in ("get", "pop"):
            return NONE
        if not 1 <= len(op[2]) <= 2 or op[3]:
            return NONE
        default = _last(self.ops, op[2][1]) if len(op[2]) == 2 else ("const", None)
        if other is None:
            if default[0] != "const" or default[1]:
                return NONE
        elif default != _last(self.ops, other):
            return NONE
        return self._premise(self._dict(self.ops[op[1]][1]), op[2][0])

    def _premise(self, found: tuple[int, tuple[str, ...]] | None, key: int) -> frozenset[Premise]:
        name = _constant(self.ops, key)
        return NONE if found is None or name is None else frozenset([(found[0], Key(found[1], name))])

    def _dict(self, register: int) -> tuple[int, tuple[str, ...]] | None:
        """The parameter whose dict, or a dict in it, a register holds."""
        op = self.ops[self._origin(register)]
        if op[0] == "name" and op[1] in self.names:
            return self.names[op[1]], ()
        if op[0] == "item":
            found, key = self._dict(op[1]), _constant(self.ops, op[2])
            if found is not None and key is not None:
                return found[0], (*found[1], key)
        return None

    def _origin(self, register: int) -> int:
        """The register that a name was given, where it is given once."""
        op = self.ops[register]
        given = self.stored.get(op[1], ()) if op[0] == "name" and op[1] not in self.names else ()
        return given[0] if len(given) == 1 and given[0] < register else register


def _last(ops: tuple[Op, ...], register: int) -> Op:
    """A constant, or the last name of what stands for one."""
    op = ops[register]
    return ("name", op[-1]) if op[0] in ("name", "attr") else op


def _lacks(ops: tuple[Op, ...], register: int, wanted: Key) -> bool:
    """Whether a dict display has a place for a key, and not the key."""
    for name in (*wanted.path, wanted.key):
        op = ops[register]
        if op[0] != "dict":
            return False
        keys = {None if key is None else _constant(ops, key): value for key, value in op[1]}
        if name in keys:
            register = keys[name]
            continue
        return name == wanted.key and None not in keys
    return False


def _constant(ops: tuple[Op, ...], register: int) -> str | None:
    """A constant, or the last name of one in capitals: ``events.AFTER_CREATE`` is ``AFTER_CREATE``."""
    op = ops[register]
    if op[0] == "const":
        return repr(op[1])
    if op[0] in ("name", "attr") and str(op[-1]).isupper():
        return str(op[-1])
    return None
