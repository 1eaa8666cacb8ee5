"""A callee's parameters bound to the caller's values: its symbols and dependences in the caller's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.columns import entries
from rmwlint.windows.values import NO_DEPS, Dep, Place, Symbol, Value, merge_deps, strengthen

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_PLAIN = frozenset(["attr", "item", "call", "binop", "fstring", "compare", "unary", "bool", "element", "key"])
#: the types whose ``ref`` is a class that has the methods
_OF_CLASSES = frozenset(["class", "instance", "super"])


class Binding:
    """``values``: the caller's value of each parameter that the call at ``position`` gives."""

    __slots__ = ("position", "run", "target", "values")

    def __init__(
        self,
        run: Interpreter,
        position: int,
        target: Fn,
        receiver: Value | None,
        args: Sequence[Value],
        kwargs: Sequence[tuple[str, Value]],
    ) -> None:
        self.run = run
        self.position = position
        self.target = target
        self.values: dict[int, Value] = {}
        params = target.facts.params
        shift = 0
        if receiver is not None and target.first_is_self:
            self.values[0] = receiver
            shift = 1
        positional = [
            index for index, parameter in enumerate(params) if parameter.kind in ("positional", "any")
        ]
        for given, value in enumerate(args):
            if given + shift < len(positional):
                self.values[positional[given + shift]] = value
        if kwargs:
            names = {parameter.name: index for index, parameter in enumerate(params)}
            for keyword, value in kwargs:
                if keyword in names:
                    self.values[names[keyword]] = value
            if params and params[-1].kind == "kwargs":
                rest = [(keyword, value) for keyword, value in kwargs if keyword not in names]
                if rest:
                    self.values[len(params) - 1] = self._gathered(rest)

    def _gathered(self, given: list[tuple[str, Value]]) -> Value:
        """The dict of the keywords that no parameter has the name of."""
        items: list[tuple[str, Value]] = []
        for keyword, value in given:
            items += entries(self.run, value) if keyword == "**" else [(keyword, value)]
        return Value(
            ("new", self.position, "**"), merge_deps(value for _, value in given), items=tuple(items)
        )

    def what(self, what: str) -> str:
        """What a place of the callee is a place of. What a method says of its own class, it says of the class
        that it is called on: ``cls.find(name)`` of a base class looks for an ``Account`` in
        ``Account.find(name)``, and in ``super().find(name)`` of that class."""
        owner = self.target.owner
        own = self._own_class() if owner is not None and what == owner.qualified else None
        return what if own is None else own.qualified

    def kind(self, kind: Type | None) -> Type | None:
        """The type of a value of the callee; the same holds of its own class."""
        owner = self.target.owner
        if kind is None or owner is None or kind.kind != "instance" or kind.ref is not owner:
            return kind
        own = self._own_class()
        return kind if own is None else Type("instance", own.qualified, None, own, kind.sure)

    def _own_class(self) -> Cls | None:
        kind = self.values[0].type if 0 in self.values else None
        if kind is None or kind.kind not in _OF_CLASSES or self.target.owner not in kind.ref.mro():
            return None
        found: Cls = kind.ref
        return found

    def keys(self, place: Place) -> frozenset[tuple[str, Symbol]]:
        """What the rows of a place of the callee are found by, as far as the caller can name it."""
        return frozenset((column, key) for column, old in place.keys if (key := self.symbol(old)) is not None)

    def symbol(self, symbol: Symbol) -> Symbol:
        """The caller's symbol, None where the callee's stands for something the caller cannot name."""
        if not isinstance(symbol, tuple) or not symbol:
            return symbol
        head = symbol[0]
        if head == "param":
            value = self.values.get(symbol[1])
            return None if value is None else value.symbol
        if head == "outer" and self.target.parent is self.run.fn and symbol[1] == self.run.fn.index:
            # a function defined here works on the variables as they are where it is called
            mine = self.run.state.env.get(symbol[2])
            return None if mine is None else mine.symbol
        if head == "named":
            inner = self.symbol(symbol[1])
            return None if inner is None else ("named", inner)
        if head in ("const", "global", "function"):
            return symbol
        if head in _PLAIN:
            first = 2 if head == "compare" else 1  # the operators of a comparison are no symbol
            parts = list(symbol[:first])
            for part in symbol[first:]:
                if isinstance(part, tuple) and part and isinstance(part[0], str):
                    part = self.symbol(part)
                    if part is None:
                        return None
                parts.append(part)
            return self.run.symbol(*parts)
        return None

    def deps(self, deps: frozenset[Dep]) -> frozenset[Dep]:
        """Dependences on what parameters hold become dependences on what the caller read."""
        if not deps:
            return NO_DEPS
        found: set[Dep] = set()
        for read, attribute, how in deps:
            if read < 0:
                value = self.values.get(-1 - read)
                if value is None:
                    continue
                row = self.run.rows.get(value.symbol)
                if row is not None:
                    found.add((row, attribute, how))
                found.update(strengthen(value.deps, how if attribute is None else "derive"))
            else:
                found.add((self.position, attribute, how))
        return frozenset(found)

    def value(self, value: Value) -> Value:
        """A value of the callee in the caller's terms."""
        if isinstance(value.symbol, tuple) and value.symbol[:1] == ("param",):
            given = self.values.get(value.symbol[1])
            if given is not None:
                return given._replace(deps=given.deps | self.deps(value.deps))
        entry = self._entry(value.symbol)
        if entry is not None:
            return entry
        symbol = self.symbol(value.symbol)
        items = value.items
        if items is not None:
            items = tuple((key, self.value(item)) for key, item in items)
        whole = self.symbol(value.whole) if value.whole is not None else None
        return Value(
            symbol or ("op", self.position),
            self.deps(value.deps),
            value.type,
            value.const,
            None,
            items,
            whole,
        )

    def _entry(self, symbol: Symbol) -> Value | None:
        """The entry of a dict that the caller has written out, or the attribute of an object that it has set,
        which the callee takes from what it is given; None where the caller does not know it."""
        if not isinstance(symbol, tuple) or len(symbol) != 3 or symbol[0] != "attr":
            return None
        base = symbol[1]
        given = self.values.get(base[1]) if isinstance(base, tuple) and base[:1] == ("param",) else None
        if given is None:
            return None
        found = self.run.state.attrs.get((given.symbol, symbol[2]))
        if found is None:
            found = next((item for key, item in given.items or () if key == symbol[2]), None)
        return found
