"""What a rewrite must know of a write besides its place: the columns changed, and what their class says.

Every hint is a pair of strings:

================ ==============================================================================
``row``          the library type that makes the object a row (``django.Model``)
``writes``       what a save of it writes: ``all`` columns, ``changed`` ones, or those at the next ``flush``
``class``        the class of the row, by its own name
``limit``        the keyword of the write that names the only columns written
``column``       a column that the code above the write changed
``stamped``      a column that every save sets by itself
``saved``        a column that the class's own ``save`` sets
``own-save``     the class replaces ``save``
``method``       a method of the class that can be read: what it sets counts among the columns
``doubt``        why a rewrite cannot be sure of the columns
``bar``          why no rewrite of the columns can be right
``container``    a field that may hold a list or dict, to be changed in place
``arithmetic``   a column that is changed by arithmetic, and is a plain number in the database
================ ==============================================================================
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.libraries.model import BaseModel
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.values import Event

Hints = tuple[tuple[str, str], ...]


def hints_of_write(write: Event) -> Hints:
    """The hints of a write to a row."""
    return tuple(dict.fromkeys(_of_write(write)))


def _of_write(write: Event) -> Iterator[tuple[str, str]]:
    if write.row is not None and write.row.limit is not None:
        yield "limit", write.row.limit
    kind = write.type
    if kind is None or kind.kind != "instance":
        yield "bar", "the class of the row is not known"
        if kind is not None and kind.kind == "library":
            yield "row", kind.name
        return
    cls: Cls = kind.ref
    row = _row_type(cls)
    if row is None:
        return
    yield "row", row
    yield "writes", cls.module.program.libraries.types[row].row or ""
    yield "class", cls.name
    yield from _columns(cls, write)
    yield from _own_save(cls, write)
    for base in cls.mro():
        for name in base.facts.methods:
            yield "method", name
    if kind.sure < 3:
        yield "doubt", f"that it is a `{cls.name}` is not certain"


def _columns(cls: Cls, write: Event) -> Iterator[tuple[str, str]]:
    plain = frozenset(declared(cls, "column"))
    numbers = frozenset(declared(cls, "number"))
    stamped = frozenset(declared(cls, "stamped"))
    keys = cls.keys() | frozenset(declared(cls, "key"))
    fields = _fields(cls) | _mapped(cls)
    whole = knows_bases(cls)
    for base in _foreign_bases(cls):
        yield "bar", f"what its base `{base}` saves is not known"
    for name in sorted(frozenset(made(cls)) - frozenset(declared(cls, "scalar"))):
        yield "container", name
    for name in sorted(stamped):
        yield "stamped", name
    for name in _strange(cls):
        yield "doubt", f"`{name}` is of a kind that is not known, and may set itself"
    for name, _ in write.columns:
        stem = name[:-3] if name.endswith("_id") else name
        if name == "**":
            yield "bar", "what is set only the caller knows"
        elif name in keys:
            yield "bar", f"`{name}` identifies the row: saving it makes another row"
        elif _computed(cls, name):
            yield "bar", f"`{name}` is a property of `{cls.name}`, not a column"
        elif name in plain or stem in plain:
            yield "column", name
            if name in numbers:
                yield "arithmetic", name
        elif name in fields or stem in fields:
            yield "column", name
            if name not in stamped:
                yield "doubt", f"the kind of the column `{name}` is not known"
        elif not whole and not name.startswith("_"):
            yield "bar", f"`{name}` is not declared where `{cls.name}` can be read"


def _own_save(cls: Cls, write: Event) -> Iterator[tuple[str, str]]:
    """What the class's own ``save`` sets and takes; nothing where it has none."""
    name = write.call.name if write.call is not None else "save"
    seen: set[Fn] = set()
    pending = []
    for base in cls.mro():
        index = base.facts.methods.get(name)
        if index is None and name.startswith("a"):
            index = base.facts.methods.get(name[1:])
        if index is not None:
            pending.append(base.module.fn(index))
    if pending:
        yield "own-save", name
        yield "doubt", f"`{cls.name}` has a `{pending[0].facts.name}` of its own"
        limit = write.row.limit if write.row is not None else None
        taken = {(parameter.name, parameter.kind) for parameter in pending[0].facts.params}
        if limit is not None and not any(name == limit or kind == "kwargs" for name, kind in taken):
            yield "bar", f"`{cls.name}.{pending[0].facts.name}` takes no `{limit}`"
    declared = _fields(cls)
    told: set[str] = set()
    while pending:
        fn = pending.pop(0)
        if fn in seen or not fn.facts.params:
            continue
        seen.add(fn)
        itself = fn.facts.params[0].name
        ops = fn.facts.ops
        for number in of_stored_row(fn, cls.keys()):
            op = ops[number]
            if op[0] == "setattr" and ops[op[1]] == ("name", itself):
                stem = op[2][:-3] if op[2].endswith("_id") else op[2]
                column = stem if stem in declared else op[2]
                if column in declared and column not in told:
                    told.add(column)
                    yield "saved", column
            elif op[0] == "call" and ops[op[1]][0] == "attr" and ops[ops[op[1]][1]] == ("name", itself):
                called = cls.method(ops[op[1]][2])
                if called is not None:
                    pending.append(called)


