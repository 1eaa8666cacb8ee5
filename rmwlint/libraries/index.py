"""Which row of the library models speaks of a call: every lookup is a dict built once.

    libraries.methods("django.QuerySet", "first")     → (CallModel(does="read", …),)

A wildcard costs a walk over the wildcards of one type, and that once for each name: answers are kept.
Names of builtins may be asked for with or without ``builtins.``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rmwlint.libraries.model import AttributeModel, BaseModel, CallModel, TypeModel

_READS = ("read", "test", "query", "refresh", "expression")
_WRITES = (
    "assign",
    "mutate",
    "run",
    "write",
    "delta",
    "swap",
    "create",
    "ensure",
    "delete",
    "replace",
    "flush",
)
ACCESSES = frozenset(_READS + _WRITES)
_SILENT = ("pure", "mutate", "handles", "suppress", "reraise", "retry")


_ROWS = ("row", "rows")
#: types that nothing has: what a name says on its own
_NAMING = frozenset(["naming.Store", "naming.Exception", "naming.Decorator"])


class _Unknown:
    """The one object that stands for a value nobody knows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Gives(NamedTuple):
    """A parsed ``gives``.

    ``kind``: ``self`` | ``element`` | ``class`` | ``argument`` (class of argument ``position``) |
    ``argument_element`` (element of argument ``position``) | ``type`` (of ``type``, whose element is
    ``of[0]``, if any) | ``class_of`` (the class ``type`` itself) | ``iterable`` (of ``of[0]``) | ``tuple``
    (of each of ``of``) | ``any``.
    """

    kind: str
    type: str | None = None
    position: int | None = None
    of: tuple[Gives, ...] = ()


class Rows(NamedTuple):
    """The rows of one or more files, checked, type names full."""

    types: tuple[TypeModel, ...]
    calls: tuple[CallModel, ...]
    attributes: tuple[AttributeModel, ...]
    bases: tuple[BaseModel, ...]
    roots: tuple[str, ...]
    threads: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


def parse_gives(text: str) -> Gives:
    """Parse a ``gives`` whose type names are full.

    Raises ValueError, whose text says what is wrong, when the grammar in ``rmwlint.libraries.model``
    does not allow it.
    """
    text = text.strip()
    if text == "_":
        return Gives("any")
    if text in ("@self", "@element", "@class"):
        return Gives(text[1:])
    for prefix, kind in (("@arg", "argument"), ("@element", "argument_element")):
        if text.startswith(prefix) and text[len(prefix) :].isdigit():
            return Gives(kind, position=int(text[len(prefix) :]))
    if text.startswith("(") and text.endswith(")"):
        items = tuple(parse_gives(item) for item in text[1:-1].split(",") if item.strip())
        if not items:
            raise ValueError("an empty tuple")
        return Gives("tuple", of=items)
    if text.endswith("]"):
        head, _, inner = text[:-1].partition("[")
        if head == "type":
            given = parse_gives(inner)
            if given.kind != "type" or given.of:
                raise ValueError(f"type[…] wants the name of a type, not {inner!r}")
            return Gives("class_of", type=given.type)
        if not head:
            return Gives("iterable", of=(parse_gives(inner),))
        return Gives("type", type=_type_name(head), of=(parse_gives(inner),))
    return Gives("type", type=_type_name(text))


def _type_name(text: str) -> str:
    if not text or not all(part.isidentifier() for part in text.split(".")):
        raise ValueError(f"{text!r} is neither a type nor one of @self @element @class @argN @elementN")
    return text


