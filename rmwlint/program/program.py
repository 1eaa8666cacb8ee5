"""The linked program: modules, classes and functions, loaded when a question needs them.

Names are resolved across imports (relative, aliased, re-exported, star), and a package that
imports its modules by name (``__import__("shop.models.order")``) is taken at its word. Nothing here
knows a library: what lies outside the program is an ``external`` type with its qualified name.
"""

from __future__ import annotations

import builtins
import operator
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rmwlint.facts.called import calls_imported
from rmwlint.facts.coroutines import as_coroutine, decorators_of
from rmwlint.facts.model import Class, Function, Module
from rmwlint.libraries.index import Libraries
from rmwlint.program.asked import Asked, LedTo
from rmwlint.program.cycles import Cycles
from rmwlint.program.outline import Outline
from rmwlint.program.types import Type
from rmwlint.source.shapes import Text, nothing_known
from rmwlint.source.suppressions import may_address

if TYPE_CHECKING:
    from rmwlint.program.link import Link

T = TypeVar("T")

_BUILTINS = frozenset(dir(builtins))
_MODULE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+\Z")


class FactsSource(Protocol):
    """Where facts come from; the store of the run, or a table in a test."""

    def facts_of(self, path: Path) -> Module | None:
        """The facts of the file, None where it cannot be read."""

    def find_module(self, dotted: str, near: Path) -> Path | None:
        """The file of a module of the program, None where there is none."""

    def home(self, near: Path) -> Hashable:
        """What decides which modules a file imports: files with one home import the same."""

    def project_files(self, near: Path) -> Sequence[Path]:
        """The files of the project that a file belongs to, in an order that is always the same."""

    def data(self, path: Path) -> bytes | None:
        """The bytes of a file, None where it cannot be read."""


#: the bases of a class within the program, itself first, and the library types it is derived from
_Lineage = tuple[tuple["Cls", ...], tuple[str, ...]]


class Fn:
    """A function of the program. Identity is equality: there is one Fn for each function."""

    __slots__ = (
        "_first_is_self",
        "facts",
        "index",
        "link",
        "memo",
        "module",
        "owner",
        "parent",
        "qualified",
    )

    def __init__(self, module: ModuleView, index: int) -> None:
        self.module = module
        self.index = index
        facts = self.facts = module.facts.functions[index]
        if facts.is_generator and facts.decorators and _decorated_coroutine(module, facts):
            facts = self.facts = as_coroutine(facts)
        self.qualified = f"{module.name}.{facts.qualname}"
        #: the class whose body defines it
        self.owner: Cls | None = None if facts.owner is None else module.cls(facts.owner)
        #: the function around it; the module body for a top-level function
        self.parent: Fn | None = None if facts.parent is None else module.fn(facts.parent)
        self.link: Link | None = None
        self.memo: dict[str, object] = {}
        self._first_is_self: bool | None = None

    def __repr__(self) -> str:
        return f"<Fn {self.qualified}>"

    def __lt__(self, other: Fn) -> bool:
        return (self.qualified, self.index) < (other.qualified, other.index)

    @property
    def first_is_self(self) -> bool:
        """Whether its first parameter is bound to the instance (or the class)."""
        found = self._first_is_self
        if found is None:
            facts = self.facts
            found = self._first_is_self = (
                facts.owner is not None and bool(facts.params) and not self.decorated("staticmethod")
            )
        return found

    @property
    def self_name(self) -> str:
        """The name that a method has for its object (or class); empty where the function is none."""
        return self.facts.params[0].name if self.first_is_self else ""

    def is_self(self, register: int) -> bool:
        """Whether a register holds what the first parameter of a method was bound to, by its name."""
        return self.first_is_self and self.facts.ops[register][:2] == ("name", self.self_name)

    def decorated(self, ending: str) -> bool:
        """Whether a decorator's written name ends in ``ending``."""
        return bool(self.facts.decorators) and any(name.endswith(ending) for name in self.decorator_names)

    @property
    def decorator_names(self) -> tuple[str, ...]:
        """The last name of each decorator, as written."""
        parent = self.parent
        if parent is None:
            return ()
        names = []
        for register in self.facts.decorators:
            op = parent.facts.ops[register]
            if op[0] == "call":
                op = parent.facts.ops[op[1]]
            if op[0] in ("name", "attr"):
                names.append(op[-1])
        return tuple(names)