def of_stored_row(fn: Fn, keys: frozenset[str]) -> Iterator[int]:
    """The operations of a method that can run for a row that is in the database, called without arguments.

    Branches on ``self._state.adding``, on the row's key and on parameters left at their defaults are known.
    """
    blocks = fn.facts.blocks
    seen: set[int] = set()
    pending = [0]
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        _, last, successors, handlers = blocks[number]
        pending.extend(handlers)
        end = fn.facts.ops[last - 1] if last else ("pass",)
        if end[0] == "branch" and len(successors) == 2:
            known = _truth(fn, end[1], keys)
            if known is not None:
                pending.append(successors[0 if known else 1])
                continue
        pending.extend(successors)
    for number in sorted(seen):
        yield from range(blocks[number][0], blocks[number][1])


def _truth(fn: Fn, register: int, keys: frozenset[str]) -> bool | None:
    """Whether a condition holds for a stored row; None where that is not known."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        inner = _truth(fn, op[2], keys)
        return None if inner is None else not inner
    if op[0] == "bool":
        parts = [_truth(fn, part, keys) for part in op[2]]
        decisive: bool = op[1] == "or"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if op[0] == "compare" and len(op[2]) == 2 and op[1] in (("is",), ("is not",)):
        if ops[op[2][1]] == ("const", None):
            absent = _absent(fn, op[2][0], keys)
            return None if absent is None else absent is (op[1][0] == "is")
        return None
    if op[0] == "attr" and op[2] == "adding":
        return False
    absent = _absent(fn, register, keys)
    return None if absent is None else not absent


def _absent(fn: Fn, register: int, keys: frozenset[str]) -> bool | None:
    """Whether a value is None (or as good as that): a parameter's default, or the key of a stored row."""
    op = fn.facts.ops[register]
    if op[0] == "attr" and op[2] in keys and fn.facts.ops[op[1]] == ("name", fn.facts.params[0].name):
        return False
    if op[0] != "name" or sum(other[:2] == ("store", op[1]) for other in fn.facts.ops) != 1:
        return None
    for parameter in fn.facts.params[1:]:
        if parameter.name == op[1] and parameter.default is not None and parameter.default[0] == "const":
            return not bool(parameter.default[1])
    return None


def _row_type(cls: Cls) -> str | None:
    libraries = cls.module.program.libraries
    return next((name for name in _ancestors(cls) if libraries.types[name].row is not None), None)


