"""`order.save()` → `order.save(update_fields=["note"])`, with the columns that every save sets.

The columns are those that the code above the save changes, those that a `save` of the class's own sets, and
those that every save stamps (`auto_now`).

Safe where the row is read in the same function and used for nothing but its attributes before the save, its
class and all these columns are known, and no receiver of `pre_save` in the project could set more: then one
actor writes exactly what was changed. Unsafe otherwise: a caller or callee may have changed a column that
would no longer be saved. Left where the object may be a new row, which `update_fields` refuses to insert,
and where a caller that the project shows sets more before it hands the object on.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.callers import surprise
from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.project import mentioned
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere, hint, hinted, step_span
from rmwlint.fix.shapes import (
    Saved,
    argument,
    attribute_of,
    bindings,
    is_called,
    is_open,
    is_store,
    loop_around,
    quoted,
    saved,
    uses,
    with_argument,
)
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW202",
    library="Django, Tortoise",
    does="`save()` → `save(update_fields=[…])`, `auto_now` columns kept",
    safe="the class and every column set are known, and the row is read in the same function",
    unsafe="a caller, a callee or a `save` of the class's own may set columns that are not seen",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the save is in another function")
    found = saved(source, violation)
    if isinstance(found, Left):
        return found
    named = naming(source, violation, found)
    if isinstance(named, Left):
        return named
    doubt = doubt_about(source, violation, found)
    columns = ", ".join(f"`{name}`" for name in columns_of(source, violation, found))
    return Change(
        {found.call: named},
        (),
        UNSAFE if doubt else SAFE,
        f"saves only {columns}" + (f" ({doubt})" if doubt else ""),
    )


def naming(source: Source, violation: Violation, found: Saved) -> cst.Call | Left:
    """The save with ``update_fields``, as far as the violation's hints say that this can be right."""
    for bar in hinted(violation, "bar"):
        return Left(bar)
    if hint(violation, "limit") != "update_fields":
        return Left("its save takes no list of columns")
    columns = columns_of(source, violation, found)
    if not hinted(violation, "column"):
        return Left("which columns change is not known")
    call = found.call
    if call.args and (is_open(call) or any(arg.keyword is None for arg in call.args)):
        return Left("what else the save is given is not known")
    if any(argument(call, keyword) for keyword in ("force_insert", "update_fields")):
        return Left("the save says itself how it is to be done")
    other = (
        _may_be_new(source, found)
        or _unseen(source, violation, found, columns)
        or _by_callers(source, violation, found, columns)
    )
    if other:
        return Left(other)
    listed = ", ".join(quoted(source, name) for name in columns)
    return with_argument(source, call, "update_fields", f"[{listed}]")


def columns_of(source: Source, violation: Violation, found: Saved) -> list[str]:
    """The columns to be saved, in the order of the code."""
    columns = list(hinted(violation, "column"))
    loop = loop_around(source, found.call)
    if loop is not None and not any(
        source.inside(binding, loop) for binding in bindings(source, found.function, found.written)
    ):
        # what a turn of the loop sets after its save is saved in the next turn
        for use in uses(source, loop, found.written):
            attribute = attribute_of(source, use)
            if attribute is not None and is_store(source, attribute) and attribute.attr.value not in columns:
                columns.append(attribute.attr.value)
    return list(dict.fromkeys([*columns, *hinted(violation, "saved"), *hinted(violation, "stamped")]))


def doubt_about(source: Source, violation: Violation, found: Saved) -> str:
    """Why the columns may not be all; empty where they surely are."""
    for doubt in hinted(violation, "doubt"):
        return doubt
    if step_span(violation, "read") is None or not _read_here(violation):
        return f"`{found.written}` was read by a caller, which may have changed more"
    if not found.is_local:
        return f"`{found.written}` can be reached from elsewhere"
    if len(bindings(source, found.function, found.written)) != 1:
        return f"`{found.written}` is bound more than once"
    columns = set(hinted(violation, "column"))
    for use in uses(source, found.function, found.written):
        if not source.before(use, found.call) or use is found.object or _binds(source, use):
            continue
        attribute = attribute_of(source, use)
        if attribute is None:
            return f"`{found.written}` is handed on before it is saved"
        if is_called(source, attribute) and attribute.attr.value not in ("save", "asave", "refresh_from_db"):
            return f"`{found.written}.{attribute.attr.value}()` may change more"
        below = source.parent(attribute)
        if isinstance(below, (cst.Attribute, cst.Subscript)) and attribute.attr.value not in columns:
            return f"`{found.written}.{attribute.attr.value}` may be changed in place"
    where = mentioned("pre_save", violation.path)
    if where:
        return "the project has receivers of `pre_save`, which may set more"
    return ""


def _read_here(violation: Violation) -> bool:
    return any(step.role == "read" and step.message == "read here" for step in violation.steps)


def _binds(source: Source, use: cst.BaseExpression) -> bool:
    above = source.parent(use)
    while isinstance(above, (cst.Tuple, cst.List, cst.Element)):
        above = source.parent(above)
    return isinstance(above, (cst.AssignTarget, cst.AsName, cst.For)) and not (
        isinstance(above, cst.For) and not source.inside(use, above.target)
    )


