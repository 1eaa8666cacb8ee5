"""Who calls a function, in its own module and in those whose text has its name.

Two answers: :func:`callings` are the calls that are sure to reach it, with whether these are all;
:func:`call_sites` are all that may, those on an object of unknown type too where the name is telling. Which
files to look into is asked of the project's text, so both are the same whatever was loaded before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from rmwlint.libraries.index import snake
from rmwlint.program.dispatch import accepting, subclasses
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn, ModuleView, Program
from rmwlint.program.types import Type

#: A name that more files have than this is no name of one function.
_MOST_FILES = 24
#: A shorter one may be anybody's.
_SHORTEST_NAME = 8

Site = tuple[Fn, int]
T = TypeVar("T")


class Calling(NamedTuple):
    """The call at operation ``number`` of ``caller``. ``bound``: the callee's first parameter is the
    receiver."""

    caller: Fn
    number: int
    bound: bool


def checking(program: Program) -> Path | None:
    """The file whose check asks, where nothing but its answer can come of that; None where others may learn
    of it as well: what is found out about a function is kept for all who ask about it."""
    return None if program.cycles.busy else program.asked.checking


def rest_on(near: Path, path: Path, program: Program) -> None:
    """The answer about ``near``, or about the file whose check asks, rests on all that a module says."""
    check = checking(program)
    if check is None:
        program.asked.file(near, path)
    else:
        program.asked.file_for_check(check, path)


def kept_for_check(fn: Fn, name: str, answer: Callable[[], T]) -> T:
    """What ``answer`` says of a function by its callers, kept under ``name`` for the file whose check asks:
    the answer about that file, and about no other, rests on those callers then."""
    key = f"{name} {checking(fn.module.program)}"
    known = fn.memo.get(key)
    if known is None:
        known = fn.memo[key] = answer()
    return known  # type: ignore[return-value]


def callings(fn: Fn) -> tuple[tuple[Calling, ...], bool]:
    """The calls of a function that are known, and whether its name says that these are all."""
    modules, all_known = mentioning(fn)
    known = fn.memo.get("callings")
    if known is None:
        known = fn.memo["callings"] = (tuple(_found(fn, modules)), all_known)
    return known  # type: ignore[return-value]


def _found(fn: Fn, modules: list[ModuleView]) -> Iterator[Calling]:
    for module in modules:
        for caller in module.functions():
            if caller is fn or fn.facts.name not in caller.facts.names:
                continue
            for number, call in link(caller).calls.items():
                inherited = caller.facts.name == fn.facts.name
                if fn in call.targets or (
                    not inherited and any(_overridden(target, fn) for target in call.targets)
                ):
                    yield Calling(caller, number, call.receiver is not None and fn.first_is_self)


def _overridden(target: Fn, fn: Fn) -> bool:
    """Whether a function is a method that stands in for another, in a class derived from the other's."""
    if target.facts.name != fn.facts.name or target.owner is None or fn.owner is None:
        return False
    return target.owner in fn.owner.mro()


def mentioning(fn: Fn) -> tuple[list[ModuleView], bool]:
    """The modules whose text has a function's name, its own first; whether these are all."""
    if not public(fn) and fn.facts.name.startswith("_"):
        return [fn.module], True
    check = checking(fn.module.program)
    key = f"mentioning {check}"
    known = fn.memo.get(key)
    if known is None:
        known = fn.memo[key] = _mentioning(fn, check)
    return known  # type: ignore[return-value]


def _mentioning(fn: Fn, check: Path | None) -> tuple[list[ModuleView], bool]:
    module = fn.module
    program = module.program
    outline = program.outline(module.path)
    names = [fn.facts.name] if fn.owner is None else [fn.facts.name, fn.owner.facts.name]
    for name in names:
        # Where too many have the method's name, whoever has the class's name knows its objects.
        files = outline.mentions(name)
        all_known = bool(outline.files) and len(files) <= _MOST_FILES
        program.asked.hint(check or module.path, "mention", (name,))
        if all_known:
            break
    others = _using(fn, fn.facts.name, files, check) if all_known else ()
    return list(dict.fromkeys([module, *others])), all_known