def declared(cls: Cls, means: str) -> Iterator[str]:
    """The fields of a class (and its bases) that a library model's switch of this meaning speaks of."""
    libraries = cls.module.program.libraries
    switches = [
        switch for name in cls.library_types() for switch in libraries.bases(name) if switch.means == means
    ]
    if not switches:
        return
    for base in cls.mro():
        scope = base.module.fn(base.facts.scope)
        for name, register in base.facts.fields.items():
            if register is not None and any(_carries(scope, register, switch) for switch in switches):
                yield name


def _foreign_bases(cls: Cls) -> Iterator[str]:
    """Bases outside the program and outside the row's own library."""
    program = cls.module.program
    roots = _roots(cls)
    for base in cls.mro():
        scope = base.module.fn(base.facts.scope)
        for register, written in zip(base.facts.bases, base.facts.base_names):
            found = program.base_type(scope, register, written)
            if found is None or (found.kind == "external" and found.name.partition(".")[0] not in roots):
                if found is None or "." in found.name:
                    yield written


def _roots(cls: Cls) -> set[str]:
    libraries = cls.module.program.libraries
    return {name.partition(".")[0] for kind in cls.library_types() for name in libraries.types[kind].classes}


def _strange(cls: Cls) -> Iterator[str]:
    """The fields made by what is neither of the row's own library nor something that is no column."""
    roots = _roots(cls)
    for base in cls.mro():
        scope = base.module.fn(base.facts.scope)
        for name, register in base.facts.fields.items():
            if register is None or scope.facts.ops[register][0] != "call":
                continue
            known = link(scope).types[scope.facts.ops[register][1]]
            if known is None:
                yield name
            elif known.kind == "external":
                if "." in known.name and known.name.partition(".")[0] not in roots:
                    yield name
            elif known.kind == "class" and not known.ref.library_types():
                yield name


def _carries(scope: Fn, register: int, switch: BaseModel) -> bool:
    op = scope.facts.ops[register]
    if op[0] != "call" or switch.field != "*":
        return False
    if switch.keyword is not None:
        given = dict(op[3]).get(switch.keyword)
        if given is None or scope.facts.ops[given] != ("const", True):
            return False
    if not switch.calls:
        return switch.keyword is not None
    known = link(scope).types[op[1]]
    return known is not None and known.kind == "external" and known.name in switch.calls


def _fields(cls: Cls) -> frozenset[str]:
    return frozenset(
        name for base in cls.mro() for name, value in base.facts.fields.items() if value is not None
    )


def _mapped(cls: Cls) -> frozenset[str]:
    """The columns that a mapped class declares by an annotation alone: ``balance: Mapped[int]``."""
    libraries = cls.module.program.libraries
    if not any(libraries.types[name].row == "flush" for name in _ancestors(cls)):
        return frozenset()
    return frozenset(name for base in cls.mro() for name in base.facts.annotations)


def _ancestors(cls: Cls) -> Iterator[str]:
    for name in cls.library_types():
        yield from cls.module.program.libraries.lineage(name)


def made(cls: Cls) -> Iterator[str]:
    """The class-level names that are given what a call returns, as fields are."""
    for base in cls.mro():
        ops = base.module.fn(base.facts.scope).facts.ops
        for name, register in base.facts.fields.items():
            if register is not None and ops[register][0] == "call":
                yield name


def _computed(cls: Cls, name: str) -> bool:
    return any(name in base.facts.properties or name in base.facts.methods for base in cls.mro())


def knows_bases(cls: Cls) -> bool:
    """Whether every base is a class of the program, or the library's own root and no more."""
    program = cls.module.program
    for base in cls.mro():
        scope = base.module.fn(base.facts.scope)
        for register, written in zip(base.facts.bases, base.facts.base_names):
            found: Type | None = program.base_type(scope, register, written)
            if found is None:
                return False
            if found.kind == "external":
                known = program.libraries.type_of_class(found.name)
                if known is None or known.rpartition(".")[2] != found.name.rpartition(".")[2]:
                    return False
            elif found.kind != "class":
                return False
    return True
