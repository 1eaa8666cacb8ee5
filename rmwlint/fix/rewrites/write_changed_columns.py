"""`.values(**{"name": image.name, "status": image.status, …})` → `.values(**{"status": image.status})`.

The columns kept are those of attributes that the function itself sets, and those of other values. The rest
was read and would only be put back.

Unsafe always: an attribute may have been changed in a way that is not seen here. Left where the object comes
from a caller, who may have changed any of it, is handed on or has methods called before the write, and where
the values are not written out in the function.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere
from rmwlint.fix.shapes import attribute_of, bindings, is_called, is_store, uses, with_elements
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW201",
    library="SQLAlchemy and others",
    does="`values(**every_attribute)` → the columns that the function sets",
    unsafe="an attribute may have been changed in a way that is not seen",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the values are written in another function")
    call = source.at(violation.span, cst.Call)
    while call is not None and not _values(call):  # ``session.execute(update(…).values(…))``
        call = next((arg.value for arg in call.args if isinstance(arg.value, cst.Call)), None)
    if call is None:
        return Left("the write is no plain call with values")
    display = _display(source, _values(call)[0])
    if display is None:
        return Left("the values are not written out in this function")
    written = _owner(display)
    if not written:
        return Left("the values are not attributes of one object held by a name")
    function = source.function(call)
    bound = bindings(source, function, written)
    if len(bound) != 1 or not isinstance(bound[0], cst.AssignTarget):
        return Left(f"which attributes of `{written}` its caller has changed is not known")
    columns = set()
    for use in uses(source, function, written):
        if not source.before(use, call) or source.inside(use, display) or source.inside(use, bound[0]):
            continue
        attribute = attribute_of(source, use)
        if attribute is None:
            return Left(f"`{written}` is handed on before it is written")
        if is_called(source, attribute):
            return Left(f"`{written}.{attribute.attr.value}()` may change more")
        if is_store(source, attribute):
            columns.add(attribute.attr.value)
        elif isinstance(source.parent(attribute), (cst.Attribute, cst.Subscript)):
            return Left(f"`{dotted(attribute)}` may be changed in place")
    parts = list(display.elements)
    kept = [part for part in parts if not _is_read(part.value, written, columns)]
    if not kept or not columns:
        return Left("no column is seen to change")
    if any("#" in source.code(part) for part in parts if part not in kept):
        return Left("a comment stands beside a column that would go")
    if len(kept) == len(parts):
        return Left("every column is changed")
    names = ", ".join(f"`{name}`" for name in sorted(columns))
    return Change(
        {display: with_elements(display, kept)}, (), UNSAFE, f"writes only what is set here: {names}"
    )


def _values(call: cst.Call) -> list[cst.BaseExpression]:
    """What ``values(**columns)``, ``values(columns)`` or ``update(columns)`` is given."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in ("values", "update"):
        return []
    if not call.args or call.args[0].keyword is not None or call.args[0].star == "*":
        return []
    return [call.args[0].value]


def _display(source: Source, value: cst.BaseExpression) -> cst.Dict | None:
    """``{"name": image.name, …}``, in place or by the name it was given."""
    if isinstance(value, cst.Name):
        bound = bindings(source, source.function(value), value.value)
        if len(bound) != 1 or not isinstance(bound[0], cst.AssignTarget):
            return None
        if len(list(uses(source, source.function(value), value.value))) != 2:
            return None
        assign = source.parent(bound[0])
        assert isinstance(assign, cst.Assign)
        value = assign.value
    if not isinstance(value, cst.Dict):
        return None
    plain = (
        isinstance(part, cst.DictElement) and isinstance(part.key, cst.SimpleString)
        for part in value.elements
    )
    return value if all(plain) else None


def _owner(display: cst.Dict) -> str:
    """The name whose attributes most of the values are."""
    owners = [
        value.value.value
        for value in (part.value for part in display.elements)
        if isinstance(value, cst.Attribute) and isinstance(value.value, cst.Name)
    ]
    return max(sorted(set(owners)), key=owners.count) if owners else ""


def _is_read(value: cst.BaseExpression, written: str, columns: set[str]) -> bool:
    return (
        isinstance(value, cst.Attribute)
        and dotted(value.value) == written
        and value.attr.value not in columns
    )