def _decorated_coroutine(module: ModuleView, facts: Function) -> bool:
    """Whether a decorator makes a coroutine of the generator."""
    coroutines = module.program.libraries.coroutines
    return not coroutines.isdisjoint(decorators_of(module.facts, facts))


class Cls:
    """A class of the program. Identity is equality."""

    __slots__ = ("_mro", "_speaking", "_types", "facts", "index", "memo", "module", "qualified")

    def __init__(self, module: ModuleView, index: int) -> None:
        self.module = module
        self.index = index
        self.facts: Class = module.facts.classes[index]
        self.qualified = f"{module.name}.{self.facts.qualname}"
        self._mro: tuple[Cls, ...] | None = None
        self._speaking: dict[str, tuple[Cls, ...]] = {}
        self._types: tuple[str, ...] | None = None
        self.memo: dict[str, object] = {}

    def __repr__(self) -> str:
        return f"<Cls {self.qualified}>"

    @property
    def name(self) -> str:
        """Its own name, without module."""
        return self.facts.name

    def mro(self) -> tuple[Cls, ...]:
        """The class and its bases within the program, depth first, each once."""
        if self._mro is not None:
            return self._mro
        return self._lineage()[0]

    def speaking_of(self, name: str) -> tuple[Cls, ...]:
        """Those of :meth:`mro` that have a method or field of that name, or store to it on ``self``."""
        found = self._speaking.get(name)
        if found is None:
            found = tuple([
                cls
                for cls in self.mro()
                if name in (facts := cls.facts).methods
                or name in facts.annotations
                or name in facts.fields
                or name in facts.self_annotations
                or name in facts.self_fields
            ])  # fmt: skip
            if self._mro is not None:  # else its bases are not certain yet
                self._speaking[name] = found
        return found

    def library_types(self) -> tuple[str, ...]:
        """The library types it is derived from, nearest first."""
        if self._types is not None:
            return self._types
        return self._lineage()[1]

    def _lineage(self) -> _Lineage:
        cycles = self.module.program.cycles
        return cycles.ask(self, self._derive, lambda: ((self,), ()), self._settle, operator.eq)

    def _settle(self, found: _Lineage) -> None:
        self._mro, self._types = found

    def _derive(self) -> _Lineage:
        classes: list[Cls] = [self]
        types: list[str] = []
        program = self.module.program
        scope = self.module.fn(self.facts.scope)
        for register, written in zip(self.facts.bases, self.facts.base_names):
            base = program.base_type(scope, register, written)
            if base is None:
                continue
            if base.kind == "class":
                inherited: Cls = base.ref
                classes += [cls for cls in inherited.mro() if cls not in classes]
                types += [name for name in inherited.library_types() if name not in types]
            elif base.kind in ("library", "member"):
                if base.name not in types:
                    types.append(base.name)
            elif base.kind == "external":
                known = program.libraries.type_of_class(base.name)
                if known is not None and known not in types:
                    types.append(known)
        taken_for = None
        if not types:
            taken_for = program.libraries.shaped(self.facts.methods)
            if taken_for is None and any(cls.of_strangers() for cls in classes):
                taken_for = self.declared_kind()
        return tuple(classes), (taken_for,) if taken_for else tuple(types)

    def of_strangers(self) -> bool:
        """Whether a base of it is neither a class of the program nor a type of a library that is known."""
        program, scope = self.module.program, self.module.fn(self.facts.scope)
        for register, written in zip(self.facts.bases, self.facts.base_names):
            base = program.base_type(scope, register, written)
            if base is None or base.kind not in ("class", "library", "member"):
                known = program.libraries.type_of_class(base.name) if base is not None else None
                if known is None and written != "object":
                    return True
        return False

    def declared_kind(self) -> str | None:
        """The type of rows that declare their columns as this class does."""
        module = self.module
        scope = module.facts.functions[self.facts.scope]
        declared = [register for register in self.facts.fields.values() if register is not None]
        called = calls_imported(module.facts, scope, declared)
        kinds = (module.program.libraries.declaring(word) for _, word in called)
        return next((kind for kind in kinds if kind is not None), None)

    def is_a(self, library_type: str) -> bool:
        """Whether it is derived from a library type."""
        libraries = self.module.program.libraries
        return any(libraries.is_a(name, library_type) for name in self.library_types())

    def row(self) -> str | None:
        """What a plain save of it writes (all, changed, flush), None where it is no row."""
        types = self.library_types()
        return _row(self.module.program.libraries, types) if types else None

    def keys(self) -> frozenset[str]:
        """The attributes that identify a row and never change."""
        libraries = self.module.program.libraries
        found: set[str] = set()
        for name in self.library_types():
            for ancestor in libraries.lineage(name):
                found.update(libraries.types[ancestor].keys)
        return frozenset(found)

    def method(self, name: str) -> Fn | None:
        """The method that a call on an instance reaches, None where it is not in the program."""
        for cls in self.speaking_of(name):
            index = cls.facts.methods.get(name)
            if index is not None:
                return cls.module.fn(index)
        return None

    def own_methods(self) -> Iterator[Fn]:
        """The methods of its own body."""
        for index in self.facts.methods.values():
            yield self.module.fn(index)


