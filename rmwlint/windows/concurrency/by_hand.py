"""What a person runs, one at a time, and what the threads of a service reach."""

from __future__ import annotations

import os

from rmwlint.program.calling import call_sites, callings, constructions, kept_for_check, public
from rmwlint.program.program import Fn, ModuleView
from rmwlint.source.project import project_root
from rmwlint.windows.concurrency.modules import imported_names, imports_concurrency
from rmwlint.windows.concurrency.sharing import method_around

#: what decorates a function that a command line calls by its name
_ASKS_STATE = "get_model"
_COMMANDS = frozenset(["command", "group", "option"])


def run_by_hand(module: ModuleView) -> bool:
    """Whether the module is a program that is run once, by hand: its name suggests one, or that of a folder
    of its project, it is a developer's, or it runs by itself, reads its command line and starts nothing that
    goes on beside it."""
    suggests = module.program.libraries.receiver
    parts = module.name.split(".")
    named = any("files.OneShot" in suggests(part) for part in (*parts, *_folders(module)))
    folders = parts if module.facts.is_package else parts[:-1]
    named = named or any("files.OneShotFolder" in suggests(part) for part in folders)
    return named or _is_script(module) or _of_developers(module)


def unserved(fn: Fn) -> bool:
    """Whether no service runs the function, by where it stands: a migration, a script, what makes data for
    tests; and no module that one runs calls it. A step of a migration may stand anywhere."""
    module = fn.module
    if _migrates(fn):
        return True
    suggests = module.program.libraries.receiver
    known = module.fn(0).memo.get("unserved")
    if known is None:
        parts = module.name.split(".")
        known = module.fn(0).memo["unserved"] = (
            any("files.Unserved" in suggests(part) for part in parts)
            or any("files.UnservedFolder" in suggests(part) for part in parts[:-1])
            or _is_script(module)
            or _of_developers(module)
        )
    return bool(known) and (fn.owner is not None or not called_from_elsewhere(fn))


def _migrates(fn: Fn) -> bool:
    """Whether a function is given the state of a migration, and asks that for a class."""
    if _ASKS_STATE not in fn.facts.names:
        return False
    ops, suggests = fn.facts.ops, fn.module.program.libraries.receiver
    given = {one.name for one in fn.facts.params if "files.MigrationState" in suggests(one.name)}
    return bool(given) and any(
        op[0] == "attr" and op[2] == _ASKS_STATE and ops[op[1]][0] == "name" and ops[op[1]][1] in given
        for op in ops
    )


def _of_developers(module: ModuleView) -> bool:
    """Whether the module imports what only developers have: tests, or tools for them."""
    memo = module.fn(0).memo
    known = memo.get("of_developers")
    if known is None:
        suggests = module.program.libraries.receiver
        known = memo["of_developers"] = any(
            "files.DeveloperTool" in suggests(name.partition(".")[0])
            or any("files.TestCode" in suggests(part) for part in name.split("."))
            for name in imported_names(module)
        )
    return bool(known)


def _folders(module: ModuleView) -> tuple[str, ...]:
    """The folders from the root of the module's project down to its file."""
    memo = module.fn(0).memo
    known = memo.get("folders")
    if known is None:
        folder = os.path.dirname(os.path.abspath(module.path))
        root = project_root(folder)
        known = memo["folders"] = tuple(os.path.relpath(folder, root).split(os.sep)) if root else ()
    return known  # type: ignore[return-value]


def by_hand(fn: Fn) -> bool:
    """Whether a function is part of a program that is run by hand, a command of one, or all that is known to
    call it is, and none of that goes on beside it. What runs as a program may serve other modules too."""
    if run_by_hand(fn.module):
        return not (_is_script(fn.module) and _serves_others(fn))
    return is_command(fn) or _called_by_hand(fn)