def _may_be_new(source: Source, found: Saved) -> str:
    """Why the object may be a row that is not in the database yet; empty where it is read from there."""
    written = found.written
    bound = bindings(source, found.function, written) if found.is_local else []
    if len(bound) > 1 and not all(_loads(source, one) for one in bound):
        return f"`{written}` may be a new row"
    for one in bound:
        statement = source.parent(one) if isinstance(one, cst.AssignTarget) else one
        value = getattr(statement, "value", None)
        if isinstance(value, (cst.BooleanOperation, cst.IfExp)):
            return f"`{written}` may be a new row"
    for use in uses(source, found.function, written):
        attribute = attribute_of(source, use)
        if attribute is not None and attribute.attr.value == "_state":
            return f"`{written}` may be a new row"
        if attribute is not None and attribute.attr.value in ("pk", "id") and _asked_for(source, attribute):
            return f"`{written}` may be a new row"
        above = source.parent(use)
        if isinstance(above, cst.Arg) and above.value is use:
            call = source.parent(above)
            if isinstance(call, cst.Call) and _sets_anything(source, call, above):
                return f"columns of `{written}` are set by names that are not known"
        if attribute is not None and attribute.attr.value == "__dict__":
            return f"columns of `{written}` are set by names that are not known"
    return ""


def _unseen(source: Source, violation: Violation, found: Saved, columns: list[str]) -> str:
    """Why columns may be set that the engine does not see; empty where nothing speaks for it."""
    methods = set(hinted(violation, "method"))
    containers = set(hinted(violation, "container")) - methods
    for use in uses(source, found.function, found.written):
        if not source.before(use, found.call):
            continue
        attribute = attribute_of(source, use)
        above = source.parent(use)
        if isinstance(above, cst.Arg) and above.keyword is not None and above.keyword.value == "instance":
            return f"`{found.written}` is given to a form or serializer, which may set more"
        if attribute is None:
            continue
        name = attribute.attr.value
        if name in containers and name not in columns and not is_store(source, attribute):
            return f"`{dotted(attribute)}` may be changed in place"
        if not is_called(source, attribute):
            continue
        if name not in methods and not name.startswith(_LOOKS) and name not in _HARMLESS:
            return f"what `{found.written}.{name}()` sets is not known"
    if not found.is_local:
        for use in uses(source, source.module, found.written):
            attribute = attribute_of(source, use)
            if attribute is None or attribute.attr.value in columns or source.function(use) is found.function:
                continue
            if is_store(source, attribute):
                return f"`{dotted(attribute)}` is set in another function, to be saved here"
    return ""


def _by_callers(source: Source, violation: Violation, found: Saved, columns: list[str]) -> str:
    """Why a caller's changes may be lost, of a row that comes in as a parameter; empty where not."""
    if _read_here(violation) or not isinstance(found.function, cst.FunctionDef):
        return ""
    given = found.function.params
    named = [param.name.value for param in (*given.posonly_params, *given.params, *given.kwonly_params)]
    if found.written not in named:
        return ""
    row = hint(violation, "class")
    own = next((above for above in source.ancestors(found.call) if isinstance(above, cst.ClassDef)), None)
    if own is not None and own.name.value == row and found.written == named[0] and _is_abstract(source, own):
        return f"`{row}` is abstract: what classes made of it save is not known"
    return surprise(violation.path, found.function.name.value, row, frozenset(columns))


def _is_abstract(source: Source, cls: cst.ClassDef) -> bool:
    """Whether ``class Meta: abstract = True`` stands in the class."""
    return any(
        dotted(assign.targets[0].target) == "abstract" and dotted(assign.value) == "True"
        for meta in source.within(cls.body, cst.ClassDef)
        if meta.name.value == "Meta"
        for assign in source.within(meta, cst.Assign)
    )


#: Methods that change no column, or whose columns are saved or read by themselves.
_HARMLESS = frozenset([
    "save", "asave", "refresh_from_db", "arefresh_from_db", "delete", "adelete", "full_clean", "clean",
    "clean_fields", "validate_unique", "serializable_value", "natural_key", "check_password",
])  # fmt: skip
_LOOKS = ("get_", "is_", "has_", "can_", "as_", "to_", "__", "_get", "_is", "_has")


def _loads(source: Source, binding: cst.CSTNode) -> bool:
    """Whether a binding gives a row out of the database: a call of a method, or an element of a loop."""
    if isinstance(binding, cst.For):
        return True
    statement = source.parent(binding) if isinstance(binding, cst.AssignTarget) else None
    value = getattr(statement, "value", None)
    if isinstance(value, cst.Await):
        value = value.expression
    return (
        isinstance(value, cst.Call)
        and isinstance(value.func, cst.Attribute)
        and value.func.attr.value not in ("create", "acreate")
    )


def _asked_for(source: Source, attribute: cst.Attribute) -> bool:
    """Whether a branch asks whether the row has a key: ``if order.pk``, ``order.pk is None``."""
    above = source.parent(attribute)
    if isinstance(above, cst.Comparison):
        return any(isinstance(target.operator, (cst.Is, cst.IsNot)) for target in above.comparisons)
    return isinstance(above, (cst.If, cst.IfExp, cst.UnaryOperation, cst.BooleanOperation, cst.While))


def _sets_anything(source: Source, call: cst.Call, arg: cst.Arg) -> bool:
    """``setattr(order, name, value)`` with a name that is no constant."""
    return (
        isinstance(call.func, cst.Name)
        and call.func.value in ("setattr", "vars")
        and call.args[0] is arg
        and not (len(call.args) > 1 and isinstance(call.args[1].value, cst.SimpleString))
    )
