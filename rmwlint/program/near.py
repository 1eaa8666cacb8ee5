"""Does a library live near a module? Where it does, a method's name alone may say which type is meant."""

from __future__ import annotations

from rmwlint.libraries.model import TypeModel
from rmwlint.program.program import ModuleView


def lives_near(module: ModuleView, model: TypeModel) -> bool:
    """Whether a module uses a type's library: by its own imports, or by those of a home around it."""
    found = module.near.get(model.name)
    if found is None:
        found = _imports(module, model.imports) or any(_uses(home, model) for home in _homes(module, model))
        module.near[model.name] = found
    return found


def _homes(module: ModuleView, model: TypeModel) -> list[ModuleView]:
    """The modules of a home's name in the packages around the module, nearest first."""
    parts = module.name.split(".")
    names = [".".join([*parts[:size], home]) for size in range(len(parts), 0, -1) for home in model.homes]
    found = (module.program.names_of(name, module.path) for name in names)
    return [home for home in found if home is not None]


def _uses(home: ModuleView, model: TypeModel) -> bool:
    return _imports(home, model.imports) or _imports_beside(home, model.imports)


def _imports(module: ModuleView, roots: tuple[str, ...]) -> bool:
    names = (*module.facts.imports.values(), *module.facts.stars)
    return any(qualified.partition(".")[0] in roots for qualified in names)


def _imports_beside(home: ModuleView, roots: tuple[str, ...]) -> bool:
    """Whether the first module of its own package that a home imports from uses one of these roots.

    A home that is a module may only gather what its neighbours define.
    """
    package = home.name if home.facts.is_package else home.name.rpartition(".")[0]
    for qualified in (*home.facts.imports.values(), *home.facts.stars):
        if package and qualified.startswith(package + "."):
            dotted = ".".join(qualified.split(".")[: package.count(".") + 2])
            other = home.program.names_of(dotted, home.path)
            if other is not None and other is not home:
                return _imports(other, roots)
    return False
