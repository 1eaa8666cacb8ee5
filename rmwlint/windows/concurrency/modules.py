"""Whether the code of a module runs in several threads, tasks or processes, by what it imports and does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rmwlint.program.calling import checking, rest_on
from rmwlint.program.link import link
from rmwlint.program.program import ModuleView
from rmwlint.windows.concurrency.spawning import spawns, takes_locks
from rmwlint.windows.interpreter.decorators import held_by_decorators

_FAR = frozenset(["host", "cluster"])
_TESTS = frozenset(["test", "tests", "testing"])
#: where so many known libraries stand side by side, they have been put there
_LIBRARIES = 3


def concurrent_module(module: ModuleView, tasks: bool) -> bool:
    """Whether the module's code runs in several threads (or tasks), by its locks, spawns and imports."""
    memo = module.fn(0).memo
    key = "concurrent_tasks" if tasks else "concurrent_threads"
    known = memo.get(key)
    if known is None:
        memo[key] = False
        known = imports_concurrency(module, tasks)
        known = known or any(takes_locks(fn, tasks) or spawns(fn, tasks) for fn in module.functions())
        memo[key] = known
    return bool(known)


def imports_concurrency(module: ModuleView, tasks: bool) -> bool:
    """Whether the module imports what a library model says to run code in several threads (or tasks)."""
    memo = module.fn(0).memo
    key = "imports_tasks" if tasks else "imports_threads"
    known = memo.get(key)
    if known is None:
        libraries = module.program.libraries
        roots = libraries.threads | libraries.tasks if tasks else libraries.threads
        known = memo[key] = any(_under(name, roots) for name in imported_names(module))
    return bool(known)


def around_concurrency(module: ModuleView, tasks: bool) -> bool:
    """Whether the module's code runs in several threads (or tasks), as it or what it imports says."""
    return concurrent_module(module, tasks) or _neighbours(module, tasks, 2)


def _neighbours(module: ModuleView, tasks: bool, depth: int) -> bool:
    """Whether a module of the program that this one imports, at that depth at most, imports concurrency."""
    memo = module.fn(0).memo
    key = f"concurrent_neighbours {tasks} {depth}"
    known = memo.get(key)
    if known is None:
        memo[key] = False
        found = [other for other in _imports(module) if other is not module]
        known = any(imports_concurrency(other, tasks) for other in found)
        known = known or (depth > 1 and any(_neighbours(other, tasks, depth - 1) for other in found))
        memo[key] = known
    return bool(known)


def _imports(module: ModuleView) -> Iterator[ModuleView]:
    for qualified in sorted({*module.facts.imports.values(), *module.facts.stars}):
        found = module.program.names_of(qualified, module.path)
        if found is None and "." in qualified:
            found = module.program.names_of(qualified.rpartition(".")[0], module.path)
        if found is not None:
            yield found


def imported_names(module: ModuleView) -> Iterator[str]:
    yield from module.facts.imports.values()
    yield from module.facts.stars
    for fn in module.facts.functions:
        for op in fn.ops:
            if op[0] == "import":
                yield op[2]


def _under(name: str, roots: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:size]) in roots for size in range(1, len(parts) + 1))


def several_processes(module: ModuleView) -> bool:
    """Whether the module starts processes, or takes locks that reach beyond one process."""
    memo = module.fn(0).memo
    known = memo.get("several_processes")
    if known is None:
        known = any(name.split(".")[0] == "multiprocessing" for name in module.facts.imports.values())
        for fn in module.functions():
            known = known or any(held.reach in _FAR for held in held_by_decorators(fn) if held.kind == "lock")
            known = known or any(
                row.does == "lock" and row.reach in _FAR
                for call in link(fn).calls.values()
                for row in call.rows
            )
        memo["several_processes"] = known
    return bool(known)


def copied_in(module: ModuleView) -> bool:
    """Whether a module is of a library that the project has copied into a folder of its own: the folder is
    called so, or several known libraries stand in it side by side."""
    memo = module.fn(0).memo
    known = memo.get("copied_in")
    if known is None:
        known = memo["copied_in"] = _copied_in(module)
    return bool(known)


def _copied_in(module: ModuleView) -> bool:
    libraries = module.program.libraries
    parts = module.name.split(".")
    up = len(parts) - (0 if module.facts.is_package else 1)
    if up >= len(module.path.parents):
        return False
    folder = module.path.parents[up]
    if any("files.Copied" in libraries.receiver(part) for part in (*folder.parts[-1:], *parts[:-1])):
        return True
    beside = module.program.outline(module.path).beside(folder)
    return len((beside & libraries.roots) - sys.stdlib_module_names) >= _LIBRARIES


def mentioning_name(near: ModuleView, name: str) -> frozenset[Path]:
    """The files of a module's project whose text has a name."""
    program = near.program
    check = checking(program)
    if check is not None:
        program.asked.hint(check, "mention", (name,))
    return frozenset(program.mentions(name, near.path))


def importing(near: ModuleView, module: ModuleView) -> Iterator[ModuleView]:
    """The modules that import a module, tests left out."""
    program = near.program
    names = module.name.split(".")
    around = mentioning_name(near, names[-2]) if len(names) > 1 else frozenset()
    for path in sorted(mentioning_name(near, names[-1])):
        beside = path.parent == module.path.parent or path in around or len(names) == 1
        if path == module.path or not beside or not _TESTS.isdisjoint(path.parts):
            continue
        other = program.module_of(path)
        rest_on(near.path, path, program)
        if other is None or other.home != module.home:
            continue
        if any(name == module.name or name.startswith(f"{module.name}.") for name in imported_names(other)):
            yield other