def public(fn: Fn) -> bool:
    """Whether a function of the module itself is called by others, by its name."""
    return not fn.facts.name.startswith("_") and fn.parent is not None and fn.parent.index == 0


def constructions(cls: Cls, constructor: Fn) -> tuple[Calling, ...]:
    """The calls that make an object of a class, or of one derived from it that has the same constructor; none
    where they cannot all be told."""
    program = cls.module.program
    check = checking(program)
    near = check or cls.module.path
    found: list[Calling] = []
    for one in (cls, *subclasses(cls, near)):
        if one.method(constructor.facts.name) is not constructor:
            continue
        files = program.outline(cls.module.path).mentions(one.name)
        program.asked.hint(near, "mention", (one.name,))
        if len(files) > _MOST_FILES:
            return ()
        for module in _using(constructor, one.name, files, check):
            for caller in module.functions():
                for number, call in link(caller).calls.items() if one.name in caller.facts.names else ():
                    if call.cls is one:
                        found.append(Calling(caller, number, True))
    return tuple(found)


def argument(calling: Calling, callee: Fn, index: int) -> int | None:
    """The register that a call gives a parameter; None where it gives none, or that cannot be told."""
    op = calling.caller.facts.ops[calling.number]
    ops = calling.caller.facts.ops
    params = callee.facts.params
    if any(ops[register][0] == "star" for register in op[2]):
        return None
    for keyword, register in op[3]:
        if keyword == params[index].name:
            return int(register)
    positional = [at for at, parameter in enumerate(params) if parameter.kind in ("positional", "any")]
    if index not in positional:
        return None
    place = positional.index(index) - (1 if calling.bound else 0)
    return op[2][place] if 0 <= place < len(op[2]) else None


def call_sites(fn: Fn) -> tuple[Site, ...]:
    """(caller, operation) of the calls that may reach a function, by file; none where they cannot be told."""
    name = fn.facts.name
    if (name.startswith("__") and name.endswith("__")) or name == "<lambda>":
        return ()
    modules = _modules(fn)
    known = fn.memo.get("call_sites")
    if known is None:
        known = fn.memo["call_sites"] = tuple(_sites(fn, modules))
    return known  # type: ignore[return-value]


def _sites(fn: Fn, modules: Iterable[ModuleView]) -> Iterator[Site]:
    return ((caller, number) for caller, number, call in _calls_by_name(fn, modules) if _may_reach(call, fn))


def _calls_by_name(fn: Fn, modules: Iterable[ModuleView]) -> Iterator[tuple[Fn, int, Call]]:
    """The calls in other functions of what has the name of a function."""
    name = fn.facts.name
    for module in modules:
        for caller in module.functions():
            if caller is fn or name not in caller.facts.names:
                continue
            for number, call in link(caller).calls.items():
                if call.name == name:
                    yield caller, number, call


def likely_sites(fn: Fn) -> tuple[Site, ...]:
    """(caller, operation) of the calls on objects of unknown type that a method can be meant by, its name and
    parameters say; none where too many files have the name to tell, or where it is no override: only what
    a base class asks of all its kinds is called on whichever is there."""
    if fn.owner is None or not fn.first_is_self or not _overrides(fn):
        return ()
    modules = _modules(fn)
    known = fn.memo.get("likely_sites")
    if known is None:
        known = fn.memo["likely_sites"] = tuple(_likely(fn, modules))
    return known  # type: ignore[return-value]


def _overrides(fn: Fn) -> bool:
    assert fn.owner is not None
    return any(fn.facts.name in base.facts.methods for base in fn.owner.mro()[1:])


def _likely(fn: Fn, modules: Iterable[ModuleView]) -> Iterator[Site]:
    for caller, number, call in _calls_by_name(fn, modules):
        unknown = call.receiver is not None and call.rtype is None and not (call.targets or call.rows)
        if unknown and not call.qualified and accepting((fn,), caller.facts.ops[number]):
            yield caller, number