def _serves_others(fn: Fn) -> bool:
    """Whether another module, none that is run by hand, calls a function or makes objects that it is of."""
    owner = method_around(fn).owner
    constructor = owner.method("__init__") if owner is not None else None
    if owner is None or constructor is None:
        return called_from_elsewhere(fn)
    return called_from_elsewhere(fn) or any(
        calling.caller.module is not owner.module and not run_by_hand(calling.caller.module)
        for calling in constructions(owner, constructor)
    )


def is_command(fn: Fn) -> bool:
    """Whether a function, or the one that it stands in, is made a command of a command line."""
    around: Fn | None = fn
    while around is not None and around.index:
        parent = around.parent
        if parent is not None and around.facts.decorators and _reads_command_line(fn.module):
            for register in around.facts.decorators:
                op = parent.facts.ops[register]
                op = parent.facts.ops[op[1]] if op[0] == "call" else op
                if op[0] == "attr" and op[2] in _COMMANDS:
                    return True
        around = parent
    return False


def _called_by_hand(fn: Fn) -> bool:
    """Whether all calls of a function, two steps up at most, stand in what is run by hand."""
    if imports_concurrency(fn.module, True):
        return False
    return kept_for_check(fn, "called_by_hand", lambda: _only_by_hand(fn, 2))


def _only_by_hand(fn: Fn, depth: int) -> bool:
    sites = call_sites(fn)
    return bool(sites) and all(
        is_command(caller)
        or (
            not imports_concurrency(caller.module, True)
            and (
                run_by_hand(caller.module)
                or (depth > 1 and caller is not fn and _only_by_hand(caller, depth - 1))
            )
        )
        for caller, _ in sites
    )


def _named_as_command(stem: str) -> bool:
    return "-" in stem and stem.replace("-", "_").isidentifier()


def _is_script(module: ModuleView) -> bool:
    """Whether a file is a program: it runs by itself and is told what to do, or has the name of a
    command, with hyphens, by which no other can import it."""
    memo = module.fn(0).memo
    known = memo.get("script")
    if known is None:
        known = memo["script"] = _named_as_command(module.path.stem) or (
            runs_as_program(module)
            and (_reads_command_line(module) or _reads_arguments(module) or _has_interpreter(module))
            and not imports_concurrency(module, True)
        )
    return bool(known)


def _reads_command_line(module: ModuleView) -> bool:
    """Whether the module imports what reads a command line."""
    suggests = module.program.libraries.receiver
    roots = {name.partition(".")[0] for name in imported_names(module)}
    return any("files.CommandLine" in suggests(root) for root in roots)


def runs_as_program(module: ModuleView) -> bool:
    """Whether the module asks if its name is ``__main__``."""
    ops = module.facts.functions[0].ops
    names = {number for number, op in enumerate(ops) if op == ("name", "__name__")}
    return bool(names) and any(op[0] == "compare" and not names.isdisjoint(op[2]) for op in ops)


def _has_interpreter(module: ModuleView) -> bool:
    """Whether the first line of the file says which program runs it."""
    data = module.program.source.data(module.path)
    return data is not None and data.startswith(b"#!")


def _reads_arguments(module: ModuleView) -> bool:
    """Whether the module reads ``sys.argv``."""
    reads = any("argv" in fn.names for fn in module.facts.functions)
    return reads and "sys" in {name.partition(".")[0] for name in imported_names(module)}


def called_from_elsewhere(fn: Fn) -> bool:
    """Whether another module calls the function, and is itself no program that is run once, by hand."""
    return public(fn) and any(
        calling.caller.module is not fn.module and not run_by_hand(calling.caller.module)
        for calling in callings(fn)[0]
    )


def reached_by_threads(fn: Fn) -> bool:
    """Whether a module that says its code runs in several threads calls the function."""
    known = fn.memo.get("reached_by_threads")
    if known is None:
        fn.memo["reached_by_threads"] = False
        known = fn.memo["reached_by_threads"] = public(fn) and any(
            imports_concurrency(calling.caller.module, False) and not run_by_hand(calling.caller.module)
            for calling in callings(fn)[0]
        )
    return bool(known)
