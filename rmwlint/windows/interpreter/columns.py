"""The columns that a write names, and the values it gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from rmwlint.libraries.model import CallModel, TypeModel
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.values import Control, Event, Symbol, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter


def columns_of(run: Interpreter, site: Site, row: CallModel) -> Iterator[tuple[str, Value]]:
    """The columns that the call names, with their values."""
    for source in (row.columns or "").split("|"):
        if source == "keywords":
            for keyword, value in site.kwargs:
                if keyword == "**":
                    yield from entries(run, value)
                else:
                    yield keyword, value
        elif source.startswith("keyword:"):
            given = site.keyword(source.partition(":")[2])
            if given is not None:
                yield from entries(run, given)
        else:
            index = site.positional(source)
            if index is not None:
                yield from entries(run, site.args[index])


def entries(run: Interpreter, value: Value) -> Iterator[tuple[str, Value]]:
    """The entries of a dict by constant keys; a dict that only the caller knows is one entry named ``**``."""
    changed = run.state.dirty.get(value.symbol, {})
    for key, item in value.items or ():
        if isinstance(key, str) and key not in changed:
            yield key, run.as_changed(item)
    for key, (_, item) in changed.items():
        yield key, run.as_changed(item)
    if value.items is None and isinstance(value.symbol, tuple) and value.symbol[:1] == ("param",):
        yield "**", value


def decided(run: Interpreter, symbol: Symbol) -> Control:
    """What decided that entries or attributes of an object were set."""
    found: Control = frozenset()
    for (base, _), decision in run.state.decided.items():
        if base == symbol:
            found |= decision
    return found


def unsaved(kind: Type | None) -> frozenset[str]:
    """The attributes of a class of rows that no save writes, as the class itself declares or shows."""
    if kind is None or kind.kind not in ("instance", "class"):
        return frozenset()
    cls: Cls = kind.ref
    known = cls.memo.get("unsaved")
    if known is None:
        known = cls.memo["unsaved"] = frozenset([*_unsaved(cls), *_kept_in_memory(cls)])
    return known  # type: ignore[return-value]


def _unsaved(cls: Cls) -> Iterator[str]:
    bases = cls.module.program.libraries.bases
    fields = [one.field for name in cls.library_types() for one in bases(name) if one.means == "unsaved"]
    for field in fields:
        for base in cls.mro():
            register = base.facts.fields.get(field)
            if register is None:
                continue
            ops = base.module.facts.functions[base.facts.scope].ops
            if ops[register][0] == "build":
                yield from (ops[part][1] for part in ops[register][2] if ops[part][0] == "const")
            break


def _kept_in_memory(cls: Cls) -> Iterator[str]:
    """What the constructor of a row sets that is none of the columns which the body of its class declares;
    under a private name, what any of its methods sets."""
    if any(base.of_strangers() for base in cls.mro()):
        return
    facts = [base.facts for base in cls.mro()]
    declared = {name for one in facts for name in (*one.fields, *one.annotations, *one.methods)}
    private = {name for one in facts for name in one.self_fields if name.startswith("_")}
    yield from sorted(private - declared)
    if "__table__" in declared or not any(base.declared_kind() for base in cls.mro()):
        return
    for one in facts:
        constructor = one.methods.get("__init__")
        for name, places in one.self_fields.items():
            known = name in declared or (name.endswith("_id") and name[:-3] in declared)
            if not known and any(function == constructor for function, _ in places):
                yield name


def computed(kind: Type | None) -> frozenset[str]:
    """The attributes of a class of rows that are properties: what one gives is kept nowhere, and a change to
    it is lost."""
    if kind is None or kind.kind not in ("instance", "class"):
        return frozenset()
    cls: Cls = kind.ref
    known = cls.memo.get("computed")
    if known is None:
        known = cls.memo["computed"] = frozenset().union(*(base.facts.properties for base in cls.mro()))
    return known  # type: ignore[return-value]


def row_keys(fn: Fn, write: Event) -> frozenset[str]:
    """The columns that identify the row that a write goes to, by the library models."""
    found: set[str] = set()
    for model in _models(fn, write):
        found.update(model.keys)
    return frozenset(found)


def keeps_fractions(fn: Fn, write: Event) -> bool:
    """Whether the library of a write keeps fractions of seconds in its timestamps."""
    return any(model.fractions for model in _models(fn, write))


def _models(fn: Fn, write: Event) -> list[TypeModel]:
    """The row types of the library that a write belongs to."""
    if write.row is None:
        return []
    types = fn.module.program.libraries.types.values()
    return [model for model in types if model.row and model.name.partition(".")[0] == write.row.library]


def written_dict(site: Site, row: CallModel) -> Value | None:
    """The dict that a write takes its columns from, where there is one."""
    given = site.keyword("**")
    if given is not None:
        return given
    for source in (row.columns or "").split("|"):
        index = site.positional(source)
        if index is not None:
            return site.args[index]
    return None


def limit_of(site: Site, row: CallModel) -> Sequence[str] | Literal[True] | None:
    """The columns that a save is limited to: names, True where they are not known, None without a limit."""
    if row.limit is None:
        return None
    for keyword, value in site.kwargs:
        if keyword == row.limit:
            if value.const is None:
                return None
            names = [item.const for _, item in value.items or ()]
            known = value.items is not None and all(isinstance(name, str) for name in names)
            return names if known else True
        if keyword == "**":
            return True
    return None