def named_sites(fn: Fn) -> Iterator[Site]:
    """(caller, operation) of the calls of a method's name on what is named after the method's class:
    ``image_repo.save(image)`` of a ``StoredImageRepo``, or of what stands before one and hands on to it. Its
    own module comes first; in others one word (``repo``) is no name for one of several."""
    if fn.owner is None or not fn.first_is_self:
        return
    words = snake(fn.owner.facts.name).split("_")
    names = ["_".join(words[at:]) for at in range(len(words))]
    yield from _on_named(fn, (fn.module,), names)
    names = names[:-1] or names
    module = fn.module
    near = checking(module.program) or module.path
    files: dict[Path, None] = {}
    for name in names:
        found = module.program.outline(module.path).mentions(name)
        module.program.asked.hint(near, "mention", (name,))
        files |= dict.fromkeys(found if len(found) <= _MOST_FILES else ())
    others = _using(fn, fn.facts.name, files, checking(module.program))
    yield from _on_named(fn, (other for other in others if other is not module), names)


def _on_named(fn: Fn, modules: Iterable[ModuleView], names: list[str]) -> Iterator[Site]:
    for caller, number, call in _calls_by_name(fn, modules):
        receiver = caller.facts.ops[call.receiver] if call.receiver is not None else ("pass",)
        if receiver[0] in ("name", "attr") and str(receiver[-1]).lstrip("_") in names:
            yield caller, number


def handed_over(fn: Fn) -> tuple[Site, ...]:
    """(function, operation) of the calls that are given a function, to call it themselves, by file."""
    modules = _modules(fn)
    known = fn.memo.get("handed_over")
    if known is None:
        known = fn.memo["handed_over"] = tuple(_handings(fn, modules))
    return known  # type: ignore[return-value]


def _handings(fn: Fn, modules: Iterable[ModuleView]) -> Iterator[Site]:
    name = fn.facts.name
    for module in modules:
        for giver in module.functions():
            ops = giver.facts.ops
            if name not in giver.facts.names and (fn.owner is not None or ("name", name) not in ops):
                continue
            types = link(giver).types
            for number, op in enumerate(ops):
                if op[0] != "call":
                    continue
                for register in (*op[2], *(value for _, value in op[3])):
                    kind = types[register]
                    named = ops[register] == ("name", name) and giver is fn.parent and fn.owner is None
                    if named or (kind is not None and kind.kind in ("method", "function") and kind.ref is fn):
                        yield giver, number


def _may_reach(call: Call, fn: Fn) -> bool:
    if fn in call.targets:
        return True
    if fn.owner is None or call.receiver is None or call.rows:
        return False
    if not call.targets:
        name = fn.facts.name
        telling = len(name) >= _SHORTEST_NAME and "_" in name.strip("_")
        return telling and (call.rtype is None or _lacks(call.rtype, name))
    # a call in a base class reaches the method of the class that its object is of
    lineage = fn.owner.mro()
    return any(target.owner is not None and target.owner in lineage for target in call.targets)


def _lacks(kind: Type, name: str) -> bool:
    """Whether a class has no method of a name that is called on its objects: another one that it is mixed
    with has it."""
    return kind.kind == "instance" and kind.ref.method(name) is None


def _modules(fn: Fn) -> tuple[ModuleView, ...]:
    check = checking(fn.module.program)
    key = f"using {check}"
    known = fn.memo.get(key)
    if known is None:
        known = fn.memo[key] = (fn.module, *_other_modules(fn, check))
    return known  # type: ignore[return-value]


def _other_modules(fn: Fn, check: Path | None) -> Iterator[ModuleView]:
    module, name = fn.module, fn.facts.name
    nested = fn.parent is not None and fn.parent.index != 0 and fn.owner is None
    if nested:
        return
    files = module.program.outline(module.path).mentions(name)
    few = files if len(files) <= _MOST_FILES else ()
    module.program.asked.hint(check or module.path, "mention", (name,))
    yield from (other for other in _using(fn, name, few, check) if other is not module)


def _using(fn: Fn, name: str, files: Iterable[Path], check: Path | None) -> Iterator[ModuleView]:
    """The modules of those files a function of which uses a name. The file that asks rests on all that those
    do, but on nothing else of the others."""
    program = fn.module.program
    asked, near = program.asked, check or fn.module.path
    for path in files:
        other = program.module_of(path)
        if other is not None and other.uses(name):
            if check is None:
                asked.file(near, path)
            else:
                asked.file_for_check(near, path)
            yield other
        else:
            asked.uses(near, path, name)
