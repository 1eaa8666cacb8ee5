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
        groups = [frozenset([key]) for key in sorted(cls.keys())]
        for library_type in cls.library_types():
            for switch in cls.module.program.libraries.bases(library_type):
                if switch.means == "unique":
                    for base in cls.mro():
                        groups += list(_groups(base, switch))
        found = cls.memo["uniques"] = tuple(dict.fromkeys(group for group in groups if group))
    return found  # type: ignore[return-value]


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
    return kind is not None and kind.name in switch.calls


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
        names = [ops[part][1] for part in op[2] if ops[part][0] == "const"]
        for keyword, value in op[3]:
            if keyword == "fields" and ops[value][0] == "build":
                names = [ops[part][1] for part in ops[value][2] if ops[part][0] == "const"]
        yield frozenset(str(name) for name in names)


def _keyworded(scope: Fn, register: int, switch: BaseModel) -> bool:
    if switch.keyword is None:
        return True
    given = scope.facts.ops[register][3]
    return any(key == switch.keyword and scope.facts.ops[value] == ("const", True) for key, value in given)