class Wildcards:
    """Patterns with a ``*`` at the front, at the end or both, found by name without trying each."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._order: dict[str, int] = {}
        #: by first letter, by last letter, and what may stand anywhere: (text, pattern)
        self._starts: dict[str, list[tuple[str, str]]] = {}
        self._ends: dict[str, list[tuple[str, str]]] = {}
        self._within: list[tuple[str, str]] = []
        for pattern in patterns:
            self._order[pattern] = len(self._order)
            text = pattern.strip("*")
            if pattern[:1] == "*" and pattern[-1:] == "*":
                self._within.append((text, pattern))
            elif pattern[-1:] == "*":
                self._starts.setdefault(text[0], []).append((text, pattern))
            else:
                self._ends.setdefault(text[-1], []).append((text, pattern))

    def matching(self, name: str) -> list[str]:
        """The patterns that the name matches, the longest first, then in the order they were given."""
        found = [pattern for text, pattern in self._within if text in name]
        for text, pattern in self._starts.get(name[:1], ()):
            if name.startswith(text):
                found.append(pattern)
        for text, pattern in self._ends.get(name[-1:], ()):
            if name.endswith(text):
                found.append(pattern)
        if len(found) > 1:
            found.sort(key=lambda pattern: (-len(pattern), self._order[pattern]))
        return found


_Levels = tuple[tuple[CallModel, ...], ...]


class _Answer(NamedTuple):
    """The levels of one name. ``always``: the rows that count whatever is passed, None where that decides."""

    levels: _Levels
    always: tuple[CallModel, ...] | None


def _answer(levels: _Levels) -> _Answer:
    if not levels:
        return _NO_ANSWER
    for row in levels[0]:
        if row.requires is not None or row.unless is not None:
            return _Answer(levels, None)
    return _Answer(levels, levels[0])


_NO_ANSWER = _Answer((), ())


class _Names:
    """Names and wildcards of one namespace → rows, most specific first."""

    __slots__ = ("answers", "exact", "patterns", "wild")

    def __init__(self) -> None:
        self.exact: dict[str, tuple[CallModel, ...]] = {}
        self.wild: dict[str, tuple[CallModel, ...]] = {}
        self.answers: dict[str, _Levels] = {}
        self.patterns: Wildcards | None = None

    def levels(self, name: str) -> _Levels:
        found = self.answers.get(name)
        if found is None:
            rows = self.exact.get(name)
            found = (rows,) if rows else ()
            if self.wild:
                if self.patterns is None:
                    self.patterns = Wildcards(self.wild)
                found += tuple([self.wild[pattern] for pattern in self.patterns.matching(name)])
            self.answers[name] = found
        return found


def matches(pattern: str, name: str) -> bool:
    """Whether ``name`` is ``pattern``, which may have a ``*`` at the front, at the end or both."""
    if pattern[-1:] == "*":
        if pattern[:1] == "*":
            return pattern[1:-1] in name
        return name.startswith(pattern[:-1])
    if pattern[:1] == "*":
        return name.endswith(pattern[1:])
    return name == pattern


class Libraries:
    """The rows of all loaded library models, by the questions that the engine asks.

    ``types`` maps full type names to their models; ``roots`` are the import roots of all libraries.
    ``layers`` come least important first: a later layer replaces, name by name, what an earlier one says.
    """

    def __init__(self, layers: Iterable[Rows]) -> None:
        self.types: dict[str, TypeModel] = {}
        self._classes: dict[str, str] = {}
        self._objects: dict[str, str] = {}
        self._functions = _Names()
        self._methods: dict[str, _Names] = {}
        self._attributes: dict[str, dict[str, AttributeModel]] = {}
        self._wild_attributes: dict[str, dict[str, AttributeModel]] = {}
        self._bases: dict[str, list[BaseModel]] = {}
        self._lineage: dict[str, tuple[str, ...]] = {}
        self._method_answers: dict[tuple[str, str], _Answer] = {}
        self._function_answers: dict[str, _Answer] = {}
        self._attribute_answers: dict[tuple[str, str], AttributeModel | None] = {}
        self._gives: dict[str, Gives] = {}
        self._named: dict[str, str] = {}
        self._handled: dict[str, frozenset[str]] = {}
        #: of the names that have come up, those that say that something is created, and methods that do
        self._creating: set[str] = set()
        self._row_locks: frozenset[str] | None = None
        self._hooking: frozenset[str] | None = None
        self._judged: set[str] = set()
        self._locking: frozenset[str] | None = None
        self._far_locks: frozenset[str] | None = None
        self._transacting: dict[str, frozenset[str]] = {}
        self._saving: dict[str, frozenset[str]] = {}
        self._coroutines: frozenset[str] | None = None
        self._programs: frozenset[str] | None = None
        self._runners: frozenset[str] | None = None
        self._synchronizing: frozenset[str] | None = None
        self._settings: frozenset[str] | None = None
        self._patches: frozenset[str] | None = None
        self._servers: frozenset[str] | None = None
        self._receiver_answers: dict[str, tuple[str, ...]] = {}
        self._tokens: frozenset[str] | None = None
        self._method_names: frozenset[str] | None = None
        self._token_wildcards: tuple[str, ...] = ()
        roots: set[str] = set()
        threads: set[str] = set()
        tasks: set[str] = set()
        self._same: list[tuple[str, str]] = []
        for rows in layers:
            self._add(rows)
            roots.update(rows.roots)
            threads.update(rows.threads)
            tasks.update(rows.tasks)
            for one in rows.same:
                module, _, original = one.partition(" as ")
                self._same.append((module, original))
        self.roots = frozenset(roots)
        self.threads = frozenset(threads)
        self.tasks = frozenset(tasks)
        self._receivers: dict[str, list[str]] = {}
        self._wild_receivers: dict[str, list[str]] = {}
        for model in self.types.values():
            for pattern in model.receivers:
                table = self._wild_receivers if "*" in pattern else self._receivers
                table.setdefault(pattern.lstrip("_").lower(), []).append(model.name)
        self._receiver_wildcards = Wildcards(self._wild_receivers)
        self._shapes = [(model.own_methods, model.name) for model in self.types.values() if model.own_methods]
        self._declaring = {
            function: model.name for model in self.types.values() for function in model.own_columns
        }
        self._saved_by: dict[str, list[TypeModel]] = {}
        for model in self.types.values():
            for method in model.saved_by:
                self._saved_by.setdefault(method, []).append(model)
        self._shown: dict[tuple[str, str], str] = {
            (where, method): model.name
            for model in self.types.values()
            for where in model.shown_on
            for method in model.shown_by
        }
        #: the attributes that show a class of another package to be one of rows
        self.ways_to_rows = frozenset(
            name
            for (where, name), shown in self._shown.items()
            if where == "import" and self.types[shown].row
        )

    def _add(self, rows: Rows) -> None:
        for model in rows.types:
            known = self.types.get(model.name)
            if known is not None:
                model = TypeModel(
                    model.name,
                    _union(known.classes, model.classes),
                    model.row or known.row,
                    _union(known.keys, model.keys),
                    _union(known.receivers, model.receivers),
                    _union(known.bases, model.bases),
                    _union(known.objects, model.objects),
                    known.unshared or model.unshared,
                    _union(known.saved_by, model.saved_by),
                    _union(known.homes, model.homes),
                    _union(known.imports, model.imports),
                    model.element or known.element,
                    model.atomic_when or known.atomic_when,
                    _union(known.first_parameters, model.first_parameters),
                    _union(known.made_by, model.made_by),
                    known.alone or model.alone,
                    known.fractions or model.fractions,
                    known.one_by_key or model.one_by_key,
                    model.wraps or known.wraps,
                    _union(known.own_methods, model.own_methods),
                    known.shared or model.shared,
                    _union(known.shown_by, model.shown_by),
                    _union(known.shown_on, model.shown_on),
                    model.makes or known.makes,
                    _union(known.own_columns, model.own_columns),
                    _union(known.filled_in, model.filled_in),
                    _union(known.watched_by, model.watched_by),
                    _union(known.watched_everywhere, model.watched_everywhere),
                    _union(known.isolated_by, model.isolated_by),
                    _union(known.related_as, model.related_as),
                    _union(known.overridden, model.overridden),
                )
            self.types[model.name] = model
            for qualified in model.classes:
                self._classes[qualified] = model.name
            for qualified in model.objects:
                self._objects[qualified] = model.name
        functions: dict[str, list[CallModel]] = {}
        methods: dict[str, dict[str, list[CallModel]]] = {}
        for row in rows.calls:
            for name in row.functions:
                functions.setdefault(name, []).append(row)
            for type_name in row.on:
                of_type = methods.setdefault(type_name, {})
                for name in row.methods:
                    of_type.setdefault(name, []).append(row)
        _replace(self._functions, functions)
        for type_name, of_type in methods.items():
            _replace(self._methods.setdefault(type_name, _Names()), of_type)
        for attribute in rows.attributes:
            for type_name in attribute.on:
                for name in attribute.names:
                    table = self._wild_attributes if "*" in name else self._attributes
                    table.setdefault(type_name, {})[name] = attribute
        for base in rows.bases:
            for type_name in base.on:
                self._bases.setdefault(type_name, []).append(base)

    def type_of_class(self, qualified: str) -> str | None:
        """The type that instances of the class have, None for a class that no model lists."""
        found = self._classes.get(qualified)
        if found is None and "." not in qualified:
            found = self._classes.get("builtins." + qualified)
        return found

    def original(self, qualified: str) -> str:
        """The name that what has a qualified name has in the module which defines it, where another only
        hands it on."""
        for module, original in self._same:
            if qualified == module or qualified.startswith(f"{module}."):
                return original + qualified[len(module) :]
        return qualified

    def type_of_object(self, qualified: str) -> str | None:
        """The type of a library's module-level object, None for one that no model lists."""
        return self._objects.get(qualified)

    def lineage(self, type_name: str) -> tuple[str, ...]:
        """The type and all its bases, most derived first; empty for an unknown type."""
        found = self._lineage.get(type_name)
        if found is None:
            order: list[str] = []
            self._collect(type_name, order)
            # A base that two paths reach stands after the last type that derives from it.
            found = tuple(reversed(list(dict.fromkeys(reversed(order)))))
            self._lineage[type_name] = found
        return found

    def _collect(self, type_name: str, order: list[str]) -> None:
        model = self.types.get(type_name)
        if model is not None:
            order.append(type_name)
            for base in model.bases:
                self._collect(base, order)

    def is_a(self, type_name: str, other: str) -> bool:
        """Whether ``other`` is the type or one of its bases."""
        return other in self.lineage(type_name)

    def functions(self, qualified: str) -> tuple[CallModel, ...]:
        """All rows for a function or class that is called, most specific first.

        Also for a method of a library's module-level object (``django.core.cache.cache.get``).
        """
        return tuple([row for level in self._function(qualified).levels for row in level])

    def methods(self, type_name: str, method: str) -> tuple[CallModel, ...]:
        """All rows for a method of a type, through its lineage, most specific first."""
        return tuple([row for level in self._method(type_name, method).levels for row in level])

    def given_first(self, parameter: str) -> tuple[str, ...]:
        """The types to which functions belong whose first parameter has that name."""
        return tuple(model.name for model in self.types.values() if parameter in model.first_parameters)

    def any_method(self, type_name: str, meanings: tuple[str, ...]) -> tuple[CallModel, ...]:
        """One row for each of the meanings that some method of the type has."""
        found: dict[str, CallModel] = {}
        for ancestor in self.lineage(type_name):
            names = self._methods.get(ancestor)
            for rows in names.exact.values() if names is not None else ():
                for row in rows:
                    if row.does in meanings:
                        found.setdefault(row.does, row)
        return tuple(found[does] for does in meanings if does in found)

    def knows_method(self, name: str) -> bool:
        """Whether some library's type has a method of exactly that name."""
        if self._method_names is None:
            self._method_names = frozenset(known for names in self._methods.values() for known in names.exact)
        return name in self._method_names

    def function_meaning(self, qualified: str, keywords: Mapping[str, Any]) -> tuple[CallModel, ...]:
        """The rows that count for a call of a function; ``keywords`` as in :meth:`applies`."""
        answer = self._function_answers.get(qualified) or self._function(qualified)
        return self._meaning(answer.levels, keywords) if answer.always is None else answer.always

    def method_meaning(
        self, type_name: str, method: str, keywords: Mapping[str, Any]
    ) -> tuple[CallModel, ...]:
        """The rows that count for a call of a method; ``keywords`` as in :meth:`applies`."""
        answer = self._method_answers.get((type_name, method)) or self._method(type_name, method)
        return self._meaning(answer.levels, keywords) if answer.always is None else answer.always

    def _function(self, qualified: str) -> _Answer:
        found = self._function_answers.get(qualified)
        if found is None:
            full = qualified if "." in qualified else "builtins." + qualified
            found = _answer(self._functions.levels(full))
            if not found.levels:
                owner, _, method = full.rpartition(".")
                type_name = self._objects.get(owner)
                if type_name is not None:
                    found = self._method(type_name, method)
            self._function_answers[qualified] = found
        return found

    def _method(self, type_name: str, method: str) -> _Answer:
        key = (type_name, method)
        found = self._method_answers.get(key)
        if found is None:
            levels: list[tuple[CallModel, ...]] = []
            for name in self.lineage(type_name):
                names = self._methods.get(name)
                if names is not None:
                    levels.extend(names.levels(method))
            found = self._method_answers[key] = _answer(tuple(levels))
        return found

    def _meaning(self, levels: _Levels, keywords: Mapping[str, Any]) -> tuple[CallModel, ...]:
        for level in levels:
            rows = tuple([row for row in level if self.applies(row, keywords)])
            if rows:
                special = {_group(row) for row in rows if row.requires is not None}
                if not special:
                    return rows
                return tuple([row for row in rows if row.requires is not None or _group(row) not in special])
        return ()

    def applies(self, row: CallModel, keywords: Mapping[str, Any]) -> bool:
        """Whether the row's ``requires`` and ``unless`` admit a call.

        ``keywords`` maps the keywords that the call passes, and ``arg0`` … for its positional arguments,
        to their constant values, to the qualified name of what is imported, to a tuple of these for a list,
        set or tuple (of its keys for a dict), or to UNKNOWN.
        """
        if row.requires is not None and not _passes(row.requires, keywords):
            return False
        return row.unless is None or not _passes(row.unless, keywords)

    def holds_back(self, method: str, keywords: Mapping[str, Any]) -> frozenset[str]:
        """The arguments that give the objects wrapped by those whose method of this name would save a new row
        if there is none, but does not, called so: it gives the row as it is. Empty where there are none."""
        return frozenset(
            argument
            for model in self.types.values()
            if model.makes is not None
            for row in self.methods(model.name, method)
            if row.at == "wrapped" and row.unless is not None and _passes(row.unless, keywords)
            for argument in model.wraps
        )

    def attribute(self, type_name: str, name: str) -> AttributeModel | None:
        """The row for an attribute of a type, through its lineage; an exact name beats a wildcard."""
        key = (type_name, name)
        if key not in self._attribute_answers:
            self._attribute_answers[key] = self._attribute(type_name, name)
        return self._attribute_answers[key]

    def _attribute(self, type_name: str, name: str) -> AttributeModel | None:
        for ancestor in self.lineage(type_name):
            found = self._attributes.get(ancestor, {}).get(name)
            if found is not None:
                return found
            wild = self._wild_attributes.get(ancestor)
            if wild:
                patterns = [pattern for pattern in wild if matches(pattern, name)]
                if patterns:
                    return wild[max(patterns, key=len)]
        return None

    def bases(self, type_name: str) -> tuple[BaseModel, ...]:
        """The class-level switches that classes derived from the type may carry."""
        return tuple(base for name in self.lineage(type_name) for base in self._bases.get(name, ()))

    def receiver(self, identifier: str) -> tuple[str, ...]:
        """The types that a variable's or attribute's name suggests, the closest match first."""
        found = self._receiver_answers.get(identifier)
        if found is None:
            name = identifier.lstrip("_").lower()
            types = list(self._receivers.get(name, ()))
            for pattern in self._receiver_wildcards.matching(name):
                types.extend(self._wild_receivers[pattern])
            found = self._receiver_answers[identifier] = tuple(dict.fromkeys(types))
        return found

    def shaped(self, methods: Container[str]) -> str | None:
        """The type that a class with these methods of its own is taken for, None where none is."""
        for own, name in self._shapes:
            if all(method in methods for method in own):
                return name
        return None

    def declaring(self, function: str) -> str | None:
        """The type that a class is taken for in whose body a function is called, None where it is none."""
        return self._declaring.get(function)

    def saved_by(self, method: str) -> list[TypeModel]:
        """The types of an object of unknown type whose attributes are set before this method is called."""
        return self._saved_by.get(method, [])

    def shown(self, where: str, method: str) -> str | None:
        """The type that something is taken for where this method is called on it; ``where``: what it is
        besides, as ``shown_on`` says. None where it says nothing."""
        return self._shown.get((where, method))

    def shown_on_rows(self, method: str) -> bool:
        """Whether a method shows what an attribute of some kind of row is."""
        return any(
            name == method and where in self.types and self.types[where].row for where, name in self._shown
        )

    def gives(self, row: CallModel | AttributeModel) -> Gives | None:
        """What the call or attribute gives, parsed; None where the row does not say."""
        if row.gives is None:
            return None
        found = self._gives.get(row.gives)
        if found is None:
            found = self._gives[row.gives] = parse_gives(row.gives)
        return found

    def handled(self, qualified_exception: str) -> frozenset[str]:
        """Which of ``duplicate``, ``missing``, ``conflict`` catching the exception takes care of."""
        found = self._handled.get(qualified_exception)
        if found is None:
            found = self._handled[qualified_exception] = self._words(qualified_exception)
        return found

    def _words(self, qualified_exception: str) -> frozenset[str]:
        for level in self._function(qualified_exception).levels:
            words = {word for row in level if row.does == "handles" for word in row.exceptions}
            if words:
                return frozenset(words)
        named = self.method_meaning("naming.Exception", snake(qualified_exception.rpartition(".")[2]), {})
        return frozenset(word for row in named if row.does == "handles" for word in row.exceptions)

    def creates(self, names: frozenset[str]) -> bool:
        """Whether a method of one of those names can create a row, by its name alone or in some library."""
        if not self._creating:
            self._creating.update(self._makers())
        for name in names - self._judged:
            if self.named(name) == "create":
                self._creating.add(name)
        self._judged |= names
        return not self._creating.isdisjoint(names)

    def _makers(self) -> Iterator[str]:
        makes = ("create", "flush", "write")
        for names in self._methods.values():
            for name, rows in names.exact.items():
                if any(row.does in makes and (row.place in _ROWS or row.does == "flush") for row in rows):
                    yield name

    @property
    def row_locks(self) -> frozenset[str]:
        """The names by which row locks are asked for: of methods, and of keywords."""
        if self._row_locks is None:
            self._row_locks = frozenset(
                written
                for names in self._methods.values()
                for name, rows in names.exact.items()
                for row in rows
                for written in (*((name,) if row.lock else ()), *row.lock_keywords)
            )
        return self._row_locks

    @property
    def locking(self) -> frozenset[str]:
        """The names of methods that give a query which asks for row locks."""
        if self._locking is None:
            self._locking = frozenset(
                name
                for names in self._methods.values()
                for name, rows in names.exact.items()
                if any(row.does == "query" and row.lock for row in rows)
            )
        return self._locking

    @property
    def hooking(self) -> frozenset[str]:
        """The last names of the objects by whose methods a hook is registered for somebody's transaction."""
        if self._hooking is None:
            kinds = {
                kind
                for kind, names in self._methods.items()
                if any(
                    row.does == "hook" and row.at is not None for rows in names.exact.values() for row in rows
                )
            }
            self._hooking = frozenset(
                name.rpartition(".")[2]
                for model in self.types.values()
                if not kinds.isdisjoint(self.lineage(model.name))
                for name in model.objects
            )
        return self._hooking

    @property
    def atomic_settings(self) -> tuple[str, ...]:
        """The settings that open a transaction around every request."""
        found = (model.atomic_when for model in self.types.values())
        return tuple(sorted({name for name in found if name is not None}))

    def transacting(self, library: str) -> frozenset[str]:
        """The last names of a library's functions and methods that open a transaction, however called."""
        known = self._transacting.get(library)
        if known is None:
            tables = (self._functions, *self._methods.values())
            known = self._transacting[library] = frozenset(
                name.rpartition(".")[2]
                for names in tables
                for name, rows in names.exact.items()
                for row in rows
                if row.does == "transaction" and row.library == library
                if row.requires is None and not row.readonly
            )
        return known

    @property
    def ensuring(self) -> frozenset[str]:
        """The names of methods that give a row, and make it where there is none."""
        return self._saving_by({"ensure"})

    @property
    def saving(self) -> frozenset[str]:
        """The names of methods that save or make one row."""
        return self._saving_by({"write", "create"})

    @property
    def overridden(self) -> frozenset[str]:
        """The names of methods that classes define in place of those that save or delete a row."""
        return frozenset(name for model in self.types.values() for name in model.overridden)

    def _saving_by(self, does: set[str]) -> frozenset[str]:
        key = " ".join(sorted(does))
        known = self._saving.get(key)
        if known is None:
            known = self._saving[key] = frozenset(
                name
                for names in self._methods.values()
                for name, rows in names.exact.items()
                if any(row.does in does and row.place == "row" for row in rows)
            )
        return known

    @property
    def labelled(self) -> frozenset[str]:
        """The last names of the classes that say by what name strings call the packages they stand in."""
        return frozenset(
            qualified.rpartition(".")[2]
            for name, bases in self._bases.items()
            if any(base.means == "label" for base in bases)
            for qualified in self.types[name].classes
        )

    @property
    def coroutines(self) -> frozenset[str]:
        """The decorators that make a coroutine of a generator, by qualified name."""
        if self._coroutines is None:
            self._coroutines = frozenset(
                name
                for name, rows in self._functions.exact.items()
                if any(row.does == "switch" and "decorator" in row.form for row in rows)
            )
        return self._coroutines

    @property
    def reserving(self) -> frozenset[str]:
        """The names of methods that give a row which is then reserved for whoever asked."""
        known = self._methods.get("naming.Reservation")
        return frozenset(known.exact) if known is not None else frozenset()

    @property
    def far_locks(self) -> frozenset[str]:
        """The packages, one of which a module imports that takes a lock of all processes of a host."""
        if self._far_locks is None:
            found = [name for name, rows in self._functions.exact.items() if _locks_host(rows)]
            for type_name, names in self._methods.items():
                if any(map(_locks_host, names.exact.values())):
                    found += self.types[type_name].classes
            self._far_locks = frozenset(name.partition(".")[0] for name in found)
        return self._far_locks

    @property
    def programs(self) -> frozenset[str]:
        """The names of the programs that some model knows, as they are run: ``rm``, ``qemu-img``."""
        if self._programs is None:
            known = self._methods.get("commands.Program")
            names = known.exact if known is not None else {}
            self._programs = frozenset(
                part for name in names for part in (name, "-".join(name.split("_")[:-1])) if part
            )
        return self._programs

    def runners(self, names: frozenset[str]) -> bool:
        """Whether one of these names is that of a function which runs programs."""
        if self._runners is None:
            self._runners = frozenset(
                name.rpartition(".")[2]
                for name, rows in self._functions.exact.items()
                if any(row.kind == "subprocess" for row in rows)
            )
        if not self._runners.isdisjoint(names):
            return True
        return any("exec" in name or "run" in name or "cmd" in name for name in names) and any(
            "commands.Runner" in self.receiver(name) for name in names
        )

    @property
    def synchronizing(self) -> frozenset[str]:
        """The packages a function of which takes a lock, or starts a thread, a task or a process."""
        if self._synchronizing is None:
            found = [
                name
                for table in (self._functions.exact, self._functions.wild)
                for name, rows in table.items()
                if any(row.does in ("lock", "spawn") for row in rows)
            ]
            self._synchronizing = frozenset(name.partition(".")[0] for name in [*found, *self._objects])
        return self._synchronizing

    @property
    def settings(self) -> frozenset[str]:
        """The last names of the functions that look at a state of the whole process, or set one."""
        if self._settings is None:
            self._settings = frozenset(
                name.rpartition(".")[2]
                for name, rows in self._functions.exact.items()
                if any(row.does == "setting" for row in rows)
            )
        return self._settings

    @property
    def patches(self) -> frozenset[str]:
        """The last names of the functions that make the threads of the process green."""
        if self._patches is None:
            self._patches = frozenset(
                name.rpartition(".")[2]
                for name, rows in self._functions.exact.items()
                if any(row.does == "patch" for row in rows)
            )
        return self._patches

    @property
    def servers(self) -> frozenset[str]:
        """The last names of the functions and classes that serve requests one after the other."""
        if self._servers is None:
            found = [name for name, rows in self._functions.exact.items() if _serves(rows)]
            for type_name, names in self._methods.items():
                if any(map(_serves, names.exact.values())):
                    found += self.types[type_name].classes
            self._servers = frozenset(name.rpartition(".")[2] for name in found)
        return self._servers

    def named(self, name: str) -> str:
        """What the name of a method alone says of a store of things: ``test``, ``create``, else nothing."""
        found = self._named.get(name)
        if found is None:
            found = self._named_by(snake(name))
            self._named[name] = found
        return found

    def _named_by(self, name: str) -> str:
        answer = self._method("naming.Store", name)
        if any(row.does == "pure" for level in answer.levels for row in level):
            return ""
        rows = self._meaning(answer.levels, {})
        return rows[0].does if rows else ""

    def tokens(self) -> frozenset[str]:
        """The names that calls with a meaning have: methods, and last parts of functions, no wildcards.

        ``pure`` and ``mutate`` alone mean nothing, and an exception that is caught is no call.
        """
        if self._tokens is None:
            self._build_tokens()
        assert self._tokens is not None
        return self._tokens

    def interesting_names(self, names: frozenset[str]) -> bool:
        """Whether any of the names is one of :meth:`tokens`, or matches a wildcard that would be."""
        if not self.tokens().isdisjoint(names):
            return True
        return any(matches(pattern, name) for pattern in self._token_wildcards for name in names)

    def _build_tokens(self) -> None:
        tokens: set[str] = set()
        wildcards: set[str] = set()
        methods = [names for type_name, names in self._methods.items() if type_name not in _NAMING]
        namespaces = [(self._functions, True), *((names, False) for names in methods)]
        for names, dotted in namespaces:
            for name, rows in names.exact.items():
                if any(row.does not in _SILENT for row in rows):
                    tokens.add(name.rpartition(".")[2] if dotted else name)
            for pattern, rows in names.wild.items():
                last = pattern.rpartition(".")[2] if dotted else pattern
                # A bare ``*`` says nothing about names: its type is found by imports and receivers.
                if last.strip("*") and any(row.does not in _SILENT for row in rows):
                    wildcards.add(last)
        self._tokens = frozenset(tokens)
        self._token_wildcards = tuple(sorted(wildcards))