@lru_cache(maxsize=4096)
def _row(libraries: Libraries, types: tuple[str, ...]) -> str | None:
    for name in types:
        for ancestor in libraries.lineage(name):
            row = libraries.types[ancestor].row
            if row is not None:
                return row
    return None


class ModuleView:
    """One module of the program: its facts, and what its names mean."""

    __slots__ = (
        "_all",
        "_by_name",
        "_classes",
        "_functions",
        "_stars",
        "_used",
        "facts",
        "home",
        "memo",
        "name",
        "near",
        "packages",
        "path",
        "program",
        "suggested",
        "symbols",
        "unlikely",
    )

    def __init__(self, program: Program, facts: Module, path: Path) -> None:
        self.program = program
        self.facts = facts
        self.name = facts.name
        self.path = path
        self.home = program.home(path)
        self._functions: dict[int, Fn] = {}
        self._all: tuple[Fn, ...] | None = None
        self._classes: dict[int, Cls] = {}
        self._used: frozenset[str] | None = None
        #: what module-level names mean, as far as it is certain; ask ``symbol``
        self.symbols: dict[str, Type | None] = {}
        self.forget_modules()
        self.suggested: dict[str, Cls | None] = {}
        self.near: dict[str, bool] = {}
        self.memo: dict[str, dict[int, Any]] = {}
        #: whether violations of low confidence are asked for here; a comment that silences one needs it told
        self.unlikely = program.unlikely or may_address(program.source.data(path) or b"")

    def uses(self, name: str) -> bool:
        """Whether a function of the module loads a name, or an attribute of that name."""
        if self._used is None:
            functions = self.facts.functions
            loaded = {op[1] for function in functions for op in function.ops if op[0] == "name"}
            self._used = frozenset(loaded.union(*(function.names for function in functions)))
        return name in self._used

    def forget_modules(self) -> None:
        """Look other modules up anew when they are asked for: one of them has changed."""
        self._stars: tuple[ModuleView, ...] | None = None
        self._by_name: dict[str, Cls] | None = None
        #: the packages of the program that it imports; see ``link.suggested_class``
        self.packages: tuple[ModuleView, ...] | None = None

    def fn(self, index: int) -> Fn:
        """Function number ``index``; 0 is the module body."""
        found = self._functions.get(index)
        if found is None:
            found = self._functions[index] = Fn(self, index)
        return found

    def cls(self, index: int) -> Cls:
        """Class number ``index``."""
        found = self._classes.get(index)
        if found is None:
            found = self._classes[index] = Cls(self, index)
        return found

    def functions(self) -> tuple[Fn, ...]:
        """Every function of the module, its body first."""
        if self._all is None:
            self._all = tuple([self.fn(index) for index in range(len(self.facts.functions))])
        return self._all

    def symbol(self, name: str) -> Type | None:
        """What a module-level name means; an ``external`` builtin where the module does not bind it."""
        try:
            return self.symbols[name]
        except KeyError:
            pass  # asked for the first time
        facts = self.facts
        if (
            name in facts.class_defs
            or name in facts.defs
            or not (name in facts.imports or name in facts.bindings or facts.stars)
        ):
            found = self.symbols[name] = self._symbol(name)
            return found

        def settle(value: Type | None) -> None:
            self.symbols[name] = value

        return self.program.cycles.ask(
            (self, name), lambda: self._symbol(name), lambda: None, settle, operator.eq
        )

    def member(self, name: str, asker: ModuleView | None = None) -> Type | None:
        """What ``module.name`` means from outside: a name of the module or one of its submodules.

        ``asker``: the module on whose behalf it is asked, where what is found is kept for that one alone.
        """
        found = self.symbol(name)
        if found is not None and not (found.kind == "external" and "." not in found.name):
            return found
        if not self.facts.is_package:
            return None
        submodule = self._submodule(name, asker or self)
        if submodule is not None:
            return Type("module", submodule.name, None, submodule)
        if name[:1].isupper():
            cls = self._imported_by_name().get(name)
            if cls is not None:
                self.program.asked.file((asker or self).path, cls.module.path)
                return Type("class", cls.qualified, None, cls)
        return None

    def _submodule(self, name: str, asker: ModuleView) -> ModuleView | None:
        # were it always the package that asks, who imports it would rest on all that anybody finds in it
        dotted = f"{self.name}.{name}"
        if asker is self:
            return self.program.module(dotted, self.path)
        found = self.program.names_of(dotted, self.path)
        if found is not None:
            self.program.asked.file(asker.path, found.path)
        return found

    def _symbol(self, name: str) -> Type | None:
        facts = self.facts
        if name in facts.class_defs:
            cls = self.cls(facts.class_defs[name])
            return Type("class", cls.qualified, None, cls)
        if name in facts.defs:
            function = self.fn(facts.defs[name])
            return Type("function", function.qualified, None, function)
        if name in facts.imports:
            return self.program.resolve(facts.imports[name], self.path)
        if name in facts.bindings:
            return self.program.binding_type(self, name)
        for module in self._star_imports():
            exports = module.facts.exports
            if exports is not None and name not in exports:
                continue
            if module.may_bind(name):
                self.program.asked.file(self.path, module.path)
            found = module.symbol(name)
            if found is not None and not (found.kind == "external" and "." not in found.name):
                return found
        if name in _BUILTINS:
            return Type("external", name)
        return None

    def may_bind(self, name: str) -> bool:
        """Whether a module-level name can be anything but a builtin here."""
        facts = self.facts
        return (
            name in facts.bindings
            or name in facts.imports
            or name in facts.defs
            or (name in facts.class_defs or bool(facts.stars))
        )

    def _star_imports(self) -> tuple[ModuleView, ...]:
        if self._stars is None:
            found = [self.program.names_of(star, self.path) for star in self.facts.stars]
            self._stars = tuple([module for module in found if module is not None])
        return self._stars

    def _imported_by_name(self) -> dict[str, Cls]:
        """The classes of modules that the package imports by constant names, as lazy object registries do."""
        if self._by_name is None:
            found: dict[str, Cls] = {}
            for dotted in self._constant_names():
                module = self.program.names_of(dotted, self.path)
                if module is not None:
                    for name, index in module.facts.class_defs.items():
                        if name not in found:
                            found[name] = module.cls(index)
            self._by_name = found
        return self._by_name

    def _constant_names(self) -> Iterator[str]:
        for function in self.facts.functions:
            if function.names & {"__import__", "import_module"}:
                for op in function.ops:
                    if op[0] == "const" and isinstance(op[1], str) and _MODULE_NAME.match(op[1]):
                        yield op[1]


