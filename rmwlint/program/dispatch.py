"""Which functions a call may reach besides the one that its receiver's own class names.

``self.delete_port(...)`` in a base class reaches the override of whatever class ``self`` is; in a mixin it
reaches a method of the class that mixes it in. A call on a receiver of unknown type may reach any method of
that name, which says something only where the name is telling and few classes have it.

The candidates come from the whole project, never from what happens to be loaded, and there are at most a
few: more of them would say nothing about any one call.
"""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.link import Call
from rmwlint.program.program import Cls, Fn, ModuleView, Program

#: A base class with more subclasses than this is an interface of everything.
MOST_SUBCLASSES = 48
#: Methods of a name that take such a call: more of them say nothing of an untyped receiver, unless most
#: override one.
MOST_DEFINITIONS = 4
#: Nor does one that more files define, overrides or not.
MOST_FILES = 12
_SHORTEST_NAME = 8


class Candidates(NamedTuple):
    """``functions``: each may be the one called; ``guessed``: only the name says so."""

    functions: tuple[Fn, ...]
    guessed: bool


_NONE = Candidates((), False)


def candidates(fn: Fn, number: int, call: Call) -> Candidates:
    """What call ``number`` in ``fn`` may reach besides its targets."""
    if call.cls is not None or call.rows:
        return _NONE
    kind = call.rtype
    if kind is not None:
        if (
            kind.kind in ("instance", "class")
            and call.receiver is not None
            and not _is_super(fn, call.receiver)
            # ``Base.save(self)`` names the very method that it calls
            and (kind.kind == "instance" or is_own(fn, call.receiver))
        ):
            found = overrides(kind.ref, call.name, call.targets, fn.module.path)
            return Candidates(accepting(found, fn.facts.ops[number]), False)
        return _NONE
    if call.receiver is None or call.targets or call.qualified:
        return _NONE
    if fn.facts.ops[call.receiver][0] not in ("name", "attr"):
        return _NONE  # a chain of calls is a query or a builder far more often than an object of the program
    return Candidates(few(accepting(named(fn, call.name), fn.facts.ops[number])), True)


def few(found: tuple[Fn, ...]) -> tuple[Fn, ...]:
    """The methods where they are few, or most of them are overrides; none where each may be meant."""
    if len(found) > MOST_DEFINITIONS and max(families(found).values()) * 2 <= len(found):
        return ()
    return found


def accepting(found: tuple[Fn, ...], call: Op) -> tuple[Fn, ...]:
    """The methods that can be called with those arguments."""
    given = [keyword for keyword, _ in call[3]]
    return tuple(fn for fn in found if "**" in given or _accepts(fn, len(call[2]), given))


def _accepts(fn: Fn, positional: int, keywords: list[str]) -> bool:
    params = fn.facts.params[1:] if fn.first_is_self else fn.facts.params
    kinds = {parameter.kind for parameter in params}
    places = [parameter for parameter in params if parameter.kind in ("positional", "any")]
    if positional > len(places) and "args" not in kinds:
        return False
    names = {parameter.name for parameter in params}
    if "kwargs" not in kinds and not names.issuperset(keywords):
        return False
    missing = [parameter.name for parameter in places[positional:] if parameter.default is None]
    missing += [p.name for p in params if p.kind == "keyword" and p.default is None]
    return set(keywords).issuperset(missing)


def _is_super(fn: Fn, register: int) -> bool:
    ops = fn.facts.ops
    op = ops[register]
    return bool(op[0] == "call" and ops[op[1]] == ("name", "super"))


def is_own(fn: Fn, register: int | None) -> bool:
    """Whether a register is the object whose method the function is, by itself or by ``super()``."""
    if register is None or fn.owner is None or not fn.first_is_self:
        return False
    return fn.facts.ops[register] == ("name", fn.facts.params[0].name) or _is_super(fn, register)


def may_be(cls: Cls, other: Cls, near: Path) -> bool:
    """Whether an object of a class, or of one derived from it, can be of another class as well."""
    if other in cls.mro() or cls in other.mro():
        return True
    return any(other in derived.mro() for derived in subclasses(cls, near))


def subclasses(cls: Cls, near: Path) -> tuple[Cls, ...]:
    """The classes of the project derived from ``cls``, by file and name; none where there are too many.

    ``near``: the file on whose behalf it is asked. It rests on what they are derived from; who looks at their
    functions must say so.
    """
    known: _Derived | None = cls.memo.get("subclasses")  # type: ignore[assignment]
    if known is None:
        known = cls.memo["subclasses"] = _subclasses(cls)
    asked = cls.module.program.asked
    if asked.first(near, cls):
        asked.hint(near, "class", known.names, known.unclear)
        asked.outlines(near, known.files)
    return known.classes


class _Derived(NamedTuple):
    """``names``: the base classes that were searched for, in ``files``. ``unclear``: those of them where it
    takes more than names to tell what a class is derived from."""

    classes: tuple[Cls, ...]
    names: frozenset[str]
    files: frozenset[Path]
    unclear: frozenset[Path]