def _serves(rows: Iterable[CallModel]) -> bool:
    return any(row.does == "serve" for row in rows)


def _locks_host(rows: Iterable[CallModel]) -> bool:
    return any(row.does == "lock" and row.reach == "host" for row in rows)


@functools.cache
def snake(name: str) -> str:
    """A name in snake case, without leading underscores."""
    if name.islower():
        return name.lstrip("_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().lstrip("_")


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))


def _replace(names: _Names, rows: dict[str, list[CallModel]]) -> None:
    for name, found in rows.items():
        (names.wild if "*" in name else names.exact)[name] = tuple(found)


def _group(row: CallModel) -> str:
    return "access" if row.does in ACCESSES else row.does


def _passes(condition: tuple[str, Any], keywords: Mapping[str, Any]) -> bool:
    names, wanted = condition
    for name in names.split("|"):
        if name in keywords:
            return _equal(wanted, keywords[name])
    return False


def _equal(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, tuple):
        return any(_equal(one, given) for one in wanted)
    if wanted == "*":
        return True
    if given is UNKNOWN:
        return False
    if isinstance(given, tuple) and not isinstance(wanted, bool):
        return any(_equal(wanted, one) for one in given)
    if isinstance(wanted, bool):
        return bool(given) is wanted
    if isinstance(wanted, str):
        return isinstance(given, str) and matches(wanted.lower(), given.strip().lower())
    return bool(given == wanted)