def remembered(fn: Fn, name: str, answer: Callable[[], T], unknown: T) -> T:
    """What ``answer`` says of the function, kept under ``name``; it may ask itself, see ``cycles``."""
    if name in fn.memo:
        return fn.memo[name]  # type: ignore[return-value]

    def settle(found: T) -> None:
        fn.memo[name] = found

    return fn.module.program.cycles.ask((name, fn), answer, lambda: unknown, settle, operator.eq)


class Program:
    """All modules of one run, by dotted name. Ask it; it loads what the answer needs.

    ``text`` says what is known of the project's text without reading it. ``unlikely``: whether violations of
    low confidence are asked for, so that all must be looked at.
    """

    def __init__(
        self,
        source: FactsSource,
        libraries: Libraries,
        text: Callable[[], Text] = nothing_known,
        *,
        unlikely: bool = True,
    ) -> None:
        self.source = source
        self.libraries = libraries
        self.unlikely = unlikely
        self.cycles = Cycles()
        self.asked = Asked()
        self.outlines: dict[int, Outline] = {}
        self._text = text
        self._modules: dict[tuple[str, Hashable], ModuleView | None] = {}
        self._homes: dict[Path, Hashable] = {}
        self._paths: dict[Path, ModuleView | None] = {}
        self._resolved: dict[tuple[str, Hashable], Type] = {}
        #: the methods of a name, for receivers of unknown type; see ``dispatch.named``
        self.by_name: dict[str, tuple[Fn, ...]] = {}
        #: the functions that a signal calls, each with the class whose alone, by project and signal; see
        #: ``signals.receivers``
        self.receivers: dict[Hashable, tuple[tuple[Fn, Cls | None], ...]] = {}

    def mentions(self, name: str, near: Path) -> Sequence[Path]:
        """The project's files in which an identifier occurs; what is answered about ``near`` rests on it."""
        self.asked.hint(near, "mention", (name,))
        return self.outline(near).mentions(name)

    def outline(self, near: Path) -> Outline:
        """What the text of the project says that a file belongs to."""
        files = self.source.project_files(near)
        found = self.outlines.get(id(files))
        if found is None:
            found = self.outlines[id(files)] = Outline(files, self.source.data, self._text)
        return found

    def module_of(self, path: Path) -> ModuleView | None:
        """The module in a file, None where it cannot be read."""
        if path not in self._paths:
            facts = self.source.facts_of(path)
            view = None if facts is None else ModuleView(self, facts, path)
            self._paths[path] = view
            if view is not None and self.source.find_module(view.name, path) is None:
                self._modules[view.name, view.home] = view
        return self._paths[path]

    def forget(self, path: Path) -> None:
        """Take the module of a file out, to be linked anew when it is asked for.

        What other modules have found out about it stays as it was.
        """
        view = self._paths.pop(path, None)
        self._modules = {key: found for key, found in self._modules.items() if found is not view}
        for other in self._paths.values():
            if other is not None:
                other.forget_modules()
        self._resolved.clear()
        self.by_name.clear()
        self.receivers.clear()

    def module(self, dotted: str, near: Path) -> ModuleView | None:
        """The module of that dotted name, None where it is not part of the program."""
        self._ask(dotted, near)
        return self._module(dotted, self.home(near), near)

    def names_of(self, dotted: str, near: Path) -> ModuleView | None:
        """The same, to look at its names and imports; ``asked`` is told where more is looked at."""
        self.asked.names.setdefault(near, set()).add(dotted)
        return self._module(dotted, self.home(near), near)

    def _module(self, dotted: str, home: Hashable, near: Path) -> ModuleView | None:
        key = (dotted, home)
        try:
            return self._modules[key]
        except KeyError:
            path = self.source.find_module(dotted, near)
            found = self._modules[key] = None if path is None else self.module_of(path)
            return found

    def led_to(self) -> LedTo:
        """The files that questions on behalf of each file led to, one step: see ``asked``."""
        known: dict[tuple[str, Hashable], tuple[Path, ...]] = {}

        def find(word: str, near: Path) -> tuple[Path, ...]:
            key = (word, self.home(near))
            found = known.get(key)
            if found is None:
                found = known[key] = tuple(self._looked_at(word, near))
            return found

        return self.asked.led_to(find)

    def _looked_at(self, word: str, near: Path) -> Iterator[Path]:
        """The files of the modules that a qualified name may begin with, down to one that can be read."""
        while word:
            path = self.source.find_module(word, near)
            if path is not None:
                yield path
                if self.module_of(path) is not None:
                    return
            word = word.rpartition(".")[0]

    def _ask(self, word: str, near: Path) -> None:
        words = self.asked.words.get(near)
        if words is None:
            words = self.asked.words[near] = set()
        words.add(word)

    def home(self, near: Path) -> Hashable:
        """What decides which modules a file imports: files with one home import the same."""
        found = self._homes.get(near)
        if found is None:
            found = self._homes[near] = self.source.home(near)
        return found

    def resolve(self, qualified: str, near: Path) -> Type:
        """What a qualified name means: the longest prefix that is a module, then attributes of it."""
        key = (qualified, self.home(near))
        self._ask(qualified, near)
        known = self._resolved.get(key)
        if known is not None:
            return known

        def settle(found: Type) -> None:
            self._resolved[key] = found

        return self.cycles.ask(
            key,
            lambda: self._resolve(qualified, near),
            lambda: Type("external", qualified),
            settle,
            operator.eq,
        )

    def _resolve(self, qualified: str, near: Path) -> Type:
        parts = qualified.split(".")
        home = self.home(near)
        for size in range(len(parts), 0, -1):
            module = self._module(".".join(parts[:size]), home, near)
            if module is None:
                continue
            value: Type | None = Type("module", module.name, None, module)
            for name in parts[size:]:
                value = self.attribute(value, name)
                if value is None:
                    break
            if value is not None:
                return value
            break
        qualified = self.libraries.original(qualified)
        known = self.libraries.type_of_object(qualified)
        return Type("external", qualified) if known is None else Type("library", known, None, qualified)

    def attribute(self, value: Type | None, name: str, asker: ModuleView | None = None) -> Type | None:
        """The type of ``value.name``, None where it is unknown. See ``link.attribute``."""
        from rmwlint.program.link import attribute

        return attribute(self, value, name, asker)

    def binding_type(self, module: ModuleView, name: str) -> Type | None:
        """The type of a module-level variable."""
        from rmwlint.program.link import register_type

        return register_type(self, module.fn(0), module.facts.bindings[name])

    def base_type(self, scope: Fn, register: int, written: str) -> Type | None:
        """The type of a base class expression in the scope that defines the class."""
        parts = written.split(".")
        value = scope.module.symbol(parts[0]) if parts[0].isidentifier() else None
        for name in parts[1:]:
            value = self.attribute(value, name, scope.module)
        if value is None:
            from rmwlint.program.link import register_type

            value = register_type(self, scope, register)
        return value