def _subclasses(cls: Cls) -> _Derived:
    program = cls.module.program
    outline = program.outline(cls.module.path)
    found: dict[Cls, None] = {}
    pending = [cls.name]
    asked: set[str] = set()
    files: set[Path] = set()
    unclear: set[Path] = set()
    while pending:
        name = pending.pop(0)
        if name in asked:
            continue
        asked.add(name)
        for path, child in outline.children(name):
            files.add(path)
            for derived in _classes(program, path, child):
                if not _clear(derived):
                    unclear.add(path)
                if derived not in found and derived is not cls and cls in derived.mro():
                    found[derived] = None
                    pending.append(child)
        if len(found) > MOST_SUBCLASSES:
            found.clear()
            break
    classes = tuple(sorted(found, key=lambda derived: derived.qualified))
    return _Derived(classes, frozenset(asked), frozenset(files), frozenset(unclear))


def _clear(cls: Cls) -> bool:
    """Whether imports and class statements alone say what a class is derived from, all the way up."""
    known = cls.memo.get("clear")
    if known is None:
        above = cls.mro()
        known = cls.memo["clear"] = all(
            _named_plainly(base.module, written, above) for base in above for written in base.facts.base_names
        )
    return bool(known)


def _named_plainly(module: ModuleView, written: str, above: tuple[Cls, ...]) -> bool:
    name, _, rest = written.partition(".")
    facts = module.facts
    if name in facts.class_defs:
        return not rest
    if name not in facts.imports:
        return not rest and not facts.stars and not module.may_bind(name) and hasattr(builtins, name)
    qualified = facts.imports[name] + (f".{rest}" if rest else "")
    if any(cls.qualified == qualified and cls.name in cls.module.facts.class_defs for cls in above):
        return True
    package = qualified.partition(".")[0]
    return module.program.source.find_module(package, module.path) is None


def _classes(program: Program, path: Path, name: str) -> list[Cls]:
    module = program.module_of(path)
    if module is None:
        return []
    return [module.cls(index) for index, facts in enumerate(module.facts.classes) if facts.name == name]


def overrides(cls: Cls, name: str, targets: tuple[Fn, ...], near: Path) -> tuple[Fn, ...]:
    """The methods of that name which an instance of a subclass would have instead of ``targets``.

    ``near``: the file on whose behalf it is asked.
    """
    if not name or name.startswith("__"):
        return ()
    program = cls.module.program
    defined = bool(program.outline(cls.module.path).definitions(name))
    program.asked.hint(near, "def", (name,))
    if defined:
        subclasses(cls, near)
    key = f"overrides:{name}"
    known = cls.memo.get(key)
    if known is None:
        found: dict[Fn, None] = {}
        if defined:
            for derived in subclasses(cls, near):
                method = derived.method(name)
                if method is not None:
                    found[method] = None
        known = cls.memo[key] = tuple(found)
    for method in known:  # type: ignore[attr-defined]
        program.asked.file(near, method.module.path)
    return tuple(fn for fn in known if fn not in targets)  # type: ignore[attr-defined]


def telling(name: str) -> bool:
    """Whether a method's name says by itself which methods are meant."""
    return len(name) >= _SHORTEST_NAME and "_" in name.strip("_") and name.isidentifier()


def named(fn: Fn, name: str) -> tuple[Fn, ...]:
    """The methods of that name, where it is telling and few files have it."""
    program = fn.module.program
    if not telling(name) or program.libraries.knows_method(name):
        return ()
    memo = program.by_name
    files = program.outline(fn.module.path).definitions(name)
    program.asked.hint(fn.module.path, "def", (name,), files if len(files) <= MOST_FILES else ())
    if name not in memo:
        memo[name] = tuple(_named(fn, name))
    return memo[name]


def _named(fn: Fn, name: str) -> list[Fn]:
    program = fn.module.program
    files = program.outline(fn.module.path).definitions(name)
    if not 0 < len(files) <= MOST_FILES:
        return []
    classes: list[Cls] = []
    for path in files:
        module = program.module_of(path)
        if module is not None:
            defining = [index for index, facts in enumerate(module.facts.classes) if name in facts.methods]
            classes += [module.cls(index) for index in defining]
    return [cls.module.fn(cls.facts.methods[name]) for cls in classes]


def families(functions: tuple[Fn, ...]) -> dict[Fn, int]:
    """How many of some methods of one name are a base's or override it: for each base's, 0 for overrides."""
    owners = {fn.owner: fn for fn in functions if fn.owner is not None}
    found = dict.fromkeys(functions, 0)
    for cls, fn in owners.items():
        above = [base for base in cls.mro()[1:] if base in owners]
        root = owners[above[-1]] if above else fn
        found[root] += 1
    return found


def abstract(fn: Fn) -> bool:
    """Whether a method does nothing but say that others define it."""
    known = fn.memo.get("abstract")
    if known is None:
        ops = fn.facts.ops
        known = not any(
            op[0] in ("setattr", "setitem", "branch", "loop", "enter", "yield") for op in ops
        ) and (all(op[0] != "call" for op in ops) or any(op[0] == "raise" for op in ops))
        if any(op[0] == "return" and op[1] is not None and ops[op[1]][0] != "const" for op in ops):
            known = False
        fn.memo["abstract"] = known
    return bool(known)
