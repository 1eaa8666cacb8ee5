"""Which columns of a class are unique together, by what its body declares."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.libraries.model import BaseModel
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn


def uniques(cls: Cls) -> tuple[frozenset[str], ...]:
    """The groups of columns of which no two rows have the same values; each key is such a group."""
    found = cls.memo.get("uniques")
    if found is None:
        cls.memo["uniques"] = ()
        groups = [frozenset([key]) for key in sorted(cls.keys())]
        for switch in _switches(cls):
            if switch.means == "unique":
                for base in cls.mro():
                    groups += list(_groups(base, switch))
            elif switch.means == "primary" and not _foreign(cls):
                groups.append(_marked(cls, switch))
        table = table_of(cls)
        if table is not None:
            groups += uniques(table)
        found = cls.memo["uniques"] = tuple(dict.fromkeys(group for group in groups if group))
    return found  # type: ignore[return-value]


def nullable(cls: Cls) -> frozenset[str]:
    """The columns that a class says may be empty: many rows may have nothing there, unique or not."""
    found: set[str] = set()
    for switch in _switches(cls):
        if switch.means == "nullable":
            found |= _marked(cls, switch)
    table = table_of(cls)
    return frozenset(found) if table is None or table is cls else frozenset(found) | nullable(table)


def table_of(cls: Cls) -> Cls | None:
    """The class of the rows that objects of a class stand for, where its body names one."""
    for switch in _switches(cls):
        if switch.means == "table":
            for base in cls.mro():
                register = base.facts.fields.get(switch.field)
                if register is not None:
                    kind = link(base.module.fn(base.facts.scope)).types[register]
                    return kind.ref if kind is not None and kind.kind == "class" else None
    return None


def _switches(cls: Cls) -> Iterator[BaseModel]:
    libraries = cls.module.program.libraries
    for library_type in cls.library_types():
        yield from libraries.bases(library_type)


def _marked(cls: Cls, switch: BaseModel) -> frozenset[str]:
    """The columns whose declaration carries the keyword."""
    return frozenset(
        name
        for base in cls.mro()
        for name, register in base.facts.fields.items()
        if register is not None and _says(base.module.fn(base.facts.scope), register, switch)
    )


def _foreign(cls: Cls) -> bool:
    """Whether a base is of another package that nothing is known of: it may declare columns too."""
    program = cls.module.program
    for base in cls.mro():
        scope = base.module.fn(base.facts.scope)
        for register, written in zip(base.facts.bases, base.facts.base_names):
            kind = program.base_type(scope, register, written)
            if kind is None or (
                kind.kind == "external" and program.libraries.type_of_class(kind.name) is None
            ):
                return written != "object"
    return False


def conditional_uniques(cls: Cls) -> tuple[frozenset[str], ...]:
    """The groups of columns of which, of some rows only, no two have the same values."""
    found = cls.memo.get("conditional_uniques")
    if found is None:
        groups: list[frozenset[str]] = []
        for library_type in cls.library_types():
            for switch in cls.module.program.libraries.bases(library_type):
                if switch.means == "unique" and switch.calls:
                    for base in cls.mro():
                        groups += list(_groups(base, switch, conditional=True))
        found = cls.memo["conditional_uniques"] = tuple(dict.fromkeys(groups))
    return found  # type: ignore[return-value]


def _groups(cls: Cls, switch: BaseModel, conditional: bool = False) -> Iterator[frozenset[str]]:
    scope = cls.module.fn(cls.facts.scope)
    if "." in switch.field:
        outer, _, field = switch.field.partition(".")
        for inner in cls.module.facts.classes:
            if inner.qualname == f"{cls.facts.qualname}.{outer}":
                register = inner.fields.get(field)
                if register is not None:
                    yield from _declared(scope, register, switch, conditional)
        return
    for name, register in cls.facts.fields.items():
        if register is None:
            continue
        if switch.field == "*":
            if not conditional and _says(scope, register, switch):
                yield frozenset([name])
        elif name == switch.field:
            yield from _declared(scope, register, switch, conditional)


def _says(scope: Fn, register: int, switch: BaseModel) -> bool:
    """Whether a column's own declaration carries the keyword, or is a call of one of the classes."""
    op = scope.facts.ops[register]
    if op[0] != "call":
        return False
    if switch.calls and not _calls(scope, register, switch):
        return False
    if switch.keyword is None:
        return bool(switch.calls)
    return any(
        keyword == switch.keyword and scope.facts.ops[value] == ("const", True) for keyword, value in op[3]
    )


def _calls(scope: Fn, register: int, switch: BaseModel) -> bool:
    kind = link(scope).types[scope.facts.ops[register][1]]
    if kind is None:
        return False
    # what an object hands on is named after the object's type
    of = f"{kind.arg.name}." if kind.kind == "member" and kind.arg is not None else ""
    return of + kind.name in switch.calls


def _declared(
    scope: Fn, register: int, switch: BaseModel, conditional: bool = False
) -> Iterator[frozenset[str]]:
    """The groups in a table's declaration: tuples of names, or calls that are given names."""
    ops = scope.facts.ops
    op = ops[register]
    if op[0] == "build":
        names = [ops[part][1] for part in op[2] if ops[part][0] == "const"]
        if not switch.calls and names and len(names) == len(op[2]):
            yield frozenset(str(name) for name in names)
            return
        for part in op[2]:
            yield from _declared(scope, part, switch, conditional)
    elif op[0] == "call" and switch.calls:
        if not _calls(scope, register, switch) or not _keyworded(scope, register, switch):
            return
        if any(keyword == "condition" for keyword, _ in op[3]) is not conditional:
            return
        # an index, which a keyword makes unique, has its own name before those of its columns
        columns = op[2] if switch.keyword is None else op[2][1:]
        names = [ops[part][1] for part in columns if ops[part][0] in ("const", "name")]
        for keyword, value in op[3]:
            if keyword == "fields" and ops[value][0] == "build":
                names = [ops[part][1] for part in ops[value][2] if ops[part][0] == "const"]
        yield frozenset(str(name) for name in names)


def _keyworded(scope: Fn, register: int, switch: BaseModel) -> bool:
    if switch.keyword is None:
        return True
    given = scope.facts.ops[register][3]
    return any(key == switch.keyword and scope.facts.ops[value] == ("const", True) for key, value in given)
