"""One module's tree to its facts, in one pass."""

from __future__ import annotations

import ast

from rmwlint.facts.depth import with_deep_stack
from rmwlint.facts.model import Function, Module
from rmwlint.facts.scope import NOWHERE, ModuleFacts, Scope
from rmwlint.facts.statements import lower_body


def lower(tree: ast.Module, name: str, path: str, is_package: bool) -> Module:
    """The facts of a module, from its tree, its dotted name and its path (kept as it is given).

    Trees may be nested as deep as a file can make them. Raises RecursionError only where even a
    stack of hundreds of megabytes is too small.
    """
    try:
        return _lower(tree, name, path, is_package)
    except RecursionError:
        # Hardly any file is so deep, and a recursive pass is the fast and readable one.
        return with_deep_stack(lambda: _lower(tree, name, path, is_package))


def _lower(tree: ast.Module, name: str, path: str, is_package: bool) -> Module:
    facts = ModuleFacts(name if is_package else name.rpartition(".")[0])
    facts.functions.append(None)
    scope = Scope(facts, 0, "", NOWHERE)
    lower_body(tree.body, scope)
    ops, spans, blocks = scope.finish()

    functions = [function for function in facts.functions[1:] if function is not None]
    classes = [definition for definition in facts.classes if definition is not None]
    bindings: dict[str, int] = {}
    defs: dict[str, int] = {}
    class_defs: dict[str, int] = {}
    for op in ops:
        kind = op[0]
        if kind == "store":
            if not op[1].endswith("'"):
                bindings[op[1]] = op[2]
        elif kind == "def":
            if functions[op[2] - 1].owner is None:
                defs[op[1]] = op[2]
        elif kind == "class" and classes[op[2]].outer is None:
            class_defs[op[1]] = op[2]
    return Module(
        name=name,
        path=path,
        is_package=is_package,
        imports=facts.imports,
        stars=tuple(facts.stars),
        bindings=bindings,
        defs=defs,
        class_defs=class_defs,
        exports=facts.exports,
        functions=(
            Function(
                name="<module>",
                qualname="<module>",
                line=1,
                end_line=tree.body[-1].end_lineno or 1 if tree.body else 1,
                owner=None,
                parent=None,
                params=(),
                returns=None,
                decorators=(),
                is_async=False,
                is_generator=scope.is_generator,
                locals=frozenset(scope.local_names),
                global_names=frozenset(scope.global_names),
                names=frozenset(scope.names),
                ops=ops,
                spans=spans,
                blocks=blocks,
            ),
            *functions,
        ),
        classes=tuple(classes),
    )
